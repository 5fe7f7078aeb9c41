"""The evaluation of engines."""
