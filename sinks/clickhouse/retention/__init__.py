"""Retention: what is kept how long, what a case holds beyond that, and the proof that the rest is gone."""
