"""The table of confusions."""

from __future__ import annotations

from pipeline.plates.confusions import MISREAD_SHARE, confused_with
from pipeline.plates.layout import DIGITS, LETTERS


def test_confusions_go_both_ways_and_are_probabilities() -> None:
    table = confused_with()
    for one, others in table.items():
        assert one not in others
        for other, share in others.items():
            assert 0 < share <= MISREAD_SHARE
            assert table[other][one] == share
            assert {one, other} <= set(LETTERS + DIGITS)


def test_every_digit_is_like_a_letter() -> None:
    assert all(set(confused_with()[digit]) & set(LETTERS) for digit in DIGITS)
