"""The row of a camera and hour, for the store."""

from __future__ import annotations

from datetime import datetime

from pipeline.health.common import Common, unreadable_share
from pipeline.health.counting import hour_in
from pipeline.health.evidence import usual_approaching
from pipeline.health.records import HealthRecord, HourRecord
from pipeline.health.silence import bounds
from pipeline.health.troubles import kinds_of
from pipeline.health.week import HOUR, hour_of, hour_of_week, usual
from schemas.camera_health import CameraHealth
from schemas.health_file import HealthFile

__all__ = ["LAST", "row_of"]

LAST = 61
"""Revision of the row of an hour that is over; before, one more than its minutes."""
LONGEST_S = 1e10
"""As the contract has it: stamps may lie millennia apart."""


def row_of(file: HealthFile, at: datetime, common: Common, zone: str, *, over: bool = False) -> CameraHealth:
    """Of the hour that `at` is in; `over`: of the hour that ends then."""
    hour_from = at - HOUR if over else hour_of(at)
    count = hour_in(file.hours, hour_from) or HourRecord(hour_from=hour_from)
    share = (at - hour_from) / HOUR
    known = usual(file.learnt, hour_of_week(hour_from))
    factor = common.factor(zone, file.subject)
    expected = None if known is None else known.reads * factor * share
    low, high = (None, None) if known is None or expected is None else bounds(known, expected)
    told = count.approaching + count.departing
    ways = usual_approaching(file.learnt)
    return HealthRecord(
        camera_id=file.subject,
        hour_from=hour_from,
        revision=LAST if over else 1 + int((at - hour_from).total_seconds() // 60),
        told_until=at,
        reads=count.reads,
        expected=_round(expected),
        low=_round(low),
        high=_round(high),
        common=round(factor, 3),
        unreadable=count.unreadable,
        usual_unreadable=_round(unreadable_share(file.learnt, hour_of_week(hour_from) % 24), 4),
        late=count.late,
        delay_p50_s=round(count.delays_s / count.timed, 2) if count.timed else None,
        usual_delay_s=_round(file.learnt.delay_s if file.learnt else None),
        approaching=count.approaching,
        departing=count.departing,
        usual_approaching=_round(ways, 3) if told or ways is not None else None,
        last_read_at=file.last_at,
        silent_s=min(max(0.0, (at - file.last_at).total_seconds()), LONGEST_S) if file.last_at else 0.0,
        troubles=tuple(kinds_of(file)),
    )


def _round(value: float | None, digits: int = 2) -> float | None:
    return None if value is None else round(value, digits)
