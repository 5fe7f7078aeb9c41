"""Plates as people read them, beside the plates of an answer: one way to write them on every page and paper.

`plate` stays as it is, compact, for programs; what people see is `plate_display`, in the writing of the country.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pipeline.plates.shapes import displayed

__all__ = ["with_writing"]

SHOWN_AS: Mapping[str, str] = {
    "plate": "plate_display",
    "listed_plates": "listed_plates_display",
    "written": "written_display",
}
"""Member of an answer → the one beside it, for people."""


def with_writing(content: Any) -> Any:
    """JSON with the writing of each plate beside it, however deep; what has it already keeps it."""
    if isinstance(content, list):
        return [with_writing(one) for one in content]
    if not isinstance(content, dict):
        return content
    told = {name: with_writing(one) for name, one in content.items()}
    beside = {SHOWN_AS[name]: _shown(one) for name, one in content.items() if name in SHOWN_AS}
    return told | {name: one for name, one in beside.items() if name not in told}


def _shown(plate: Any) -> Any:
    if isinstance(plate, list):
        return [_shown(one) for one in plate]
    return displayed(plate) if isinstance(plate, str) else plate
