"""Keeps a snapshot of reference data beside a worker, so that the next one need not read millions of messages."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import datetime
from pathlib import Path

from pipeline.runtime.clock import Clock
from pipeline.snapshots import BROKEN, Kept, Mark, latest, save

__all__ = ["EVERY_S", "WORTH_IT", "SnapshotKeeper"]

LOGGER = logging.getLogger(__name__)
WORTH_IT = 50_000
"""Records from which a snapshot is taken: fewer are read in a second."""
EVERY_S = 4 * 3600.0
"""Well within the time for which a snapshot is taken over."""


class SnapshotKeeper:
    """`begin` and `reached` of one reference topic. Used by one thread; it writes in one of its own."""

    def __init__(self, folder: Path, kept: Kept, log: str, clock: Clock) -> None:
        """folder: of these snapshots only. log: incarnation of the topic."""
        self._folder, self._kept, self._log, self._clock = folder, kept, log, clock
        self._taken_at: float | None = None
        self._writing: Future[Path] | None = None
        self._writes: datetime | None = None
        self._held_at: datetime | None = None

    def held_at(self) -> datetime | None:
        """Of which moment the newest snapshot is; None: there is none."""
        return self._held_at

    def begin(self) -> Mapping[int, int]:
        """Take the latest snapshot over; says where to read on. Empty: there is none, or it is broken."""
        found = latest(self._folder, self._kept.form, self._log, self._clock.now())
        if found is None:
            return {}
        snapshot, mark = found
        try:
            self._kept.restore(snapshot)
        except BROKEN as error:
            LOGGER.warning("the snapshot %s is broken (%s): reading the whole topic", snapshot.name, error)
            return {}
        LOGGER.info("%s taken over from the snapshot of %s", self._kept.form, mark.taken_at.isoformat())
        self._taken_at = self._clock.monotonic() - (self._clock.now() - mark.taken_at).total_seconds()
        self._held_at = mark.taken_at
        return mark.offsets

    def reached(self, offsets: Mapping[int, int]) -> None:
        """All before these is held: write a snapshot if one is due."""
        self._note_written()
        if self._writing is None and self._due():
            self._taken_at = self._clock.monotonic()
            mark = Mark(self._kept.form, self._log, dict(offsets), self._clock.now())
            self._writes = mark.taken_at
            pool = ThreadPoolExecutor(1, thread_name_prefix="snapshot")
            self._writing = pool.submit(save, self._folder, self._kept.view(), mark)
            pool.shutdown(wait=False)

    def _due(self) -> bool:
        if self._kept.size() < WORTH_IT:
            return False
        return self._taken_at is None or self._clock.monotonic() - self._taken_at >= EVERY_S

    def _note_written(self) -> None:
        if self._writing is None or not self._writing.done():
            return
        writing, self._writing = self._writing, None
        error = writing.exception()
        if error is not None:
            LOGGER.error("no snapshot (%s) could be written (%s): the next start takes longer", self._kept.form, error)
        else:
            self._held_at = self._writes

    def wait(self) -> None:
        """Until what is being written is there. Raises what went wrong."""
        if self._writing is not None:
            self._writing.result()
