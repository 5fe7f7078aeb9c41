"""What is taken at once is not waited for; what has to wait is, for as long as all services do."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from pipeline.runtime.at_once import TakesAtOnce


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
