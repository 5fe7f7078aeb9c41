"""What passages tell of their characters."""

from __future__ import annotations

import numpy as np
import pytest

from pipeline.hotlist.evidence import UNTOLD, Evidence, evidence_of, plates_right, right_of
from pipeline.hotlist.spelling import CODE
from schemas.codec import compiled
from schemas.passage import Passage
from schemas.read import Alternative
from tests.pipeline.builders import CandidateRecord, passage

AlternativeRecord = compiled(Alternative)


def evidence(*seen: Passage) -> Evidence:
    return evidence_of(seen, plates_right(seen))


def test_of_a_character_of_which_nothing_is_told_there_is_the_usual_doubt() -> None:
    (doubt,) = evidence(passage("1AB2")).doubt
    assert doubt.tolist() == [UNTOLD] * 4 + [0.0] * 8


def test_each_character_is_as_doubtful_as_the_reader_says_and_what_it_thought_of_is_named() -> None:
    other = AlternativeRecord(place=1, char="B", confidence=0.25)
    told = CandidateRecord(text="1A2", confidence=0.7, char_confidences=(0.9, 0.7, 1.0), alternatives=(other,))
    found = evidence(passage("1A2", candidates=(told,)))
    assert found.doubt[0, :3].tolist() == pytest.approx([0.1, 0.3, 0.001])
    assert found.told[0, 1, CODE[ord("B")]] == pytest.approx(0.25)
    assert found.named[0, 1] == pytest.approx(0.25)


def test_a_plate_that_syntax_mended_has_the_doubts_of_what_was_read() -> None:
    thought = (
        AlternativeRecord(place=0, char="1", confidence=0.33),
        AlternativeRecord(place=2, char="P", confidence=0.05),
    )
    read = CandidateRecord(text="IAR2", confidence=0.6, char_confidences=(0.6, 0.99, 0.93, 1.0), alternatives=thought)
    found = evidence(passage("1AR2", plate_raw="IAR2", candidates=(read,)))
    assert found.doubt[0, :4].tolist() == pytest.approx([0.4, 0.01, 0.07, 0.001])
    assert found.named[0].tolist() == pytest.approx([0.0, 0.0, 0.05] + [0.0] * 9), "the plate's own is no other one"


def test_where_only_texts_are_told_they_show_which_character_is_in_doubt() -> None:
    texts = [("1AB2", 0.7), ("1AP2", 0.2), ("1AB", 0.1), ("9XP2", 0.4)]
    candidates = tuple(CandidateRecord(text=text, confidence=share) for text, share in texts)
    found = evidence(passage("1AB2", candidates=candidates))
    assert found.doubt[0, :4].tolist() == pytest.approx([UNTOLD, UNTOLD, UNTOLD + 0.2, UNTOLD])
    assert found.told[0, 2, CODE[ord("P")]] == pytest.approx(0.2)
    assert found.all_doubt[0] == pytest.approx(4 * UNTOLD + 0.2 + 0.1), "another length is a doubt too"


def test_more_reads_that_say_so_make_a_plate_surer_and_a_higher_claim_is_worth_no_less() -> None:
    claims = np.linspace(0, 1, 50).tolist()
    one, several = right_of(claims, [False] * 50), right_of(claims, [True] * 50)
    assert (several >= one).all()
    assert (np.diff(one) >= 0).all()
    assert (np.diff(several) >= 0).all()
