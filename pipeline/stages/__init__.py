"""Stages: pure functions of a batch. No clock, no network, no globals; one idea per file."""
