"""`anpr bench …`: one file for each benchmark, and one for what is kept of them."""

from anpr.cli.bench import everything, lez, match, peers, pipeline, records, search, simulate, store, vision

__all__ = ["everything", "lez", "match", "peers", "pipeline", "records", "search", "simulate", "store", "vision"]
