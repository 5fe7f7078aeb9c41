"""match: passages against the hotlist."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.hotlist.matching import matched
from pipeline.hotlist.spelling import rows_of
from pipeline.identity import fact_id
from pipeline.messages import Message
from pipeline.outcome import Outcome
from pipeline.stages.match import Match
from pipeline.stages.told_hits import KEPT_MS
from schemas.base import GeoPoint
from schemas.camera import PatrolPosition
from schemas.codec import compiled, decoder, encode
from schemas.hit import Hit
from schemas.hotlist import HotlistEntry, Hours
from schemas.passage import Passage
from schemas.read import Alternative, Candidate
from tests.pipeline.builders import (
    CAMERA,
    T0,
    CandidateRecord,
    at,
    batch,
    camera,
    entry,
    hotlist,
    ms,
    passage,
    passage_message,
)

decode_hit = decoder(Hit)
PLACE = ("passages", 0)
HoursRecord, PointRecord, PatrolRecord = compiled(Hours), compiled(GeoPoint), compiled(PatrolPosition)
AlternativeRecord = compiled(Alternative)


def candidate(text: str, doubted: int, other: str) -> Candidate:
    """What a reader tells that doubts one character, and thinks of another one."""
    told = AlternativeRecord(place=doubted, char=other, confidence=0.35)
    sure = tuple(0.55 if place == doubted else 0.99 for place in range(len(text)))
    return CandidateRecord(text=text, confidence=0.55, char_confidences=sure, alternatives=(told,))


def match(*entries: HotlistEntry, **more: Any) -> Match:
    """The stage with a list of these entries, one camera and nobody on patrol."""
    given: dict[str, Any] = {"cameras": {CAMERA: camera()}, "patrols": {}}
    return Match(hotlist(*entries), **(given | more))


def told(stage: Match, *seen: Passage, offset: int = 0) -> list[Hit]:
    """What the stage tells of these passages in one batch."""
    outcome = stage(batch([passage_message(p, offset + n) for n, p in enumerate(seen)]))
    assert outcome.rejected == []
    return [decode_hit(emit.value) for emit in outcome.emitted]


def hits(entries: list[HotlistEntry], *seen: Passage) -> list[Hit]:
    """The hits of these passages on this list."""
    return told(match(*entries), *seen)


def long_list() -> list[HotlistEntry]:
    """A list on which a plate is one of many."""
    return [entry(f"2XYZ{number:03d}", entry_id=f"other-{number}") for number in range(1000)]


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
    assert (hit.plate, hit.listed_plate, hit.match, hit.why) == ("1ABC234", "1ABC234", "exact", "exact")
    assert hit.probability > 0.9
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


def test_what_says_nothing_new_is_not_told_again() -> None:
    stage = match(entry())
    assert len(told(stage, passage(), passage(), passage(revision=3))) == 1
    assert told(stage, passage(revision=4), offset=3) == []


def test_a_better_picture_or_another_class_is_told() -> None:
    stage = match(entry())
    seen = [
        passage(revision=1, confidence=0.6, certainty="doubtful"),
        passage(revision=2, confidence=0.99),
        passage(revision=3, confidence=0.99, evidence="better.jpg"),
        passage(revision=4, confidence=0.98, evidence="better.jpg"),
    ]
    assert [(hit.revision, hit.alert_class) for hit in told(stage, *seen)] == [
        (1, "confirm"),
        (2, "alert"),
        (3, "alert"),
    ]


def test_a_hit_is_taken_back_when_a_later_revision_makes_it_unlikely() -> None:
    """The first read doubts its P, ten later ones do not."""
    doubt = candidate("1APC234", doubted=2, other="R")
    first = passage("1APC234", confidence=0.55, certainty="doubtful", candidates=(doubt,))
    stage = match(*long_list(), entry("1ARC234"))
    (hit,) = told(stage, first)
    assert (hit.match, hit.alert_class, hit.differing) == ("misread", "confirm", (2,))
    (taken_back,) = told(stage, passage("1APC234", revision=11, confidence=0.999, read_count=11), offset=1)
    assert (taken_back.hit_id, taken_back.revision, taken_back.withdrawn) == (hit.hit_id, 11, True)


def test_a_hit_is_taken_back_when_its_entry_is_gone_before_the_next_revision() -> None:
    index = hotlist(entry())
    stage = Match(index, {}, {})
    (hit,) = told(stage, passage())
    index.remove(b"entry-1ABC234")
    index.settle()
    (taken_back,) = told(stage, passage(revision=2), offset=1)
    assert (taken_back.hit_id, taken_back.withdrawn) == (hit.hit_id, True)


def test_an_older_revision_that_comes_again_changes_nothing() -> None:
    stage = match(entry())
    told(stage, passage(), passage(revision=5, withdrawn=True))
    assert told(stage, passage(revision=2), offset=2) == []


def test_a_plate_that_comes_back_is_told_again() -> None:
    stage = match(entry())
    seen = [passage(), passage(revision=2, withdrawn=True), passage(revision=3)]
    assert [(hit.revision, hit.withdrawn) for hit in told(stage, *seen)] == [(1, False), (2, True), (3, False)]


def test_after_a_quarter_of_an_hour_of_log_time_nothing_is_remembered() -> None:
    stage = match(entry())
    told(stage, passage())
    assert (stage.open_tracks(), stage.needed_from(PLACE)) == (1, 0)
    later = ms(T0) + KEPT_MS + 1
    stage(batch([passage_message(passage("2HJK905", seconds=2000), 7, timestamp_ms=later)]))
    assert (stage.open_tracks(), stage.needed_from(PLACE)) == (0, None)


def test_what_went_to_another_worker_is_forgotten() -> None:
    stage = match(entry())
    told(stage, passage())
    stage.forget([PLACE])
    assert stage.open_tracks() == 0


@settings(deadline=None, max_examples=60)
@given(data=st.data())
def test_however_a_restart_cuts_the_log_the_last_word_on_each_hit_is_the_same(data: st.DataObject) -> None:
    """One worker, against one that ends after any message and whose successor reads again from where it must."""
    plates = st.sampled_from(["1ABC234", "1A8C234", "1ABC284", "9XYZ999"])
    seen: list[Passage] = []
    for number in range(3):
        for revision in range(1, data.draw(st.integers(1, 4)) + 1):
            more = {"passage_id": fact_id("p", number), "revision": revision, "withdrawn": data.draw(st.booleans())}
            confidence = data.draw(st.sampled_from([0.5, 0.95, 0.99]))
            seen.append(passage(data.draw(plates), seconds=number, confidence=confidence, **more))
    messages = [passage_message(one, offset) for offset, one in enumerate(seen)]
    cut = data.draw(st.integers(0, len(messages)))
    listed = (entry("1ABC234"), entry("1ABC2*"))
    whole = _last_words([match(*listed)(batch(messages))])
    first = match(*listed)
    before = first(batch(messages[:cut]))
    needed = first.needed_from(PLACE)
    second = match(*listed)
    second(batch(messages[cut if needed is None else needed : cut]))  # rebuilt: what follows was delivered
    assert _last_words([before, second(batch(messages[cut:]))]) == whole
    _goes_on_from_a_copy(first, match(*listed), messages[cut:])


def _goes_on_from_a_copy(first: Match, successor: Match, rest: list[Message]) -> None:
    """A successor that takes over what the first one wrote down tells the same, message for message."""
    copy = first.state(PLACE)
    if copy is not None:
        successor.restore(PLACE, copy)
    assert (successor.needed_from(PLACE), successor.open_tracks()) == (first.needed_from(PLACE), first.open_tracks())
    assert successor(batch(rest)) == first(batch(rest))
    assert successor.state(PLACE) == first.state(PLACE)


def _last_words(outcomes: list[Outcome]) -> dict[UUID, tuple[int, bool, str]]:
    found = [decode_hit(emit.value) for outcome in outcomes for emit in outcome.emitted]
    return {hit.hit_id: (hit.revision, hit.withdrawn, hit.alert_class) for hit in found}


def test_only_a_sure_misread_of_a_listed_plate_says_what_differs() -> None:
    (hit,) = hits([entry("1ABC234")], passage("1A8C234", confidence=0.6, certainty="doubtful"))
    assert (hit.match, hit.alert_class, hit.why, hit.differing) == ("misread", "confirm", "8 for B at place 3", (2,))
    (lost,) = hits([entry("1ABC234")], passage("1ABC23", confidence=0.5, certainty="doubtful"))
    assert (lost.match, lost.why, lost.differing) == ("misread", "4 missing at the end", (6,))


def test_another_text_that_the_passage_may_be_is_looked_up_to_the_letter() -> None:
    """Syntax allows 1-ABC-100 and 1-ABC-1D0 as well; only one of them is listed."""
    options = (CandidateRecord(text="1ABC1D0", confidence=0.5), CandidateRecord(text="1XYZ777", confidence=0.4))
    (hit,) = hits([entry("1XYZ777")], passage("1ABC1D0", confidence=0.5, certainty="doubtful", candidates=options))
    assert (hit.match, hit.alert_class) == ("misread", "confirm")
    assert hits([entry("1XYZ778")], passage("1ABC1D0", confidence=0.5, candidates=options)) == []


def test_a_listed_plate_read_to_the_letter_is_never_kept_quiet() -> None:
    (hit,) = hits([entry()], passage(confidence=0.01, certainty="doubtful"))
    assert (hit.match, hit.alert_class) == ("exact", "confirm")


def test_an_entry_for_an_area_or_hours_matches_there_and_then() -> None:
    there, elsewhere = entry(entry_id="a", cameras=("cam-1",)), entry(entry_id="b", cameras=("cam-2",))
    night = entry(entry_id="c", hours=(HoursRecord(begins="22:00", ends="06:00"),))
    assert [hit.entry_id for hit in hits([there, elsewhere, night], passage())] == ["a"]


def test_an_urgent_hit_names_the_patrols_that_are_near() -> None:
    position = PointRecord(lat=50.85, lon=4.35)
    patrols = {
        name: PatrolRecord(patrol_id=name, at=at(seconds), position=PointRecord(lat=lat, lon=4.35), status=status)
        for name, lat, seconds, status in (
            ("near", 50.851, -10, "available"),
            ("far", 50.9, -10, "available"),
            ("busy", 50.85, -10, "busy"),
            ("stale", 50.85, -1000, "available"),
        )
    }
    cameras = {CAMERA: camera(position=position)}
    stage = match(entry(), cameras=cameras, patrols=patrols)
    (hit,) = told(stage, passage())
    assert [(one.patrol_id, one.position_age_s) for one in hit.nearest_patrols] == [("near", 10.0), ("far", 10.0)]
    assert 100 < hit.nearest_patrols[0].distance_m < 120
    (late,) = told(match(entry(), cameras=cameras, patrols=patrols), passage(late=True))
    (slow,) = told(match(entry(list_kind="no_insurance"), cameras=cameras, patrols=patrols), passage())
    assert late.nearest_patrols == slow.nearest_patrols == ()


def test_the_key_is_the_plate_and_the_topic_the_given_one() -> None:
    outcome = match(entry(), topic="alarms")(batch([passage_message(passage())]))
    assert [(emit.topic, emit.key) for emit in outcome.emitted] == [("alarms", b"1ABC234")]


@pytest.mark.parametrize(("key", "reason"), [(None, "key_missing"), (b"", "key_missing"), (b"1ABC235", "key_mismatch")])
def test_a_passage_under_another_key_is_refused(key: bytes | None, reason: str) -> None:
    outcome = match(entry())(batch([passage_message(passage(), key=key)]))
    assert [rejection.reason for rejection in outcome.rejected] == [reason]
    assert outcome.emitted == []


def test_what_cannot_be_read_is_refused_whoever_is_wanted() -> None:
    outcome = match(entry("2HJK905"))(batch([passage_message(passage())._replace(value=b"{")]))
    assert outcome.emitted == []
    assert [rejection.reason for rejection in outcome.rejected] == ["not_json"]


LOOK_ALIKES = st.sampled_from(["1ABC234", "1APC234", "1ARC234", "ZABC234", "2ABC234", "1ABC23", "11ABC234", "AB123CD"])


Candidates = Callable[[str], tuple[Candidate, ...]]


def in_detail(plate: str) -> tuple[Candidate, ...]:
    """All the doubt is at one character, and another one is named."""
    sure = [0.999] * len(plate)
    sure[2] = 0.6
    other = AlternativeRecord(place=2, char="R" if plate[2] == "P" else "P", confidence=0.4)
    return (CandidateRecord(text=plate, confidence=0.9, char_confidences=tuple(sure), alternatives=(other,)),)


CANDIDATES: st.SearchStrategy[Candidates] = st.sampled_from(
    [
        lambda _plate: (),
        lambda plate: (CandidateRecord(text=plate, confidence=0.9),),
        lambda plate: (CandidateRecord(text=plate, confidence=0.9), CandidateRecord(text="1ARC234", confidence=0.1)),
        lambda _plate: (CandidateRecord(text="1ARC234", confidence=0.1),),
        in_detail,
    ]
)


@pytest.mark.parametrize("spaced", [False, True])
def test_what_a_reader_tells_of_characters_counts_however_its_message_is_spaced(spaced: bool) -> None:
    """A sure plate whose one doubtful character is named: shown, to be compared."""
    message = passage_message(passage("1APC234", confidence=0.985, candidates=in_detail("1APC234")))
    if spaced:
        message = message._replace(value=json.dumps(json.loads(message.value), indent=1).encode())
    (hit,) = [decode_hit(emit.value) for emit in match(entry("1ARC234"))(batch([message])).emitted]
    assert (hit.match, hit.alert_class) == ("misread", "confirm")
    plain = passage_message(passage("1APC234", confidence=0.985, candidates=()))
    assert match(entry("1ARC234"))(batch([plain])).emitted == []


@settings(deadline=None, max_examples=300)
@given(
    st.lists(LOOK_ALIKES, min_size=1, max_size=4, unique=True),
    st.lists(st.tuples(LOOK_ALIKES, st.floats(0.3, 1), st.integers(1, 5), CANDIDATES), min_size=1, max_size=6),
    st.sampled_from([1, 1_000, 1_000_000]),
)
def test_who_is_let_go_unseen_would_not_have_been_told(
    listed: list[str], seen: list[tuple[str, float, int, Candidates]], length: int
) -> None:
    """Most passages are let go by their confidence alone: the hits are those of looking closely at each."""
    index = hotlist(*map(entry, listed))
    index.counts *= length  # as likely as on a list so long
    passages = [
        passage(plate, seconds=n, confidence=confidence, read_count=reads, candidates=candidates(plate))
        for n, (plate, confidence, reads, candidates) in enumerate(seen)
    ]
    texts = rows_of([one.plate.encode() for one in passages])
    closely = matched(index, passages, texts, index.find(texts), ())
    expected = {(passages[one.passage].passage_id, index.message(one.place)) for one in closely}
    outcome = Match(index, {}, {})(batch([passage_message(one, n) for n, one in enumerate(passages)]))
    hits = [decode_hit(emit.value) for emit in outcome.emitted]
    value_of = {f"entry-{plate}": encode(entry(plate)) for plate in listed}
    assert {(hit.passage_id, value_of[hit.entry_id]) for hit in hits} == expected


@pytest.mark.parametrize("together", [True, False])
def test_a_surer_revision_takes_back_what_the_first_one_told_also_within_a_batch(together: bool) -> None:
    """The second one is let go by its confidence alone, unless something was told of its plate before."""
    stage = match(entry("1ARC234"))
    doubtful = passage("1APC234", confidence=0.5, revision=1)
    sure = passage("1APC234", confidence=0.999, revision=2, read_count=2)
    messages = [passage_message(one, offset) for offset, one in enumerate((doubtful, sure))]
    batches = [batch(messages)] if together else [batch([one]) for one in messages]
    told = [decode_hit(emit.value) for one in batches for emit in stage(one).emitted]
    assert [(hit.revision, hit.withdrawn) for hit in told] == [(1, False), (2, True)]


@settings(deadline=None, max_examples=150)
@given(
    st.lists(LOOK_ALIKES, min_size=1, max_size=3, unique=True),
    st.lists(st.tuples(st.integers(0, 2), LOOK_ALIKES, st.floats(0.3, 1), CANDIDATES), min_size=1, max_size=8),
)
def test_however_passages_fall_into_batches_the_hits_are_the_same(
    listed: list[str], seen: list[tuple[int, str, float, Candidates]]
) -> None:
    passages = [
        passage(plate, seconds=vehicle, confidence=confidence, revision=n + 1, read_count=n + 1, candidates=told(plate))
        for n, (vehicle, plate, confidence, told) in enumerate(seen)
    ]
    messages = [passage_message(one, n) for n, one in enumerate(passages)]
    one_by_one, at_once = (
        [emit for part in parts for emit in stage(batch(part)).emitted]
        for stage, parts in (
            (Match(hotlist(*map(entry, listed)), {}, {}), [[message] for message in messages]),
            (Match(hotlist(*map(entry, listed)), {}, {}), [messages]),
        )
    )
    assert one_by_one == at_once
