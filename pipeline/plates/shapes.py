"""What follows from a compact plate alone: key, display form, country with its probability.

Many shapes are those of several countries. By Bayes: how usual the shape is on Belgian roads, over how many texts it
is spread. A shape of few texts (the counties of Romania) is the likelier explanation of a text that fits it.
"""

from __future__ import annotations

import functools
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple, TypeVar

from pipeline.plates.catalogue import UNKNOWN, Shape, load_shapes
from pipeline.plates.layout import Layout, signature
from pipeline.plates.text import plate_key

__all__ = [
    "COUNTRY_FROM",
    "DISPLAY_FROM",
    "HINT_ODDS",
    "PlateForms",
    "countries_of",
    "displayed",
    "forms_of",
    "matches",
    "shape_of",
    "text_density",
]

COUNTRY_FROM = 0.5
"""Least probability with which a country is named."""
DISPLAY_FROM = 0.95
"""Least share of a country's plates of this text that are split alike: B-AB 123 or BA-B 123 is not for us to say."""
HINT_ODDS = 20.0
"""How much likelier a country is that the reader saw in the euro band. Assumption: such a reader is right in 19 of 20
reads; the band is small, and the shape often decides better."""

UNEXPLAINED = 1e-15
"""Density of a text that no shape explains: it may be a plate all the same."""

Found = tuple[Shape, Layout]
K = TypeVar("K")


class PlateForms(NamedTuple):
    """What follows from a compact plate alone."""

    key: str
    """Confusion-class key."""
    display: str
    """National form with separators, or the plate itself."""
    country: str | None
    """ISO 3166-1 alpha-2, where its probability is at least COUNTRY_FROM."""


@functools.lru_cache(maxsize=65_536)
def forms_of(plate: str) -> PlateForms:
    """Key, display form and country of a compact plate; kept for plates that come again."""
    country, display = _country_and_display(plate)
    key = plate_key(plate)
    # Equal texts are kept once: most of the memory of this cache is text.
    return PlateForms(plate if key == plate else key, plate if display == plate else display, country)


def displayed(plate: str) -> str:
    """A compact plate as people read it, in its country's writing; what is no plate (a pattern with `?`) as it is."""
    return forms_of(plate).display


def _country_and_display(plate: str) -> tuple[str | None, str]:
    for fits, country, form in _deciding(signature(plate)):
        parts = fits(plate)
        if parts is not None:
            if form is None:
                break
            return country, form.format(*parts.groups())
    ranked = countries_of(plate)
    best = ranked[0][0] if ranked and ranked[0][1] >= COUNTRY_FROM else None
    return best, _display(plate, best) if best else plate


class _Deciding(NamedTuple):
    """A shape to be tried before all are weighed."""

    fits: Callable[[str], re.Match[str] | None]
    country: str
    form: str | None
    """It settles country and display form of all that fits it, whatever else fits. None: it does not."""


@functools.lru_cache(maxsize=8192)  # there are no more orders of letters and digits of up to 12 places
def _deciding(order: str) -> tuple[_Deciding, ...]:
    """The shapes of a signature, heaviest first, up to the last that decides.

    Most plates need no more than these to be told, at a fifth of the cost. What has been tried before and did not fit
    is no rival any more.
    """
    left = sorted(_fitting(order), key=_density, reverse=True)
    tried = []
    while left:
        shape, _ = one = left.pop(0)
        form = shape.form if shape.country != UNKNOWN and _decides(one, left) else None
        tried.append(_Deciding(shape.pattern.fullmatch, shape.country, form))
    while tried and tried[-1].form is None:
        tried.pop()
    return tuple(tried)


def _decides(one: Found, found: Iterable[Found]) -> bool:
    """Whether no rivals that fit too, all together, could outweigh it."""
    rivals = [other for other in found if _may_be_both(one[1], other[1])]
    own, same = _density(one), sum(_density(other) for other in rivals if other[0].country == one[0].country)
    everything = own + sum(map(_density, rivals))
    return own >= COUNTRY_FROM * everything and own >= DISPLAY_FROM * (own + same)


