"""The table of shapes for people is that of the data."""

from __future__ import annotations

from pathlib import Path

from pipeline.plates.catalogue import load_shapes
from pipeline.plates.table import table

PAGE = Path(__file__).parents[3] / "docs" / "plates.md"


def test_the_page_is_current() -> None:
    assert PAGE.read_text("utf-8") == table(), "run: python -m pipeline.plates.table > docs/plates.md"


def test_every_shape_has_a_row() -> None:
    assert all(f"| {shape.id} |" in table() for shape in load_shapes())
