"""How likely a vehicle carries the listed plate."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.hotlist.evidence import evidence_of, plates_right
from pipeline.hotlist.judgement import listed_probability, most_in_picture, most_of_untold, picture_probability
from pipeline.hotlist.outline import usualness
from pipeline.hotlist.rules import KIND_NUMBERS, KINDS, list_rules, odds_of_lists
from pipeline.hotlist.spelling import rows_of
from schemas.codec import compiled
from schemas.read import Alternative, Candidate
from tests.pipeline.builders import CandidateRecord, passage

AlternativeRecord = compiled(Alternative)


def picture(plate: str, listed: str, **more: Any) -> float:
    """What the picture says; 0: the two are not near."""
    seen = [passage(plate, **more)]
    evidence = evidence_of(seen, plates_right(seen))
    texts, entries = rows_of([plate.encode()]), rows_of([listed.encode()])
    return float(picture_probability(texts, entries, evidence, np.zeros(1, dtype=np.int64))[0])


def test_the_text_itself_is_as_likely_as_its_confidence_was_worth() -> None:
    assert picture("1ABC234", "1ABC234", confidence=0.99) > 0.99
    assert picture("1ABC234", "1ABC234", confidence=0.5) < 0.6


def test_a_look_alike_is_likelier_than_another_character() -> None:
    doubt = {"confidence": 0.7}
    assert picture("1A8C234", "1ABC234", **doubt) > 10 * picture("1AXC234", "1ABC234", **doubt)


def test_the_sure_reading_of_many_looks_leaves_little_to_others() -> None:
    assert picture("1APC234", "1ARC234", confidence=0.999, read_count=12) < 0.001


def test_a_text_that_is_no_plate_is_doubted_though_the_reader_is_sure() -> None:
    sure = {"confidence": 0.96}
    assert picture("ZABC234", "2ABC234", **sure) > 100 * picture("1APC234", "1ARC234", **sure)


def test_a_doubt_that_syntax_settled_is_none_about_other_characters() -> None:
    """The reader saw an I where only a digit can be: its low confidence says nothing about the letters."""
    seen = CandidateRecord(
        text="1YKU7I1",
        confidence=0.588,
        char_confidences=(1.0, 0.985, 0.984, 0.997, 0.927, 0.588, 0.944),
        alternatives=(AlternativeRecord(place=5, char="1", confidence=0.33),),
    )
    told = {"confidence": 0.588, "plate_raw": "1YKU7I1", "candidates": (seen,)}
    assert picture("1YKU711", "1YXU711", **told) < picture("1YKU711", "1YXU711", confidence=0.588) / 3


def test_an_end_that_the_reader_doubts_may_lack_a_character() -> None:
    def doubted(place: int) -> tuple[Candidate, ...]:
        shares = tuple(0.6 if n == place else 0.99 for n in range(6))
        return (CandidateRecord(text="1ABC23", confidence=0.6, char_confidences=shares),)

    end, middle = (picture("1ABC23", "1ABC234", confidence=0.6, candidates=doubted(place)) for place in (5, 3))
    assert end > 5 * middle > 0


def test_what_the_reader_thought_of_counts_most() -> None:
    sure = (0.99, 0.99, 0.55, 0.99, 0.99, 0.99, 0.99)
    thought = AlternativeRecord(place=2, char="B", confidence=0.35)
    told = CandidateRecord(text="1A8C234", confidence=0.55, char_confidences=sure, alternatives=(thought,))
    assert picture("1A8C234", "1ABC234", confidence=0.55, candidates=(told,)) > 0.4
    assert picture("1A8C234", "1A3C234", confidence=0.55, candidates=(told,)) < 0.1


@pytest.mark.parametrize(("plate", "listed"), [("1ABC234", "1XYC234"), ("1ABC234", "2ABC235"), ("ABCDE12", "BCDE123")])
def test_two_different_characters_are_not_near(plate: str, listed: str) -> None:
    assert picture(plate, listed) == 0.0


def test_look_alikes_at_several_places_are_near_but_less_likely() -> None:
    assert 0 < picture("1DDC234", "1OOC234", confidence=0.6) < picture("1DDC234", "1ODC234", confidence=0.6)


def test_a_lost_character_is_likelier_at_the_end_and_of_a_text_that_is_no_plate() -> None:
    doubt = {"confidence": 0.6}
    assert picture("1ABC23", "1ABC234", **doubt) > picture("1AC234", "1ABC234", **doubt) > 0
    assert picture("1A8C34", "1A8C234", **doubt) > 0
    assert picture("1ABC23", "1ABC234", **doubt) > picture("ABC234", "5ABC234", **doubt), (
        "ABC-234 is a plate of its own"
    )


PROBABILITIES = st.floats(0, 1)
PLATES = st.text("AB8P1R20", min_size=3, max_size=8) | st.from_regex(r"[12][A-Z]{3}[0-9]{3}", fullmatch=True)


@st.composite
def told_of(draw: st.DrawFn, plate: str) -> Candidate:
    """What a reader may tell of each character of a plate."""
    shares = tuple(draw(st.lists(st.floats(0.3, 1), min_size=len(plate), max_size=len(plate))))
    places = draw(st.sets(st.integers(0, len(plate) - 1), max_size=3))
    others = [AlternativeRecord(place=n, char=draw(st.sampled_from("AB8P1R20")), confidence=0.3) for n in places]
    return CandidateRecord(text=plate, confidence=min(shares), char_confidences=shares, alternatives=tuple(others))


@given(PLATES, PLATES, st.data())
@settings(max_examples=400, deadline=None)
def test_no_misread_is_likelier_than_what_is_looked_for_at_all(plate: str, listed: str, data: st.DataObject) -> None:
    """Most passages are let go by that bound: it must hold for all that a reader may tell."""
    candidates = data.draw(st.just(()) | st.tuples(told_of(plate)))
    confidence = data.draw(st.floats(0.3, 1))
    near = data.draw(st.sampled_from([listed, plate[1:], plate + "2", "1" + plate, plate[:-1] + "R"]))
    right = plates_right([passage(plate, confidence=confidence)])
    most = most_in_picture(right, usualness(rows_of([plate.encode()])))[0]
    found = picture(plate, near, confidence=confidence, candidates=candidates)
    assert near == plate or 0 <= found <= most + 1e-12


PLATES = st.sampled_from(["1ABC234", "2APC830", "AB123CD", "ABC123", "9AB12", "W12345B", "11OO888"])


@settings(max_examples=300, deadline=None)
@given(PLATES, st.integers(0, 7), st.sampled_from("0123456789ABCDEFGHIKLMNOPQRSTUVWXYZ"), st.floats(0.3, 1), st.data())
def test_of_whom_nothing_is_told_no_other_text_has_more_of_the_doubt(
    plate: str, place: int, char: str, confidence: float, data: st.DataObject
) -> None:
    changed = plate[:place] + char + plate[place + 1 :]
    near = data.draw(
        st.sampled_from([changed, plate[:place] + plate[place + 1 :], plate[:place] + char + plate[place:]])
    )
    own = (CandidateRecord(text=plate, confidence=confidence),)
    texts = rows_of([plate.encode()])
    right = plates_right([passage(plate, confidence=confidence)])
    most = most_in_picture(right, usualness(texts), most_of_untold(texts))[0]
    for candidates in ((), own):
        assert near == plate or picture(plate, near, confidence=confidence, candidates=candidates) <= most + 1e-12


@given(PROBABILITIES, PROBABILITIES, st.floats(1e-6, 1))
def test_more_in_the_picture_is_more_of_a_hit_and_a_longer_list_is_less(one: float, other: float, odds: float) -> None:
    low, high = sorted((one, other))
    of = np.array([low, high])
    found = listed_probability(of, np.array([odds, odds]))
    assert 0 <= found[0] <= found[1] <= 1
    assert (listed_probability(of, np.array([odds, odds]) / 2) <= found + 1e-9).all()


def test_where_the_list_makes_none_likelier_the_picture_alone_counts() -> None:
    assert listed_probability(np.array([0.3]), np.array([1.0])) == pytest.approx([0.3])


def test_odds_fall_with_the_length_of_the_list_and_are_never_above_even() -> None:
    short, long = np.full(len(KINDS), 100), np.full(len(KINDS), 3_000_000)
    assert (odds_of_lists(long) < odds_of_lists(short)).all()
    assert (odds_of_lists(short) <= 1).all()
    assert (odds_of_lists(np.zeros(len(KINDS), dtype=np.int64)) == 1).all()


def test_every_kind_of_list_has_a_rule_whose_thresholds_are_in_order() -> None:
    assert tuple(rule.kind for rule in list_rules()) == KINDS
    assert all(0 < rule.confirm_from < rule.alert_from < 1 for rule in list_rules())
    assert KIND_NUMBERS["stolen_vehicle"] == 0
