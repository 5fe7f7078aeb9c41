"""Batches of a Faust app: what came while the last one was worked on, and nothing waits for company."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import suppress
from types import SimpleNamespace
from typing import Any

import pytest

from pipeline.flows.lane import MOST_AT_ONCE, Lane
from pipeline.messages import Message

OURS, THEIRS = ("hits", 0), ("hits", 1)


class _Event:
    """One message, as an agent gets it."""

    def __init__(self, number: int, place: tuple[str, int] = OURS) -> None:
        self.number, self.is_acknowledged = number, False
        self.message = SimpleNamespace(
            topic=place[0], partition=place[1], offset=number, timestamp=1.0, key=b"k", value=b"v", headers=[], tp=place
        )

    def ack(self) -> None:
        self.is_acknowledged = True


class _Stream:
    """Gives an event after some turns of the event loop, as Faust does for each message of one fetch."""

    def __init__(self, events: Sequence[_Event], turns: int) -> None:
        self._events, self._turns = events, turns

    def noack(self) -> _Stream:
        return self

    async def events(self) -> AsyncIterator[_Event]:
        for event in self._events:
            for _ in range(self._turns):
                await _turn()
            await asyncio.sleep(0)  # as Faust's do, for nothing
            yield event


async def _turn() -> None:
    """Wait for something that comes with the next turn of the event loop."""
    loop = asyncio.get_running_loop()
    came = loop.create_future()
    loop.call_soon(came.set_result, None)
    await came


def _batches(
    events: Sequence[_Event], turns: int = 0, works_for: int = 0, fails_at: int | None = None
) -> list[list[int]]:
    """Offsets of each batch that came of these; all loop turns, no time. Raises what the work raises.

    turns: between two events. works_for: turns that a batch takes.
    """
    found: list[list[int]] = []

    async def work(messages: Sequence[Message]) -> None:
        found.append([message.offset for message in messages])
        for _ in range(works_for):
            await _turn()
        if fails_at in found[-1]:
            raise RuntimeError("gone")

    async def run() -> None:
        consumer = SimpleNamespace(assignment=lambda: {OURS})
        lane = Lane(work, SimpleNamespace(consumer=consumer))
        running = asyncio.ensure_future(lane.run())
        await lane.take(_Stream(events, turns))
        for _ in range(100):
            await asyncio.sleep(0)
        running.cancel()
        with suppress(asyncio.CancelledError):
            await running

    asyncio.run(run())
    return found


def _events(count: int) -> list[_Event]:
    return [_Event(number) for number in range(count)]


def test_what_is_there_at_once_is_one_batch() -> None:
    assert _batches(_events(50)) == [list(range(50))]


def test_what_comes_while_one_is_worked_on_is_the_next_batch() -> None:
    first, *others = _batches(_events(50), turns=1, works_for=10)
    assert first == [0]
    assert [number for batch in others for number in batch] == list(range(1, 50))
    assert len(others) < 10


def test_what_comes_later_is_not_waited_for() -> None:
    assert _batches(_events(3), turns=40) == [[0], [1], [2]]


def test_a_batch_has_an_end() -> None:
    sizes = [len(batch) for batch in _batches(_events(2 * MOST_AT_ONCE + 50), works_for=1)]
    assert sum(sizes) == 2 * MOST_AT_ONCE + 50
    assert max(sizes) == MOST_AT_ONCE


def test_all_of_a_batch_is_acknowledged_when_it_is_done() -> None:
    events = _events(20)
    _batches(events)
    assert all(event.is_acknowledged for event in events)


def test_nothing_of_a_batch_that_fails_is_acknowledged() -> None:
    events = _events(20)
    with pytest.raises(RuntimeError, match="gone"):
        _batches(events, fails_at=7)
    assert not any(event.is_acknowledged for event in events)


def test_what_went_to_another_worker_is_left_to_it() -> None:
    events: list[Any] = [_Event(0), _Event(1, THEIRS), _Event(2)]
    assert _batches(events) == [[0, 2]]
