"""An hour that is over: was it as usual, and what is learnt of it."""

from __future__ import annotations

from datetime import datetime
from math import log

from pipeline.health.common import Common, log_odds, unreadable_share
from pipeline.health.counting import hour_in
from pipeline.health.evidence import evidence_of, learnt_of
from pipeline.health.limits import Limits
from pipeline.health.records import HourRecord
from pipeline.health.troubles import Troubles
from pipeline.health.week import HOUR, Usual, hour_of_week, learnt_hour, log_ratio, rescaled, usual
from schemas.codec import changed
from schemas.health_file import HealthFile, HourCount

__all__ = ["cusum", "judged"]

LEAST_EXPECTED = 3.0
"""Fewer are usual in some hours of the night: silence is judged there, not the rate."""
WEEKS = 1.0
"""So much must be known of an hour before its rate is judged."""
FADES = 0.98
"""What an hour said of directions and readability counts after another one: half after a day and a half of them."""
READS_LEAST = 20
DIFFERS = 0.5
"""How the logarithm of the odds of "unreadable" differs from hour to hour beyond chance."""
CAP = 4.0
"""So far beyond its limit a sum goes: what was wrong for long is over within hours all the same."""
DIFFERS_SO = 0.5
"""Half of what is strange about all cameras, as a logarithm, is how strange one of them may be besides."""
ONE_HOUR = 4.0
"""More than this no hour says: one by itself may be a lorry before the lens."""
NEAR, CALMS = 1.5, 3.0
"""An hour within so many standard deviations takes this from the sum."""
SURE_RATE, SURE_UNREADABLE = 0.99, 0.95


def judged(
    file: HealthFile, hour_from: datetime, common: Common, troubles: Troubles, limits: Limits, zone: str, *, rated: bool
) -> HealthFile:
    """The file with this hour judged and learnt. rated: its rate means something: it hangs where it is."""
    count = hour_in(file.hours, hour_from) or HourRecord(hour_from=hour_from)
    cell = hour_of_week(hour_from)
    known = usual(file.learnt, cell) if rated else None
    at = hour_from + HOUR
    if rated and "camera_silent" not in troubles:
        factor = common.factor(zone, file.subject)
        file = _rated(file, count, known, factor, troubles, limits)
        file = _learnt_rate(file, count, factor, cell, troubles)
        file = _accepted(file, at, troubles, limits)
    return _read_well(file, count, cell % 24, common, troubles, limits)


# ---- the rate ------------------------------------------------------------------------------------------------------


def _rated(
    file: HealthFile, count: HourCount, known: Usual | None, factor: float, troubles: Troubles, limits: Limits
) -> HealthFile:
    """factor: what all have now. On a holiday no camera has just its share of that: some see shops, some offices."""
    expected = known.reads * factor if known else 0.0
    if known is None or known.own < WEEKS or expected < LEAST_EXPECTED:
        return file
    variance = known.variance + 1 / (expected + 0.5) + (DIFFERS_SO * log(factor)) ** 2
    off = log_ratio(count.reads, expected) / variance**0.5
    held = evidence_of(file)
    fewer, more = cusum(held.fewer, -off, limits), cusum(held.more, off, limits)
    for kind in ("camera_rate_low", "camera_rate_high"):
        troubles.add(kind, count.reads, expected)
    _tell_rate("camera_rate_low", fewer, count, expected, troubles, limits)
    _tell_rate("camera_rate_high", more, count, expected, troubles, limits)
    return changed(file, evidence=changed(held, fewer=fewer, more=more))


def cusum(before: float, off: float, limits: Limits) -> float:
    """The cumulative sum of one side (E. S. Page, 1954), which falls faster once all is well again."""
    off = min(max(off, -ONE_HOUR), ONE_HOUR)
    after = before + off - limits.rate_slack - (CALMS if abs(off) < NEAR and before > limits.rate_sum else 0.0)
    return round(min(max(after, 0.0), limits.rate_sum + CAP), 3)


def _tell_rate(kind: str, total: float, count: HourCount, expected: float, troubles: Troubles, limits: Limits) -> None:
    at = count.hour_from + HOUR
    if total >= limits.rate_sum:
        held = troubles.get(kind)
        since = count.hour_from if held is None else held.anomaly.observed_at
        share = f"{count.reads} reads in the last hour, {expected:.0f} are usual"
        troubles.tell(kind, since, at, SURE_RATE, f"{share} at this hour", (at - since).total_seconds())
    elif total < limits.rate_sum / 2:
        troubles.end(kind, at)


