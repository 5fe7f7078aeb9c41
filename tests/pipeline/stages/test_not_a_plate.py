"""What is no plate, by geometry, syntax and confidence, and that no one of them alone loses a plate."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.plates.catalogue import load_shapes
from pipeline.stages.not_a_plate import NOT_PLATE_REASONS, why_no_plate
from pipeline.vision.types import BoxPx, PlateReading, Quad

PLATE_CHARS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
CHAR = 0.55
"""Length of a plate's text per character, in heights of the line."""


def seen(
    text: str,
    *,
    raw: str | None = None,
    confidence: float = 0.97,
    score: float | None = 0.9,
    height: float = 24.0,
    pitch: float = CHAR,
    inside: float = 0.85,
) -> PlateReading:
    """A reading of one line. pitch: its length per character; inside: its height in heights of the plate's box."""
    w, h = pitch * len(text) * height, height / inside
    box = BoxPx(100, 100, round(max(w / 0.9, 2.9 * h)) if inside <= 1 else round(w / inside), round(h))
    return PlateReading(text, raw or text, confidence, (), box, score, (line(120.0, 100.0, w, height),))


def line(x: float, y: float, w: float, h: float, tilt_deg: float = 0.0) -> Quad:
    cos, sin = math.cos(math.radians(tilt_deg)), math.sin(math.radians(tilt_deg))
    a, b, c, d = ((x + u * cos - v * sin, y + u * sin + v * cos) for u, v in ((0, 0), (w, 0), (w, h), (0, h)))
    return Quad((a, b, c, d), 0.9)


@pytest.mark.parametrize(
    "text", ["1ABC234", "B123ABC", "GT456ZZ", "WA12345", "LUNA1", "JAMES", "POWERFUL", "TAXI", "12345"]
)
def test_what_is_sure_in_place_and_characters_is_a_plate_whatever_it_says(text: str) -> None:
    assert why_no_plate(seen(text)) is None


@pytest.mark.parametrize(
    ("reason", "text", "raw"),
    [
        ("sign", "TAXI", None),
        ("sign", "TAXI4711", "TAXI 4711"),
        ("sign", "BAKKERIJ", "Bakkerij"),
        ("sign", "9BAKKERY", "9Bakkery"),
        ("sign", "TAXIBE", "taxi.be"),
        ("badge", "QUATTRO", None),
        ("phone_number", "080012345", "0800/12345"),
        ("phone_number", "555121", None),
        ("number", "2024", None),
        ("word", "JAMES", None),
    ],
)
def test_what_is_written_in_a_street_is_no_plate_where_the_place_is_unsure(
    reason: str, text: str, raw: str | None
) -> None:
    assert why_no_plate(seen(text, raw=raw, score=0.6)) == reason
    assert why_no_plate(seen(text, raw=raw, score=None)) == reason
    assert why_no_plate(seen(text, raw=raw, confidence=0.85)) == reason


def test_a_sign_must_look_more_like_a_plate_than_a_word_that_no_list_knows() -> None:
    assert why_no_plate(seen("JAMES", score=0.75)) is None
    assert why_no_plate(seen("TAXI", score=0.75)) == "sign"


def test_a_word_larger_than_the_plate_around_it_has_none_around_it() -> None:
    assert why_no_plate(seen("BAKKERIJ", inside=1.3)) == "word"
    assert why_no_plate(seen("1ABC234", inside=1.3)) is None


def test_letters_too_far_apart_are_not_all_of_them() -> None:
    assert why_no_plate(seen("FRTX", pitch=0.95)) == "word"
    assert why_no_plate(seen("F3TN", pitch=0.95, score=0.75)) == "unsure"
    assert why_no_plate(seen("BAB1", pitch=0.95, score=0.75)) is None  # the seals of a short German plate


def test_a_text_of_no_series_that_is_unsure_in_place_and_characters() -> None:
    assert why_no_plate(seen("S0IRAWX", confidence=0.7, score=0.7)) == "unsure"
    assert why_no_plate(seen("S0IRAWX", confidence=0.7, score=None)) is None  # nobody doubts the place
    assert why_no_plate(seen("S0IRAWX", confidence=0.7)) is None
    assert why_no_plate(seen("S0IRAWX", score=0.5)) is None
    assert why_no_plate(seen("1ABC234", confidence=0.5, score=0.45)) is None


