"""How far the log was told, and what of it nobody watched. Held in the file of all cameras."""

from __future__ import annotations

from datetime import datetime, timedelta

from pipeline.health.limits import Limits
from pipeline.health.records import FileRecord, ObservedRecord, ProgressRecord
from pipeline.health.week import HOUR, hour_of
from schemas.camera_tally import CameraTally
from schemas.codec import changed
from schemas.health_file import HealthFile

__all__ = ["MOST_BEHIND", "is_told", "reached", "seconds_watched", "with_look", "with_progress"]

MOST_BEHIND = timedelta(minutes=5)
"""A partition that is further behind than this holds up nobody: whoever reads it is down. Its cameras wait for it."""
HOURS_KEPT = 40


def with_progress(file: HealthFile | None, told: CameraTally, subject: str) -> HealthFile:
    """The file of all, knowing how far this partition was told. It never goes back."""
    file = file or FileRecord(subject=subject)
    known = {one.partition: one.at for one in file.progress}
    if known.get(told.partition, told.last_at) > told.last_at:
        return file
    known[told.partition] = told.last_at
    progress = tuple(ProgressRecord(partition=number, at=at) for number, at in sorted(known.items()))
    return changed(file, progress=progress)


def reached(file: HealthFile) -> datetime:
    """Until when all partitions were told."""
    newest = max(one.at for one in file.progress)
    return min(one.at for one in file.progress if newest - one.at <= MOST_BEHIND)


def is_told(file: HealthFile, all_of_them: HealthFile, at: datetime) -> bool:
    """Whether the reads of a camera were told until then: its partition keeps up with the others."""
    number = file.stretches[-1].partition if file.stretches else None
    return not any(one.partition == number and at - one.at > MOST_BEHIND for one in all_of_them.progress)


def with_look(file: HealthFile, at: datetime, limits: Limits) -> HealthFile:
    """The file of all, looked at until then. What it jumped over is held to be missed: no camera was silent then."""
    before = file.told_until
    if before is None or at - before > limits.missed_at_most:
        return changed(file, told_until=at, steady_from=at)
    watched = {one.hour_from: one.seconds for one in file.observed}
    begin = before
    while begin < at:
        end = min(hour_of(begin) + HOUR, at)
        watched[hour_of(begin)] = min(watched.get(hour_of(begin), 0.0) + (end - begin).total_seconds(), 3600.0)
        begin = end
    observed = tuple(ObservedRecord(hour_from=hour, seconds=watched[hour]) for hour in sorted(watched)[-HOURS_KEPT:])
    return changed(file, told_until=at, observed=observed)


def seconds_watched(file: HealthFile, hour_from: datetime) -> float:
    """Of an hour."""
    return next((one.seconds for one in file.observed if one.hour_from == hour_from), 0.0)
