"""The register of subscribers: what may be registered, what holds, and that nobody else's clock decides."""

from __future__ import annotations

import uuid
from datetime import timedelta

import pytest
from clickhouse_connect.driver.client import Client

from sinks.clickhouse.audit.effects import deviations
from sinks.clickhouse.subscribers import Subscriber, SubscriberRefused, SubscriberRegister
from tests.sinks.audited import now


@pytest.fixture
def name() -> str:
    """A program that no other test knows."""
    return f"p-{uuid.uuid4().hex[:8]}"


@pytest.fixture
def register(client: Client) -> SubscriberRegister:
    """The register, in the administrator's name."""
    return SubscriberRegister(client, now, "Administrator")


def test_what_was_registered_is_what_is_found(register: SubscriberRegister, name: str) -> None:
    wanted = Subscriber(name, 7, ("stolen_vehicle",), ("BRU-NORTH", "BRU-SOUTH"), ("alert",), "https://x.example/h")
    added = register.add(wanted)
    assert (added.generation, added.kinds, added.zones, added.classes) == (1, wanted.kinds, wanted.zones, ("alert",))
    assert added == register.find(name)
    assert added in register.list()
    assert added.valid(now())
    assert added.registered_by == "Administrator"
    assert added.limits.zones == {"BRU-NORTH", "BRU-SOUTH"}


def test_each_secret_of_a_program_has_a_generation_of_its_own(register: SubscriberRegister, name: str) -> None:
    first = register.add(Subscriber(name, 1))
    assert register.rotate(name).generation == 2
    assert register.find(name).valid_from == first.valid_from
    assert not register.end(name).valid(now())
    for refused in (register.rotate, register.end):
        with pytest.raises(SubscriberRefused, match="was ended: add it anew"):
            refused(name)
    again = register.add(Subscriber(name, 1))
    assert (again.generation, again.valid(now())) == (3, True)
    assert again.valid_from > first.valid_from
    with pytest.raises(SubscriberRefused, match="is a subscriber already"):
        register.add(Subscriber(name, 1))


def test_a_webhook_that_is_off_leaves_the_token(register: SubscriberRegister, name: str) -> None:
    added = register.add(Subscriber(name, 1, webhook_url="https://x.example/h"))
    register.disable_webhook(added)
    found = register.find(name)
    assert (found.webhook_url, found.generation, found.valid(now())) == ("", 1, True)


def test_an_end_from_a_clock_that_is_behind_is_refused_aloud(client: Client, name: str) -> None:
    SubscriberRegister(client, now, "Administrator").add(Subscriber(name, 1))
    behind = SubscriberRegister(client, lambda: now() - timedelta(hours=1), "Administrator")
    with pytest.raises(SubscriberRefused, match="clock is ahead of this one"):
        behind.end(name)
    assert SubscriberRegister(client, now, "Administrator").find(name).valid(now())


@pytest.mark.parametrize(
    ("wanted", "said"),
    [
        (Subscriber("", 1), "1 to 40 of a-z"),
        (Subscriber("Dispatch", 1), "1 to 40 of a-z"),
        (Subscriber("dis.patch", 1), "1 to 40 of a-z"),
        (Subscriber("a" * 41, 1), "1 to 40 of a-z"),
        (Subscriber("a\n", 1), "1 to 40 of a-z"),
        (Subscriber("a", 1, kinds=("stolen",)), "there is no kind of list stolen: one of stolen_vehicle"),
        (Subscriber("a", 1, classes=("sure",)), "there is no class sure: one of alert, confirm"),
        (Subscriber("a", 1, zones=("",)), "a police zone needs 1 to 64 characters"),
    ],
)
def test_what_makes_no_sense_is_refused(wanted: Subscriber, said: str, register: SubscriberRegister) -> None:
    with pytest.raises(SubscriberRefused, match=said):
        register.add(wanted)


def test_who_nobody_knows_is_not_found(register: SubscriberRegister) -> None:
    with pytest.raises(SubscriberRefused, match="there is no subscriber nobody"):
        register.find("nobody")


def test_every_change_is_a_record_that_the_row_follows_from(client: Client, name: str) -> None:
    register = SubscriberRegister(client, now, "Administrator")
    register.disable_webhook(register.add(Subscriber(name, 1, webhook_url="https://x.example/h", insecure=True)))
    register.rotate(name)
    register.end(name)
    rows = client.query(
        "SELECT action FROM audit WHERE JSONExtractString(record, 'about', 'subscriber') = {name:String} ORDER BY at",
        parameters={"name": name},
    ).result_rows
    actions = [row[0] for row in rows]
    assert actions == ["subscriber_added", "webhook_disabled", "subscriber_rotated", "subscriber_ended"]
    assert [one for one in deviations(client) if one.table == "subscribers" and one.key == name] == []
