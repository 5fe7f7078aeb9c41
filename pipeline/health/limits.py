"""From when on something is told of a camera. Chosen by the curve of `bench/camera_health.py` (decision 0029)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

__all__ = ["Limits"]


@dataclass(frozen=True, slots=True)
class Limits:
    """All of them."""

    look_every: timedelta = timedelta(minutes=1)
    """Time is looked at so often, by the time of the log."""
    row_every: timedelta = timedelta(minutes=10)
    """A camera's row is told anew so often within the hour."""
    missed_at_most: timedelta = timedelta(minutes=2)
    """Longer without word of the log's progress, what came meanwhile is not known: no camera was silent then."""
    silent_chance: float = 1e-6
    """A camera is silent when so few stretches without a read of such a camera are this long by chance."""
    silent_at_least: timedelta = timedelta(minutes=2)
    """Not sooner: a lorry stands before it, a reader starts anew."""
    rate_slack: float = 1.0
    """Standard deviations that an hour may be off without counting."""
    rate_sum: float = 9.0
    """What goes beyond is summed up hour by hour; told from this sum on."""
    unreadable_sum: float = 6.0
    """The same for unreadable plates, whose share must also be `unreadable_more` above its usual."""
    unreadable_more: float = 0.1
    ahead_s: float = 3.0
    """A delay below minus this is told of a clock that is ahead: nothing comes before it is taken."""
    behind_s: float = 30.0
    """A delay longer than its usual by this is told of a clock that is behind, or of a slow line."""
    delays_in_a_row: int = 6
    """After so many stretches in a row; over after as many."""
    turned_odds: float = 12.0
    """Log odds from which on a camera's direction is held to be the other one."""
    together_share: float = 0.3
    """Where so many cameras of a zone, or of all, have one trouble at once, one is told instead of each …"""
    together_least: int = 5
    """… if they are at least so many."""
    together_traffic: float = 0.6
    """… or, three of them, stand for so much of the zone's usual reads."""
    suspect_chance: float = 1e-2
    """For that, a camera counts as silent already from here on."""
    as_usual_after: timedelta = timedelta(days=7)
    """What has been so for a week is its new usual: another road, another place."""
