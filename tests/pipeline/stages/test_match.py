"""match: passages against the hotlist."""

from __future__ import annotations

import pytest

from pipeline.hotlist import HotlistIndex
from pipeline.stages.match import Match
from schemas.codec import decoder
from schemas.hit import Hit
from schemas.hotlist import HotlistEntry
from schemas.passage import Passage
from tests.pipeline.builders import at, batch, entry, passage, passage_message

decode_hit = decoder(Hit)


def hits(entries: list[HotlistEntry], *seen: Passage) -> list[Hit]:
    """The hits of these passages on this list."""
    index = HotlistIndex()
    for wanted in entries:
        index.put(wanted.entry_id.encode(), wanted)
    outcome = Match(index)(batch([passage_message(p, n) for n, p in enumerate(seen)]))
    assert outcome.rejected == []
    return [decode_hit(emit.value) for emit in outcome.emitted]


def test_a_listed_plate_is_a_hit_with_all_that_an_officer_needs() -> None:
    wanted = entry(instruction="stop_with_backup", dangerous=True, priority=3)
    seen = passage(evidence="a.jpg", late=True, revision=4)
    (hit,) = hits([wanted], seen)
    assert (hit.entry_id, hit.list_kind, hit.owner, hit.reason) == (
        wanted.entry_id,
        "stolen_vehicle",
        "federal",
        "reported stolen",
    )
    assert (hit.instruction, hit.dangerous, hit.priority) == ("stop_with_backup", True, 3)
    assert (hit.passage_id, hit.revision, hit.evidence, hit.late) == (seen.passage_id, 4, "a.jpg", True)
    assert (hit.plate, hit.listed_plate, hit.match, hit.probability) == ("1ABC234", "1ABC234", "exact", 0.95)
    assert (hit.camera_id, hit.captured_at, hit.withdrawn) == ("cam-1", at(0), False)


def test_an_unlisted_plate_is_none() -> None:
    assert hits([entry("2HJK905")], passage("1ABC234")) == []


def test_patterns() -> None:
    (hit,) = hits([entry("1AB?23*")], passage("1ABC234"), passage("1ABCD34"))
    assert (hit.match, hit.plate, hit.listed_plate) == ("pattern", "1ABC234", "1AB?23*")


def test_most_urgent_entry_first() -> None:
    entries = [entry(entry_id=name, priority=p) for name, p in (("low", 90), ("b", 1), ("a", 1))]
    assert [hit.entry_id for hit in hits(entries, passage())] == ["a", "b", "low"]


@pytest.mark.parametrize(("seconds", "found"), [(-1, 0), (0, 1), (59, 1), (60, 0)])
def test_an_entry_holds_from_its_first_moment_to_before_its_last(seconds: int, found: int) -> None:
    wanted = entry(valid_from=at(0), valid_until=at(60))
    assert len(hits([wanted], passage(seconds=seconds))) == found


def test_a_doubtful_passage_asks_for_a_look_at_the_picture() -> None:
    assert [hit.alert_class for hit in hits([entry()], passage(certainty="doubtful"))] == ["confirm"]
    assert [hit.alert_class for hit in hits([entry()], passage())] == ["alert"]


def test_a_withdrawn_passage_withdraws_its_hit() -> None:
    seen = passage()
    first, second = hits([entry()], seen, passage(passage_id=seen.passage_id, revision=2, withdrawn=True))
    assert first.hit_id == second.hit_id
    assert [(h.revision, h.withdrawn) for h in (first, second)] == [(1, False), (2, True)]


def test_a_correction_from_one_wanted_plate_to_another_leaves_a_hit_in_either_order() -> None:
    """Both say the same revision and travel under different keys: they must not be statements about one hit."""
    old = passage("1ABC234", revision=2, withdrawn=True)
    new = passage("1ABC235", revision=2, passage_id=old.passage_id)
    withdrawn, valid = hits([entry("1ABC23?")], old, new)
    assert (withdrawn.withdrawn, valid.withdrawn) == (True, False)
    assert withdrawn.hit_id != valid.hit_id


def test_the_same_passage_again_is_the_same_hit() -> None:
    first, second = hits([entry()], passage(), passage())
    assert first == second


def test_a_message_without_a_key_is_looked_at() -> None:
    index = HotlistIndex()
    index.put(b"a", entry())
    outcome = Match(index)(batch([passage_message(passage(), key=None)]))
    assert len(outcome.emitted) == 1


def test_the_key_is_the_plate_and_the_topic_the_given_one() -> None:
    index = HotlistIndex()
    index.put(b"a", entry())
    outcome = Match(index, topic="alarms")(batch([passage_message(passage())]))
    assert [(emit.topic, emit.key) for emit in outcome.emitted] == [("alarms", b"1ABC234")]


def test_what_is_not_wanted_is_not_even_decoded() -> None:
    outcome = Match(HotlistIndex())(batch([passage_message(passage())._replace(value=b"{")]))
    assert (outcome.emitted, outcome.rejected) == ([], [])