def test_the_euro_band_read_along_makes_no_text_of_no_series() -> None:
    assert why_no_plate(seen("B1ABC234", confidence=0.7, score=0.7)) is None


def test_letters_of_seven_pixels_are_guessed() -> None:
    assert why_no_plate(seen("1ABC234", height=7.5)) == "size"
    assert why_no_plate(seen("1ABC234", height=8.5)) is None


PLATE = seen("1ABC234")


@pytest.mark.parametrize(
    ("shape", "reason"),
    [
        ({"box": BoxPx(0, 0, 30, 30)}, "shape"),
        ({"box": BoxPx(0, 0, 330, 30)}, "shape"),
        ({"box": BoxPx(0, 0, 40, 30)}, None),
        ({"box": BoxPx(0, 0, 60, 60), "lines": (line(0, 0, 50, 25), line(0, 30, 50, 25))}, None),
        ({"box": BoxPx(0, 0, 200, 30), "lines": (line(0, 0, 50, 12), line(0, 15, 50, 12))}, "shape"),
        ({"box": BoxPx(0, 0, 100, 100), "lines": (line(0, 0, 90, 20, 50),)}, "shape"),
        ({"box": BoxPx(0, 0, 100, 70), "lines": (line(0, 0, 90, 20, -30),)}, None),
        ({"box": BoxPx(0, 0, 30, 30), "lines": ()}, None),
        ({"box": BoxPx(0, 0, 10, 30), "lines": ()}, "shape"),
        ({"box": BoxPx(0, 0, 20, 7), "lines": ()}, "size"),
        ({"box": BoxPx(0, 0, 0, 0), "lines": ()}, "size"),
    ],
)
def test_the_proportions_of_plates(shape: dict[str, object], reason: str | None) -> None:
    assert why_no_plate(replace(PLATE, **shape)) == reason  # type: ignore[arg-type]


texts = st.text(PLATE_CHARS, min_size=4, max_size=9)
personalised = texts | st.sampled_from(["TAXI", "POLICE", "STOP", "AUDI", "0000", "BUS1", "123456789", "PARKING"])
strong = st.floats(0.9, 1.0)


@given(personalised, strong, strong, st.floats(8.0, 400.0), st.floats(0.35, 0.75), st.floats(0.6, 1.0))
def test_no_text_is_refused_where_geometry_and_confidence_say_plate(
    text: str, confidence: float, score: float, height: float, pitch: float, inside: float
) -> None:
    reading = seen(text, confidence=confidence, score=score, height=height, pitch=pitch, inside=inside)
    assert why_no_plate(reading) is None


in_series = [shape for shape in load_shapes() if shape.role in ("series", "exact")]
issued = st.sampled_from([plate for shape in in_series for plate in shape.valid if 5 <= len(plate) <= 9])


@given(issued, st.floats(0.5, 1.0), st.none() | st.floats(0.45, 1.0))
def test_plates_of_a_series_are_kept_however_doubtful(text: str, confidence: float, score: float | None) -> None:
    reading = seen(text, confidence=confidence, score=score)
    assert text.isalpha() or text.isdigit() or why_no_plate(reading) is None


@given(texts, st.floats(0, 1), st.floats(0, 1), st.floats(0, 1), st.floats(0, 1), st.floats(6.0, 40.0))
def test_more_confidence_never_makes_less_of_a_plate(
    text: str, confidence: float, score: float, more: float, better: float, height: float
) -> None:
    less = seen(text, confidence=confidence, score=score, height=height)
    surer = replace(less, confidence=max(confidence, more), score=max(score, better))
    assert why_no_plate(less) is not None or why_no_plate(surer) is None


def test_reasons_are_a_short_closed_list() -> None:
    assert NOT_PLATE_REASONS == ("size", "shape", "unsure", "sign", "badge", "phone_number", "number", "word")
