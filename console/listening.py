"""One stream: what is wanted and may be seen of the ring, or of the log as long as it is behind."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import AsyncGenerator, Callable, Iterable
from contextlib import AsyncExitStack, aclosing
from typing import Generic, Literal, TypeVar

from confluent_kafka import KafkaException
from fastapi.sse import format_sse_event

from console.audience import Audience
from console.cursor import write_cursor
from console.feed import Feed
from console.log_reader import LogReader
from console.parts import Parts
from console.ring import FellBehind, Told
from pipeline.cases.records import CaseRecord
from pipeline.runtime.kafka import KafkaUnusable

__all__ = ["Listening", "Now"]

LOGGER = logging.getLogger(__name__)
POLL_S = 0.5
Now = tuple[dict[int, int], int]
"""As `Ring.now` says it."""
M = TypeVar("M")
End = Literal["too_slow", "ended", "closing", "unavailable"]
WHY: dict[End, str] = {
    "too_slow": "this client takes events more slowly than they come: connect again, the last id leads on",
    "ended": "this token was ended or replaced, or you are signed in no longer",
    "unavailable": "the log cannot be read now: connect again, the last id leads on",
    "closing": "the platform ends this process: connect again, the last id leads on",
}


class Listening(Generic[M]):
    """Gives the bytes of one answer. The id of each event says where the next one begins, over all partitions."""

    def __init__(
        self,
        parts: Parts,
        feed: Feed[M],
        audience: Audience,
        takes: Callable[[M], bool],
        begin: dict[int, int] | Now,
    ) -> None:
        """takes: whether they want, and may see, a message; asked in the order of the log.

        begin: by partition, the next offset wanted; or what `Ring.now` said when they asked.
        """
        self._parts, self._feed = parts, feed
        self._ring, self._audience, self._takes = feed.ring, audience, takes
        self._number: int | None = None
        """Of the next message in the ring; None: the ring lacks some of what comes next, or was not asked yet."""
        if isinstance(begin, dict):
            # One behind the end is of a log that was cut off, or of another process that is a moment ahead of this one.
            ends, _ = feed.ring.now()
            self._places = {place: min(at, ends.get(place, at)) for place, at in begin.items()}
        else:
            self._places, self._number = begin
        self._was_current = False
        """Since then the ring must do: who needs the log again and again would read it all day."""
        self._spoke_at = 0.0
        self._ended: End | None = None

    async def events(self) -> AsyncGenerator[bytes, None]:
        """The stream, until it ends on our side."""
        yield self._life_sign(retry=1000)
        while await self._still():
            async with aclosing(self._from_ring() if self._joined() else self._from_log()) as some:
                async for event in some:
                    yield event
        assert self._ended is not None
        self._parts.metrics.count("anpr_streams_ended_total", reason=self._ended)
        yield format_sse_event(event="end", data_str=json.dumps({"reason": self._ended, "detail": WHY[self._ended]}))

    async def _still(self) -> bool:
        await self._audience.look()
        return self._may_go_on()

    def _may_go_on(self) -> bool:
        if self._ended is None and not self._audience.holds():
            self._ended = "ended"
        if self._ended is None and self._parts.ending.is_set():
            self._ended = "closing"
        return self._ended is None

    def _joined(self) -> bool:
        if self._number is None:
            self._number = self._ring.join(self._places)
        return self._number is not None

    async def _from_ring(self) -> AsyncGenerator[bytes, None]:
        """What is there, or one wait."""
        assert self._number is not None
        try:
            some = self._ring.after(self._number)
        except FellBehind:
            self._number = None
            if self._was_current:
                self._ended = "too_slow"
            return
        if not some:
            self._was_current = True
            await self._feed.bell.wait(min(self._parts.limits.life_sign_s, self._audience.look_every_s))
        self._number += len(some)
        for event in self._told(some):
            yield event

    async def _from_log(self) -> AsyncGenerator[bytes, None]:
        """What the ring no longer holds, until it holds the rest."""
        async with AsyncExitStack() as stack:
            while not await self._turn(stack):
                yield self._life_sign()
                if not await self._still():
                    return
            try:
                reader = await asyncio.to_thread(LogReader[M], self._parts.kafka, self._feed.subject, self._places)
                stack.push_async_callback(asyncio.to_thread, reader.close)
                while await self._still() and not self._joined():
                    some, ends = await asyncio.to_thread(reader.read, POLL_S)
                    for event in self._told(some):
                        yield event
                    self._places |= {place: end for place, end in ends.items() if end > self._places.get(place, 0)}
            except (KafkaException, KafkaUnusable) as error:
                LOGGER.warning("a stream ends, as the log cannot be read: %s", error)
                self._ended = "unavailable"

    async def _turn(self, stack: AsyncExitStack) -> bool:
        """Wait for a turn to read the log; False: not yet."""
        try:
            await asyncio.wait_for(self._parts.turns.acquire(), self._parts.limits.life_sign_s)
        except TimeoutError:
            return False
        stack.callback(self._parts.turns.release)
        return True

    def _told(self, some: Iterable[Told[M]]) -> Iterable[bytes]:
        for one in some:
            if not self._may_go_on():
                return
            if one.offset < self._places.get(one.partition, 0):
                continue
            self._places[one.partition] = one.offset + 1
            if self._takes(one.content):
                self._count(one.content)
                self._spoke_at = self._parts.clock.monotonic()
                yield b"%bid: %b\n\n" % (one.event, self._cursor().encode())
        if self._parts.clock.monotonic() - self._spoke_at >= self._parts.limits.life_sign_s - 1:
            yield self._life_sign()

    def _count(self, content: M) -> None:
        account = self._audience.account
        account.hits += 1
        if isinstance(content, CaseRecord):
            account.cases[str(content.case_id)] = None
        else:
            self._parts.metrics.count("anpr_hits_told_total", way="stream")

    def _life_sign(self, retry: int | None = None) -> bytes:
        """Also says how far the stream came without an event, so that nobody reads that again."""
        self._spoke_at = self._parts.clock.monotonic()
        if self._audience.sees_life:
            now = json.dumps({"at": self._parts.clock.now().isoformat()})
            return format_sse_event(event="alive", data_str=now, id=self._cursor(), retry=retry)
        return format_sse_event(comment="alive", id=self._cursor(), retry=retry)

    def _cursor(self) -> str:
        return write_cursor(self._feed.log, self._places)
