"""How long a sign-in lasts, and how much one person may ask."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

__all__ = ["Rules"]


@dataclass(frozen=True, slots=True)
class Rules:
    """The same for everybody."""

    absolute: timedelta = timedelta(hours=12)
    """A shift: then a session ends, whatever is done in it."""
    idle: timedelta = timedelta(minutes=15)
    """Who does nothing for so long gives the password again."""
    requests_per_s: float = 30.0
    """Of one person, in the long run."""
