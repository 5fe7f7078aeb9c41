"""consensus: votes by character, of the right length, and a read to show for what they say."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.stages.consensus import LOOKS_KEPT, Consensus, edits_apart
from schemas.codec import compiled
from schemas.read import Alternative, Candidate
from tests.pipeline.builders import read

CandidateRecord, AlternativeRecord = compiled(Candidate), compiled(Alternative)
TEXTS = st.text("AB01", min_size=1, max_size=12)


def votes(*reads: tuple[str, float]) -> Consensus:
    """Reads that tell no detail: text and confidence."""
    consensus = Consensus()
    for number, (text, confidence) in enumerate(reads):
        consensus.add(text, b"%d" % number, read(text, confidence=confidence))
    return consensus


def detailed(text: str, confidences: Sequence[float], others: Sequence[tuple[int, str, float]] = ()) -> Candidate:
    alternatives = tuple(AlternativeRecord(place=place, char=char, confidence=c) for place, char, c in others)
    return CandidateRecord(
        text=text, confidence=min(confidences), char_confidences=tuple(confidences), alternatives=alternatives
    )


def test_the_plate_may_be_one_that_no_single_read_says() -> None:
    consensus = votes(("1ABC284", 0.9), ("1A8C234", 0.9), ("7ABC234", 0.9))
    assert consensus.verdict().text == "1ABC234"
    assert consensus.look("1ABC234", "1ABC234").text in {"1ABC284", "1A8C234", "7ABC234"}


def test_not_the_first_and_not_the_most_confident_read_decides_but_the_weight() -> None:
    assert votes(("1ABC284", 0.95), ("1ABC234", 0.6), ("1ABC234", 0.6)).verdict().text == "1ABC234"


def test_the_length_is_voted_before_the_characters() -> None:
    consensus = votes(("ABC234", 0.9), ("1ABC234", 0.8), ("1A8C234", 0.5))
    assert consensus.verdict().text == "1ABC234"
    assert ("ABC234", pytest.approx(0.9 / 2.2)) in consensus.verdict().rivals


def test_a_plate_cut_off_by_the_edge_is_told_whole() -> None:
    assert votes(("C234", 0.9), ("1ABC234", 0.7)).verdict().text == "1ABC234"
    assert votes(("C234", 0.9), ("C234", 0.9), ("1ABC234", 0.7)).verdict().text == "C234"
    assert votes(("1ABC234", 0.9), ("11ABC234", 0.7)).verdict().text == "1ABC234"


def test_alternatives_count_for_what_a_reader_also_thought_of() -> None:
    consensus = Consensus()
    first = detailed("8ABC", [0.5, 0.9, 0.9, 0.9], [(0, "1", 0.45)])
    second = detailed("7ABC", [0.5, 0.9, 0.9, 0.9], [(0, "1", 0.45)])
    for candidate in (first, second):
        consensus.add(candidate.text, b"", read(candidate.text, candidates=(candidate,)))
    assert consensus.verdict().text == "1ABC"


def test_details_that_do_not_fit_the_text_are_left_out() -> None:
    odd = CandidateRecord(
        text="AB1",
        confidence=0.9,
        char_confidences=(0.1,),
        alternatives=tuple(AlternativeRecord(place=p, char=c, confidence=1.0) for p, c in [(7, "X"), (0, "é")]),
    )
    consensus = votes(("AB2", 0.1))
    consensus.add("AB1", b"", read("AB1", candidates=(odd,)))
    assert consensus.verdict().text == "AB1"


def test_reads_that_agree_are_of_one_mind_whatever_they_also_thought_of() -> None:
    consensus = Consensus()
    for _ in range(3):
        candidate = detailed("1ABC234", [0.9] * 7, [(2, "8", 0.08)])
        consensus.add(candidate.text, b"", read(candidate.text, candidates=(candidate,)))
    assert consensus.verdict().agreement == 1.0


def test_one_dissenting_read_of_nine_leaves_little_doubt_and_one_of_two_much() -> None:
    nine = votes(*[("1ABC234", 0.9)] * 8, ("1ABC284", 0.9)).verdict()
    two = votes(("1ABC234", 0.9), ("1ABC284", 0.8)).verdict()
    assert nine.agreement > 0.98
    assert two.agreement < 0.6
    assert two.rivals == (("1ABC284", pytest.approx(0.8 / 1.7)),)


def test_a_read_is_kept_of_few_texts_and_it_is_the_most_confident_one() -> None:
    many = [(f"1ABC23{n}", 0.2) for n in range(10)]
    consensus = votes(*many, ("1ABC234", 0.5), ("1ABC234", 0.9), ("1ABC234", 0.7))
    assert consensus.look("1ABC234", "1ABC234").confidence == 0.9
    assert len(consensus._looks) == LOOKS_KEPT


@given(st.lists(st.tuples(TEXTS, st.floats(0, 1)), min_size=1, max_size=30))
def test_whatever_is_read_the_verdict_is_a_plate_and_its_look_a_read(reads: list[tuple[str, float]]) -> None:
    consensus = votes(*reads)
    verdict = consensus.verdict()
    assert len(verdict.text) in {len(text) for text, _ in reads}
    assert 0 <= verdict.agreement <= 1
    assert all(0 <= share <= 1 for _, share in verdict.rivals)
    assert (consensus.look(verdict.text, verdict.text).text, len(consensus.votes())) in [
        (text, len(verdict.text)) for text, _ in reads
    ]


@given(TEXTS, st.lists(st.floats(0, 1), min_size=1, max_size=9))
def test_reads_of_one_text_say_that_text(text: str, confidences: list[float]) -> None:
    verdict = votes(*[(text, confidence) for confidence in confidences]).verdict()
    assert verdict == (text, 1.0, ())


@pytest.mark.parametrize(
    ("a", "b", "edits"),
    [
        ("1ABC234", "1ABC234", 0),
        ("1ABC234", "1ABC284", 1),
        ("1ABC234", "1AXC284", 2),
        ("1ABC234", "1AC234", 1),
        ("1ABC234", "C234", 3),
        ("1ABC234", "1ABC", 3),
        ("1ABC234", "ABC2344", 2),
        ("1ABC234", "9XYZ999", 7),
    ],
)
def test_edits_between_texts(a: str, b: str, edits: int) -> None:
    assert edits_apart(a, b) == edits_apart(b, a) == edits
