"""Reads by columns, before they are messages."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from replay.history.plates import DISPLAY_WIDTH
from replay.history.texts import Bytes, Indices, Texts

__all__ = ["DUPLICATE", "FIRST", "LATE", "LEZ", "LISTED", "RIGHT", "Reads"]

FIRST, RIGHT, LISTED, LEZ, DUPLICATE, LATE = 1, 2, 4, 8, 16, 32
"""Marks: the first read of its track; some read of the track has the true plate; the true plate is on the hotlist;
the camera watches a low-emission zone; sent a second time; handed over long after."""


@dataclass(frozen=True, slots=True)
class Reads:
    """Messages of the topic `reads` to be. Times: ms after the start."""

    camera: NDArray[np.int32]
    place: NDArray[np.int32]
    """Where it is read: of `Watched`, or beyond those a crossing."""
    captured_ms: Indices
    """By the clock of the camera."""
    received_ms: Indices
    text: Texts
    """Compact."""
    raw: Texts
    """As the camera writes it."""
    truth: Bytes
    """(rows, 12): the true plate."""
    sure: NDArray[np.int16]
    """(rows, 12): confidence of each character, per mille."""
    country: NDArray[np.uint8]
    """0: not told."""
    kind: NDArray[np.uint8]
    """Class of the vehicle."""
    lane: NDArray[np.uint8]
    way: NDArray[np.uint8]
    """0: not known, 1 approaching, 2 departing."""
    track: Indices
    nth: NDArray[np.uint8]
    box: NDArray[np.int16]
    """(rows, 3): x, y, width."""
    marks: NDArray[np.uint8]

    def __len__(self) -> int:
        return len(self.camera)

    def take(self, rows: NDArray[np.bool_] | Indices | slice) -> Reads:
        """These, in their order."""
        columns: Iterable[Any] = (getattr(self, field.name) for field in fields(self))
        return Reads(*(_picked(one, rows) for one in columns))

    @staticmethod
    def none() -> Reads:
        """No row."""
        numbers, texts = np.zeros(0, np.int64), Texts(np.zeros((0, DISPLAY_WIDTH), np.uint8))
        columns: Iterable[Any] = (texts if "Texts" in str(field.type) else numbers for field in fields(Reads))
        return Reads(*columns)

    @staticmethod
    def joined(parts: Sequence[Reads]) -> Reads:
        """All of them."""
        if len(parts) == 1:
            return parts[0]
        columns: Iterable[list[Any]] = ([getattr(part, field.name) for part in parts] for field in fields(Reads))
        return Reads(*map(_behind_each_other, columns))


def _picked(column: Any, rows: NDArray[np.bool_] | Indices | slice) -> Any:
    return Texts(column.chars[rows]) if isinstance(column, Texts) else column[rows]


def _behind_each_other(column: list[Any]) -> Any:
    if isinstance(column[0], Texts):
        return Texts(np.concatenate([one.chars for one in column]))
    return np.concatenate(column)
