"""Pictures go when their passages go: by the day in their key, `camera/YYYY/MM/DD/…`, except what a case holds."""

from __future__ import annotations

import re
from collections.abc import Callable, Container, Iterator, Sequence
from dataclasses import dataclass, fields
from datetime import UTC, date, datetime, timedelta
from functools import cache

import obstore
from obstore.store import ObjectStore

from pipeline.evidence import crops_of
from sinks.clickhouse.retention.rules import LATE_AT_MOST

__all__ = ["PicturesDue", "expire_pictures"]

STUDY = "not-plates"
"""Where pictures for study lie (pipeline.stages.study), by reason, with the same folders below."""
AT_ONCE = 1000
"""Pictures of one request to delete: as many as S3 takes."""
_DAY = re.compile(r"(?:.+/)?(?P<camera>[^/]+)/(?P<year>\d{4})/(?P<month>\d{2})/(?P<day>\d{2})")
Progress = Callable[[str, int, int], None]
Folders = Callable[[str], tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class PicturesDue:
    """Pictures of days that are over for twelve months."""

    oldest_day: date | None
    """Oldest day of which there is a picture, held ones too; None: there is none."""
    due_since: date | None
    """Oldest day with a picture that is due and not held; None: nothing is due."""
    due: int
    """Pictures that must go; 0 once they were deleted."""
    due_bytes: int
    late: int
    """Of these, for more than a day."""
    held: int
    """Past twelve months, kept by a hold."""
    deleted: int
    deleted_bytes: int
    strange: int
    """Folders that name no day: never touched here."""


def expire_pictures(
    store: ObjectStore, held: Container[str], cutoff: datetime, *, delete: bool, progress: Progress
) -> PicturesDue:
    """Count what is due, or delete it.

    held: keys that stay. cutoff: twelve months ago; a day goes when it ended before then (UTC), so a picture stays up
    to a day longer than its passage. progress: (what, done, of). Safe to repeat and to stop: a day that is half
    deleted is deleted the rest of next time.
    """
    count = _Count(cutoff)
    folders = _lister(store)
    days, count.strange = _days(folders, cutoff.astimezone(UTC).date())
    for done, (prefix, day) in enumerate(days):
        progress(f"pictures of {day}", done, len(days))
        for listed in obstore.list(store, prefix=prefix, chunk_size=AT_ONCE):
            _batch(store, listed, held, day, count, delete=delete)
    progress("pictures", len(days), len(days))
    count.oldest_day = _oldest_day(_lister(store) if count.deleted else folders)
    return count.result()


@dataclass(slots=True)
class _Count:
    cutoff: datetime
    oldest_day: date | None = None
    due_since: date | None = None
    due: int = 0
    due_bytes: int = 0
    late: int = 0
    held: int = 0
    deleted: int = 0
    deleted_bytes: int = 0
    strange: int = 0

    def result(self) -> PicturesDue:
        told = {field.name: getattr(self, field.name) for field in fields(PicturesDue)}
        return PicturesDue(**told)


def _batch(
    store: ObjectStore,
    listed: Sequence[obstore.ObjectMeta],
    held: Container[str],
    day: date,
    count: _Count,
    *,
    delete: bool,
) -> None:
    going = [one for one in listed if not _is_held(one["path"], held)]
    size = sum(one["size"] for one in going)
    count.held += len(listed) - len(going)
    if delete and going:
        obstore.delete(store, [one["path"] for one in going])
        count.deleted += len(going)
        count.deleted_bytes += size
    elif going:
        count.due += len(going)
        count.due_bytes += size
        ended = datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(days=1)
        count.late += len(going) if count.cutoff - ended > LATE_AT_MOST else 0
        count.due_since = min(day, count.due_since or day)


def _is_held(key: str, held: Container[str]) -> bool:
    """A whole frame is held with any picture that was cut from it."""
    return key in held or any(crop in held for crop in crops_of(key))


def _lister(store: ObjectStore) -> Folders:
    """Folders below a prefix; each is asked for once, as every question may be one to a bucket far away."""

    @cache
    def folders(prefix: str) -> tuple[str, ...]:
        listed = obstore.list_with_delimiter(store, prefix=f"{prefix}/" if prefix else None)
        return tuple(sorted(one.rstrip("/") for one in listed["common_prefixes"]))

    return folders


def _days(folders: Folders, first_kept: date) -> tuple[list[tuple[str, date]], int]:
    """Folders of the days before `first_kept`, oldest first, and how many folders there name no day.

    Goes down camera, year, month, day, and only where something may be due.
    """
    found: list[tuple[str, date]] = []
    strange = 0
    for camera in _cameras(folders):
        for day_prefix in _below(folders, camera, first_kept):
            day = _day_of(day_prefix)
            strange += day is None
            if day is not None and day < first_kept:
                found.append((day_prefix, day))
    return sorted(found, key=lambda one: one[1]), strange


def _cameras(folders: Folders) -> Iterator[str]:
    for folder in folders(""):
        if folder != STUDY:
            yield folder
            continue
        for reason in folders(folder):
            yield from folders(reason)


def _below(folders: Folders, camera: str, last: date) -> Iterator[str]:
    """Day folders of a camera that may be of `last` or before, oldest first; what is no year or month as it is."""
    for year in folders(camera):
        name = _name(year)
        if not (name.isdigit() and len(name) == 4):
            yield year
        elif int(name) <= last.year:
            for month in folders(year):
                number = _name(month)
                if int(name) < last.year or not number.isdigit() or int(number) <= last.month:
                    yield from folders(month)


def _oldest_day(folders: Folders) -> date | None:
    """Of all cameras; looks only where there may be one older than what is found already."""
    oldest = date.max
    for camera in _cameras(folders):
        days = (_day_of(prefix) for prefix in _below(folders, camera, oldest))
        oldest = min(next((day for day in days if day is not None), oldest), oldest)
    return None if oldest == date.max else oldest


def _name(prefix: str) -> str:
    return prefix.rpartition("/")[2]


def _day_of(prefix: str) -> date | None:
    match = _DAY.fullmatch(prefix)
    try:
        return date(int(match["year"]), int(match["month"]), int(match["day"])) if match else None
    except ValueError:
        return None
