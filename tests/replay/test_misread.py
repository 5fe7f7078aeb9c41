"""Misreads: as often as asked, to characters that look alike, with the doubt shown."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from replay.misread import CONFUSIONS, garble, transcribe

PLATES = st.from_regex(r"[A-Z0-9]{5,8}", fullmatch=True)


@given(plate=PLATES, seed=st.integers(0, 2**32), rate=st.floats(0, 1))
def test_candidates_are_consistent(plate: str, seed: int, rate: float) -> None:
    reading = transcribe(plate, rate, random.Random(seed))
    best = reading.candidates[0]
    assert reading.text == best.text
    assert len(best.char_confidences) == len(best.text)
    assert reading.confidence == min(best.char_confidences)
    assert all(best.text[a.place] != a.char for a in best.alternatives)
    confidences = [c.confidence for c in reading.candidates]
    assert confidences == sorted(confidences, reverse=True)


@given(plate=PLATES, seed=st.integers(0, 2**32))
def test_a_garbled_plate_differs(plate: str, seed: int) -> None:
    assert garble(plate, random.Random(seed)) != plate


@pytest.mark.parametrize("rate", [0.0, 0.04, 0.3, 1.0])
def test_the_rate_is_kept(rate: float) -> None:
    rng = random.Random(1)
    wrong = sum(transcribe("1ABC234", rate, rng).text != "1ABC234" for _ in range(4000))
    assert wrong / 4000 == pytest.approx(rate, abs=0.02)


def test_swaps_come_from_the_confusion_table_and_name_the_right_character() -> None:
    rng, pairs = random.Random(2), {frozenset(pair) for pair in CONFUSIONS}
    named = total = 0
    for _ in range(1000):
        best = transcribe("1ABC234", 1.0, rng).candidates[0]
        wrong = [n for n, (a, b) in enumerate(zip(best.text, "1ABC234", strict=False)) if a != b]
        if len(best.text) != 7 or len(wrong) != 1:
            continue
        total += 1
        assert frozenset((best.text[wrong[0]], "1ABC234"[wrong[0]])) in pairs
        named += any(a.place == wrong[0] and a.char == "1ABC234"[wrong[0]] for a in best.alternatives)
    assert named == total > 700


def test_few_misreads_are_sure() -> None:
    rng = random.Random(3)
    readings = [transcribe("1ABC234", 1.0, rng) for _ in range(2000)]
    assert 0.05 < sum(r.confidence > 0.85 for r in readings) / 2000 < 0.2
