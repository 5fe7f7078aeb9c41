"""Keeps a snapshot of the hotlist beside a worker, so that the next one need not read millions of messages."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

from pipeline.hotlist.index import HotlistIndex
from pipeline.hotlist.snapshot import Mark, latest, restore, save
from pipeline.runtime.clock import Clock

__all__ = ["EVERY_S", "WORTH_IT", "SnapshotKeeper"]

LOGGER = logging.getLogger(__name__)
WORTH_IT = 50_000
"""Entries from which a snapshot is taken: fewer are read in a second."""
EVERY_S = 4 * 3600.0
"""Well within the time for which a snapshot is taken over."""


class SnapshotKeeper:
    """`begin` and `reached` of the reference topic `hotlist`. Used by one thread; it writes in one of its own."""

    def __init__(self, folder: Path, index: HotlistIndex, log: str, clock: Clock) -> None:
        """log: incarnation of the topic."""
        self._folder, self._index, self._log, self._clock = folder, index, log, clock
        self._taken_at: float | None = None
        self._writing: Future[Path] | None = None

    def begin(self) -> Mapping[int, int]:
        """Take the latest snapshot over; says where to read on. Empty: there is none, or it is broken."""
        found = latest(self._folder, self._log, self._clock.now())
        if found is None:
            return {}
        snapshot, mark = found
        try:
            restore(snapshot, self._index)
        except (OSError, ValueError, KeyError, TypeError, EOFError) as error:
            LOGGER.warning("the snapshot %s is broken (%s): reading the whole topic", snapshot.name, error)
            return {}
        LOGGER.info("hotlist taken over from the snapshot of %s", mark.taken_at.isoformat())
        self._taken_at = self._clock.monotonic() - (self._clock.now() - mark.taken_at).total_seconds()
        return mark.offsets

    def reached(self, offsets: Mapping[int, int]) -> None:
        """The index holds all before these: write a snapshot if one is due."""
        self._note_written()
        if self._writing is None and self._due():
            self._taken_at = self._clock.monotonic()
            mark = Mark(self._log, dict(offsets), self._clock.now())
            pool = ThreadPoolExecutor(1, thread_name_prefix="hotlist-snapshot")
            self._writing = pool.submit(save, self._folder, self._index.view(), mark)
            pool.shutdown(wait=False)

    def _due(self) -> bool:
        if len(self._index) < WORTH_IT:
            return False
        return self._taken_at is None or self._clock.monotonic() - self._taken_at >= EVERY_S

    def _note_written(self) -> None:
        if self._writing is None or not self._writing.done():
            return
        writing, self._writing = self._writing, None
        error = writing.exception()
        if error is not None:
            LOGGER.error("no snapshot of the hotlist could be written (%s): the next start takes longer", error)

    def wait(self) -> None:
        """Until what is being written is there. Raises what went wrong."""
        if self._writing is not None:
            self._writing.result()
