"""Probabilities in words."""

from __future__ import annotations

import pytest

from pipeline.chances import chance_text


@pytest.mark.parametrize(
    ("probability", "text"),
    [
        (1.0, "over 99%"),
        (0.996, "over 99%"),
        (0.99, "99%"),
        (0.5, "50%"),
        (0.01, "1%"),
        (0.0004, "under 1%"),
        (0, "under 1%"),
    ],
)
def test_nothing_reckoned_is_certain(probability: float, text: str) -> None:
    assert chance_text(probability) == text
