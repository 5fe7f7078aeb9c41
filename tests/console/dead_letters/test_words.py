"""Every reason is told in words."""

from __future__ import annotations

from typing import get_args

from console.dead_letters.words import WORDS, words_of
from schemas.dead_letter import Reason


def test_every_reason_has_words() -> None:
    assert WORDS.keys() == set(get_args(Reason))


def test_a_reason_of_a_newer_program_has_some() -> None:
    assert "does not know" in words_of("odd").why
