"""Hits to those who do not come for them: one sender each, so that nobody waits for somebody else's target."""
