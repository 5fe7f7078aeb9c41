"""The same blocks as messages of `passages`, or as the rows that follow from them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import msgspec
import numpy as np

from replay.history.passages import Passages

__all__ = ["json_rows"]

TEXTS = ("plate_raw", "plate", "plate_key", "plate_display", "evidence")
TIMES = ("captured_at", "last_captured_at", "received_at", "best_captured_at")
CODES = ("camera_id", "country", "certainty", "vehicle_class", "direction", "reader")


def json_rows(block: Passages, log: str | None = None, partition: int = 0) -> Iterator[bytes]:
    """Fields as in the contract; absent ones left out. log: with the place in it, as rows for `passages_in`."""
    texts = {name: getattr(block, name).strings() for name in TEXTS}
    times = {name: getattr(block, name).tolist() for name in TIMES}
    encoder = msgspec.json.Encoder()
    for n in range(len(block)):
        row: dict[str, Any] = {}
        if log is not None:
            row |= {"_log": log, "_partition": partition, "_offset": int(block.offset[n])}
        row |= {name: UUID(bytes=getattr(block, name)[n].tobytes()) for name in ("passage_id", "best_read_id")}
        row |= {name: column[n] for name, column in texts.items() if column[n]}
        row |= {name: datetime.fromtimestamp(column[n] / 1000, UTC) for name, column in times.items()}
        for name in CODES:
            column = getattr(block, name)
            if text := column.names[column.codes[n]]:
                row[name] = text
        row |= {name: int(getattr(block, name)[n]) for name in ("revision", "read_count", "lane")}
        row |= {name: bool(getattr(block, name)[n]) for name in ("withdrawn", "repaired", "late")}
        row["confidence"] = round(float(block.confidence[n]), 4)
        row["box"] = dict(zip("xywh", block.box[n].tolist(), strict=True))
        if block.frame_id[n].any():
            row["frame_id"] = UUID(bytes=block.frame_id[n].tobytes())
        row["candidates"] = _candidates(block, n, texts["plate"][n])
        yield encoder.encode(row)


def _candidates(block: Passages, n: int, plate: str) -> list[dict[str, Any]]:
    told = block.candidates
    first: dict[str, Any] = {"text": plate, "confidence": _short(told.confidence[n])}
    if told.detailed[n]:
        first["char_confidences"] = [_short(told.chars[n, place]) for place in range(len(plate))]
        first["alternatives"] = [
            {"place": int(told.place[n, k]), "char": chr(told.other[n, k]), "confidence": _short(told.share[n, k])}
            for k in range(told.alternatives[n])
        ]
    if not told.second[n]:
        return [first]
    second = bytes(told.second_text.chars[n]).rstrip(b"\0").decode()
    return [first, {"text": second, "confidence": _short(told.second_confidence[n])}]


def _short(share: np.float32) -> float:
    return round(float(share), 4)
