"""The intake: an answer only once all is acknowledged, one attempt whoever asks for it, and no room is kept."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest

from anpr.door.arrived import OVERHEAD_BYTES, Arrived, Outgoing, Spooled, digest_of
from anpr.door.budget import Budget, Full
from anpr.door.intake import Busy, Intake, OtherContent
from anpr.door.ledger import Ledger
from pipeline.runtime.clock import SystemClock
from pipeline.runtime.kafka import KafkaConfig

NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)


@dataclass
class Broker:
    """Stands for sender, follower and floors: acknowledges when told to."""

    sent: list[tuple[str, int]] = field(default_factory=list)
    waiting: list[Callable[[str], None]] = field(default_factory=list)
    slow: bool = False
    breaks: bool = False

    def send(self, topic: str, messages: Sequence[Outgoing], told: Callable[[str], None]) -> None:
        if self.breaks:
            raise MemoryError("unforeseen")
        self.sent.append((topic, len(messages)))
        if self.slow:
            self.waiting.append(told)
        else:
            told("")

    def answer(self, fault: str = "") -> None:
        """Of all that waits."""
        waiting, self.waiting = self.waiting, []
        for told in waiting:
            told(fault)

    def catch_up(self) -> Future[None]:
        done: Future[None] = Future()
        done.set_result(None)
        return done

    def of(self, _topic: str, _keys: object) -> dict[int, int]:
        return {0: 0}


def upload(number: int | None, content: bytes = b"x") -> Arrived:
    message = Outgoing(UUID(int=1), b"gate-1", content)
    spooled = None if number is None else Spooled("spool-1", number)
    return Arrived("car-12", "reads", (message,), digest_of(content), spooled, NOW)


def run(work: Callable[[Intake, Broker, Budget], Coroutine[Any, Any, None]], most_bytes: int = 100_000) -> None:
    async def main() -> None:
        broker, budget = Broker(), Budget(most_bytes)
        parts: Any = broker
        kafka, ledger = KafkaConfig("127.0.0.1:1"), Ledger("here/1")
        await work(Intake(kafka, parts, parts, parts, ledger, budget, SystemClock(), 0.05), broker, budget)
        assert budget.held == sum(upload(1).size for _ in broker.waiting[:1])

    asyncio.run(main(), debug=False)


def test_the_upload_s_number_is_written_before_its_messages_and_after() -> None:
    async def work(intake: Intake, broker: Broker, _budget: Budget) -> None:
        assert not await intake.take(upload(1))
        assert broker.sent == [("uploads", 1), ("reads", 1), ("uploads", 1)]
        assert await intake.take(upload(1))
        assert len(broker.sent) == 3

    run(work)


def test_without_a_count_only_the_messages_are_written() -> None:
    async def work(intake: Intake, broker: Broker, _budget: Budget) -> None:
        assert [await intake.take(upload(None)) for _ in range(2)] == [False, True]
        assert broker.sent == [("reads", 1)]

    run(work)


def test_who_asks_again_finds_the_attempt_that_is_under_way() -> None:
    async def work(intake: Intake, broker: Broker, _budget: Budget) -> None:
        broker.slow = True
        for _ in range(3):
            with pytest.raises(Busy):
                await intake.take(upload(None))
        assert broker.sent == [("reads", 1)]
        asking = asyncio.create_task(intake.take(upload(None)))
        await asyncio.sleep(0)
        broker.answer()
        assert not await asking
        assert await intake.take(upload(None))

    run(work)


def test_the_next_number_waits_for_the_one_under_way() -> None:
    async def work(intake: Intake, broker: Broker, _budget: Budget) -> None:
        broker.slow = True
        for number in (1, 2):
            with pytest.raises(Busy):
                await intake.take(upload(number))
        assert broker.sent == [("uploads", 1)]

    run(work)


@pytest.mark.parametrize("number", [1, None])
def test_what_the_broker_did_not_take_is_not_acknowledged(number: int | None) -> None:
    async def work(intake: Intake, broker: Broker, budget: Budget) -> None:
        broker.slow = True
        asking = asyncio.create_task(intake.take(upload(number)))
        while not broker.waiting:
            await asyncio.sleep(0)
        broker.answer("Local: Message timed out")
        with pytest.raises(Busy, match="did not take"):
            await asking
        assert budget.held == 0

    run(work)


def test_whatever_is_unforeseen_is_not_acknowledged() -> None:
    async def work(intake: Intake, broker: Broker, budget: Budget) -> None:
        asyncio.get_running_loop().set_exception_handler(lambda _loop, _context: None)
        broker.breaks = True
        with pytest.raises(Busy):
            await intake.take(upload(None))
        assert budget.held == 0
        broker.breaks = False
        assert not await intake.take(upload(None))

    run(work)


def test_what_has_no_room_is_not_begun() -> None:
    async def work(intake: Intake, broker: Broker, _budget: Budget) -> None:
        with pytest.raises(Full):
            await intake.take(upload(1, b"x" * 100))
        assert broker.sent == []

    run(work, OVERHEAD_BYTES + 99)


def test_other_content_under_the_same_number_is_told() -> None:
    async def work(intake: Intake, _broker: Broker, _budget: Budget) -> None:
        await intake.take(upload(1))
        with pytest.raises(OtherContent):
            await intake.take(upload(1, b"y"))

    run(work)
