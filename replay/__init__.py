"""A small Brussels with traffic, and the truth about it; a frame renderer; a load generator.

Everything is a function of a seed and parameters: no clock, no network, no environment. The caller gives the
start time and carries the events to Kafka. Start at `replay.traffic`.
"""
