"""The hotlist on disk (pipeline/snapshots.py): its arrays, its patterns, and the messages of its entries.

The arrays are mapped, not read: workers of one host share them in memory.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import numpy as np

from pipeline.hotlist.index import HotlistIndex, IndexView
from pipeline.hotlist.patterns import Pattern
from pipeline.hotlist.segment import Arrays, Segment
from pipeline.hotlist.values import written
from pipeline.snapshots import Kept

__all__ = ["FORM", "kept"]

FORM = "hotlist 3"
MESSAGES, PATTERNS = "messages", "patterns.json"


def kept(index: HotlistIndex) -> Kept:
    """An index as something to be kept."""
    return Kept(FORM, index.__len__, lambda: partial(_write, index.view()), partial(_restore, index))


def _write(view: IndexView, folder: Path) -> None:
    segment, patterns = view.merged(), list(view.patterns.items())
    with (folder / MESSAGES).open("wb") as file:
        messages = (view.values.read(place) for place in _places(segment, patterns))
        places = np.fromiter(written(messages, file), dtype=np.uint64)
    entries = len(segment.arrays.places)
    for array_name, array in segment.arrays.by_name().items():
        np.save(folder / f"{array_name}.npy", places[:entries] if array_name == "places" else array)
    moved = zip(patterns, places[entries:].tolist(), strict=True)
    told = [[key, pattern.plate, pattern.kind, place] for (key, pattern), place in moved]
    (folder / PATTERNS).write_text(json.dumps(told))


def _places(segment: Segment, patterns: list[tuple[int, Pattern]]) -> Iterator[int]:
    yield from segment.arrays.places.tolist()
    yield from (pattern.place for _, pattern in patterns)


def _restore(index: HotlistIndex, snapshot: Path) -> None:
    arrays = {name: np.load(snapshot / f"{name}.npy", mmap_mode="r") for name in Arrays.__dataclass_fields__}
    told = json.loads((snapshot / PATTERNS).read_text())
    patterns = {int(key): Pattern(str(plate), int(kind), int(place)) for key, plate, kind, place in told}
    index.take_over([Segment(Arrays(**arrays))], patterns, snapshot / MESSAGES)
