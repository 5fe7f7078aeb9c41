"""How usual texts are as plates, by the order of letters and digits."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.hotlist.outline import outlooks, usualness
from pipeline.hotlist.spelling import rows_of
from pipeline.plates.shapes import text_density

TEXTS = st.text("AKZ125", min_size=1, max_size=12)


def usual(*texts: str) -> list[float]:
    found: list[float] = usualness(rows_of([text.encode() for text in texts])).tolist()
    return found


def test_series_of_today_are_the_measure_and_what_nobody_issues_is_hardly_a_plate() -> None:
    today, before, other_digit, letter_first, odd = usual("1ABC234", "ABC123", "9ABC234", "ZABC234", "1A8C2B4")
    assert today == 1.0
    assert 0.8 < before < 1.0
    assert other_digit < 0.1
    assert odd < letter_first < 0.1


@given(st.lists(TEXTS, min_size=1, max_size=5))
def test_each_text_is_as_usual_among_others_as_alone(texts: list[str]) -> None:
    assert usual(*texts) == [usual(text)[0] for text in texts]
    assert all(0 <= found <= 1 for found in usual(*texts))


@given(st.from_regex(r"[12][A-Z]{3}[0-9]{3}|[A-Z]{3}[0-9]{3}", fullmatch=True))
def test_the_outline_of_a_series_stands_for_all_its_texts(text: str) -> None:
    very_text = text_density(text) / text_density("1KKK555")
    assert usual(text)[0] == pytest.approx(min(1.0, very_text), rel=0.06)


def test_what_a_text_may_be_instead() -> None:
    """A digit for the Z in front, one more at the end, one less in front: each makes a plate of today."""
    found = outlooks(rows_of([b"ZABC234", b"1ABC23", b"21ABC234"]))
    assert found.turned[0, 0] == 1.0
    assert found.turned[0, 1:].max() < 0.1
    assert found.longer[1].tolist() == [pytest.approx(0, abs=0.1), 1.0]
    assert found.shorter[2].tolist() == [1.0, pytest.approx(0, abs=0.1)]


@given(TEXTS)
def test_nothing_stands_behind_the_end(text: str) -> None:
    found = outlooks(rows_of([text.encode()]))
    assert (found.turned[0, len(text) :] == 0).all()
    assert found.own[0] == 0 or len(text) <= 12
