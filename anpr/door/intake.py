"""Takes uploads: once each, and says so only when the broker has acknowledged all of it.

    open ──▶ uploads        the upload's messages ──▶ reads | frames        done ──▶ uploads
         acknowledged, then                       acknowledged, then the answer

What a crash leaves `open` is settled by looking in the log which of its messages are there. A broker that is slow
makes the device wait and come again: the attempt goes on meanwhile, and is found by whoever asks again.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from confluent_kafka import KafkaException

from anpr.door.arrived import Arrived, Outgoing
from anpr.door.budget import Budget
from anpr.door.floors import Floors
from anpr.door.follower import Follower
from anpr.door.ledger import Ledger, Verdict
from anpr.door.look_back import LookedTooLong, found_in_log
from anpr.door.sender import Sender
from pipeline.runtime.clock import Clock
from pipeline.runtime.kafka import KafkaConfig, KafkaUnusable
from schemas.codec import encode
from schemas.upload import Upload

__all__ = ["Busy", "Intake", "OtherContent"]

LOGGER = logging.getLogger(__name__)
DRAINED_S = 1.0
"""What a door that was killed had handed to the broker's socket is in the log by then."""
ELSEWHERE_S = 30
AGAIN_S = 5


class Busy(Exception):
    """Not now: come again. `after_s`: not before."""

    def __init__(self, why: str, after_s: int = AGAIN_S) -> None:
        super().__init__(why)
        self.after_s = after_s


class OtherContent(Exception):
    """This number of this spool was used for something else, or so long ago that nobody knows for what."""


class _NotDelivered(Exception):
    """The broker did not acknowledge all; some may be in the log."""


@dataclass(eq=False, slots=True)
class _Attempt:
    """An upload on its way to the broker, whoever waits for it."""

    arrived: Arrived
    settle: bool
    since_s: float
    ended: asyncio.Event = field(default_factory=asyncio.Event)
    fault: str = "it was not brought to its end"
    """Empty: all of it is acknowledged. Whatever ends an attempt otherwise, nobody is told that it is there."""


