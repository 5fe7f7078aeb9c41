"""How likely a vehicle carries the listed plate."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.hotlist.evidence import evidence_of, plates_right
from pipeline.hotlist.judgement import listed_probability, picture_probability
from pipeline.hotlist.rules import KIND_NUMBERS, KINDS, list_rules, odds_of_lists
from pipeline.hotlist.spelling import rows_of
from schemas.codec import compiled
from schemas.read import Alternative
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
    assert picture("1A8C234", "1ABC234", confidence=0.999, read_count=12) < 0.001


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
    assert 0 < picture("1A8C2B4", "1ABC284", confidence=0.6) < picture("1ABC2B4", "1ABC284", confidence=0.6)


def test_a_lost_character_is_likelier_at_the_end_and_of_a_text_that_is_no_plate() -> None:
    doubt = {"confidence": 0.6}
    assert picture("1ABC23", "1ABC234", **doubt) > picture("1AC234", "1ABC234", **doubt) > 0
    assert picture("1A8C34", "1A8C234", **doubt) > 0
    assert picture("1ABC23", "1ABC234", **doubt) > picture("ABC234", "5ABC234", **doubt), (
        "ABC-234 is a plate of its own"
    )


PROBABILITIES = st.floats(0, 1)


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
