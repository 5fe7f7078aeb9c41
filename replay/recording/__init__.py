"""Recordings: messages of topics in a portable file, and the arithmetic that holds a run against its truth.

Start at `replay.recording.format`. What reads topics and fills them again is in `anpr.replay`.
"""
