"""How plates of each country look: size, colours, band, rows, size of characters.

Sizes are those of the rules that were read: Belgium, ministerial decree of 23 July 2001, art. 3 (520 × 110 and
340 × 210 mm, edge 5 mm, Euro symbol 45 × 100 mm; ruby RAL 3003 on white) and 15/1 (210 × 140 mm, symbol 31 × 62 mm, for
mopeds; taken for motorcycles too); Germany, FZV annex 4 (520 × 110, 340 × 200, motorcycles 280 × 200 mm; characters
75 × 47.5 mm); France, order of 9 February 2009 (520 × 110, 275 × 200, motorcycles 210 × 130 mm); Luxembourg (520 × 110,
340 × 200, motorcycles 200 × 140 mm); United Kingdom, SI 2001/561 (characters 79 × 50 mm, 11 mm apart, groups 33 mm
apart; motorcycles 64 × 44, 10 and 30 mm); Council regulation 2411/98 (band 40 to 50 mm wide, at least 98 mm high).
Sizes of characters that are not named here are estimates from pictures; so is what else is said of old Belgian plates
(325 × 105 mm before 2010), of Dutch, Polish and Romanian ones, and of motorcycles in the Netherlands and Britain.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Literal

from schemas.read import VehicleClass

__all__ = ["CAR_MM", "FORMS", "Colour", "PlateForm", "Shape", "form_of", "rows_of", "shape_of"]

Colour = tuple[int, int, int]
"""Red, green, blue."""
Shape = Literal["long", "square", "motorcycle"]
Size = tuple[float, float]
"""Width and height, mm."""

CAR_MM: tuple[int, int] = (520, 110)
"""The usual plate of Europe."""

RUBY: Colour = (141, 29, 44)
RED: Colour = (190, 32, 38)
BLACK: Colour = (18, 18, 18)
GREEN: Colour = (24, 110, 62)
WHITE: Colour = (245, 245, 242)
YELLOW: Colour = (246, 196, 30)
LIGHT_BLUE: Colour = (120, 176, 222)


@dataclass(frozen=True, slots=True)
class PlateForm:
    """One kind of plate. Lengths are mm."""

    size: Size = (520.0, 110.0)
    ink: Colour = BLACK
    front: Colour = WHITE
    rear: Colour = WHITE
    band: str = ""
    """Letters in the blue band; empty: no band."""
    band_size: Size = (45.0, 110.0)
    right_band: bool = False
    edge: float = 3.0
    """Width of the line around; 0: none."""
    char: Size = (45.0, 76.0)
    gap: float = 9.0
    """Between characters."""
    group_gap: float = 24.0
    """Between groups that are set apart without a dash."""
    dash: float = 14.0
    """Length of a dash; 0: groups are set apart without one."""
    seals: bool = False
    """Round stickers between the first group and the rest."""
    rows: int = 1
    first_alone: bool = False
    """Of two rows the first group is the upper one; else the last group is the lower one."""


_MOTO: dict[str, tuple[Size, Size]] = {
    "BE": ((210, 140), (31, 62)),
    "NL": ((210, 143), (31, 62)),
    "FR": ((210, 130), (31, 65)),
    "DE": ((280, 200), (40, 98)),
    "LU": ((200, 140), (31, 62)),
    "GB": ((228, 164), (0, 0)),
}
"""Country → size of a motorcycle's plate and of its band."""
_SQUARE: dict[str, Size] = {
    "BE": (340, 210),
    "NL": (340, 210),
    "FR": (275, 200),
    "DE": (340, 200),
    "LU": (340, 200),
    "GB": (285, 203),
}

FORMS: dict[str, PlateForm] = {
    "BE": PlateForm(ink=RUBY, band="B", band_size=(45, 100), edge=5, char=(43, 76), gap=9, dash=15),
    "NL": PlateForm(front=YELLOW, rear=YELLOW, band="NL", char=(45, 77), dash=15),
    "FR": PlateForm(band="F", right_band=True, edge=0, char=(42, 80), gap=9, dash=14),
    "DE": PlateForm(band="D", char=(47.5, 75), gap=7, group_gap=24, dash=0, seals=True, first_alone=True),
    "LU": PlateForm(front=YELLOW, rear=YELLOW, band="L", edge=0, char=(45, 76), dash=0, group_gap=30),
    "GB": PlateForm(size=(520, 111), rear=YELLOW, edge=0, char=(50, 79), gap=11, group_gap=33, dash=0),
    "PL": PlateForm(size=(520, 114), band="PL", char=(41, 80), gap=8, dash=0, group_gap=30),
    "RO": PlateForm(band="RO", char=(42, 75), dash=0, group_gap=24),
}
"""Country (ISO 3166-1) → its usual long plate."""

_BE_OLD = replace(FORMS["BE"], size=(325.0, 105.0), ink=RED, band="", edge=4, char=(37, 72), gap=8, dash=12)
_BE_OLD_FRONT = replace(_BE_OLD, size=(520.0, 110.0), char=(45, 76))
"""What owners had made for the front was often of the European size."""
_BE_OLD_TEXT = re.compile(r"[A-Z]{3}-\d{3}|\d{3}-[A-Z]{3}")
_BE_TRADE_TEXT = re.compile(r"[VYZ]-[A-Z]{3}-\d{3}")
_NL_TAXI_TEXT = re.compile(r"TX-.*")


def form_of(display: str, country: str, *, rear: bool, shape: Shape = "long") -> PlateForm:
    """The form of a plate, by its country, its text and where it is. Unknown country: no band, black on white."""
    form = FORMS.get(country, PlateForm())
    if country == "BE":
        form = _belgian(display, form, rear=rear)
    if shape != "long":
        form = _in_two_rows(form, country, shape)
    return form


def _belgian(display: str, form: PlateForm, *, rear: bool) -> PlateForm:
    if _BE_OLD_TEXT.fullmatch(display):
        return _BE_OLD if rear else _BE_OLD_FRONT
    return replace(form, ink=GREEN) if _BE_TRADE_TEXT.fullmatch(display) else form


def _in_two_rows(form: PlateForm, country: str, shape: Shape) -> PlateForm:
    if shape == "square":
        size, band = _SQUARE.get(country, (340.0, 200.0)), (form.band_size[0], min(form.band_size[1], 100.0))
        return replace(form, rows=2, size=size, band_size=band, right_band=False, dash=0, char=(form.char[0], 74))
    size, band = _MOTO.get(country, ((210.0, 140.0), (31.0, 62.0)))
    char = (44.0, 64.0) if country == "GB" else (31.0, 49.0)
    gap, group = (10.0, 30.0) if country == "GB" else (6.0, 14.0)
    if country == "DE":
        char = (40.0, 75.0)
    common = replace(form, rows=2, size=size, band_size=band, right_band=False, dash=0)
    return replace(common, char=char, gap=gap, group_gap=group)


def rows_of(display: str, form: PlateForm) -> tuple[str, ...]:
    """The text as it stands on the plate, row by row: square plates have no dashes."""
    if form.rows == 1:
        return (display,)
    groups = [group for group in re.split("[- ]", display) if group]
    if len(groups) < 2:
        return (display,)
    cut = 1 if form.first_alone else len(groups) - 1
    return " ".join(groups[:cut]), " ".join(groups[cut:])


def shape_of(vehicle_class: VehicleClass) -> Shape:
    """The usual shape on such a vehicle."""
    return "motorcycle" if vehicle_class in ("motorcycle", "moped") else "long"
