"""look_back: a change of the lists against what has passed already."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.hotlist.headers import SEEDED
from pipeline.messages import Message
from pipeline.outcome import Outcome
from pipeline.stages.look_back import FEW, SETTLED, TOLD_WITHIN, LookBack
from schemas.codec import decoder, encode
from schemas.hit import Hit
from schemas.hotlist import HotlistEntry
from schemas.passage import Passage
from tests.pipeline.builders import CAMERA, T0, at, batch, camera, entry, ms, passage

decode_hit = decoder(Hit)
WINDOW = timedelta(hours=24)
LATER = at(600)
"""When the list changes: ten minutes after the passages."""


@dataclass
class Passed:
    """What passed, and the hits as they stand: an archive that stores at once, unless it is told to lag."""

    seen: list[Passage] = field(default_factory=list)
    told: dict[Any, Hit] = field(default_factory=dict)
    matched_to: dict[int, int] = field(default_factory=lambda: {0: 10})
    stored_to: dict[int, int] = field(default_factory=lambda: {0: 10})
    kinds: dict[str, int] = field(default_factory=lambda: {"stolen_vehicle": 50_000})

    def plates_near(self, entry: HotlistEntry, since: datetime) -> Sequence[str]:
        assert entry
        return [one.plate for one in self.seen if one.captured_at >= since]

    def all_plates(self, since: datetime) -> Iterator[Sequence[str]]:
        yield [one.plate for one in self.seen if one.captured_at >= since]

    def passages(self, plates: Sequence[str], since: datetime) -> Iterator[Passage]:
        return (one for one in self.seen if one.plate in plates and one.captured_at >= since)

    def hits(self, entry_ids: Sequence[str], since: datetime) -> Sequence[Hit]:
        standing = [one for one in self.told.values() if not one.withdrawn]
        return [one for one in standing if one.entry_id in entry_ids and one.captured_at >= since]

    def sizes(self) -> Mapping[str, int]:
        return self.kinds

    def matched(self) -> Mapping[int, int]:
        return dict(self.matched_to)

    def stored(self) -> Mapping[int, int]:
        return self.stored_to


@dataclass
class Desk:
    """The stage, on an archive in which its hits end."""

    archive: Passed = field(default_factory=Passed)
    offset: int = 0

    def __post_init__(self) -> None:
        self.stage = LookBack(self.archive, {CAMERA: camera()}, WINDOW)

    def change(self, *states: HotlistEntry | str, now: datetime = LATER, replayed: bool = False) -> list[Hit]:
        """Entries that are put on their lists, or, by their names, taken off; what is told at once."""
        messages = [self._message(state, now) for state in states]
        return self._keep(self.stage(batch(messages, now=now, replayed=replayed)), replayed)

    def _message(self, state: HotlistEntry | str, now: datetime) -> Message:
        key, value = (state, b"") if isinstance(state, str) else (state.entry_id, encode(state))
        self.offset += 1
        return Message("hotlist", 0, self.offset - 1, ms(now), key.encode(), value)

    def pass_time(self, now: datetime = LATER + SETTLED) -> list[Hit]:
        """What is told when nothing comes in."""
        return self._keep(self.stage(batch([], now=now)))

    def _keep(self, outcome: Outcome, lost: bool = False) -> list[Hit]:
        assert outcome.rejected == []
        hits = [decode_hit(emit.value) for emit in outcome.emitted]
        if not lost:
            self.archive.told |= {hit.hit_id: hit for hit in hits}
        return hits


@pytest.fixture
def desk() -> Desk:
    """Two passages of one plate, one of another."""
    return Desk(Passed([passage(seconds=0), passage(seconds=60), passage("1XYZ999", seconds=30)]))


def test_a_new_entry_finds_what_has_passed_and_says_that_it_is_so(desk: Desk) -> None:
    hits = desk.change(entry())
    assert [(hit.plate, hit.retroactive, hit.withdrawn, hit.match) for hit in hits] == [
        ("1ABC234", True, False, "exact"),
        ("1ABC234", True, False, "exact"),
    ]
    assert [hit.captured_at for hit in hits] == [at(0), at(60)]
    assert desk.pass_time() == [], "told once"


def test_a_misread_and_a_pattern_are_found_too() -> None:
    desk = Desk(Passed([passage("1ABC23A", confidence=0.4), passage("1XYZ999", seconds=5)]))
    assert [(hit.plate, hit.match) for hit in desk.change(entry("1ABC234"))] == [("1ABC23A", "misread")]
    assert [hit.why for hit in desk.change(entry("1XY?999"))] == ["fits 1XY?999"]


def test_a_misread_is_as_likely_as_on_the_whole_list() -> None:
    seen = passage("1A8C234", confidence=0.4)
    short, long = Desk(Passed([seen], kinds={})), Desk(Passed([seen], kinds={"stolen_vehicle": 3_000_000}))
    (likely,), rare = short.change(entry("1ABC234")), long.change(entry("1ABC234"))
    assert all(hit.probability < likely.probability / 10 for hit in rare)


def test_nothing_is_found_from_before_the_window_or_before_the_entry_is_valid() -> None:
    desk = Desk(Passed([passage(seconds=0)]))
    assert desk.change(entry(valid_from=at(1)), now=LATER) == []
    assert Desk(Passed([passage(seconds=0)])).change(entry(), now=at(0) + WINDOW + timedelta(seconds=1)) == []
    assert len(Desk(Passed([passage(seconds=0)])).change(entry(), now=at(0) + WINDOW)) == 1


def test_what_was_matched_before_each_matcher_knew_is_found_when_it_is_stored(desk: Desk) -> None:
    desk.archive.stored_to = {0: 9}
    desk.change(entry())
    desk.archive.seen.append(passage(seconds=599))
    assert desk.pass_time(LATER + SETTLED) == [], "not stored yet, as far as anybody knows"
    assert desk.stage.needed_from(("hotlist", 0)) == 0
    desk.archive.matched_to, desk.archive.stored_to = {0: 99}, {0: 10}
    assert [hit.captured_at for hit in desk.pass_time(LATER + 2 * SETTLED)] == [at(599)]
    assert desk.stage.needed_from(("hotlist", 0)) is None
    assert desk.stage.open_tracks() == 0


def test_hits_that_were_told_before_are_not_told_again(desk: Desk) -> None:
    desk.change(entry())
    assert desk.change(entry(), now=LATER + timedelta(minutes=1)) == []


def test_a_removed_entry_takes_back_what_it_hit_afterwards_and_nothing_else(desk: Desk) -> None:
    told = desk.change(entry())
    name = told[0].entry_id
    assert desk.change(name, now=at(30)) == [_withdrawn(told[1])], "the second passed after it was removed"
    assert desk.pass_time() == []


def test_an_entry_listed_in_error_takes_back_all(desk: Desk) -> None:
    told = desk.change(entry())
    never = entry(valid_until=entry().valid_from)
    assert desk.change(never, never.entry_id, now=LATER + timedelta(minutes=1)) == list(map(_withdrawn, told))


@pytest.mark.parametrize(
    "narrowed",
    [{"valid_until": at(0)}, {"valid_from": at(120)}, {"zones": ("elsewhere",)}, {"plate": "1XYZ999"}],
    ids=["shortened", "later", "another area", "another plate"],
)
def test_a_narrowed_entry_takes_back_what_it_no_longer_covers(narrowed: dict[str, Any], desk: Desk) -> None:
    told = desk.change(entry())
    now = LATER + timedelta(minutes=1)
    said = desk.change(entry(**({"entry_id": entry().entry_id} | narrowed)), now=now)
    assert [hit for hit in said if hit.plate == "1ABC234"] == list(map(_withdrawn, told))


def test_what_is_newly_said_of_an_entry_is_said_of_its_hits(desk: Desk) -> None:
    told = desk.change(entry())
    said = desk.change(entry(dangerous=True, instruction="stop_with_backup"), now=LATER + timedelta(minutes=1))
    assert [(hit.hit_id, hit.dangerous, hit.instruction, hit.revision) for hit in said] == [
        (hit.hit_id, True, "stop_with_backup", hit.revision) for hit in told
    ]


def test_hits_of_long_ago_are_history(desk: Desk) -> None:
    told = desk.change(entry())
    assert desk.change(told[0].entry_id, now=told[0].captured_at - timedelta(seconds=1)), "taken back"
    other = Desk(Passed([passage()]))
    other.change(entry())
    assert other.change(entry(zones=("elsewhere",)), now=at(0) + TOLD_WITHIN + timedelta(seconds=1)) == []


def test_a_whole_list_is_looked_for_in_one_turn_once_all_is_stored() -> None:
    many = [f"1AB{chr(65 + n % 26)}{n:03}" for n in range(3 * FEW)]
    desk = Desk(Passed([passage(plate, seconds=n) for n, plate in enumerate([*many[:7], "9ZZZ999"])]))
    assert desk.change(*map(entry, many)) == []
    assert {hit.listed_plate for hit in desk.pass_time() if hit.match == "exact"} == set(many[:7])


def test_a_change_is_superseded_by_the_next_one(desk: Desk) -> None:
    desk.archive.stored_to = {0: 0}
    (one, _other) = desk.change(entry())
    desk.change(one.entry_id, now=LATER + timedelta(seconds=1))
    desk.archive.stored_to = {0: 10}
    assert desk.pass_time(LATER + 2 * SETTLED) == [], "nobody is wanted any more"


def test_what_is_seen_again_after_a_restart_is_looked_for_once_more(desk: Desk) -> None:
    desk.archive.stored_to = {0: 0}
    desk.change(entry())
    desk.archive.seen.append(passage(seconds=599))
    again = Desk(desk.archive)
    assert again.change(entry(), replayed=True) == [], "its outcome would be lost"
    desk.archive.stored_to = {0: 10}
    assert [hit.captured_at for hit in again.pass_time()] == [at(599)]


def test_an_entry_that_its_broker_had_forgotten_is_known(desk: Desk) -> None:
    message = Message("hotlist", 0, 0, ms(LATER), entry().entry_id.encode(), encode(entry()), ((SEEDED, b"1"),))
    outcome = desk.stage(batch([message], now=LATER))
    assert (outcome.emitted, dict(outcome.dropped), desk.stage.open_tracks()) == ([], {"known": 1}, 0)


@pytest.mark.parametrize(
    ("key", "value", "reason"),
    [
        (None, encode(entry()), "key_missing"),
        (b"other", encode(entry()), "key_mismatch"),
        (b"x", b"{}", "wrong_schema"),
        (b"x", encode(entry("1A*", entry_id="x")), "pattern_wide"),
    ],
)
def test_what_is_no_entry_is_rejected(key: bytes | None, value: bytes, reason: str, desk: Desk) -> None:
    outcome = desk.stage(batch([Message("hotlist", 0, 0, ms(T0), key, value)], now=LATER))
    assert [one.reason for one in outcome.rejected] == [reason]


def test_partitions_that_went_to_another_worker_are_its_business(desk: Desk) -> None:
    desk.change(entry())
    desk.stage.forget([("hotlist", 0)])
    assert desk.stage.open_tracks() == 0


STATES = st.lists(
    st.sampled_from(
        [
            entry(),
            entry(dangerous=True),
            entry(zones=("elsewhere",)),
            entry(valid_from=at(30)),
            entry("1XYZ999", entry_id=entry().entry_id),
            entry().entry_id,
        ]
    ),
    min_size=1,
    max_size=6,
)


@settings(max_examples=60, deadline=None)
@given(STATES, st.lists(st.integers(0, 6), max_size=3))
def test_what_stands_in_the_end_hangs_on_the_last_state_alone(
    states: list[HotlistEntry | str], together: list[int]
) -> None:
    """However changes are grouped into batches, hits stand as if only the last state had ever been listed."""
    seen = [passage(seconds=0), passage(seconds=60), passage("1XYZ999", seconds=30)]
    desk = Desk(Passed(list(seen)))
    cuts = sorted({0, len(states), *(cut for cut in together if cut < len(states))})
    for turn, (begin, end) in enumerate(pairwise(cuts)):
        desk.change(*states[begin:end], now=LATER + turn * timedelta(seconds=20))
        desk.pass_time(LATER + turn * timedelta(seconds=20) + SETTLED)
    standing = {hit.hit_id: hit.dangerous for hit in desk.archive.told.values() if not hit.withdrawn}
    last = states[-1]
    if isinstance(last, str):  # what passed while it stood remains: every passage did
        before = [one for one in states if not isinstance(one, str)]
        assert standing.keys() <= {hit.hit_id for hit in desk.archive.told.values()}
        assert before or not standing
        return
    alone = Desk(Passed(list(seen)))
    alone.change(last)
    assert standing == {hit.hit_id: hit.dangerous for hit in alone.archive.told.values()}


def _withdrawn(hit: Hit) -> Hit:
    fields = {name: getattr(hit, name) for name in Hit.model_fields if name != "schema_version"}
    return type(hit)(**fields | {"withdrawn": True})
