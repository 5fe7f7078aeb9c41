"""settle: from what was read to the plate that is shown. The one seam between votes and plate syntax."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from pipeline.plates.reading import plate_of
from pipeline.plates.shapes import PlateForms, forms_of

__all__ = ["Settled", "is_settled", "settle"]


class Settled(NamedTuple):
    """A plate after syntax."""

    plate: str
    changed: bool
    """Syntax changed a character of the text, or took the euro band off."""
    clear: bool
    """False: it may be several plates, and nothing tells which; `plate` is the text as it was."""
    confidence: float
    """That this is the plate, or the likeliest option, given the text; 0 to 1."""
    options: tuple[tuple[str, float], ...]
    """What it may be, best first, with probabilities; empty: there is nothing to choose."""


def is_settled(plate: str, forms: PlateForms) -> bool:
    """A text that some country divides in its own way fits a shape: syntax would leave it. Cheap, as forms are kept."""
    return forms.display != plate


def settle(text: str, votes: Callable[[], Sequence[Mapping[str, float]]], hint: str | None) -> Settled:
    """The plate that a text stands for. `votes`: per character, of all readings. `hint`: country the reader saw."""
    if is_settled(text, forms_of(text)):
        return Settled(text, changed=False, clear=True, confidence=1.0, options=())
    doubts = [_others(char, cast) for char, cast in zip(text, votes(), strict=True)]
    found = plate_of(text, doubts, hint=hint)
    return Settled(found.text, found.changed, found.changed or not found.candidates, found.factor, found.candidates)


def _others(char: str, votes: Mapping[str, float]) -> dict[str, float]:
    """Share of the votes that other characters got."""
    if len(votes) == 1:
        return {}
    total = sum(votes.values())
    return {other: weight / total for other, weight in votes.items() if other != char and weight > 0}
