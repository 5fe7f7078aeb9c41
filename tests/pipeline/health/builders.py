"""Counts of cameras for tests of their health: a test names what matters to it, the rest is ordinary."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from pipeline.health.limits import Limits
from pipeline.health.records import TallyRecord
from pipeline.health.watcher import Watcher
from schemas.anomaly import Anomaly
from schemas.camera import Camera
from schemas.camera_health import CameraHealth
from schemas.camera_tally import CameraTally
from schemas.codec import compiled, decoder, encode
from schemas.health_file import HealthFile

MONDAY = datetime(2026, 10, 26, tzinfo=UTC)
CameraRecord = compiled(Camera)
Rate = Callable[[str, datetime], int]
"""Camera, moment → reads in the step that begins then."""


def camera(camera_id: str, **changes: Any) -> Camera:
    """A camera that hangs somewhere."""
    fields: dict[str, Any] = {"camera_id": camera_id, "name": camera_id, "kind": "fixed", "police_zone": "brussels"}
    return CameraRecord(**fields | changes)


def tally(camera_id: str, at: datetime, reads: int = 6, first_offset: int = 0, **changes: Any) -> CameraTally:
    """So many reads in the half minute from `at`, one after the other in the log."""
    fields: dict[str, Any] = {
        "camera_id": camera_id,
        "log": "log-1",
        "partition": 0,
        "first_offset": first_offset,
        "last_offset": first_offset + reads - 1,
        "first_at": at,
        "last_at": at + timedelta(seconds=20),
        "reads": reads,
        "delay_low_s": 0.5,
        "delay_p50_s": 1.0,
        "delay_high_s": 1.5,
    }
    return TallyRecord(**fields | changes)


def progress(at: datetime, partition: int = 0) -> CameraTally:
    """All reads stamped before have been told."""
    return TallyRecord(log="log-1", partition=partition, first_at=at, last_at=at)


def days(
    cameras: Iterable[str], begin: datetime, end: datetime, rate: Rate, step_s: int = 60, **changes: Any
) -> Iterator[CameraTally]:
    """What comes of these cameras, step by step."""
    at, offset = begin, int((begin - MONDAY + timedelta(days=90)).total_seconds()) * 1000
    while at < end:
        for name in cameras:
            reads = rate(name, at)
            if reads:
                last_at = at + timedelta(seconds=step_s - 2)
                yield tally(name, at, reads, offset, **{"last_at": last_at} | changes)
                offset += reads
        at += timedelta(seconds=step_s)
        yield progress(at)


class Shelf:
    """Files as bytes, as the worker's table holds them."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self._decode = decoder(HealthFile)

    def get(self, subject: str) -> HealthFile | None:
        """The file of this subject."""
        value = self.files.get(subject)
        return None if value is None else self._decode(value)

    def subjects(self) -> AbstractSet[str]:
        """All that there are."""
        return self.files.keys()

    def save(self, changes: Mapping[str, HealthFile | None]) -> None:
        """Keep them."""
        for subject, file in changes.items():
            if file is None:
                self.files.pop(subject, None)
            else:
                self.files[subject] = encode(file)


class Desk:
    """A watcher with its shelf, and all that it told."""

    def __init__(self, *cameras: Camera) -> None:
        self.cameras = {one.camera_id: one for one in cameras}
        self.shelf = Shelf()
        self.watcher = self._watcher()
        self.told: list[Anomaly] = []
        self.rows: list[CameraHealth] = []

    def hear(self, tallies: Iterable[CameraTally]) -> Desk:
        """One after the other, each kept before the next."""
        for one in tallies:
            self.watcher.take(one)
            self.keep()
        return self

    def keep(self) -> None:
        """As the worker does."""
        self.told += self.watcher.anomalies
        self.rows += self.watcher.rows
        self.shelf.save(self.watcher.changes)
        self.watcher.taken()

    def restart(self) -> None:
        """A successor, with what the shelf holds."""
        self.watcher = self._watcher()

    def _watcher(self) -> Watcher:
        """Steps may be long: the log need not say every two minutes how far it is."""
        return Watcher(self.cameras, self.shelf, Limits(missed_at_most=timedelta(minutes=45)))

    def file(self, subject: str) -> HealthFile:
        """As it is kept."""
        file = self.shelf.get(subject)
        assert file is not None
        return file

    @property
    def stands(self) -> dict[UUID, Anomaly]:
        """Anomalies as they are told last."""
        return {one.anomaly_id: one for one in self.told}

    def open(self) -> list[tuple[str, str | None]]:
        """Kind and camera of what is not over."""
        return sorted((one.kind, one.camera_id) for one in self.stands.values() if one.ended_at is None)
