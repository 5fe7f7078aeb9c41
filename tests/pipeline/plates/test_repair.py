"""Repair by place: what the domain's reference asks, and what must hold for any text."""

from __future__ import annotations

import random
import string
from collections import Counter
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.plates.catalogue import Shape, load_shapes
from pipeline.plates.confusions import confused_with
from pipeline.plates.layout import Layout
from pipeline.plates.repair import CLEARLY, MAX_CANDIDATES, repair
from pipeline.plates.shapes import matches, shape_of

CHARS = string.ascii_uppercase + string.digits
SERIES = [shape for shape in load_shapes() if shape.role == "series"]
CERTAIN = [shape for shape in load_shapes() if shape.role != "loose"]
HINTS = st.sampled_from([None, "BE", "SK", "XX"])
DOUBTS = st.lists(st.dictionaries(st.sampled_from(CHARS), st.floats(0, 1), max_size=3), max_size=9)


def plates_of(shape: Shape) -> st.SearchStrategy[str]:
    return st.from_regex(shape.pattern, fullmatch=True, alphabet=CHARS)


VALID = st.sampled_from(CERTAIN).flatmap(plates_of)
NEARLY = VALID.flatmap(
    lambda plate: st.tuples(st.integers(0, len(plate) - 1), st.sampled_from(CHARS)).map(
        lambda change: plate[: change[0]] + change[1] + plate[change[0] + 1 :]
    )
)
TEXTS = st.text(CHARS, max_size=12) | NEARLY


@pytest.mark.parametrize(
    ("text", "repaired", "shape"),
    [
        ("IABC234", "1ABC234", "BE_STD"),
        ("1ABC2B4", "1ABC284", "BE_STD"),
        ("1ABC23O", "1ABC230", "BE_STD"),
        ("1ABC2I4", "1ABC214", "BE_STD"),
        ("1ABC2Z4", "1ABC224", "BE_STD"),
        ("1A8C234", "1ABC234", "BE_STD"),
        ("15BC234", "1SBC234", "BE_STD"),
        ("1A1C234", "1AIC234", "BE_STD"),
        ("1A4C234", "1AAC234", "BE_STD"),
        ("A8C123", "ABC123", "BE_C11"),
        ("TXAB12B", "TXAB128", "BE_TAXI"),
        ("GBB0IB", "GBB01B", "NL_11"),
        ("I2GBK3", "12GBK3", "NL_7"),
        ("CJ1ZXYZ", "CJ12XYZ", "RO"),
        ("OYO9FEU", "OY09FEU", "GB"),
        ("WOBAB12B", "WOBAB128", "DE_3"),
    ],
)
def test_a_character_of_the_wrong_class_is_repaired(text: str, repaired: str, shape: str) -> None:
    found = repair(text)
    assert (found.text, found.changed, found.shape) == (repaired, True, shape)
    assert found.candidates[0] == (repaired, found.factor)


@pytest.mark.parametrize("text", ["7OKTOBR", "POWERFUL", "ZOE", "A1", "2B4U", "XQ", "", "1ABC23456", "W053011", "🚗"])
def test_what_fits_nothing_and_is_like_nothing_stays(text: str) -> None:
    shape = shape_of(text)
    assert repair(text) == (text, False, 1.0, (), shape.id if shape else None)


def test_zero_for_a_belgian_letter_is_ambiguous() -> None:
    """Domain reference, 3.1: D 0.6, Q 0.3, O 0.1."""
    found = repair("1A0C234")
    share = dict(found.candidates)
    assert (found.text, found.changed, found.shape) == ("1A0C234", False, None)
    assert [text for text, _ in found.candidates[:3]] == ["1ADC234", "1AQC234", "1AOC234"]
    three = [share["1ADC234"], share["1AQC234"], share["1AOC234"]]
    assert [value / sum(three) for value in three] == pytest.approx([0.6, 0.3, 0.1], abs=0.01)


def test_the_doubts_of_the_reader_decide() -> None:
    doubts = [{}, {}, {"Q": 0.4}]
    assert repair("1A0C234", doubts).text == "1AQC234"
    assert repair("1A0C234", [{}, {}, {"D": 0.4}]).text == "1ADC234"


def test_doubts_about_the_characters_that_fit_change_nothing() -> None:
    assert repair("IABC234", [{}, {"8": 0.45}]).text == "1ABC234"
    assert repair("1ABC234", [{"I": 0.49}, {"8": 0.49}]) == repair("1ABC234")


def test_the_country_that_the_reader_saw_decides() -> None:
    text = "1B8O338"  # Belgian 1-BBO-338 or Czech 1B8 0338
    assert repair(text).text != "1B80338"
    assert dict(repair(text, hint="CZ").candidates)["1B80338"] > dict(repair(text).candidates)["1B80338"]


def test_an_unclear_text_keeps_what_it_may_be() -> None:
    found = repair("0ABC234")
    assert not found.changed
    assert {text for text, _ in found.candidates} >= {"QABC234", "OABC234"}


@given(TEXTS, DOUBTS, HINTS)
def test_repair_is_idempotent(text: str, doubts: list[dict[str, float]], hint: str | None) -> None:
    once = repair(text, doubts, hint=hint)
    again = repair(once.text, doubts, hint=hint)
    assert again.text == once.text
    assert not (once.changed and again.changed)


@given(VALID, DOUBTS, HINTS)
def test_a_valid_plate_is_never_changed(plate: str, doubts: list[dict[str, float]], hint: str | None) -> None:
    found = repair(plate, doubts, hint=hint)
    assert (found.text, found.changed, found.factor, found.candidates) == (plate, False, 1.0, ())
    assert found.shape is not None


