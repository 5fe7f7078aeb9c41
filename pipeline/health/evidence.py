"""What each stretch says for or against a wrong clock, a slow line, a camera that was turned round."""

from __future__ import annotations

from math import log

from pipeline.health.limits import Limits
from pipeline.health.records import EvidenceRecord, LearntRecord
from schemas.camera_tally import CameraTally
from schemas.codec import changed
from schemas.health_file import Evidence, HealthFile, Learnt

__all__ = ["evidence_of", "is_steady", "learnt_of", "usual_approaching", "with_delay", "with_direction"]

DELAY_LEARNS = 0.02
DIRECTIONS_LEAST = 50.0
"""Vehicles of which the direction must be known before it is held to be a usual one."""
ONE_WAY = 0.8
"""Share from which on a camera is held to see one direction."""
SURELY = 0.95
"""No share is held to be beyond this: a sensor errs."""
TURNED_MOST = 30.0
LIMITS = Limits()


def evidence_of(file: HealthFile) -> Evidence:
    """What is held, or nothing."""
    return file.evidence or EvidenceRecord()


def learnt_of(file: HealthFile) -> Learnt:
    """What is learnt, or nothing."""
    return file.learnt or LearntRecord()


def with_delay(file: HealthFile, tally: CameraTally) -> HealthFile:
    """In a row: delays too short, too long, or as usual. What is as usual is learnt."""
    delay_s, held, learnt = tally.delay_p50_s, evidence_of(file), learnt_of(file)
    if delay_s is None:
        return file
    usual_s = learnt.delay_s if learnt.delay_s is not None else 0.0
    if delay_s < -LIMITS.ahead_s:
        after = changed(held, ahead=held.ahead + 1, behind=0.0, in_time=0.0)
    elif delay_s > usual_s + LIMITS.behind_s:
        after = _behind(held, tally)
    else:
        grown = usual_s + DELAY_LEARNS * (delay_s - usual_s) if learnt.delay_s is not None else delay_s
        file = changed(file, learnt=changed(learnt, delay_s=round(grown, 3)))
        after = changed(held, ahead=0.0, behind=0.0, in_time=min(held.in_time + 1, 1000.0))
    return changed(file, evidence=after)


def _behind(held: Evidence, tally: CameraTally) -> Evidence:
    """With the shortest and the longest delay of the row: a clock is off by one amount, a line by any."""
    low, high = tally.delay_low_s or 0.0, tally.delay_high_s or 0.0
    first = held.behind == 0
    return changed(
        held,
        behind=held.behind + 1,
        ahead=0.0,
        in_time=0.0,
        shortest_s=low if first else min(held.shortest_s, low),
        longest_s=high if first else max(held.longest_s, high),
    )


def is_steady(held: Evidence) -> bool:
    """Whether all delays of the row are much the same: the clock is behind, rather than the line slow."""
    return held.longest_s - held.shortest_s <= 5.0 + 0.1 * abs(held.longest_s)


def usual_approaching(learnt: Learnt | None) -> float | None:
    """Usual share of vehicles that come nearer; None: not told, or not learnt."""
    if learnt is None or learnt.approaching + learnt.departing < DIRECTIONS_LEAST:
        return None
    return learnt.approaching / (learnt.approaching + learnt.departing)


def with_direction(file: HealthFile, tally: CameraTally) -> HealthFile:
    """Log odds of "turned round" against "as ever", read by read."""
    share = usual_approaching(file.learnt)
    if share is None or not tally.approaching + tally.departing or 1 - ONE_WAY < share < ONE_WAY:
        return file
    known = min(max(share, 1 - SURELY), SURELY)
    says = log((1 - known) / known)
    held = evidence_of(file)
    odds = held.turned + says * (tally.approaching - tally.departing)
    return changed(file, evidence=changed(held, turned=round(min(max(odds, 0.0), TURNED_MOST), 3)))
