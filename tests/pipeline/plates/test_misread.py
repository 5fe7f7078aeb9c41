"""How a camera may misread a plate: every text in reach is named, in words, and the likelier comes first."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.plates.misread import misread_keys, misread_of, probability
from pipeline.plates.text import plate_key, within_one_edit

CHARACTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
PLATES = st.text(CHARACTERS, min_size=4, max_size=9)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("1ABC234", "exact"),
        ("IABC234", "I for 1 at place 1"),
        ("1A8C234", "8 for B at place 3"),
        ("1ABX234", "X for C at place 4"),
        ("1A8CZ34", "8 for B at place 3, Z for 2 at place 5"),
        ("ABC234", "1 missing at the beginning"),
        ("1ABC23", "4 missing at the end"),
        ("1AC234", "B missing at place 3"),
        ("F1ABC234", "F too many at the beginning"),
        ("1ABC234I", "I too many at the end"),
        ("1ABBC234", "B too many after place 2"),
        ("1A8C23", "4 missing at the end, 8 for B at place 3"),
        ("I1ABC2E4", None),
        ("1XBX234", None),
        ("ABC23", None),
        ("2XYZ999", None),
    ],
)
def test_it_says_what_was_misread(text: str, why: str | None) -> None:
    found = misread_of("1ABC234", text)
    assert (found and found.why) == why


@pytest.mark.parametrize(
    ("likelier", "other"),
    [
        ("1ABC234", "IABC234"),  # right rather than wrong
        ("IABC234", "1A8C234"),  # the more alike
        ("1A8C234", "1A8CZ34"),  # one rather than two
        ("1A8C234", "1AXC234"),  # look-alikes rather than dirt
        ("ABC234", "1AC234"),  # ends rather than inside
        ("11ABC234", "1AMBC234"),  # the same twice rather than out of nowhere
        ("F1ABC234", "W1ABC234"),  # the euro band rather than anything
        ("1ABC234I", "1ABC234W"),  # a bolt rather than anything
    ],
)
def test_the_likelier_misread_has_the_higher_likelihood(likelier: str, other: str) -> None:
    one, two = misread_of("1ABC234", likelier), misread_of("1ABC234", other)
    assert one
    assert two
    assert one.likelihood > two.likelihood


def test_a_lost_twin_is_likelier_than_another_lost_character() -> None:
    twin, other = misread_of("1ABB234", "1AB234"), misread_of("1ABC234", "1AC234")
    assert twin
    assert other
    assert twin.likelihood > other.likelihood


def test_the_surer_a_read_the_less_it_speaks_for_another_plate() -> None:
    assert probability("1ABC234", "1ABC234", 0.9) == 0.9
    assert 0 < probability("1ABC234", "1A8C234", 0.9) < probability("1ABC234", "1A8C234", 0.5) < 0.5
    assert probability("1ABC234", "1A8C234", 1.0) == 0
    assert probability("1ABC234", "9XYZ987", 0.1) == 0


def test_what_can_be_no_plate_speaks_more_for_one_that_is() -> None:
    """A letter among the last three is no Belgian plate; another digit is one."""
    wanted = "1ABC230"
    assert probability(wanted, "1ABC23O", 0.5) > 3 * probability(wanted, "1ABC238", 0.5)


@given(PLATES, st.data())
def test_every_text_one_edit_away_has_its_key_and_its_words(plate: str, data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(plate)))
    kind = data.draw(st.sampled_from(["other", "lost", "extra"]))
    char = data.draw(st.sampled_from(CHARACTERS))
    rest = plate[place + 1 :] if kind != "extra" else plate[place:]
    text = plate[:place] + ("" if kind == "lost" else char) + rest
    found = misread_of(plate, text)
    assert plate_key(text) in misread_keys(plate)
    assert found
    assert 0 < found.likelihood <= 1
    assert (found.why == "exact") == (text == plate)
    assert 0 <= probability(plate, text, 0.7) <= 0.7


@given(PLATES, st.text("AB8C1IO0", min_size=3, max_size=9))
def test_keys_are_exactly_those_within_one_edit(plate: str, text: str) -> None:
    assert (plate_key(text) in misread_keys(plate)) == within_one_edit(plate_key(plate), plate_key(text))


@given(PLATES)
def test_there_are_few_enough_keys_to_look_each_up(plate: str) -> None:
    keys = misread_keys(plate)
    assert len(keys) <= 27 * (2 * len(plate) + 1) + len(plate)
    assert list(keys) == sorted(set(keys))
