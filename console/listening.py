"""One subscriber's stream: hits of the ring that it wants and may see, or of the log as long as it is behind."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import AsyncGenerator, Iterable
from contextlib import AsyncExitStack, aclosing
from typing import Literal

from confluent_kafka import KafkaException
from fastapi.sse import format_sse_event

from console.accounts import Account
from console.bell import Bell
from console.cursor import write_cursor
from console.feed import TOPIC
from console.log_reader import LogReader
from console.parts import Parts
from console.ring import FellBehind, Told
from pipeline.runtime.kafka import KafkaUnusable
from schemas.selection import HitSelection, Selector

__all__ = ["Listening", "Now"]

LOGGER = logging.getLogger(__name__)
POLL_S = 0.5
Now = tuple[dict[int, int], int]
"""As `Ring.now` says it."""
End = Literal["too_slow", "ended", "closing", "unavailable"]
WHY: dict[End, str] = {
    "too_slow": "this client takes hits more slowly than they come: connect again, the last id leads on",
    "ended": "this token was ended or replaced",
    "unavailable": "the log cannot be read now: connect again, the last id leads on",
    "closing": "the platform ends this process: connect again, the last id leads on",
}


class Listening:
    """Gives the bytes of one answer. The id of each event says where the next one begins, over all partitions."""

    def __init__(
        self, parts: Parts, bell: Bell, account: Account, wish: HitSelection, begin: dict[int, int] | Now
    ) -> None:
        """begin: by partition, the next offset wanted; or what `Ring.now` said when the subscriber asked."""
        self._parts, self._bell, self._account = parts, bell, account
        zones = parts.feed.zones
        self._may = Selector(account.subscriber.limits, zones, unknown_cameras=False)
        self._wants = Selector(wish, zones)
        self._number: int | None = None
        """Of the next message in the ring; None: the ring lacks some of what comes next, or was not asked yet."""
        if isinstance(begin, dict):
            # One behind the end is of a log that was cut off, or of another process that is a moment ahead of this one.
            ends, _ = parts.ring.now()
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
        while self._may_go_on():
            async with aclosing(self._from_ring() if self._joined() else self._from_log()) as some:
                async for event in some:
                    yield event
        assert self._ended is not None
        self._parts.metrics.count("anpr_streams_ended_total", reason=self._ended)
        yield format_sse_event(event="end", data_str=json.dumps({"reason": self._ended, "detail": WHY[self._ended]}))

    def _may_go_on(self) -> bool:
        if self._ended is None and not self._parts.door.holds(self._account.subscriber):
            self._ended = "ended"
        if self._ended is None and self._parts.ending.is_set():
            self._ended = "closing"
        return self._ended is None

    def _joined(self) -> bool:
        if self._number is None:
            self._number = self._parts.ring.join(self._places)
        return self._number is not None

    async def _from_ring(self) -> AsyncGenerator[bytes, None]:
        """What is there, or one wait."""
        assert self._number is not None
        try:
            some = self._parts.ring.after(self._number)
        except FellBehind:
            self._number = None
            if self._was_current:
                self._ended = "too_slow"
            return
        if not some:
            self._was_current = True
            await self._bell.wait(self._parts.limits.life_sign_s)
        self._number += len(some)
        for event in self._told(some):
            yield event

    async def _from_log(self) -> AsyncGenerator[bytes, None]:
        """What the ring no longer holds, until it holds the rest."""
        async with AsyncExitStack() as stack:
            while not await self._turn(stack):
                yield self._life_sign()
                if not self._may_go_on():
                    return
            try:
                reader = await asyncio.to_thread(LogReader, self._parts.kafka, TOPIC, self._places)
                stack.push_async_callback(asyncio.to_thread, reader.close)
                while self._may_go_on() and not self._joined():
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

    def _told(self, some: Iterable[Told]) -> Iterable[bytes]:
        for one in some:
            if not self._may_go_on():
                return
            if one.offset < self._places.get(one.partition, 0):
                continue
            self._places[one.partition] = one.offset + 1
            if self._may.takes(one.hit) and self._wants.takes(one.hit):
                self._account.hits += 1
                self._parts.metrics.count("anpr_hits_told_total", way="stream")
                self._spoke_at = self._parts.clock.monotonic()
                yield format_sse_event(event="hit", data_str=one.value.decode("utf-8", "replace"), id=self._cursor())
        if self._parts.clock.monotonic() - self._spoke_at >= self._parts.limits.life_sign_s - 1:
            yield self._life_sign()

    def _life_sign(self, retry: int | None = None) -> bytes:
        """Also says how far the stream came without a hit, so that nobody reads that again."""
        self._spoke_at = self._parts.clock.monotonic()
        return format_sse_event(comment="alive", id=self._cursor(), retry=retry)

    def _cursor(self) -> str:
        return write_cursor(self._parts.log, self._places)
