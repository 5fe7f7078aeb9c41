"""The shapes as a table for people: `python -m pipeline.plates.table > docs/plates.md`."""

from __future__ import annotations

from collections.abc import Iterator

from pipeline.plates.catalogue import UNKNOWN, Shape, load_shapes

__all__ = ["table"]

_INTRO = """# Number plates that are known

Written by `python -m pipeline.plates.table` from `pipeline/plates/countries/*.yaml`; change those.

*series*: in use, a misread is repaired towards it. *exact*: taken where it fits, nothing is repaired towards it.
*loose*: explains a text and no more. *Share*: of the plates on Belgian roads, an estimate.

| Country | Shape | Plate | Kind | Share | Which | Source |
|---|---|---|---|---|---|---|
"""


def table() -> str:
    """Markdown: one row per shape, country by country."""
    return _INTRO + "".join(_rows())


def _rows() -> Iterator[str]:
    for shape in load_shapes():
        country = "–" if shape.country == UNKNOWN else shape.country
        example = next(iter(shape.valid.values()))
        cells = (country, shape.id, f"`{example}`", shape.role, _per_cent(shape), shape.note, shape.source.strip())
        yield f"| {' | '.join(cells)} |\n"


def _per_cent(shape: Shape) -> str:
    return f"{100 * shape.weight:.2g} %"


if __name__ == "__main__":
    print(table(), end="")
