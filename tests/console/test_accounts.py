"""What the audit keeps of hits that left: each once, at the end and every hour."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta
from typing import cast

import pytest
from clickhouse_connect.driver.client import Client
from clickhouse_connect.driver.exceptions import OperationalError

from console.accounts import CARRY_S, Accounts
from sinks.clickhouse.audit.records import Audit
from sinks.clickhouse.subscribers import Subscriber
from tests.console.world import World


class TurnedClock:
    """A clock that a test turns."""

    def __init__(self) -> None:
        self.passed_s = 0.0
        self._start = datetime.now(UTC)

    def now(self) -> datetime:
        return self._start + timedelta(seconds=self.passed_s)

    def monotonic(self) -> float:
        return self.passed_s


class _Away:
    """An audit whose store does not answer."""

    def append(self, *_: object) -> None:
        raise OperationalError("connection refused")


@pytest.fixture
def clock() -> TurnedClock:
    """Stands until it is turned."""
    return TurnedClock()


@pytest.fixture
def subscriber() -> Subscriber:
    """Somebody whom no other test knows."""
    return Subscriber(f"p-{uuid.uuid4().hex[:8]}", 3)


def test_each_hit_is_recorded_once_every_hour_and_at_the_end(
    tables: Client, clock: TurnedClock, subscriber: Subscriber, idle_world: World
) -> None:
    outcomes: list[str] = []
    accounts = Accounts(Audit(tables, clock.now), clock.now, clock.monotonic, outcomes.append)
    account = accounts.open(subscriber, "stream", {"resumed": True})
    account.hits = 3
    accounts.write()
    assert idle_world.audited(subscriber, "subscriber_delivered") == []
    clock.passed_s = CARRY_S + 1
    accounts.write()
    accounts.write()
    account.hits, account.closed = 5, True
    clock.passed_s += 10
    accounts.write()
    accounts.write()
    (opened,) = idle_world.audited(subscriber, "subscriber_connected")
    assert opened == {"subscriber": subscriber.name, "generation": 3, "way": "stream", "resumed": True}
    first, last = idle_world.audited(subscriber, "subscriber_delivered")
    assert (first["hits"], last["hits"], first["until"]) == (3, 2, last["from"])
    assert first["generation"] == 3
    assert outcomes == ["written"] * 3


def test_a_record_that_the_store_does_not_take_is_counted(clock: TurnedClock, subscriber: Subscriber) -> None:
    outcomes: list[str] = []
    accounts = Accounts(cast(Audit, _Away()), clock.now, clock.monotonic, outcomes.append)
    with pytest.raises(OperationalError):
        accounts.open(subscriber, "webhook")
    assert outcomes == ["refused"]


def test_who_was_told_nothing_leaves_no_account(
    tables: Client, clock: TurnedClock, subscriber: Subscriber, idle_world: World
) -> None:
    accounts = Accounts(Audit(tables, clock.now), clock.now, clock.monotonic)
    accounts.open(subscriber, "webhook").closed = True
    accounts.write()
    assert idle_world.audited(subscriber, "subscriber_delivered") == []
