"""Uploads a spool, in order, one batch at a time, for as long as it takes."""

from __future__ import annotations

import logging
import random
import threading
from collections.abc import Callable

from anpr.edge.door import Answer, Door
from anpr.edge.items import Batch, Refused
from anpr.edge.spool import Spool, SpoolFull

__all__ = ["MOST_READS", "Uploader"]

LOGGER = logging.getLogger("anpr.edge")
MOST_READS, MOST_BYTES = 1_000, 1_000_000
"""Of one upload."""
LOOK_EVERY_S = 0.2
"""For new items."""
FIRST_WAIT_S, LONGEST_WAIT_S = 0.5, 60.0
SPREAD = 0.25
"""Of what the door asks us to wait: a thousand cars that lost the same door do not come back at once."""


class Uploader:
    """`run` until `stop`, or until nothing waits."""

    def __init__(
        self,
        spool: Spool,
        door: Door,
        draw: Callable[[float, float], float] = random.uniform,
        most_reads: int = MOST_READS,
    ) -> None:
        """draw: a number between two, for the jitter of waits. most_reads: of one upload."""
        self._spool, self._door, self._draw = spool, door, draw
        self._ended = threading.Event()
        self._failures = 0
        self._most_at_once = self._most_reads = most_reads

    def run(self, *, until_empty: bool = False) -> bool:
        """True: nothing waits any more."""
        while not self._ended.is_set():
            try:
                batch = self._spool.next_batch(self._most_reads, MOST_BYTES)
                wait_s = LOOK_EVERY_S if batch is None else self.step(batch)
            except SpoolFull as full:  # what was uploaded and could not be noted is sent again, and known there
                LOGGER.error("%s", full)
                wait_s = LONGEST_WAIT_S
            else:
                if batch is None and until_empty:
                    return True
            if wait_s:
                self._ended.wait(wait_s)
        return False

    def stop(self) -> None:
        """From any thread; an upload under way is waited for."""
        self._ended.set()

    def step(self, batch: Batch) -> float:
        """Upload a batch; for how long to wait before the next, s."""
        answer = self._door.upload(self._spool.name, batch)
        handle = {
            "taken": self._taken,
            "too_large": self._smaller,
            "refused": self._alone,
            "other_content": self._renewed,
        }.get(answer.outcome, self._later)
        return handle(batch, answer)

    def _taken(self, batch: Batch, answer: Answer) -> float:
        self._spool.done(batch, answer.refused)
        self._spool.note(answer.words, "", answer.skew_s)
        self._failures, self._most_reads = 0, min(self._most_at_once, self._most_reads * 2)
        if answer.refused:
            LOGGER.error("%d of %d were refused for ever: %s", len(answer.refused), len(batch.items), answer.words)
        return 0.0

    def _smaller(self, batch: Batch, answer: Answer) -> float:
        """Half of it, down to one, which then cannot be sent at all."""
        return self._cut(batch, answer, "too_large")

    def _alone(self, batch: Batch, answer: Answer) -> float:
        """Something in it spoils the whole upload: find it by halves."""
        return self._cut(batch, answer, "unusable")

    def _cut(self, batch: Batch, answer: Answer, reason: str) -> float:
        if len(batch.items) == 1:
            return self._taken(batch, Answer("taken", answer.words, (Refused(0, reason, answer.words),)))
        self._spool.recut()
        self._most_reads = max(1, len(batch.items) // 2)
        return 0.0

    def _renewed(self, _batch: Batch, answer: Answer) -> float:
        """A disk that lost power came back older than what the door knows: sent again rather than lost."""
        LOGGER.warning("the door knows this spool otherwise, a new one is begun: %s", answer.words)
        self._spool.renew()
        return self._pause(answer)

    def _later(self, batch: Batch, answer: Answer) -> float:
        wait_s = self._pause(answer)
        self._spool.note(answer.words, answer.words)
        level = logging.ERROR if answer.outcome == "not_admitted" else logging.WARNING
        LOGGER.log(level, "%d items wait, again in %.1f s: %s", len(batch.items), wait_s, answer.words)
        return wait_s

    def _pause(self, answer: Answer) -> float:
        """Longer each time, never as long as others, and not less than the door asks."""
        most = min(LONGEST_WAIT_S, FIRST_WAIT_S * 2**self._failures)
        self._failures = min(self._failures + 1, 10)
        own = self._draw(most / 2, most)
        return max(own, answer.after_s * self._draw(1.0, 1.0 + SPREAD))
