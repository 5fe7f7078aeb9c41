"""Misreads of columns: one confused character or one lost at an edge, by the table of confusions."""

from __future__ import annotations

import numpy as np

from pipeline.plates.text import within_one_edit
from replay.history.garble import KEY_CLASS, alternative, garbled
from replay.history.plates import spell
from replay.history.texts import Texts, joined
from replay.misread import EDGE_ERROR_RATE, OTHERS

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
