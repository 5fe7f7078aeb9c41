"""From a line to an entry: what people write is understood, what fits nothing is refused in words without a plate."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.hotlist.fields import COLUMNS, PRIORITY_OF, Draft, LineRefused, column_of, entry_of
from console.hotlist.writing import said_of
from pipeline.hotlist.entries import decode_listed
from schemas.codec import compiled, encode
from schemas.hotlist import HotlistEntry, ListKind

NOW = datetime(2026, 11, 25, 20, 0, tzinfo=UTC)
DRAFT = Draft(NOW, {"owner": "federal"})
LINE = {"plate": "1-abc.234", "list_kind": "Stolen vehicle", "reason": "Reported stolen"}
EntryRecord = compiled(HotlistEntry)


def read(draft: Draft = DRAFT, since: datetime | None = None, **said: Any) -> HotlistEntry:
    """The entry of a line, given what differs from a plain one."""
    return entry_of({**LINE, **said}, draft, lambda _: since)


def test_what_a_line_leaves_out_is_filled_in() -> None:
    entry = read()
    assert (entry.plate, entry.list_kind, entry.owner) == ("1ABC234", "stolen_vehicle", "federal")
    assert (entry.entry_id, entry.priority, entry.valid_from) == ("federal:stolen_vehicle:1ABC234", 10, NOW)
    assert (entry.instruction, entry.dangerous, entry.valid_until) == ("report", False, None)
    assert read(list_kind="missing_person").priority == 0


def test_an_entry_that_is_there_is_valid_since_it_was() -> None:
    earlier = NOW - timedelta(days=40)
    assert read(since=earlier).valid_from == earlier
    assert read(since=earlier, valid_from="2026-11-20").valid_from != earlier


def test_every_kind_has_a_priority() -> None:
    assert PRIORITY_OF.keys() == set(ListKind.__args__)  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("text", "plate"),
    [
        ("1-ABC-234", "1ABC234"),
        (" 1 abc·234 ", "1ABC234"),
        ("m\u00fc-ab_12", "MUAB12"),
        ("1ab?2*", "1AB?2*"),
        ("AB12**", "AB12*"),
        ("\u0410\u0412 123", "AB123"),
    ],
)
def test_plates_as_people_write_them(text: str, plate: str) -> None:
    assert read(plate=text).plate == plate


@pytest.mark.parametrize(
    ("name", "text", "moment"),
    [
        ("valid_from", "2026-11-25", "2026-11-24T23:00:00+00:00"),
        ("valid_from", "25/11/2026", "2026-11-24T23:00:00+00:00"),
        ("valid_from", "25-11-2026 14:30", "2026-11-25T13:30:00+00:00"),
        ("valid_from", "5.7.2026", "2026-07-04T22:00:00+00:00"),
        ("valid_until", "2026-12-31", "2026-12-31T23:00:00+00:00"),
        ("valid_until", "31/12/2026", "2026-12-31T23:00:00+00:00"),
        ("valid_until", "2026-12-31 18:00", "2026-12-31T17:00:00+00:00"),
        ("valid_until", "2026-12-31T18:00:00Z", "2026-12-31T18:00:00+00:00"),
    ],
)
def test_days_are_those_of_brussels_day_first_and_the_last_one_counts_whole(name: str, text: str, moment: str) -> None:
    assert getattr(read(**{name: text}), name).isoformat() == moment


def test_area_and_hours() -> None:
    entry = read(
        zones="5339; 5340", cameras="cam-1|cam-2", circle="50.846, 4.352, 2000", hours="Fr-Su 22:00-6:00 | 12:00-13:00"
    )
    assert (entry.zones, entry.cameras) == (("5339", "5340"), ("cam-1", "cam-2"))
    assert entry.circle is not None
    assert (entry.circle.center.lat, entry.circle.center.lon, entry.circle.radius_m) == (50.846, 4.352, 2000)
    assert [(one.weekdays, one.begins, one.ends) for one in entry.hours] == [
        ((5, 6, 7), "22:00", "06:00"),
        ((), "12:00", "13:00"),
    ]


@pytest.mark.parametrize(
    ("said", "word"),
    [
        ({"plate": ""}, "plate is missing"),
        ({"reason": ""}, "reason is missing"),
        ({"plate": "*"}, "would match everybody"),
        ({"plate": "?*?"}, "would match everybody"),
        ({"plate": "1A*"}, "part of all traffic"),
        ({"plate": "1ABC\u2603234"}, "letters, digits"),
        ({"plate": "1ABC234567890"}, "2 to 12"),
        ({"plate": "A"}, "2 to 12"),
        ({"list_kind": "borrowed"}, "list_kind"),
        ({"priority": "high"}, "priority"),
        ({"priority": "101"}, "priority"),
        ({"instruction": "shoot"}, "instruction"),
        ({"dangerous": "perhaps"}, "yes or no"),
        ({"country": "BEL"}, "country"),
        ({"entry_id": "a/b"}, "entry_id"),
        ({"valid_from": "31/02/2026"}, "no day"),
        ({"valid_from": "11/25/2026"}, "no day"),
        ({"valid_from": "tomorrow"}, "no day"),
        ({"valid_until": "2206-01-01"}, "the year"),
        ({"valid_from": "2026-12-31", "valid_until": "2026-11-01"}, "wrong order"),
        ({"hours": "22:00"}, "days and times"),
        ({"hours": "Xx 22:00-06:00"}, "Mo Tu We"),
        ({"hours": "25:00-26:00"}, "hours"),
        ({"circle": "here"}, "LATITUDE LONGITUDE METRES"),
        ({"circle": "95 4 100"}, "circle"),
        ({"cameras": 7}, "cameras"),
    ],
)
def test_what_is_no_entry_is_refused_without_its_plate(said: dict[str, Any], word: str) -> None:
    with pytest.raises(LineRefused) as refused:
        read(**said)
    assert word in str(refused.value)
    plate = str(said.get("plate", LINE["plate"]))
    assert len(plate) < 4 or plate not in str(refused.value)


@pytest.mark.parametrize(
    ("name", "field"), [("Plate", "plate"), ("nummerplaat", "plate"), ("Valid from", "valid_from"), ("colour", None)]
)
def test_columns_by_their_names(name: str, field: str | None) -> None:
    assert column_of(name) == field


PLATES = st.text("ABCDEFGHJKLMNPRSTUVWXYZ0123456789?*", min_size=4, max_size=9).filter(
    lambda text: len(text.replace("?", "").replace("*", "")) >= 3 and "**" not in text
)
MOMENTS = st.integers(1_600_000_000_000, 1_900_000_000_000).map(lambda ms: datetime.fromtimestamp(ms / 1000, UTC))
NAMES = st.text("abcXYZ019._:-", min_size=1, max_size=8).filter(lambda name: name[0].isalnum())
WORDS = st.text("abc déf,;\"'=|", min_size=1, max_size=20).map(str.strip).filter(bool)
ENTRIES = st.builds(
    dict,
    entry_id=NAMES,
    list_kind=st.sampled_from(ListKind.__args__),  # type: ignore[attr-defined]
    plate=PLATES,
    owner=NAMES,
    priority=st.integers(0, 100),
    reason=WORDS,
    dangerous=st.booleans(),
    valid_from=MOMENTS,
    zones=st.lists(NAMES, max_size=3).map(tuple),
    vehicle=st.one_of(st.just(""), WORDS),
)


@given(ENTRIES)
def test_an_entry_that_is_written_is_read_as_it_was(fields: dict[str, Any]) -> None:
    entry = EntryRecord(**fields)
    assert decode_listed(encode(entry)).entry == entry
    assert said_of(entry).keys() == COLUMNS.keys()
    assert entry_of(said_of(entry), DRAFT, lambda _: None) == entry
