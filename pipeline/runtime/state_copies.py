"""Copies of a flow's state on its worker's disk: who starts again reads on from there, not from hours back.

The log stays what state is rebuilt from (`source.py`). A copy only spares most of that work: one that is missing,
broken, of another log or too old is left, and the log read from where it always was. docs/decisions/0042.
"""

from __future__ import annotations

import json
import logging
import os
import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import pairwise
from pathlib import Path
from typing import Protocol

from pipeline.runtime.clock import Clock
from pipeline.runtime.metrics import Metrics

__all__ = ["BROKEN", "EVERY_S", "Copied", "StateCopies"]

LOGGER = logging.getLogger(__name__)
Place = tuple[str, int]
EVERY_S = 15.0
"""How old a copy grows: so much of the log a successor reads again."""
SHARE = 0.05
"""Of its time a worker writes copies for so much at most: of a large state they are older."""
AT_ONCE_S = 0.2
"""Then messages go on again, before the next partition's copy."""
STALE_S = 12 * 3600.0
"""So old a copy is of no use to anybody, and it holds plates."""
STALE_DRAFT_S = 600.0
TRIES = 3
"""Take-overs of one copy: whoever ends so often before writing a newer one may end by what is in it."""
BROKEN = (OSError, ValueError, KeyError, TypeError, IndexError)
"""What reading or taking over a broken copy may raise."""


class Copied(Protocol):
    """A stateful stage whose state can be written down, and taken over from that."""

    form: str
    """What it is and how it is laid out, `watch 1`: by another program it may be read as something else."""

    def state(self, place: Place) -> bytes | None:
        """All that it remembers of a partition; None: nothing."""
        ...

    def restore(self, place: Place, state: bytes) -> None:
        """Remember it again. Raises one of BROKEN, and then remembers nothing of the partition."""
        ...


@dataclass(frozen=True, slots=True)
class Head:
    """First line of a copy."""

    form: str
    log: str
    """Incarnation of the topic."""
    offset: int
    """The state is that of all messages before."""
    crc: int
    """Of what follows."""


class StateCopies:
    """Writes and takes over the copies of one flow. Used by the loop's thread only."""

    def __init__(
        self, folder: Path, stage: Copied, flow: str, logs: Mapping[str, str], clock: Clock, metrics: Metrics
    ) -> None:
        """folder: of this flow only. logs: topic → incarnation."""
        self._folder, self._stage, self._flow = folder, stage, flow
        self._logs, self._clock, self._metrics = logs, clock, metrics
        self._due_at: dict[Place, float] = {}
        self._written: dict[Place, int] = {}
        self._tidy()

    def _tidy(self) -> None:
        now_s = self._clock.now().timestamp()
        for path in self._folder.glob("*"):
            oldest_s = STALE_DRAFT_S if path.suffix == ".draft" else STALE_S
            try:
                if path.stat().st_mtime < now_s - oldest_s:
                    path.unlink()
            except FileNotFoundError:  # by another worker of this folder, at the same moment
                continue
            except OSError as error:
                LOGGER.error("an old copy of state cannot be deleted, and it holds plates: %s", error)

    # ---- taking over -----------------------------------------------------------------------------------------------

    def resume(self, place: Place, needed: int, live: int) -> int:
        """Let the stage take its copy of a partition over; where the log is to be read from then.

        needed: where it would have to be read from without; live: what was committed. A copy beyond that is not taken:
        somebody put the group back, to have it all told again.
        """
        tries = self._paths(place)
        for path, taken in pairwise(tries):
            if path.exists():
                return self._taken(place, path, taken, needed, live) or needed
        if tries[-1].exists():
            LOGGER.warning("the copy of the state of %s-%d was taken over %d times: reading the log", *place, TRIES)
        return needed

    def _taken(self, place: Place, path: Path, taken: Path, needed: int, live: int) -> int | None:
        """The copy's offset; None: it is left."""
        try:
            head, state = _read(path)
            if (head.form, head.log) != self._own(place) or not needed < head.offset <= live:
                return None
            path.rename(taken)
            self._stage.restore(place, state)
        except BROKEN as error:
            LOGGER.warning("the copy of the state of %s-%d is broken (%s): reading the log", *place, error)
            self._count("broken")
            return None
        LOGGER.info("state of %s-%d taken over from a copy, %d messages read again", *place, live - head.offset)
        self._count("taken_over")
        self._written[place] = head.offset
        return head.offset

    # ---- writing ---------------------------------------------------------------------------------------------------

    def reached(self, offsets: Mapping[Place, int], *, at_once: bool = False) -> None:
        """All before these is done and committed, and the state is of just that: write the copies that are due.

        at_once: all that differ, before the worker leaves.
        """
        began_s = self._clock.monotonic()
        for place in sorted(offsets, key=lambda place: self._due_at.get(place, 0.0)):
            now_s = self._clock.monotonic()
            due = at_once or (now_s >= self._due_at.get(place, 0.0) and now_s < began_s + AT_ONCE_S)
            if due and self._written.get(place) != offsets[place]:
                self._write(place, offsets[place])
                took_s = self._clock.monotonic() - now_s
                self._due_at[place] = now_s + max(EVERY_S, took_s / SHARE)

    def _write(self, place: Place, offset: int) -> None:
        state = self._stage.state(place)
        if state is None:
            return
        form, log = self._own(place)
        head = json.dumps(asdict(Head(form, log, offset, zlib.crc32(state)))).encode()
        try:
            self._put(self._paths(place), head + b"\n", state)
        except OSError as error:
            LOGGER.error("no copy of the state of %s-%d could be written (%s): a successor takes longer", *place, error)
            self._count("failed")
            return
        self._written[place] = offset
        self._count("written")

    def _put(self, paths: Sequence[Path], *parts: bytes) -> None:
        """Whole or not at all: a copy that the machine tore is known by its checksum."""
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        path, *taken = paths
        draft = path.with_name(f"{path.name}.{os.getpid()}.draft")
        try:
            with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
                file.writelines(parts)
            draft.replace(path)
        finally:
            draft.unlink(missing_ok=True)
        for older in taken:
            older.unlink(missing_ok=True)

    def forget(self, places: Iterable[Place]) -> None:
        """Partitions went to another worker."""
        for place in places:
            self._due_at.pop(place, None)
            self._written.pop(place, None)

    def _own(self, place: Place) -> tuple[str, str]:
        return self._stage.form, self._logs[place[0]]

    def _paths(self, place: Place) -> Sequence[Path]:
        """Of a copy as it was written, and after each take-over."""
        name = f"{place[0]}-{place[1]}.state"
        return [self._folder / name, *(self._folder / f"{name}.taken-{number}" for number in range(1, TRIES + 1))]

    def _count(self, outcome: str) -> None:
        self._metrics.count("anpr_state_copies_total", flow=self._flow, outcome=outcome)


def _read(path: Path) -> tuple[Head, bytes]:
    """Raises one of BROKEN."""
    first, _, state = path.read_bytes().partition(b"\n")
    head = Head(**json.loads(first))
    if zlib.crc32(state) != head.crc:
        raise ValueError("it is not as it was written")
    return head, state