class Intake:
    """Of one process; used in its event loop."""

    def __init__(
        self,
        kafka: KafkaConfig,
        sender: Sender,
        follower: Follower,
        floors: Floors,
        ledger: Ledger,
        budget: Budget,
        clock: Clock,
        answer_within_s: float = 10.0,
    ) -> None:
        """answer_within_s: then a device is told to come again; what it sent is tried on."""
        self._kafka, self._sender, self._follower, self._floors = kafka, sender, follower, floors
        self._ledger, self._budget, self._clock = ledger, budget, clock
        self._answer_within_s = answer_within_s
        self._attempts: dict[str, _Attempt] = {}
        self._running: set[asyncio.Task[None]] = set()

    async def take(self, arrived: Arrived) -> bool:
        """Return once all of it is acknowledged; True: it was before. Raises Busy, Full, OtherContent."""
        attempt = self._attempts.get(arrived.lane)
        if attempt is None:
            verdict = await self._verdict(arrived)
            if verdict == "repeated":
                return True
            if verdict == "other_content":
                raise OtherContent
            if verdict == "elsewhere":
                raise Busy("another process of the platform may still be at this upload", ELSEWHERE_S)
            attempt = self._attempts.get(arrived.lane) or self._begin(arrived, settle=verdict == "unsettled")
        if (attempt.arrived.spooled, attempt.arrived.digest) != (arrived.spooled, arrived.digest):
            raise Busy("an earlier upload of this spool is still under way")
        await self._outcome(attempt)
        return False

    async def _verdict(self, arrived: Arrived) -> Verdict:
        """Other doors may know more of a spool of which we were not the last to take something."""
        if arrived.spooled is not None and not self._ledger.is_ours(arrived.lane):
            try:
                await asyncio.wait_for(asyncio.wrap_future(self._follower.catch_up()), self._answer_within_s)
            except (TimeoutError, KafkaException) as error:
                raise Busy("the broker does not answer") from error
        return self._ledger.verdict(arrived, self._clock.now())

    def _begin(self, arrived: Arrived, *, settle: bool) -> _Attempt:
        self._budget.take(arrived.size)
        attempt = self._attempts[arrived.lane] = _Attempt(arrived, settle, time.monotonic())
        task = asyncio.create_task(self._run(attempt))
        self._running.add(task)
        task.add_done_callback(self._running.discard)
        return attempt

    async def _run(self, attempt: _Attempt) -> None:
        arrived = attempt.arrived
        try:
            messages: Sequence[Outgoing] = arrived.messages
            if arrived.spooled is not None:
                messages = await self._opened(attempt)
            await self._deliver(arrived.topic, messages)
        except (_NotDelivered, LookedTooLong, KafkaUnusable, KafkaException) as fault:
            attempt.fault = str(fault) or type(fault).__name__
            LOGGER.warning("an upload was not acknowledged and is left to come again: %s", attempt.fault)
        else:
            self._close(arrived)
            attempt.fault = ""
        finally:
            self._budget.give(arrived.size)
            del self._attempts[arrived.lane]
            attempt.ended.set()

    async def _opened(self, attempt: _Attempt) -> Sequence[Outgoing]:
        """Write that it is begun; the messages that are to be sent."""
        arrived = attempt.arrived
        floors = (
            self._ledger.floors(arrived.lane)
            if attempt.settle
            else self._floors.of(arrived.topic, {one.key for one in arrived.messages})
        )
        await self._deliver("uploads", [_message(self._ledger.open(arrived, floors, self._clock.now()))])
        if not attempt.settle:
            return arrived.messages
        await asyncio.sleep(DRAINED_S)
        idents = frozenset(one.ident for one in arrived.messages)
        found = await asyncio.to_thread(found_in_log, self._kafka, arrived.topic, floors, idents)
        LOGGER.info("an upload that was cut short: %d of %d are in the log", len(found), len(idents))
        return [one for one in arrived.messages if one.ident not in found]

    def _close(self, arrived: Arrived) -> None:
        """Nobody waits for this record: without it the log is looked at, and says the same."""
        record = self._ledger.done(arrived)
        if record is not None:
            self._sender.send("uploads", [_message(record)], lambda _fault: None)

    async def _deliver(self, topic: str, messages: Sequence[Outgoing]) -> None:
        loop = asyncio.get_running_loop()
        told: asyncio.Future[str] = loop.create_future()
        self._sender.send(topic, messages, _in_loop(loop, told))
        if fault := await told:
            raise _NotDelivered(fault)

    async def _outcome(self, attempt: _Attempt) -> None:
        """Raises Busy."""
        try:
            await asyncio.wait_for(attempt.ended.wait(), self._answer_within_s)
        except TimeoutError as late:
            raise Busy("the broker has not acknowledged this yet: send it again, it will not be there twice") from late
        if attempt.fault:
            raise Busy("the broker did not take this: send it again, it will not be there twice")

    def oldest_s(self) -> float:
        """For how long the broker has not acknowledged the upload that waits longest; 0: none waits."""
        since = min((one.since_s for one in list(self._attempts.values())), default=None)
        return 0.0 if since is None else time.monotonic() - since

    def under_way(self) -> int:
        """Uploads that the broker has not acknowledged."""
        return len(self._attempts)

    async def finish(self, within_s: float) -> None:
        """Give what is under way so long to be acknowledged."""
        if self._running:
            await asyncio.wait(self._running, timeout=within_s)


def _in_loop(loop: asyncio.AbstractEventLoop, told: asyncio.Future[str]) -> Callable[[str], None]:
    """Hands a report from the sender's thread to whoever waits in the loop."""

    def tell(fault: str) -> None:
        if not told.done():
            told.set_result(fault)

    def report(fault: str) -> None:
        if not loop.is_closed():
            loop.call_soon_threadsafe(tell, fault)

    return report


def _message(record: Upload) -> Outgoing:
    return Outgoing(UUID(int=0), record.spool_key.encode(), encode(record))
