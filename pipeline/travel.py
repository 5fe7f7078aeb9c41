"""What no car can do: the one rule by which two passages can not be of one vehicle. Pure.

Only the straight line between two places, less what clocks and maps may be off, calls a way impossible: whoever drove,
drove at least that. No factor for roads enters: it would be an estimate, and an accusation may not rest on one.
"""

from __future__ import annotations

__all__ = ["CLOCK_SKEW_S", "IMPOSSIBLE_KMH", "SLACK_M", "least_kmh"]

CLOCK_SKEW_S = 5.0
"""Two cameras' clocks may be so far apart."""
SLACK_M = 300.0
"""Two cameras see vehicles so far from where they are said to hang, together."""
IMPOSSIBLE_KMH = 250.0
"""No car averages this in a straight line."""


def least_kmh(straight_m: float, gap_s: float, clock_skew_s: float = CLOCK_SKEW_S, slack_m: float = SLACK_M) -> float:
    """What a car drove at least, km/h, that was at two places so far apart within so long; both stretched for it."""
    return max(0.0, straight_m - slack_m) / (gap_s + clock_skew_s) * 3.6
