"""What headers of the topic `hotlist` say."""

from __future__ import annotations

__all__ = ["SEEDED"]

SEEDED = "seeded"
"""An entry that was in force before and comes again, as its broker had forgotten it."""
