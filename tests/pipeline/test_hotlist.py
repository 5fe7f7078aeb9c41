"""The hotlist index against a list that is searched from end to end."""

from __future__ import annotations

from datetime import datetime
from fnmatch import fnmatchcase

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from pipeline.hotlist import HotlistIndex
from schemas.hotlist import HotlistEntry
from tests.pipeline.builders import T0, at, entry

KEYS = st.sampled_from([b"a", b"b", b"c", b"d"])
LISTED = st.sampled_from(["1ABC234", "1ABC235", "1ABC23?", "1ABC*", "*234", "??", "AB"])
SEEN = ["1ABC234", "1ABC235", "1ABC2345", "9XYZ234", "AB", "A", "1ABC23"]


class IndexAgainstList(RuleBasedStateMachine):
    """Any order of changes leaves the index with the same answers as a plain dict."""

    def __init__(self) -> None:
        super().__init__()
        self.index, self.listed = HotlistIndex(), dict[bytes, HotlistEntry]()

    @rule(key=KEYS, plate=LISTED, priority=st.integers(0, 3))
    def put(self, key: bytes, plate: str, priority: int) -> None:
        wanted = entry(plate, entry_id=key.decode(), priority=priority)
        self.index.put(key, wanted)
        self.listed[key] = wanted

    @rule(key=KEYS)
    def remove(self, key: bytes) -> None:
        self.index.remove(key)
        self.listed.pop(key, None)

    @invariant()
    def answers_alike(self) -> None:
        assert len(self.index) == len(self.listed)
        for plate in SEEN:
            found = list(self.index.matches(plate, T0))
            assert found == sorted(self._fitting(plate), key=lambda e: (e.priority, e.entry_id))
            assert self.index.may_match(plate.encode()) or not found

    def _fitting(self, plate: str) -> list[HotlistEntry]:
        return [e for e in self.listed.values() if fnmatchcase(plate, e.plate)]


TestIndexAgainstList = IndexAgainstList.TestCase
TestIndexAgainstList.settings = settings(deadline=None, max_examples=50)


@given(st.lists(LISTED, max_size=4), st.text("AB1234?*", min_size=1, max_size=8))
def test_may_match_never_hides_a_match(listed: list[str], plate: str) -> None:
    index = HotlistIndex()
    for number, wanted in enumerate(listed):
        index.put(b"%d" % number, entry(wanted))
    if any(index.matches(plate, T0)):
        assert index.may_match(plate.encode())


def test_without_patterns_other_plates_cannot_match() -> None:
    index = HotlistIndex()
    index.put(b"a", entry("1ABC234"))
    assert index.may_match(b"1ABC234")
    assert not index.may_match(b"1ABC235")
    assert not index.may_match(b"\xff")
    index.remove(b"a")
    assert not index.may_match(b"1ABC234")


@pytest.mark.parametrize(
    ("moment", "valid"),
    [(at(-1), False), (at(0), True), (at(59), True), (at(60), False), (at(61), False)],
)
def test_validity_is_exact_to_the_second(moment: datetime, valid: bool) -> None:
    index = HotlistIndex()
    index.put(b"a", entry(valid_from=at(0), valid_until=at(60)))
    assert bool(list(index.matches("1ABC234", moment))) is valid


def test_an_entry_without_end_holds_until_removed() -> None:
    index = HotlistIndex()
    index.put(b"a", entry())
    assert list(index.matches("1ABC234", at(10**9)))
    index.remove(b"a")
    index.remove(b"a")
    assert not list(index.matches("1ABC234", at(0)))


def test_a_pattern_fits_the_whole_plate_only() -> None:
    index = HotlistIndex()
    index.put(b"a", entry("1ABC2??"))
    assert [bool(list(index.matches(p, T0))) for p in ("1ABC234", "1ABC23", "1ABC2345", "91ABC234")] == [True] + [
        False
    ] * 3
