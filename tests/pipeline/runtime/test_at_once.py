"""What is taken at once is not waited for; what has to wait is, for as long as all services do."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from pipeline.runtime.at_once import TURN_EVERY, TakesAtOnce, without_turns


class Plain(TakesAtOnce):
    """Nothing else."""


async def _taken(message: str) -> str:
    return message


async def _never() -> None:
    await asyncio.Event().wait()


async def _fails() -> None:
    raise LookupError("broken")


def test_a_message_that_is_taken_leaves_no_tasks() -> None:
    async def hand_on() -> tuple[Any, int, bool]:
        waited = await Plain().wait_first(_taken("message"), _never())
        return waited.results, len(asyncio.all_tasks()) - 1, waited.stopped

    assert asyncio.run(hand_on()) == (["message"], 0, False)


def test_one_that_has_to_wait_is_given_up_when_the_flow_is_stopped() -> None:
    async def hand_on() -> tuple[Any, bool]:
        stopped, taking = asyncio.Event(), asyncio.ensure_future(_never())
        waits = asyncio.ensure_future(Plain().wait_first(_after(taking), stopped.wait()))
        await asyncio.sleep(0)
        stopped.set()
        waited = await waits
        await asyncio.sleep(0)
        return waited.results, taking.cancelled()

    assert asyncio.run(hand_on()) == ([True], True)


async def _after(other: asyncio.Future[None]) -> None:
    await other


def test_who_is_cancelled_before_it_was_taken_takes_nothing_more() -> None:
    async def hand_on() -> tuple[bool, bool]:
        taking = asyncio.ensure_future(_never())
        waits = asyncio.ensure_future(Plain().wait_first(_after(taking), _never()))
        asyncio.get_running_loop().call_soon(waits.cancel)  # comes after its first turn
        await asyncio.wait({waits})
        await asyncio.wait({taking}, timeout=1)
        return waits.cancelled(), taking.cancelled()

    assert asyncio.run(hand_on()) == (True, True)


def test_one_that_has_to_wait_goes_on_where_it_was() -> None:
    async def hand_on() -> tuple[Any, list[str]]:
        came, steps = asyncio.Event(), []

        async def taking() -> str:
            steps.append("begun")
            await came.wait()
            steps.append("gone on")
            await asyncio.sleep(0)
            return "message"

        waits = asyncio.ensure_future(Plain().wait_first(taking(), _never()))
        await asyncio.sleep(0)
        came.set()
        return (await waits).results, steps

    assert asyncio.run(hand_on()) == (["message"], ["begun", "gone on"])


def test_one_that_is_cancelled_while_it_waits_can_clean_up() -> None:
    async def hand_on() -> list[str]:
        steps: list[str] = []

        async def taking() -> None:
            try:
                await asyncio.Event().wait()
            finally:
                steps.append("cleaned up")

        waits = asyncio.ensure_future(Plain().wait_first(taking(), _never()))
        await asyncio.sleep(0)
        waits.cancel()
        await asyncio.wait({waits})
        await asyncio.sleep(0)
        return steps

    assert asyncio.run(hand_on()) == ["cleaned up"]


def test_what_taking_raises_is_raised() -> None:
    async def hand_on() -> None:
        await Plain().wait_first(_fails(), _never())

    with pytest.raises(LookupError):
        asyncio.run(hand_on())


def test_events_are_waited_for_as_ever() -> None:
    async def hand_on() -> bool:
        event = asyncio.Event()
        event.set()
        return (await Plain().wait_first(event)).stopped

    assert not asyncio.run(hand_on())


async def _polite(count: int) -> AsyncIterator[int]:
    """Gives away a turn before each one."""
    for number in range(count):
        await asyncio.sleep(0)
        yield number


async def _turns_of(stream: AsyncIterator[int]) -> tuple[list[int], int]:
    """All that it gives, and how many turns others had meanwhile."""
    turns = 0

    async def count() -> None:
        nonlocal turns
        while True:
            await asyncio.sleep(0)
            turns += 1

    other = asyncio.ensure_future(count())
    await asyncio.sleep(0)
    found = [one async for one in without_turns(stream)]
    other.cancel()
    return found, turns


def test_turns_that_are_given_away_for_nothing_are_kept_but_for_one_in_a_while() -> None:
    found, turns = asyncio.run(_turns_of(_polite(10 * TURN_EVERY)))
    assert found == list(range(10 * TURN_EVERY))
    assert turns in (9, 10, 11)


def test_what_a_stream_has_to_wait_for_is_waited_for() -> None:
    async def hand_on() -> list[int]:
        came: asyncio.Queue[int] = asyncio.Queue()
        found: list[int] = []

        async def stream() -> AsyncIterator[int]:
            while True:
                await asyncio.sleep(0)
                yield await came.get()

        async def take() -> None:
            async for one in without_turns(stream()):
                found.append(one)  # noqa: PERF401 - each as it comes

        taking = asyncio.ensure_future(take())
        for number in range(3):
            await asyncio.sleep(0)
            came.put_nowait(number)
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        taking.cancel()
        await asyncio.wait({taking})
        return found if taking.cancelled() else []

    assert asyncio.run(hand_on()) == [0, 1, 2]


def test_what_a_stream_raises_is_raised() -> None:
    async def broken() -> AsyncIterator[int]:
        yield 1
        raise LookupError("broken")

    with pytest.raises(LookupError):
        asyncio.run(_turns_of(broken()))
