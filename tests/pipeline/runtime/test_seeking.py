"""Where a Faust app begins to read: what it seeks must neither leave messages out nor hold up commits for good."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from typing import Any, TypeVar

import pytest
from confluent_kafka import TopicPartition
from faust.types import TP

from pipeline.flows.worker import FaustProgram, FaustWorker
from pipeline.runtime.faust_app import faust_app, raw_topic
from pipeline.runtime.kafka import KafkaUnusable, consumer_client
from tests.brokers import fresh_topic
from tests.pipeline.runtime.workers import plain, send, static, until

pytestmark = [pytest.mark.slow, pytest.mark.timeout(120)]
MESSAGES, DONE_BEFORE, IN_HAND = 10, 3, 6
FLOWS_FOR_S = 3.0
FETCH_S = 0.3


class SeeksSlowly:
    """An app that sought where it was, and learns of it only when what flowed on meanwhile is worked off and committed.

    The answer of a coordinator that has just failed over may take so long, with a timer that commits each second.
    """

    def __init__(self, broker: str, topic: str, changelog: str) -> None:
        self.app = faust_app(static(broker), topic)
        # Where a table is to be recovered, Faust lets all flow before it seeks.
        self.app.Table(changelog, key_type=bytes, value_type=bytes, changelog_topic=raw_topic(self.app, changelog))
        self.place, self.taken = TP(topic, 0), list[int]()
        self._arrived, self._released = asyncio.Event(), asyncio.Event()
        self._consumer: Any = self.app.consumer
        self._hand_on, self._seek = self._consumer.callback, self._consumer.seek_to_committed
        self._consumer.callback, self._consumer.seek_to_committed = self._handed_on, self._sought

        @self.app.agent(raw_topic(self.app, topic))
        async def take(stream: Any) -> None:
            async for event in stream.events():
                self.taken.append(event.message.offset)

    def work(self) -> Sequence[Awaitable[Any]]:
        """Nothing beside it."""
        return ()

    async def _handed_on(self, message: Any) -> None:
        if message.offset == IN_HAND:
            self._arrived.set()
            await self._released.wait()
        await self._hand_on(message)

    async def _sought(self) -> Mapping[Any, int]:
        offsets = await self._seek()
        assert offsets[self.place] == DONE_BEFORE
        try:
            await asyncio.wait_for(self._arrived.wait(), FLOWS_FOR_S)
            while self._consumer._committed_offset[self.place] != IN_HAND:
                await asyncio.sleep(0.01)
        except TimeoutError:
            pass  # nothing flows while it seeks
        await self._consumer._seek(self.place, DONE_BEFORE)
        asyncio.get_running_loop().call_later(0.1, self._released.set)
        return offsets


P = TypeVar("P", bound=FaustProgram)


@contextmanager
def at_work(make: Callable[[], P], ends_within_s: float = 60) -> Iterator[tuple[P, Callable[[], None]]]:
    """The app at work, and what waits a moment for it; at the end it is told to end, and does."""
    made: list[P] = []

    def first() -> P:
        made.append(make())
        return made[0]

    worker = FaustWorker(first)
    thread = threading.Thread(target=worker.run, daemon=True)
    thread.start()

    def moment() -> None:
        thread.join(0.05)

    try:
        until(lambda: bool(made), moment, "the app made")
        yield made[0], moment
    finally:
        worker.stop()
        thread.join(ends_within_s)
    assert not thread.is_alive()


def test_what_flows_while_it_seeks_leaves_no_gap_that_holds_up_commits(embedded_broker: str) -> None:
    topic, changelog = fresh_topic(embedded_broker, 1), fresh_topic(embedded_broker, 1)
    send(embedded_broker, topic, plain([b"%d" % n for n in range(MESSAGES)]))
    send(embedded_broker, changelog, plain([b"kept"]))
    with closing(consumer_client(static(embedded_broker), topic)) as group:
        group.commit(offsets=[TopicPartition(topic, 0, DONE_BEFORE)], asynchronous=False)
        with at_work(lambda: SeeksSlowly(embedded_broker, topic, changelog)) as (program, meanwhile):
            until(
                lambda: group.committed([TopicPartition(topic, 0)], 10)[0].offset == MESSAGES,
                meanwhile,
                "all committed",
            )
    assert set(program.taken) == set(range(DONE_BEFORE, MESSAGES))


class SeeksAmid:
    """An app that seeks in the middle of a fetch, as after a recovery: Faust throws the rest of it away."""

    def __init__(self, broker: str, topic: str) -> None:
        self.app = faust_app(static(broker), topic)
        self.app.conf.stream_wait_empty = False
        self.taken: list[int] = []
        self.seek: asyncio.Task[None] | None = None
        self._consumer: Any = self.app.consumer
        self._hand_on, self._consumer.callback = self._consumer.callback, self._handed_on

        @self.app.agent(raw_topic(self.app, topic))
        async def take(stream: Any) -> None:
            async for event in stream.noack().events():  # nothing is ever committed
                self.taken.append(event.message.offset)

    def work(self) -> Sequence[Awaitable[Any]]:
        """Nothing beside it."""
        return ()

    async def _handed_on(self, message: Any) -> None:
        if message.offset == IN_HAND and self.seek is None:
            self.seek = asyncio.create_task(self._sought())
            await asyncio.sleep(0)  # it begins, and stops the flow
        await self._hand_on(message)

    async def _sought(self) -> None:
        await self._consumer.perform_seek()
        await asyncio.sleep(FETCH_S)  # what came now would go with the queues that Faust empties before all flows again
        assert not self._consumer.flow_active
        self.app.flow_control.resume()
        self._consumer.resume_flow()


def test_what_is_thrown_away_before_anything_was_committed_comes_again(embedded_broker: str) -> None:
    topic = fresh_topic(embedded_broker, 1)
    send(embedded_broker, topic, plain([b"%d" % n for n in range(MESSAGES)]))
    with at_work(lambda: SeeksAmid(embedded_broker, topic)) as (program, meanwhile):
        until(lambda: set(program.taken) == set(range(MESSAGES)), meanwhile, "all taken")
    assert program.seek is not None
    assert program.seek.result() is None


class FetchesAmid:
    """An app that seeks while a fetch is on its way: what that brings comes when all flows again.

    What came before the fetch is never worked off, as where Faust empties its queues.
    """

    def __init__(self, broker: str, topic: str) -> None:
        self.app = faust_app(static(broker), topic)
        self.app.conf.stream_wait_empty = False
        self.taken: list[int] = []
        self.is_over = False
        consumer: Any = self.app.consumer
        self._consumer = consumer
        self._fetch, consumer._getmany = consumer._getmany, self._fetched

        @self.app.agent(raw_topic(self.app, topic))
        async def take(stream: Any) -> None:
            async for event in stream.noack().events():
                if self.is_over:
                    self.taken.append(event.message.offset)
                    event.ack()

    def work(self) -> Sequence[Awaitable[Any]]:
        """Nothing beside it."""
        return ()

    async def _fetched(self, **asked: Any) -> Any:
        found = await self._fetch(**asked)
        late = {place: [one for one in records if one.offset >= IN_HAND] for place, records in found.items()}
        if self.is_over or not any(late.values()):
            return found
        self.is_over = True
        await self._consumer.perform_seek()
        self.app.flow_control.resume()
        self._consumer.resume_flow()
        return late


def half_committed(broker: str, done: int = DONE_BEFORE) -> str:
    """A topic with half of the messages, of which the group of its name has done some; none: it never committed."""
    topic = fresh_topic(broker, 1)
    send(broker, topic, plain([b"%d" % n for n in range(IN_HAND)]))
    if done:
        with closing(consumer_client(static(broker), topic)) as group:
            group.commit(offsets=[TopicPartition(topic, 0, done)], asynchronous=False)
    return topic


def committed(broker: str, topic: str) -> int:
    """How far the group of the topic's name is."""
    with closing(consumer_client(static(broker), topic)) as group:
        return int(group.committed([TopicPartition(topic, 0)], 10)[0].offset)


