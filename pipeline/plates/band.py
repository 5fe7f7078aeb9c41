"""The letters of the euro band, read as if they were part of the plate."""

from __future__ import annotations

import functools

from pipeline.plates.catalogue import bands
from pipeline.plates.shapes import matches, shape_of

__all__ = ["strip_band"]


@functools.lru_cache(maxsize=16_384)
def strip_band(text: str) -> tuple[str, str | None]:
    """The compact text without a leading euro band, and the country of the band; the text and None if it has none.

    Stripped only if the whole is certainly no plate and the rest is one of that band's country, of a series in use:
    short old shapes fit the rest of any fragment. `B1ABC234` is 1-ABC-234, but `BABC123` stays: it is a German plate.
    """
    if shape_of(text) is None:
        for band, country in bands().items():
            if text.startswith(band) and _is_in_use(text[len(band) :], country):
                return text[len(band) :], country
    return text, None


def _is_in_use(plate: str, country: str) -> bool:
    return any(shape.country == country and shape.role == "series" for shape, _ in matches(plate))
