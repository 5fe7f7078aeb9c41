"""A clock that is wrong, a line that is slow, a camera that was turned round: told of the evidence that is held."""

from __future__ import annotations

from datetime import datetime, timedelta

from pipeline.health.evidence import evidence_of, is_steady, learnt_of
from pipeline.health.limits import Limits
from pipeline.health.troubles import Troubles, span
from schemas.codec import changed
from schemas.health_file import HealthFile

__all__ = ["look_at_clock", "look_at_direction"]

STRETCH = timedelta(seconds=30)
SURE_AHEAD, SURE_BEHIND, SURE_LINE = 0.99, 0.9, 0.8
OF_DELAYS = ("camera_clock_ahead", "camera_clock_behind", "camera_line_slow")


def look_at_clock(file: HealthFile, at: datetime, troubles: Troubles, limits: Limits, *, uploads: bool) -> None:
    """uploads: it sends hours later on purpose, as patrol cars do: only a time of the future is wrong then."""
    held = evidence_of(file)
    if held.in_time >= limits.delays_in_a_row:
        for kind in OF_DELAYS:
            troubles.end(kind, at)
    elif held.ahead >= limits.delays_in_a_row:
        detail = f"its times are {limits.ahead_s:.0f} s or more ahead of ours: set its clock"
        _tell(OF_DELAYS[0], held.ahead, at, SURE_AHEAD, detail, troubles)
    elif held.behind >= limits.delays_in_a_row and not uploads:
        low, high = span(timedelta(seconds=held.shortest_s)), span(timedelta(seconds=held.longest_s))
        if is_steady(held):
            detail = f"its reads come {high} late, all of them about as late: its clock is behind"
            _tell(OF_DELAYS[1], held.behind, at, SURE_BEHIND, detail, troubles)
        else:
            detail = f"its reads come {low} to {high} late: the line is slow, or it had stored them"
            _tell(OF_DELAYS[2], held.behind, at, SURE_LINE, detail, troubles)


def _tell(kind: str, stretches: float, at: datetime, score: float, detail: str, troubles: Troubles) -> None:
    """One of the three: who finds that a clock is no slow line says so of the same."""
    for other in OF_DELAYS:
        if other != kind:
            troubles.end(other, at, "it is something else")
    held = troubles.get(kind)
    since = at - stretches * STRETCH if held is None else held.anomaly.observed_at
    troubles.tell(kind, since, at, score, detail, (at - since).total_seconds())


def look_at_direction(file: HealthFile, at: datetime, troubles: Troubles, limits: Limits) -> HealthFile:
    """Turned round; for a week: that is how it hangs now."""
    odds, kind = evidence_of(file).turned, "camera_turned"
    held = troubles.get(kind)
    if odds >= limits.turned_odds:
        since = at if held is None else held.anomaly.observed_at
        detail = "vehicles pass it in the other direction than ever: was it turned round?"
        troubles.tell(kind, since, at, 0.99, detail, (at - since).total_seconds())
    elif odds <= 1:
        troubles.end(kind, at)
    if held is None or at - held.anomaly.observed_at < limits.as_usual_after:
        return file
    troubles.end(kind, at, "so it was for a week, and is held to be usual now")
    learnt = learnt_of(file)
    swapped = changed(learnt, approaching=learnt.departing, departing=learnt.approaching)
    return changed(file, learnt=swapped, evidence=changed(evidence_of(file), turned=0.0))
