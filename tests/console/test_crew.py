"""What happens when a thread or a sender fails: it is made anew where that helps, else the process ends."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
from confluent_kafka import KafkaError, KafkaException

from console.threads import Crew
from console.webhooks.dispatch import LOOK_EVERY_S, PAUSE_S, Dispatch
from pipeline.runtime.metrics import Metrics
from sinks.clickhouse.subscribers import Subscriber
from tests.console.world import until

ONE, OTHER = (
    Subscriber("one", 1, webhook_url="https://x.example"),
    Subscriber("one", 2, webhook_url="https://x.example"),
)


def test_a_crew_ends_in_reverse_order() -> None:
    ended: list[str] = []
    crew = Crew()
    for name in ("first", "second"):
        event = threading.Event()

        def work(name: str = name, event: threading.Event = event) -> None:
            event.wait(10)
            ended.append(name)

        crew.start(name, work, event.set)
    crew.end()
    assert ended == ["second", "first"]


def test_who_fails_ends_all_and_is_told_at_the_end() -> None:
    told = threading.Event()
    crew = Crew(on_fault=told.set)

    def work() -> None:
        raise ZeroDivisionError

    crew.start("bad", work, lambda: None)
    assert told.wait(5)
    with pytest.raises(ZeroDivisionError):
        crew.end()


@dataclass
class Scripted:
    """In place of a sender: runs until it is stopped, or fails as told."""

    subscriber: Subscriber
    fault: BaseException | None = None
    failures: int = 0
    behind: int = 0
    stopped: threading.Event = field(default_factory=threading.Event)

    def run(self) -> None:
        if self.fault is not None:
            raise self.fault
        assert self.stopped.wait(10)

    def stop(self) -> None:
        self.stopped.set()


class Bench:
    """A dispatch over scripted senders, looked at by the test."""

    def __init__(self, *faults: BaseException | None) -> None:
        self.wanted: dict[str, Subscriber] = {"one": ONE}
        self.made: list[Scripted] = []
        self._faults = list(faults)
        self.dispatch = Dispatch(lambda: self.wanted, self._make, Metrics())
        self.looks = 0

    def _make(self, subscriber: Subscriber) -> Any:
        self.made.append(Scripted(subscriber, self._faults.pop(0) if self._faults else None))
        return self.made[-1]

    def look_until(self, true: Callable[[], object], what: str) -> None:
        """Look on and on."""

        def look() -> object:
            self.dispatch.look(self.looks)
            self.looks += 1
            return true()

        until(look, what)

    def end(self) -> None:
        self.dispatch.stop()
        self.dispatch.run()


def test_whose_rights_change_gets_another_sender_when_the_first_has_left() -> None:
    bench = Bench()
    bench.look_until(lambda: bench.made, "a sender")
    bench.wanted = {"one": OTHER}
    bench.look_until(lambda: len(bench.made) == 2, "its successor")
    assert (bench.made[0].stopped.is_set(), bench.made[1].subscriber) == (True, OTHER)
    bench.wanted = {}
    bench.look_until(bench.made[1].stopped.is_set, "its end")
    bench.end()


def test_a_sender_that_a_broker_broke_is_made_anew_after_a_pause() -> None:
    bench = Bench(KafkaException(KafkaError(KafkaError._TRANSPORT)))
    bench.look_until(lambda: len(bench.made) == 2, "another")
    assert bench.looks > PAUSE_S / LOOK_EVERY_S
    bench.end()
    assert bench.made[1].stopped.is_set()


def test_a_sender_that_breaks_by_a_mistake_of_ours_ends_the_process() -> None:
    bench = Bench(ZeroDivisionError())
    with pytest.raises(ZeroDivisionError):
        bench.look_until(lambda: False, "never")
    bench.end()
