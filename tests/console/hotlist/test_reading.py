"""A file against the lists: what is new, what changed, what contradicts itself, and what may not be changed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from console.hotlist.fields import Draft
from console.hotlist.files import Line
from console.hotlist.reading import Reading, read_list
from console.hotlist.standing import Standing
from pipeline.hotlist.digest import digest_of
from schemas.codec import decoder
from schemas.hotlist import HotlistEntry

NOW = datetime(2026, 11, 25, 20, 0, tzinfo=UTC)
DRAFT = Draft(NOW, {"owner": "federal", "list_kind": "stolen_vehicle", "reason": "Reported stolen"})
decode = decoder(HotlistEntry)


def read(said: Iterable[Mapping[str, Any]], standing: Standing | None = None, **more: Any) -> Reading:
    """Lines, numbered from 2 as below a head."""
    lines = [Line(number, one, one.get("fault", "")) for number, one in enumerate(said, 2)]
    return read_list(lines, DRAFT, standing or Standing(), **more)


def published(reading: Reading, standing: Standing | None = None) -> list[HotlistEntry]:
    """What it would publish."""
    return [decode(value) for _, value in reading.to_publish(standing or Standing())]


def after(reading: Reading) -> Standing:
    """The lists once it is published."""
    standing = Standing()
    for entry in published(reading):
        since_ms = round(entry.valid_from.timestamp() * 1000)
        standing.add(entry.entry_id, digest_of(entry), since_ms, entry.owner, entry.list_kind)
    return standing


def test_the_same_file_again_changes_nothing_even_later() -> None:
    first = read([{"plate": "1ABC234"}, {"plate": "1ABC235"}])
    assert (first.lines, first.new, len(published(first))) == (2, 2, 2)
    standing = after(first)
    later = Draft(NOW + timedelta(days=1), DRAFT.given)
    again = read_list([Line(2, {"plate": "1ABC234"}), Line(3, {"plate": "1ABC236"})], later, standing)
    assert (again.new, again.changed, again.unchanged) == (1, 0, 1)
    assert [entry.plate for entry in published(again, standing)] == ["1ABC236"]


def test_a_changed_entry_is_published_whole() -> None:
    standing = after(read([{"plate": "1ABC234"}]))
    changed = read([{"plate": "1ABC234", "instruction": "stop"}], standing)
    assert (changed.new, changed.changed) == (0, 1)
    (entry,) = published(changed, standing)
    assert (entry.instruction, entry.valid_from) == ("stop", NOW)


def test_lines_that_contradict_each_other_are_all_refused() -> None:
    said = [
        {"plate": "1ABC234"},
        {"plate": "1ABC234", "instruction": "stop"},
        {"plate": "1-ABC-234"},
        {"plate": "1X1111"},
    ]
    reading = read(said)
    assert [one.number for one in reading.refused] == [2, 3]
    assert "contradicts line 3" in reading.refused[0].why
    assert "contradicts line 2" in reading.refused[1].why
    assert reading.repeated == 1
    assert [entry.plate for entry in published(reading)] == ["1X1111"]
    assert reading.entries == reading.new == 1
    assert reading.names("federal:stolen_vehicle:1ABC234"), "a refused line takes nobody off the list"


def test_what_is_no_longer_valid_is_left_out() -> None:
    reading = read([{"plate": "1ABC234", "valid_from": "2026-01-01", "valid_until": "2026-11-24"}])
    assert (reading.expired, reading.refused, published(reading)) == (1, [], [])


def test_a_line_that_somebody_may_not_list_is_refused() -> None:
    reading = read([{"plate": "1ABC234"}], permit=lambda entry: f"not yours: {entry.owner}")
    assert [one.why for one in reading.refused] == ["not yours: federal"]
    assert reading.names("federal:stolen_vehicle:1ABC234")


def test_the_lists_of_one_owner_and_kind() -> None:
    standing = after(read([{"plate": "1ABC234"}, {"plate": "1ABC235", "owner": "5339"}]))
    assert list(standing.of_list("5339", "stolen_vehicle")) == ["5339:stolen_vehicle:1ABC235"]
    assert len(list(standing.of_list("", ""))) == 2
    assert list(standing.of_list("5339", "wanted_person")) == []


LINES = st.lists(
    st.fixed_dictionaries(
        {
            "plate": st.sampled_from(["1ABC234", "1-ABC-235", "1ABC236", "*", ""]),
            "instruction": st.sampled_from(["", "stop", "nothing"]),
            "fault": st.sampled_from(["", "", "", "broken"]),
        }
    ),
    max_size=12,
)


@given(LINES)
def test_every_line_is_accounted_for(said: list[dict[str, Any]]) -> None:
    said = [{name: text for name, text in line.items() if name != "fault" or text} for line in said]
    reading = read(said)
    lines_of_refused = {one.number for one in reading.refused}
    assert len(lines_of_refused) == len(reading.refused), "no line is refused twice"
    assert reading.lines == len(said) >= reading.entries + reading.expired + len(reading.refused)
    plates = [entry.plate for entry in published(reading)]
    assert len(plates) == len(set(plates)) == reading.entries == reading.new


@given(LINES, st.randoms())
def test_what_is_published_does_not_hang_on_the_order_of_lines(said: list[dict[str, Any]], chance: Any) -> None:
    said = [{name: text for name, text in line.items() if name != "fault"} for line in said]
    mixed = list(said)
    chance.shuffle(mixed)
    assert sorted(published(read(said)), key=str) == sorted(published(read(mixed)), key=str)
