"""Misreads of columns: one confused character or one lost at an edge, by the table of confusions."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np
import pytest

from pipeline.plates.text import within_one_edit
from replay.history.garble import KEY_CLASS, alternative, garbled, misread
from replay.history.plates import spell
from replay.history.texts import Texts, joined
from replay.misread import EDGE_ERROR_RATE, OTHERS, garble
from replay.seeds import stream

VEHICLES = np.arange(0, 20_000, dtype=np.int64)


def test_a_misread_is_one_error_away_and_never_right() -> None:
    plates = spell(VEHICLES).plate
    right, wrong = plates.strings(), garbled(plates, np.random.default_rng(1)).strings()
    apart = [(a, b) for a, b in zip(right, wrong, strict=True) if a != b]
    assert len(apart) > 0.99 * len(right)
    assert all(within_one_edit(a, b) for a, b in apart)
    shorter = sum(len(b) < len(a) for a, b in apart)
    assert 0.5 * EDGE_ERROR_RATE < shorter / len(apart) < 2 * EDGE_ERROR_RATE


def test_characters_are_confused_with_their_doubles() -> None:
    plates = spell(VEHICLES).plate
    right, wrong = plates.strings(), garbled(plates, np.random.default_rng(2)).strings()
    for a, b in zip(right, wrong, strict=True):
        if len(a) == len(b) and a != b:
            ((one, other),) = [(x, y) for x, y in zip(a, b, strict=True) if x != y]
            assert other in dict(OTHERS[one])


def test_the_likest_character_is_the_one_of_the_most_weight() -> None:
    chars = np.frombuffer(b"".join(char.encode() for char in sorted(OTHERS)), np.uint8)
    likest = bytes(alternative(chars)).decode()
    for char, other in zip(sorted(OTHERS), likest, strict=True):
        assert dict(OTHERS[char])[other] == max(weight for _, weight in OTHERS[char])


def test_key_classes_leave_what_is_in_none() -> None:
    assert bytes(KEY_CLASS[np.frombuffer(b"ODQILZSGBA7", np.uint8)]) == b"000112568A7"


def test_joined_texts_keep_their_ends() -> None:
    left, right = Texts.of(["AB", "", "C"]), Texts.of(["1", "22", ""])
    assert joined(left, right).strings() == ["AB1", "22", "C"]


def test_misreads_by_columns_are_those_of_one_plate_at_a_time() -> None:
    """The same chances: kinds of error, and which character is taken for which."""
    numbers = np.arange(40_000, dtype=np.int64)
    plates = spell(numbers).plate
    by_column = misread(plates, np.random.default_rng(1)).strings()
    rng = stream(1, "one by one")
    one_by_one = [garble(plate, rng) for plate in plates.strings()]
    kinds, swaps = zip(*(_errors(plates.strings(), texts) for texts in (by_column, one_by_one)), strict=True)
    for kind in kinds[0] | kinds[1]:
        assert kinds[0][kind] / 40_000 == pytest.approx(kinds[1][kind] / 40_000, abs=0.005), kind
    most = [pair for pair, count in swaps[1].most_common(40) if count > 300]
    assert len(most) > 20
    for pair in most:
        assert swaps[0][pair] == pytest.approx(swaps[1][pair], rel=0.2), pair


def _errors(plates: Sequence[str], texts: Sequence[str]) -> tuple[Counter[str], Counter[str]]:
    kinds: Counter[str] = Counter()
    swaps: Counter[str] = Counter()
    for plate, text in zip(plates, texts, strict=True):
        if len(plate) != len(text):
            lost = "lost" if len(text) < len(plate) else "doubled"
            kinds[f"{lost} {'first' if text.endswith(plate[-2:]) else 'last'}"] += 1
            continue
        differs = [a + b for a, b in zip(plate, text, strict=True) if a != b]
        kinds[f"{len(differs)} wrong"] += 1
        swaps.update(differs)
    return kinds, swaps


def test_a_misread_is_never_the_plate() -> None:
    plates = spell(np.arange(20_000, dtype=np.int64)).plate
    texts = misread(plates, np.random.default_rng(2)).strings()
    same = sum(a == b for a, b in zip(plates.strings(), texts, strict=True))
    assert same / 20_000 < 0.002  # doubled or swapped back to itself