def _may_be_both(one: Layout, other: Layout) -> bool:
    return all(a & b for a, b in zip(one.places, other.places, strict=True))


@functools.lru_cache(maxsize=4096)
def countries_of(plate: str, hint: str | None = None) -> tuple[tuple[str, float], ...]:
    """Countries whose plate a compact text may be, likeliest first, with probabilities.

    They add up to 1 or less; the rest is the unknown: other countries and misreads. `hint`: the country that the
    reader saw (euro band), which multiplies by HINT_ODDS; where no shape of it fits, it changes nothing.
    """
    weights: defaultdict[str, float] = defaultdict(float)
    for shape, layout in matches(plate):
        weights[shape.country] += shape.density(layout) * hint_factor(shape, hint)
    total = sum(weights.values())
    named = ((country, weight / total) for country, weight in weights.items() if country != UNKNOWN)
    return tuple(sorted(named, key=lambda one: (-one[1], one[0])))


def hint_factor(shape: Shape, hint: str | None) -> float:
    """How much likelier a shape is when the reader saw the country `hint`."""
    return HINT_ODDS if shape.country == hint else 1.0


def shape_of(plate: str) -> Shape | None:
    """The likeliest shape that a compact plate certainly fits, not the loose ones; None: it fits none."""
    fitting = [found for found in matches(plate) if found[0].role != "loose"]
    return max(fitting, key=_density)[0] if fitting else None


def matches(plate: str) -> list[Found]:
    """All shapes that fit a compact plate, each with the layout by which it fits."""
    return [(shape, layout) for shape, layout in _fitting(signature(plate)) if shape.pattern.fullmatch(plate)]


def _fitting(order: str) -> tuple[Found, ...]:
    """The shapes that a text of this signature may have."""
    by_signature, mixed = _index()
    return (*by_signature.get(order, ()), *mixed.get(len(order), ()))


@functools.cache
def _index() -> tuple[Mapping[str, tuple[Found, ...]], Mapping[int, tuple[Found, ...]]]:
    """Shapes by signature, and those that do not tell letters from digits by length: few are left to be tried."""
    pairs = [(shape, layout) for shape in load_shapes() for layout in shape.layouts]
    by_signature = _grouped((layout.signature, (shape, layout)) for shape, layout in pairs if not _is_mixed(layout))
    by_length = _grouped((len(layout.places), (shape, layout)) for shape, layout in pairs if _is_mixed(layout))
    return by_signature, by_length


def _grouped(pairs: Iterable[tuple[K, Found]]) -> dict[K, tuple[Found, ...]]:
    groups: defaultdict[K, list[Found]] = defaultdict(list)
    for key, found in pairs:
        groups[key].append(found)
    return {key: tuple(found) for key, found in groups.items()}


def _is_mixed(layout: Layout) -> bool:
    return "M" in layout.signature


@functools.lru_cache(maxsize=65_536)
def text_density(plate: str, hint: str | None = None) -> float:
    """How usual one given text is among plates: over all shapes that fit it; hardly at all where none does.

    hint: country that the reader saw.
    """
    return UNEXPLAINED + sum(shape.density(layout) * hint_factor(shape, hint) for shape, layout in matches(plate))


def _density(found: Found) -> float:
    shape, layout = found
    return shape.density(layout)


def _display(plate: str, country: str) -> str:
    """The form that the country gives the plate, or the plate where it may be split in several ways."""
    weights: defaultdict[str, float] = defaultdict(float)
    for shape, layout in matches(plate):
        if shape.country == country:
            weights[shape.display(plate) or plate] += shape.density(layout)
    best = max(weights, key=lambda form: weights[form])
    return best if weights[best] >= DISPLAY_FROM * sum(weights.values()) else plate
