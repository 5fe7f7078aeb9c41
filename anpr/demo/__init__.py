"""The demo: a small Brussels in real time through the real pipeline, compared with its truth at the end."""
