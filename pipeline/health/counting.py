"""Counts put into the file of a camera: however often a stretch comes, it is counted once."""

from __future__ import annotations

from datetime import datetime

from pipeline.health.evidence import with_delay, with_direction
from pipeline.health.records import FileRecord, HourRecord, StretchRecord
from pipeline.health.week import hour_of
from schemas.camera_tally import CameraTally
from schemas.codec import changed
from schemas.health_file import HealthFile, HeldStretch, HourCount

__all__ = ["MOST_HOURS", "counted", "hour_in"]

MOST_STRETCHES = 8
MOST_HOURS = 40
NUMBERS = ("reads", "unreadable", "late", "approaching", "departing", "timed", "delays_s")


def counted(file: HealthFile | None, tally: CameraTally) -> HealthFile:
    """The file with this stretch; the same file if it was counted.

    Of overlapping stretches of one log one holds the other (`pipeline.stages.tally`), and the longer one counts. One
    before all that is remembered was counted, too: what a partition tells of a camera comes in order.
    """
    assert tally.camera_id is not None
    if file is None:
        return _opened(tally)
    ours = [one for one in file.stretches if (one.log, one.partition) == (tally.log, tally.partition)]
    inside = [one for one in ours if tally.first_offset <= one.first_offset and one.last_offset <= tally.last_offset]
    first = ours[0].first_offset if ours else 0
    if any(one.last_offset >= tally.last_offset for one in ours) or tally.last_offset < first:
        return file
    return _with(file, tally, inside)


def _opened(tally: CameraTally) -> HealthFile:
    begun = hour_of(tally.first_at)
    file = FileRecord(subject=tally.camera_id or "", first_at=tally.first_at, judged_until=begun)
    return _with(file, tally, [])


def _with(file: HealthFile, tally: CameraTally, replaced: list[HeldStretch]) -> HealthFile:
    count = _count_of(tally)
    hours = file.hours
    for one in replaced:
        hours = _summed(hours, one.count, -1)
    fresh = StretchRecord(
        log=tally.log,
        partition=tally.partition,
        first_offset=tally.first_offset,
        last_offset=tally.last_offset,
        count=count,
    )
    after = changed(
        file,
        last_at=max(file.last_at or tally.last_at, tally.last_at),
        stretches=(*(one for one in file.stretches if one not in replaced), fresh)[-MOST_STRETCHES:],
        hours=_summed(hours, count, 1)[-MOST_HOURS:],
    )
    return after if replaced else with_direction(with_delay(after, tally), tally)


def _count_of(tally: CameraTally) -> HourCount:
    timed = tally.delay_p50_s is not None
    return HourRecord(
        hour_from=hour_of(tally.first_at),
        reads=tally.reads,
        unreadable=tally.unreadable,
        late=tally.late,
        approaching=tally.approaching,
        departing=tally.departing,
        timed=tally.reads if timed else 0,
        delays_s=round((tally.delay_p50_s or 0.0) * tally.reads, 3),
    )


def _summed(hours: tuple[HourCount, ...], count: HourCount, sign: int) -> tuple[HourCount, ...]:
    held = hour_in(hours, count.hour_from)
    if held is None:
        return tuple(sorted((*hours, count), key=lambda one: one.hour_from)) if sign > 0 else hours
    summed = changed(held, **{name: _sum(held, count, name, sign) for name in NUMBERS})
    return tuple(summed if one is held else one for one in hours)


def _sum(held: HourCount, count: HourCount, name: str, sign: int) -> float:
    total = getattr(held, name) + sign * getattr(count, name)
    return float(round(total, 3)) if name == "delays_s" else int(max(total, 0))


def hour_in(hours: tuple[HourCount, ...], hour_from: datetime) -> HourCount | None:
    """What was counted in the hour; None: nothing came."""
    return next((one for one in reversed(hours) if one.hour_from == hour_from), None)
