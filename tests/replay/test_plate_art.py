"""Plates: sizes, colours, bands, rows and characters as the rules of each country have them."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from replay.plate_art import PX_PER_MM, plate_picture
from replay.plate_forms import FORMS, PlateForm, Shape, form_of, rows_of

Mask = NDArray[np.bool_]
SIZES_MM: list[tuple[str, str, Shape, tuple[float, float]]] = [
    ("1-ABC-234", "BE", "long", (520, 110)),  # ministerial decree of 23 July 2001, art. 3 § 2
    ("1-ABC-234", "BE", "square", (340, 210)),  # the same
    ("M-ABC-123", "BE", "motorcycle", (210, 140)),  # art. 15/1 § 2
    ("B-AB 123", "DE", "long", (520, 110)),  # FZV annex 4, section 1 no. 1
    ("B-AB 123", "DE", "square", (340, 200)),
    ("B-AB 123", "DE", "motorcycle", (280, 200)),
    ("GT-456-ZZ", "FR", "long", (520, 110)),  # order of 9 February 2009, annex 1 bis
    ("GT-456-ZZ", "FR", "square", (275, 200)),
    ("GT-456-ZZ", "FR", "motorcycle", (210, 130)),
    ("BA 1234", "LU", "square", (340, 200)),
    ("BA 1234", "LU", "motorcycle", (200, 140)),
    ("12-ABC-3", "NL", "long", (520, 110)),
]


def like(picture: NDArray[np.uint8], colour: tuple[int, int, int], off: int = 45) -> Mask:
    """Where the picture has this colour (red, green, blue)."""
    difference: Any = np.abs(picture[:, :, ::-1].astype(int) - np.array(colour)).max(axis=2)
    found: Mask = difference < off
    return found


def extent(mask: Mask) -> tuple[int, int]:
    """Width and height of what is set, px."""
    ys, xs = np.nonzero(mask)
    return int(xs.max() - xs.min() + 1), int(ys.max() - ys.min() + 1)


@pytest.mark.parametrize(("display", "country", "shape", "size"), SIZES_MM)
def test_plates_have_the_legal_size(display: str, country: str, shape: Shape, size: tuple[float, float]) -> None:
    picture = plate_picture(display, country, rear=True, shape=shape)
    assert (picture.shape[1] / PX_PER_MM, picture.shape[0] / PX_PER_MM) == size


def test_old_belgian_plates_are_short_and_red_without_a_band() -> None:
    """325 × 105 mm until November 2010; what owners had made for the front was often of the European size."""
    rear, front = (plate_picture("ABC-123", "BE", rear=rear) for rear in (True, False))
    assert (rear.shape[1] / PX_PER_MM, rear.shape[0] / PX_PER_MM) == (325, 105)
    assert front.shape[1] / PX_PER_MM == 520
    for picture in (rear, front):
        assert not like(picture, (0, 51, 153)).any()
        assert like(picture, (190, 32, 38)).mean() > 0.05


@pytest.mark.parametrize("country", [*FORMS, "CH"])
@pytest.mark.parametrize("rear", [True, False])
def test_grounds_have_the_colour_of_their_country(country: str, rear: bool) -> None:
    picture = plate_picture("AB-12-CD", country, rear=rear)
    yellow = country in ("NL", "LU") or (country == "GB" and rear)
    ground = like(picture, (246, 196, 30)) if yellow else like(picture, (245, 245, 242))
    assert ground.mean() > 0.4


def test_belgian_text_is_ruby_and_of_dealers_green() -> None:
    """Ruby RAL 3003 on white; trade plates green since 2020."""
    standard, trade = plate_picture("1-ABC-234", "BE", rear=True), plate_picture("Z-ABC-123", "BE", rear=True)
    assert like(standard, (141, 29, 44)).mean() > 0.1
    assert like(trade, (24, 110, 62)).mean() > 0.1
    assert not like(trade, (141, 29, 44)).any()


@pytest.mark.parametrize("country", [name for name, form in FORMS.items() if form.band])
def test_bands_have_the_size_of_the_regulation(country: str) -> None:
    """Council regulation 2411/98: 40 to 50 mm wide, at least 98 mm high. Belgium: 45 × 100 mm."""
    picture = plate_picture("AB-12", country, rear=True)
    left = like(picture, (0, 51, 153), 30)[:, : picture.shape[1] // 2]
    width, height = extent(left)
    assert 40 <= width / PX_PER_MM <= 50.5
    assert height / PX_PER_MM >= 98
    if country == "BE":
        assert (round(width / PX_PER_MM), round(height / PX_PER_MM)) == (45, 100)


def columns(picture: NDArray[np.uint8], form: PlateForm) -> list[tuple[int, int]]:
    """Begin and end of each run of columns with ink, edge and band left out."""
    inner = like(picture, form.ink, 90)[14:-14]
    inked = np.flatnonzero(np.diff(np.concatenate([[0], inner.any(axis=0).astype(int), [0]])))
    return [(int(a), int(b)) for a, b in zip(inked[::2], inked[1::2], strict=True)]


def test_british_characters_are_as_the_regulations_have_them() -> None:
    """SI 2001/561: 79 mm high, 50 wide, 11 apart, groups 33 apart."""
    form = form_of("ABN8 CDE", "GB", rear=True)
    picture = plate_picture("ABN8 CDE", "GB", rear=True)
    runs = columns(picture, form)
    assert len(runs) == 7
    assert [(b - a) / PX_PER_MM for a, b in runs] == pytest.approx([50] * 7, abs=1.5)
    gaps = [(after[0] - before[1]) / PX_PER_MM for before, after in pairwise(runs)]
    assert gaps == pytest.approx([11, 11, 11, 33, 11, 11], abs=1.5)
    assert extent(like(picture, form.ink, 90))[1] / PX_PER_MM == pytest.approx(79, abs=1.5)


def test_german_characters_are_75_by_47_mm() -> None:
    """FZV annex 4: middle script, 75 × 47.5 mm; stickers stand between district and number."""
    form = form_of("B-AB 82", "DE", rear=True)
    picture = plate_picture("B-AB 82", "DE", rear=True)
    inside = picture[14:-14, 2 * 50 : -14]
    runs = [run for run in columns(inside, form) if run[1] - run[0] > 40]
    assert [(b - a) / PX_PER_MM for a, b in runs] == pytest.approx([47.5] * 5, abs=1.5)
    assert extent(like(inside, form.ink, 90))[1] / PX_PER_MM == pytest.approx(75, abs=1.5)
    assert like(inside, (196, 198, 196), 12).any()


@pytest.mark.parametrize(
    ("display", "country", "rows"),
    [
        ("1-ABC-234", "BE", ("1 ABC", "234")),
        ("B-AB 123", "DE", ("B", "AB 123")),
        ("AB12 CDE", "GB", ("AB12", "CDE")),
        ("LUNA", "BE", ("LUNA",)),
    ],
)
def test_square_plates_have_two_rows_without_dashes(display: str, country: str, rows: tuple[str, ...]) -> None:
    assert rows_of(display, form_of(display, country, rear=True, shape="square")) == rows
    assert rows_of(display, form_of(display, country, rear=True)) == (display,)


def test_a_text_that_is_too_long_is_made_narrower() -> None:
    form = form_of("WOB-AB 1234", "DE", rear=True)
    picture = plate_picture("WOB-AB 1234", "DE", rear=True)
    ink = like(picture[12:-12], form.ink, 90)
    assert not ink[:, -2 * 5 : -2 * 4].any(), "it runs into the edge"
