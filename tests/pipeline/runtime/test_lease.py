"""What a Faust app had in hand is its own for a session from its last sign of life that the group has taken."""

from __future__ import annotations

import asyncio
import time
from types import SimpleNamespace
from typing import Any

import pytest
from aiokafka.consumer.group_coordinator import GroupCoordinator

from pipeline.runtime.lease import Expelled, Lease
from pipeline.runtime.patient_aiokafka import PatientCoordinator

SESSION_S = 6.0
JOINED, OUT = ("member", 7), ("", -1)


def group(sent_s_ago: float = 1.0, membership: tuple[str, int] = JOINED) -> Any:
    """Who speaks with the group: when the last sign of life that it has taken was sent, and how it knows us."""
    return SimpleNamespace(confirmed_at=time.monotonic() - sent_s_ago, membership=membership)


def _leased(coordinator: Any) -> Lease:
    lease = Lease(lambda: coordinator, SESSION_S)
    lease.begin()
    return lease


def test_within_a_session_of_the_last_sign_of_life_it_is_ours() -> None:
    async def confirm() -> None:
        await _leased(group(SESSION_S - 1)).confirm()

    asyncio.run(asyncio.wait_for(confirm(), 1))


def test_whoever_has_been_given_nothing_yet_has_nothing_to_lose() -> None:
    async def confirm() -> None:
        await Lease(lambda: None, SESSION_S).confirm()
        await Lease(lambda: group(99), SESSION_S).confirm()

    asyncio.run(asyncio.wait_for(confirm(), 1))


@pytest.mark.parametrize("sent_s_ago", [0.0, SESSION_S + 1])
def test_who_is_not_in_the_group_any_more_is_told_so(sent_s_ago: float) -> None:
    async def confirm() -> None:
        coordinator = group(sent_s_ago)
        lease = _leased(coordinator)
        coordinator.membership = OUT
        await lease.confirm()

    with pytest.raises(Expelled, match="may have given its partitions to another one"):
        asyncio.run(asyncio.wait_for(confirm(), 1))


@pytest.mark.parametrize("comes_back", [True, False])
def test_after_a_session_without_one_it_waits_for_what_the_group_says(comes_back: bool) -> None:
    """Not known any more, or brokers that were away: nobody can have had our partitions then."""

    async def confirm() -> bool:
        coordinator = group(SESSION_S + 1)
        lease = _leased(coordinator)
        waiting = asyncio.ensure_future(lease.confirm())
        for _ in range(3):
            await asyncio.sleep(0)
        assert not waiting.done()
        if comes_back:
            coordinator.confirmed_at = time.monotonic()
        else:
            coordinator.membership = OUT
        await asyncio.wait([waiting], timeout=5)
        return waiting.exception() is None

    assert asyncio.run(confirm()) is comes_back


@pytest.mark.parametrize("taken", [True, False])
def test_a_lease_begins_when_the_sign_of_life_was_sent(taken: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    answered: list[float] = []

    async def answer(_self: GroupCoordinator) -> bool:
        await asyncio.sleep(0.01)
        answered.append(time.monotonic())
        return taken

    monkeypatch.setattr(GroupCoordinator, "_do_heartbeat", answer)
    coordinator = PatientCoordinator.__new__(PatientCoordinator)
    before = time.monotonic()
    assert asyncio.run(coordinator._do_heartbeat()) is taken
    assert (before <= coordinator.confirmed_at < answered[0]) is taken
    assert coordinator.confirmed_at == float("-inf") or taken
