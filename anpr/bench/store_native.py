"""Blocks of passages as bytes of ClickHouse's format Native: columns as they lie in memory, for one insert.

Layout as in ClickHouse's `NativeWriter`: numbers of columns and rows, then each column's name, type and values.
Texts are a length and bytes; arrays are where each row ends, then all values; a LowCardinality column is its
dictionary and a place in it for each row; an identifier is two words, the high one first, each with its low end first.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from replay.history.passages import Candidates, Passages
from replay.history.texts import Bytes, Codes, Texts

__all__ = ["native"]

MS_TYPE = "DateTime64(3, 'UTC')"
CANDIDATES_TYPE = (
    "Array(Tuple(text String, confidence Float32, char_confidences Array(Float32), "
    "alternatives Array(Tuple(place UInt8, char String, confidence Float32))))"
)
LOW_VERSION = 1
LOW_FLAGS = (1 << 9) | (1 << 10) | 1
"""The dictionary comes with the column; places are of two bytes."""


def native(block: Passages, log: str, partition: int = 0) -> bytes:
    """One Native block for `passages_in`. What a history does not tell keeps the table's default."""
    rows = len(block)
    columns = [*_scalars(block), *_texts(block), *_codes(block), *_rest(block)]
    columns.append(_column("_log", "LowCardinality(String)", _low(Codes((log,), np.zeros(rows, np.uint16)))))
    columns.append(_column("_partition", "UInt16", np.full(rows, partition, np.uint16).tobytes()))
    return b"".join([_varint(len(columns)), _varint(rows), *columns])


def _scalars(block: Passages) -> list[bytes]:
    numbers = {
        "revision": "UInt32", "withdrawn": "Bool", "confidence": "Float32", "repaired": "Bool", "read_count": "UInt32",
        "late": "Bool", "captured_at": MS_TYPE, "last_captured_at": MS_TYPE, "received_at": MS_TYPE,
        "best_captured_at": MS_TYPE,
    }  # fmt: skip
    made = [_column(name, kind, getattr(block, name).tobytes()) for name, kind in numbers.items()]
    identifiers = ("passage_id", "best_read_id", "frame_id")
    return [*made, *(_column(name, "UUID", _uuids(getattr(block, name))) for name in identifiers)]


def _texts(block: Passages) -> list[bytes]:
    names = ("plate_raw", "plate", "plate_key", "plate_display", "evidence")
    return [_column(name, "String", _strings(getattr(block, name))) for name in names]


def _codes(block: Passages) -> list[bytes]:
    names = ("camera_id", "country", "certainty", "vehicle_class", "direction", "reader")
    return [_column(name, "LowCardinality(String)", _low(getattr(block, name))) for name in names]


def _rest(block: Passages) -> list[bytes]:
    no_null = bytes(len(block))
    return [
        _column("lane", "Nullable(UInt8)", no_null + block.lane.tobytes()),
        _column("box", "Tuple(x UInt32, y UInt32, w UInt32, h UInt32)", np.ascontiguousarray(block.box.T).tobytes()),
        _column("_offset", "UInt64", block.offset.tobytes()),
        _column("candidates", CANDIDATES_TYPE, _candidates(block.plate, block.candidates)),
    ]


def _column(name: str, kind: str, values: bytes) -> bytes:
    return b"".join([_string(name), _string(kind), values])


def _candidates(plate: Texts, told: Candidates) -> bytes:
    """Rows of candidates: each passage's own text, then its second one."""
    rows, many = len(plate.chars), 1 + told.second.astype(np.int64)
    ends = np.cumsum(many)
    first = ends - many
    of = np.repeat(np.arange(rows), many)
    is_first = np.zeros(len(of), np.bool_)
    is_first[first] = True
    chars = np.where(is_first[:, None], plate.chars[of], told.second_text.chars[of])
    confidence = np.where(is_first, told.confidence[of], told.second_confidence[of])
    detailed = is_first & told.detailed[of]
    shown = detailed[:, None] & (plate.chars[of] != 0)
    alternatives = np.where(is_first, told.alternatives[of], 0)
    other = np.arange(told.place.shape[1]) < alternatives[:, None]
    return b"".join(
        [
            ends.astype(np.uint64).tobytes(),
            _strings(Texts(chars)),
            confidence.astype(np.float32).tobytes(),
            np.cumsum(shown.sum(axis=1)).astype(np.uint64).tobytes(),
            told.chars[of][shown].tobytes(),
            np.cumsum(alternatives).astype(np.uint64).tobytes(),
            told.place[of][other].tobytes(),
            _single_characters(told.other[of][other]),
            told.share[of][other].tobytes(),
        ]
    )


def _single_characters(chars: Bytes) -> bytes:
    return np.stack([np.ones(len(chars), np.uint8), chars], axis=1).tobytes()


def _strings(texts: Texts) -> bytes:
    """Each behind its length, which takes one byte: none is longer than 127."""
    lengths = texts.lengths
    framed = np.concatenate([lengths.astype(np.uint8)[:, None], texts.chars], axis=1)
    return framed[np.arange(framed.shape[1]) <= lengths[:, None]].tobytes()


def _low(codes: Codes) -> bytes:
    head = np.array([LOW_VERSION, LOW_FLAGS, len(codes.names)], np.uint64).tobytes()
    names = b"".join(map(_string, codes.names))
    return head + names + np.array([len(codes.codes)], np.uint64).tobytes() + codes.codes.tobytes()


def _uuids(identifiers: NDArray[np.uint8]) -> bytes:
    return np.ascontiguousarray(identifiers).view(">u8").astype("<u8").tobytes()


def _string(text: str) -> bytes:
    encoded = text.encode()
    return _varint(len(encoded)) + encoded


def _varint(number: int) -> bytes:
    out = bytearray()
    while number > 127:
        out.append(number & 127 | 128)
        number >>= 7
    return bytes([*out, number])