@given(TEXTS, DOUBTS, HINTS)
def test_only_places_that_do_not_fit_are_changed(text: str, doubts: list[dict[str, float]], hint: str | None) -> None:
    found = repair(text, doubts, hint=hint)
    assert len(found.text) == len(text)
    for other, _ in found.candidates:
        changed = {place for place, (a, b) in enumerate(zip(text, other, strict=True)) if a != b}
        assert other == text or any(changed == refused_places(text, layout) for _, layout in certain_matches(other)), (
            f"{text} → {other}"
        )


def certain_matches(plate: str) -> list[tuple[Shape, Layout]]:
    return [(shape, layout) for shape, layout in matches(plate) if shape.role == "series"]


def refused_places(text: str, layout: Layout) -> set[int]:
    return {place for place, char in enumerate(text) if char not in layout.places[place]}


@given(TEXTS, DOUBTS, HINTS)
def test_candidates_are_probabilities_in_order(text: str, doubts: list[dict[str, float]], hint: str | None) -> None:
    found = repair(text, doubts, hint=hint)
    shares = [share for _, share in found.candidates]
    assert shares == sorted(shares, reverse=True)
    assert sum(shares) <= 1 + 1e-9
    assert len(shares) <= MAX_CANDIDATES
    assert 0 < found.factor <= 1 + 1e-9
    assert len({other for other, _ in found.candidates}) == len(shares)
    if found.changed:
        assert found.candidates[0] == (found.text, found.factor)
        assert all(found.factor >= CLEARLY * share * (1 - 1e-9) for share in shares[1:])


@given(TEXTS)
def test_candidates_are_plates_or_the_text_as_it_is(text: str) -> None:
    found = repair(text)
    assert found.changed <= (found.shape is not None)
    assert all(other == text or certain_matches(other) for other, _ in found.candidates)


def misread(plate: str, layout: Layout, chance: random.Random) -> str | None:
    """The plate with one character taken for one that cannot stand there; None: no character can be."""
    ways = [
        (place, other, share)
        for place, char in enumerate(plate)
        for other, share in confused_with().get(char, {}).items()
        if other not in layout.places[place] and other.isdigit() != char.isdigit()
    ]
    if not ways:
        return None
    place, other, _ = chance.choices(ways, [share for *_, share in ways])[0]
    return plate[:place] + other + plate[place + 1 :]


def typical(shape: Shape, layout: Layout, chance: random.Random) -> str:
    """A plate of a layout, letters as usual as the shape says."""
    while True:
        plate = "".join(
            chance.choices(sorted(allowed), [shape.rare.get(char, 1.0) for char in sorted(allowed)])[0]
            for allowed in layout.places
        )
        if shape.pattern.fullmatch(plate):
            return plate


class Found(NamedTuple):
    """What became of misread plates, in numbers."""

    fits: int
    """Of another shape now: stays by rule, and is in none of the others."""
    right: int
    """Repaired to the truth."""
    told: int
    """Not repaired, or to another plate; the truth is among the candidates."""
    lost: int
    """The truth is nowhere."""
    wrong: int
    """Repaired to another plate, the truth told or not."""

    @property
    def asked(self) -> int:
        return self.right + self.told + self.lost

    @property
    def found(self) -> float:
        return (self.right + self.told) / self.asked


@pytest.fixture(scope="module")
def by_country() -> dict[str, Found]:
    chance = random.Random(20260)
    countries = sorted({shape.country for shape in SERIES})
    return {one: measured([shape for shape in SERIES if shape.country == one], chance) for one in countries}


def measured(shapes: list[Shape], chance: random.Random) -> Found:
    count = Counter(outcome(shape, chance) for shape in chance.choices(shapes, [s.weight for s in shapes], k=1000))
    told = count["told"] + count["wrong, told"]
    lost = count["lost"] + count["wrong, lost"]
    return Found(count["fits"], count["right"], told, lost, count["wrong, told"] + count["wrong, lost"])


def outcome(shape: Shape, chance: random.Random) -> str:
    layout = chance.choice(shape.layouts)
    plate = typical(shape, layout, chance)
    text = misread(plate, layout, chance)
    if text is None or shape_of(text) is not None:
        return "none" if text is None else "fits"
    found = repair(text, hint=shape.country)
    if found.text == plate:
        return "right"
    return ("wrong, " if found.changed else "") + ("told" if plate in dict(found.candidates) else "lost")


def test_one_misread_character_is_repaired_or_the_truth_is_told(
    by_country: dict[str, Found], capsys: pytest.CaptureFixture[str]
) -> None:
    """Misreads are drawn from our own table of confusions: this proves the search, not the table."""
    with capsys.disabled():
        for country, one in by_country.items():
            shares = f"{one.right / one.asked:.1%} repaired, {one.told / one.asked:.1%} told"
            print(
                f"\n{country}: of {one.asked} {shares}, {one.wrong} to another plate; {one.fits} fit elsewhere", end=""
            )
    asked = sum(one.asked for one in by_country.values())
    assert asked > 1000
    assert sum(one.right for one in by_country.values()) / asked >= 0.65
    assert sum(one.wrong for one in by_country.values()) / asked <= 0.12


@pytest.mark.parametrize("country", ["BE", "NL", "FR", "DE", "LU", "GB", "RO", "PL", "CZ", "SK"])
def test_each_country_is_found_again(country: str, by_country: dict[str, Found]) -> None:
    assert by_country[country].asked > 100
    assert by_country[country].found >= 0.95
