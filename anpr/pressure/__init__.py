"""Back-pressure, tried on a running platform: something is slow, away, cut off or full, and nothing may be lost."""
