"""The hotlist index against a list that is searched from end to end."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from pipeline.hotlist import index as index_module
from pipeline.hotlist.entries import decode_listed
from pipeline.hotlist.index import HotlistIndex
from pipeline.hotlist.rules import KIND_NUMBERS
from pipeline.hotlist.spelling import NEAR_FROM, rows_of
from pipeline.plates.text import plate_key, within_one_edit
from schemas.codec import decoder, encode
from schemas.hotlist import HotlistEntry
from tests.pipeline.builders import entry, hotlist

KEYS = st.sampled_from([b"a", b"b", b"c", b"d", b"e"])
PLATES = st.text("AB8123", min_size=2, max_size=8)
decode = decoder(HotlistEntry)


def near(index: HotlistIndex, plate: str) -> set[str]:
    """Identifiers of the entries found for a plate, without those that only share a spelling."""
    pairs = index.find(rows_of([plate.encode()]))
    found = [decode(index.message(int(place))) for place in pairs.places]
    assert len(found) == len({one.entry_id for one in found}), "each once"
    return {one.entry_id for one in found if _is_near(plate, one.plate)}


def _is_near(plate: str, listed: str) -> bool:
    """The rule by hand."""
    if plate_key(plate) == plate_key(listed):
        return True
    long_enough = len(listed) >= NEAR_FROM and len(plate) >= min(NEAR_FROM, len(listed))
    return long_enough and within_one_edit(plate_key(plate), plate_key(listed))


class IndexAgainstList(RuleBasedStateMachine):
    """Any order of changes leaves the index with the same answers as a plain dict."""

    def __init__(self) -> None:
        super().__init__()
        self.index, self.listed = HotlistIndex(), dict[bytes, HotlistEntry]()

    @rule(key=KEYS, plate=PLATES | st.sampled_from(["1AB?", "12*8"]))
    def put(self, key: bytes, plate: str) -> None:
        wanted = entry(plate, entry_id=key.decode())
        self.index.put(key, decode_listed(encode(wanted)))
        self.listed[key] = wanted

    @rule(key=KEYS)
    def remove(self, key: bytes) -> None:
        self.index.remove(key)
        self.listed.pop(key, None)

    @rule(plate=PLATES)
    def ask(self, plate: str) -> None:
        self.index.settle()
        assert near(self.index, plate) == {
            one.entry_id
            for one in self.listed.values()
            if not set("?*") & set(one.plate) and _is_near(plate, one.plate)
        }

    @invariant()
    def counts(self) -> None:
        self.index.settle()
        assert len(self.index) == len(self.listed)


TestIndexAgainstList = IndexAgainstList.TestCase
TestIndexAgainstList.settings = settings(deadline=None, max_examples=60)


@pytest.mark.parametrize(
    ("plate", "found"), [("1ABC243", 0), ("1ACB234", 0), ("2BC2345", 0), ("1ABD234", 1), ("1ABC23", 1)]
)
def test_two_that_lack_different_characters_are_not_near(plate: str, found: int) -> None:
    """They share a spelling all the same."""
    index = hotlist(entry("1ABC234"))
    assert len(index.find(rows_of([plate.encode()])).texts) == found


@given(st.lists(PLATES, min_size=1, max_size=20, unique=True), PLATES)
@settings(deadline=None)
def test_by_the_key_only_entries_of_that_key_are_found(listed: list[str], plate: str) -> None:
    index = hotlist(*map(entry, listed))
    found = index.find(rows_of([plate.encode()]), near=False)
    plates = [row.tobytes().rstrip(b"\0").decode() for row in found.plates]
    assert sorted(plates) == sorted(one for one in listed if plate_key(one) == plate_key(plate))


def test_what_was_put_holds_from_the_next_settling_on() -> None:
    index = HotlistIndex()
    index.put(b"a", decode_listed(encode(entry())))
    assert near(index, "1ABC234") == set()
    index.settle()
    assert near(index, "1ABC234") == {"entry-1ABC234"}


def test_an_entry_that_becomes_a_pattern_is_found_as_one_only() -> None:
    index = HotlistIndex()
    index.put(b"a", decode_listed(encode(entry("1ABC234"))))
    index.settle()
    index.put(b"a", decode_listed(encode(entry("1ABC23?"))))
    index.settle()
    assert near(index, "1ABC234") == set()
    assert [pattern.plate for _, pattern in index.find_patterns(rows_of([b"1ABC234"]))] == ["1ABC23?"]
    index.put(b"a", decode_listed(encode(entry("1ABC234"))))
    index.settle()
    assert near(index, "1ABC234") == {"entry-1ABC234"}
    assert list(index.find_patterns(rows_of([b"1ABC234"]))) == []


def test_counts_by_kind_follow_every_change() -> None:
    index = HotlistIndex()
    for name, kind in ((b"a", "stolen_vehicle"), (b"b", "no_insurance"), (b"a", "no_insurance")):
        index.put(name, decode_listed(encode(entry(list_kind=kind))))
        index.settle()
    assert index.counts[KIND_NUMBERS["stolen_vehicle"]] == 0
    assert index.counts[KIND_NUMBERS["no_insurance"]] == 2


def test_large_parts_are_merged_beside_the_flow_and_lose_what_is_removed_meanwhile(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(index_module, "MERGED_AT_ONCE", 10)
    index = HotlistIndex()
    for part in range(2):
        for number in range(20):
            name = f"{part}-{number}"
            index.put(name.encode(), decode_listed(encode(entry(f"{part + 1}ABC{number:03d}", entry_id=name))))
        index.settle()
    index.remove(b"0-7")
    for _ in range(200):
        index.settle()  # takes the merge over as soon as its thread is through
        if index.parts == 1:
            break
        index.wait_for_merge()
    assert (index.parts, len(index)) == (1, 39)
    assert "0-7" not in near(index, "1ABC007")
    assert "1-7" in near(index, "2ABC007")


@given(st.lists(PLATES, min_size=1, max_size=30, unique=True), st.lists(PLATES, min_size=1, max_size=5))
@settings(deadline=None)
def test_many_texts_at_once_give_what_each_gives_alone(listed: list[str], seen: list[str]) -> None:
    index = HotlistIndex()
    for plate in listed:
        index.put(plate.encode(), decode_listed(encode(entry(plate))))
    index.settle()
    together = index.find(rows_of([plate.encode() for plate in seen]))
    for row, plate in enumerate(seen):
        alone = index.find(rows_of([plate.encode()]))
        assert sorted(together.places[together.texts == row].tolist()) == sorted(alone.places.tolist())
