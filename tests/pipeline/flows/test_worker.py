"""The life of a Faust app as a worker: what fails ends it and is taken again, an end in order leaves nothing."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable, Sequence
from types import SimpleNamespace
from typing import Any

import pytest

from pipeline.flows.delivery import Delivery
from pipeline.flows.lane import Lane
from pipeline.flows.pulse import HANGS_S, Pulse
from pipeline.flows.worker import FaustWorker
from pipeline.messages import Message
from pipeline.outcome import Emit
from pipeline.runtime.clock import SystemClock
from pipeline.runtime.faust_app import count_rebalances, faust_app, measure_lag, raw_topic
from pipeline.runtime.kafka import KafkaConfig
from pipeline.runtime.metrics import Metrics
from pipeline.runtime.waiting import Waiting
from tests.brokers import fresh_topic
from tests.pipeline.runtime.workers import contents, plain, send, static, until

pytestmark = pytest.mark.slow  # groups of consumers take seconds to form

NUMBERS = [b"%d" % n for n in range(10)]


class Broken(RuntimeError):
    """What a stage raises whose dependency is gone."""


class Echo:
    """Sends on every message, but for one on which it fails."""

    def __init__(
        self, config: KafkaConfig, group: str, source: str, target: str, seen: list[bytes], fails: bytes
    ) -> None:
        self.app = faust_app(config, group)
        self._delivery = Delivery(self.app, "test", {}, Metrics(), SystemClock())
        self._target, self._seen, self._fails = target, seen, fails
        self._lane = Lane(self._work, self.app)
        self.app.agent(raw_topic(self.app, source), name="echo")(self._lane.take)

    def work(self) -> Sequence[Awaitable[Any]]:
        """The lane."""
        return [self._lane.run()]

    async def _work(self, messages: Sequence[Message]) -> None:
        for message in messages:
            if message.value == self._fails:
                raise Broken("gone")
            self._seen.append(message.value)
            await self._delivery.send([Emit(self._target, b"k", message.value)])


def _run(worker: FaustWorker, done: Callable[[], bool]) -> None:
    """Run it until it is done, then end it in order. Raises what it raises."""
    raised: list[BaseException] = []

    def target() -> None:
        try:
            worker.run()
        except BaseException as error:
            raised.append(error)

    thread = threading.Thread(target=target)
    thread.start()
    until(lambda: done() or not thread.is_alive(), lambda: thread.join(0.05), "the work")
    worker.stop()
    thread.join(40)
    assert not thread.is_alive()
    if raised:
        raise raised[0]


class FailsAtLast(Echo):
    """Fails on what is in hand as the app ends."""

    async def _work(self, messages: Sequence[Message]) -> None:
        self._seen += [message.value for message in messages]
        while not self.app.should_stop:
            await asyncio.sleep(0.01)
        raise Broken("gone")


@pytest.mark.timeout(180)
def test_what_fails_while_the_app_ends_is_waited_for_by_nobody(embedded_broker: str) -> None:
    source, seen = fresh_topic(embedded_broker), list[bytes]()
    send(embedded_broker, source, plain(NUMBERS))
    with pytest.raises(Broken):
        _run(
            FaustWorker(lambda: FailsAtLast(static(embedded_broker), source, source, "", seen, b"")), lambda: bool(seen)
        )


@pytest.mark.timeout(180)
def test_what_fails_ends_the_worker_and_its_successor_takes_the_message_again(broker: str) -> None:
    source, target = fresh_topic(broker), fresh_topic(broker)
    send(broker, source, plain(NUMBERS))
    first: list[bytes] = []
    with pytest.raises(Broken):
        _run(FaustWorker(lambda: Echo(static(broker), source, source, target, first, b"5")), lambda: False)
    assert first == NUMBERS[:5]
    second: list[bytes] = []
    _run(
        FaustWorker(lambda: Echo(static(broker), source, source, target, second, b"-")),
        lambda: set(second) >= set(NUMBERS[5:]),
    )
    assert second[-5:] == NUMBERS[5:]
    assert {message.value for message in contents(broker, target)} == set(NUMBERS)


@pytest.mark.timeout(180)
def test_after_an_end_in_order_nothing_is_taken_again(broker: str) -> None:
    source, target = fresh_topic(broker), fresh_topic(broker)
    send(broker, source, plain(NUMBERS))
    seen: list[bytes] = []
    _run(FaustWorker(lambda: Echo(static(broker), source, source, target, seen, b"-")), lambda: len(seen) == 10)
    send(broker, source, plain([b"next"]))
    again: list[bytes] = []
    _run(FaustWorker(lambda: Echo(static(broker), source, source, target, again, b"-")), lambda: bool(again))
    assert again == [b"next"]


def test_a_part_that_fails_beside_the_agents_ends_the_worker(embedded_broker: str) -> None:
    source, target = fresh_topic(embedded_broker), fresh_topic(embedded_broker)

    class Timed(Echo):
        def __init__(self) -> None:
            super().__init__(static(embedded_broker), source, source, target, [], b"-")

            @self.app.timer(0.1)
            async def fail() -> None:
                raise Broken("timer")

    with pytest.raises(Broken, match="timer"):
        _run(FaustWorker(Timed), lambda: False)


def test_it_may_be_told_to_stop_before_it_has_begun(embedded_broker: str) -> None:
    source, target = fresh_topic(embedded_broker), fresh_topic(embedded_broker)
    ready: list[bool] = []
    worker = FaustWorker(lambda: Echo(static(embedded_broker), source, source, target, [], b"-"))
    worker.on_ready = lambda: ready.append(True)
    worker.stop()
    _run(worker, lambda: False)
    assert ready == []


def test_its_clients_are_closed_however_it_ends() -> None:
    closed: list[bool] = []

    def fail() -> Any:
        raise Broken("cannot be made")

    with pytest.raises(Broken):
        FaustWorker(fail, lambda: closed.append(True)).run()
    assert closed == [True]


async def _stuck(_messages: Sequence[Message]) -> None:
    await asyncio.Event().wait()


@pytest.mark.parametrize(
    ("busy_s", "answers", "lives", "waits"),
    [
        (1, True, True, False),
        (30, True, True, False),
        (HANGS_S + 1, True, False, False),
        (30, False, True, True),
        (24 * 3600, False, True, True),
    ],
)
def test_who_waits_for_the_broker_lives_and_who_hangs_though_it_answers_does_not(
    busy_s: float, answers: bool, lives: bool, waits: bool
) -> None:
    beats: list[str] = []
    waiting = Waiting("cases", Metrics(), SystemClock())

    async def look() -> None:
        lane = Lane(_stuck, SimpleNamespace(consumer=SimpleNamespace(assignment=tuple)))
        await lane._waiting.put(_Event())
        task = asyncio.create_task(lane.run())
        await asyncio.sleep(0)
        assert lane.busy_s() >= 0
        lane._begun_at = asyncio.get_running_loop().time() - busy_s
        pulse = Pulse([lane], waiting, lambda: answers, beats.append)
        await pulse.look("no forecast")
        task.cancel()

    asyncio.run(look())
    assert beats == ["no forecast"] * lives
    assert (waiting.report().get("waiting_for") == "broker") is waits


class _Event:
    """An event of a partition that is not ours."""

    class message:  # noqa: N801 - as Faust names it
        """Its message."""

        tp = ("t", 0)


@pytest.mark.timeout(180)
def test_partitions_given_to_a_worker_and_what_it_has_left_are_counted(embedded_broker: str) -> None:
    source, target = fresh_topic(embedded_broker), fresh_topic(embedded_broker)
    send(embedded_broker, source, plain(NUMBERS))
    metrics, seen = Metrics("cases"), list[bytes]()

    class Counted(Echo):
        def __init__(self) -> None:
            super().__init__(static(embedded_broker), source, source, target, seen, b"-")
            count_rebalances(self.app, metrics, "cases")

            @self.app.timer(0.1)
            async def measure() -> None:
                measure_lag(self.app, metrics, "cases", ("hits",))

    value = metrics.registry.get_sample_value
    left = {"flow": "cases", "topic": "hits"}
    _run(FaustWorker(Counted), lambda: len(seen) == len(NUMBERS) and value("anpr_lag_messages", left) == 0)
    assert value("anpr_rebalances_total", {"flow": "cases", "change": "assigned"}) == 1
