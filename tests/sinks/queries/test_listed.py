"""Entries as they stand: in full, in short, counted, and which have ended."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from clickhouse_connect.driver.client import Client

from pipeline.hotlist.digest import digest_of
from schemas.codec import compiled, decoder, encode
from schemas.hotlist import HotlistEntry
from sinks.clickhouse.queries.listed import ended, entries, in_short, list_sizes, listed_as
from sinks.clickhouse.queries.lists import lists
from tests.schemas.examples import files
from tests.sinks.queries.facts import some_plate
from tests.sinks.rows import Sink, message

NOW = datetime.now(UTC).replace(microsecond=0)
EntryRecord = compiled(HotlistEntry)


@pytest.fixture
def owner() -> str:
    """A zone that no other test has."""
    return f"Z-{uuid.uuid4().hex[:10]}"


def listed(owner: str, number: int = 0, **more: Any) -> HotlistEntry:
    """An entry of this owner."""
    fields: dict[str, Any] = {"list_kind": "stolen_vehicle", "plate": some_plate(), "priority": 10, "reason": "stolen"}
    moments = {"valid_from": NOW - timedelta(days=3)}
    return EntryRecord(entry_id=f"{owner}:{number:03}", owner=owner, **fields | moments | more)


def put(sink: Sink, *states: HotlistEntry | str) -> None:
    """Into the store, as the topic has them; a name takes one off."""
    messages = []
    for number, state in enumerate(states):
        key, value = (state, b"") if isinstance(state, str) else (state.entry_id, encode(state))
        told = message("hotlist", number, value)
        messages.append(told._replace(key=key.encode(), timestamp_ms=told.timestamp_ms + number))
    outcome, refused = sink.store(messages)
    assert (outcome.rejected, refused) == ([], [])


def test_an_entry_comes_back_as_it_was_told(sink: Sink, client: Client, owner: str) -> None:
    (path,) = [path for path in files("hotlist_entry", "valid") if path.stem == "full"]
    full = decoder(HotlistEntry)(path.read_bytes())
    told = type(full)(**{name: getattr(full, name) for name in full.__struct_fields__} | {"owner": owner})  # type: ignore[attr-defined]
    plain = listed(owner)
    put(sink, told, plain)
    assert {one.entry_id: one for one in entries(client, owner)} == {told.entry_id: told, plain.entry_id: plain}
    assert {row[0]: row[1] for row in in_short(client) if row[3] == owner} == {
        told.entry_id: digest_of(told),
        plain.entry_id: digest_of(plain),
    }


def test_pages_of_entries_follow_each_other(sink: Sink, client: Client, owner: str) -> None:
    all_of_them = [listed(owner, number) for number in range(5)]
    put(sink, *all_of_them)
    first = list(entries(client, owner, most=2))
    rest = list(entries(client, owner, after=first[-1].entry_id))
    assert first + rest == all_of_them
    assert list(entries(client, owner, kinds=["wanted_person"])) == []


def test_the_last_message_of_an_entry_holds(sink: Sink, client: Client, owner: str) -> None:
    first, second = listed(owner, 1), listed(owner, 2)
    changed = type(first)(**{name: getattr(first, name) for name in first.__struct_fields__} | {"reason": "other"})  # type: ignore[attr-defined]
    put(sink, first, second, changed, second.entry_id)
    assert list(entries(client, owner)) == [changed]
    assert [row[0] for row in in_short(client, [first.entry_id, second.entry_id])] == [first.entry_id]


def test_entries_by_name_and_by_plate_the_most_urgent_first(sink: Sink, client: Client, owner: str) -> None:
    one, other = listed(owner, 1), listed(owner, 2, priority=0)
    put(sink, one, other, listed(owner, 3))
    assert listed_as(client, [one.entry_id, other.plate]) == [other, one]
    assert listed_as(client, ["nobody"]) == []


def test_what_has_ended_is_counted_no_more(sink: Sink, client: Client, owner: str) -> None:
    past = listed(owner, 1, valid_until=NOW - timedelta(days=1))
    soon, pattern = listed(owner, 2, valid_until=NOW + timedelta(days=1)), listed(owner, 3, plate="1AB?2*")
    before = list_sizes(client).get("stolen_vehicle", 0)
    put(sink, past, soon, pattern)
    assert list_sizes(client)["stolen_vehicle"] == before + 2
    assert past.entry_id in ended(client, NOW)
    assert not {soon.entry_id, pattern.entry_id} & set(ended(client, NOW))
    (one,) = [one for one in lists(client, NOW) if one.owner == owner]
    assert (one.list_kind, one.priority, one.entries, one.patterns, one.ending, one.hits) == (
        "stolen_vehicle",
        *(10, 2, 1, 1, 0),
    )
    told = message("hotlist", 2, b"").timestamp_ms + 2  # the third one was put last
    assert one.changed_at == datetime.fromtimestamp(told / 1000, UTC)