def _learnt_rate(file: HealthFile, count: HourCount, factor: float, cell: int, troubles: Troubles) -> HealthFile:
    """What is off is no lesson; nor is an hour that somebody sent again at once, most of it late."""
    if "camera_rate_low" in troubles or "camera_rate_high" in troubles or 0.1 < _share(count.late, count) < 0.9:
        return file
    return changed(file, learnt=learnt_hour(file.learnt, cell, count.reads, factor))


def _accepted(file: HealthFile, at: datetime, troubles: Troubles, limits: Limits) -> HealthFile:
    """Off for a week: its new usual."""
    for kind in ("camera_rate_low", "camera_rate_high"):
        held = troubles.get(kind)
        if held is None or at - held.anomaly.observed_at < limits.as_usual_after or held.expected <= 0:
            continue
        factor = min(max(held.reads / held.expected, 0.05), 20.0)
        troubles.end(kind, at, "so it was for a week, and is held to be usual now")
        still = changed(evidence_of(file), fewer=0.0, more=0.0)
        file = changed(file, learnt=rescaled(learnt_of(file), factor), evidence=still)
    return file


# ---- plates and directions -----------------------------------------------------------------------------------------


def _read_well(
    file: HealthFile, count: HourCount, local_hour: int, common: Common, troubles: Troubles, limits: Limits
) -> HealthFile:
    if count.reads:
        file = _legible(file, count, local_hour, common, troubles, limits)
    if "camera_turned" in troubles or evidence_of(file).turned > limits.turned_odds / 2:
        return file
    if not count.approaching + count.departing:
        return file
    learnt = learnt_of(file)
    ways = {
        "approaching": round(learnt.approaching * FADES + count.approaching, 2),
        "departing": round(learnt.departing * FADES + count.departing, 2),
    }
    return changed(file, learnt=changed(learnt, **ways))


def _legible(
    file: HealthFile, count: HourCount, local_hour: int, common: Common, troubles: Troubles, limits: Limits
) -> HealthFile:
    share, usually = _share(count.unreadable, count), unreadable_share(file.learnt, local_hour)
    held = evidence_of(file)
    if usually is not None and count.reads >= READS_LEAST:
        off = (log_odds(share) - log_odds(usually) - common.worse()) / (
            1 / (count.reads * max(usually * (1 - usually), 0.01)) + DIFFERS**2
        ) ** 0.5
        worse = off if share > usually + limits.unreadable_more else min(off, 0.0)
        total = min(max(held.unreadable + worse - limits.rate_slack, 0.0), limits.unreadable_sum + CAP)
        file = changed(file, evidence=changed(held, unreadable=round(total, 3)))
        _tell_unreadable(total, count, share, usually, troubles, limits)
    if "camera_unreadable" in troubles:
        return file
    learnt = learnt_of(file)
    cells = learnt.unreadable or (0.0,) * 24, learnt.counted or (0.0,) * 24
    bad, seen = (
        _faded(one, local_hour, came) for one, came in zip(cells, (count.unreadable, count.reads), strict=True)
    )
    return changed(file, learnt=changed(learnt, unreadable=bad, counted=seen))


def _tell_unreadable(
    total: float, count: HourCount, share: float, usually: float, troubles: Troubles, limits: Limits
) -> None:
    at, kind = count.hour_from + HOUR, "camera_unreadable"
    if total >= limits.unreadable_sum:
        held = troubles.get(kind)
        since = count.hour_from if held is None else held.anomaly.observed_at
        detail = (
            f"{share:.0%} of the plates of the last hour are unreadable, {usually:.0%} are usual: dirt, focus, light"
        )
        troubles.tell(kind, since, at, SURE_UNREADABLE, detail, (at - since).total_seconds())
    elif total < limits.unreadable_sum / 2:
        troubles.end(kind, at)


def _faded(cells: tuple[float, ...], local_hour: int, came: float) -> tuple[float, ...]:
    """One cell is seen once a day: it fades by the day."""
    return tuple(round(one * 0.9 + came, 2) if n == local_hour else one for n, one in enumerate(cells))


def _share(part: float, count: HourCount) -> float:
    return part / count.reads if count.reads else 0.0
