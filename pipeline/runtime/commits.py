"""Commits with a time limit, which librdkafka's own synchronous commit lacks.

While a broker accepts connections but does not answer (frozen, or behind a cut network), librdkafka looks for the
coordinator for as long as it takes, and the caller neither says that it waits nor hears that it should stop. So the
call is made in a thread of its own, one at a time and in order, and the loop waits for it in slices.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import Future
from queue import SimpleQueue
from threading import Thread
from typing import NamedTuple

__all__ = ["Committer", "Offsets", "Patience", "Rewind", "Rewinds"]

Offsets = Mapping[tuple[str, int], int]
"""(topic, partition) → offset of the next message to take."""


class Rewind(NamedTuple):
    """From where a partition has to be read again, to have a stage's state back."""

    offset: int
    note: str = ""
    """What the stage tells its successor with it. A broker may lose it, and an older release gives none."""


Rewinds = Mapping[tuple[str, int], Rewind]
Job = tuple[Offsets, Rewinds, "Future[None]"]


class Committer:
    """Hands (offsets, rewinds) to `write` in a daemon thread, so that a commit under way never keeps a process."""

    def __init__(self, write: Callable[[Offsets, Rewinds], None]) -> None:
        self._write = write
        self._jobs: SimpleQueue[Job] = SimpleQueue()
        self._under_way: Future[None] | None = None
        Thread(target=self._run, name="commits", daemon=True).start()

    def commit(self, offsets: Offsets, rewinds: Rewinds, wait_s: float) -> None:
        """Return when the broker has taken them.

        Raises TimeoutError when that takes longer than `wait_s`, or at once while an earlier commit is still under
        way, and what `write` raised for either.
        """
        if self._under_way is not None:
            self._wait(self._under_way, 0)
        self._under_way = Future()
        self._jobs.put((offsets, rewinds, self._under_way))
        self._wait(self._under_way, wait_s)

    def _wait(self, under_way: Future[None], wait_s: float) -> None:
        error = under_way.exception(wait_s)
        self._under_way = None
        if error is not None:
            raise error

    def idle(self) -> bool:
        """False while a commit is under way: its consumer must not be closed then."""
        return self._under_way is None or self._under_way.done()

    def _run(self) -> None:
        while True:
            offsets, rewinds, under_way = self._jobs.get()
            try:
                self._write(offsets, rewinds)
            except Exception as error:
                under_way.set_exception(error)
            else:
                under_way.set_result(None)


class Patience:
    """Tells a broker that does not answer from a commit that got lost inside the client.

    The first is waited for without end. The second, seen once under heavy load, never ends: only a new client helps.
    """

    def __init__(self, answers: Callable[[], bool], clock: Callable[[], float], lost_after_s: float = 60.0) -> None:
        self._answers, self._clock, self._lost_after_s = answers, clock, lost_after_s
        self._answering_since: float | None = None

    def commit_taken(self) -> None:
        """All is well."""
        self._answering_since = None

    def lost(self) -> bool:
        """True when the broker has answered everything else for `lost_after_s`, and still not the commit."""
        if not self._answers():
            self._answering_since = None
            return False
        if self._answering_since is None:
            self._answering_since = self._clock()
        return self._clock() - self._answering_since >= self._lost_after_s
