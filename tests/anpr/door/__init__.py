"""Tests of the ingest door."""
