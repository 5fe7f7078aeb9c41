"""Recordings of topics and back, pictures in their own time, and the comparison of a run with its truth."""