def send_the_rest(broker: str, topic: str, program: FetchesAmid, meanwhile: Callable[[], None]) -> None:
    """Once the first half is read."""

    def is_read() -> bool:
        consumer: Any = program.app.consumer
        return bool(consumer._read_offset.get(TP(topic, 0)) == IN_HAND - 1)

    until(is_read, meanwhile, "the first half read")
    send(broker, topic, plain([b"%d" % n for n in range(IN_HAND, MESSAGES)]))


def test_what_was_fetched_before_a_seek_is_not_taken_for_what_follows_it(embedded_broker: str) -> None:
    topic = half_committed(embedded_broker)

    with at_work(lambda: FetchesAmid(embedded_broker, topic)) as (program, meanwhile):
        send_the_rest(embedded_broker, topic, program, meanwhile)
        until(lambda: committed(embedded_broker, topic) == MESSAGES, meanwhile, "all committed")
    assert program.taken == list(range(DONE_BEFORE, MESSAGES))


class LeavesOut:
    """An app that never gets some of the messages; all others it works off."""

    def __init__(self, broker: str, topic: str, left_out: range) -> None:
        self.app = faust_app(static(broker), topic)
        consumer: Any = self.app.consumer
        self._left_out, self._fetch, consumer._getmany = left_out, consumer._getmany, self._fetched

        @self.app.agent(raw_topic(self.app, topic))
        async def take(stream: Any) -> None:
            async for _ in stream.events():
                pass

    def work(self) -> Sequence[Awaitable[Any]]:
        """Nothing beside it."""
        return ()

    async def _fetched(self, **asked: Any) -> Any:
        found = await self._fetch(**asked)
        return {place: [one for one in records if one.offset not in self._left_out] for place, records in found.items()}


def the_end_of(make: Callable[[], FaustProgram]) -> str:
    """What a worker says that ends by itself."""
    said: list[str] = []

    def work() -> None:
        with pytest.raises(KafkaUnusable) as ended:
            FaustWorker(make).run()
        said.append(str(ended.value))

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    thread.join(60)
    return said[0]


def test_a_worker_ends_where_something_was_left_out_on_its_way(embedded_broker: str) -> None:
    topic = half_committed(embedded_broker)
    send(embedded_broker, topic, plain([b"%d" % n for n in range(IN_HAND, MESSAGES)] + [b"more"]))
    assert the_end_of(lambda: LeavesOut(embedded_broker, topic, range(IN_HAND, MESSAGES))) == (
        f"messages {IN_HAND} to {MESSAGES - 1} of {topic}/0 were left out on their way: this worker starts anew and "
        "takes them again"
    )
    assert committed(embedded_broker, topic) <= IN_HAND


@pytest.mark.parametrize("many", [1, 2])
@pytest.mark.parametrize("done_before", [DONE_BEFORE, 0], ids=["committed", "nothing committed"])
def test_a_worker_ends_where_the_first_was_left_out(embedded_broker: str, done_before: int, many: int) -> None:
    topic = half_committed(embedded_broker, done_before)
    left_out = range(done_before, done_before + many)
    said = the_end_of(lambda: LeavesOut(embedded_broker, topic, left_out))
    assert said.startswith(f"messages {left_out[0]} to {left_out[-1]} of {topic}/0 were left out on their way")
    assert committed(embedded_broker, topic) <= done_before
