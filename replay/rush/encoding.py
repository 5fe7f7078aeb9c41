"""Reads as messages: every piece is a column of fixed width, the zeros between them are taken out at the end.

A row of such a matrix costs a tenth of what formatting it in Python costs.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from hashlib import sha1  # what RFC 9562 prescribes for version 5; no secret depends on it
from typing import Any

import numpy as np
from numpy.typing import NDArray

from replay.history.garble import alternative, has_alternative
from replay.history.plates import COUNTRIES
from replay.history.texts import Bytes, Indices
from replay.rush.network import Network
from replay.rush.reads import Reads
from replay.rush.vehicles import CLASS_NAMES
from replay.rush.watching import PLAIN, TELLS_ALL, TEXT_ONLY
from replay.seeds import NAMESPACE
from schemas.base import GeoPoint
from schemas.camera import Camera

__all__ = ["NUMBERS", "Encoder", "Messages", "Pieces", "assembled", "column", "instants", "when"]

Messages = list[tuple[bytes, bytes]]
"""Key (the camera) and value (a `Read` as JSON)."""
Pieces = NDArray[np.bytes_]
READERS = {TEXT_ONLY: b"sim-text/1", PLAIN: b"sim-plain/1", TELLS_ALL: b"sim-detail/1"}
NUMBERS: Pieces = np.array([b"%d" % n for n in range(2048)])
THREE: Pieces = np.array([b"%03d" % n for n in range(1000)])
PER_MILLE: Pieces = np.array([b"%d.%03d" % divmod(n, 1000) for n in range(1001)])
LISTED_PER_MILLE: Pieces = np.array([b"%d.%03d," % divmod(n, 1000) for n in range(1001)])
DOUBT_BELOW = 970
"""Per mille: of a character less sure than this, the reader names another one."""
REST = 0.8
"""The other character gets so much of what the first one leaves."""
_HEX: Pieces = np.frombuffer(b"".join(b"%02x" % n for n in range(256)), "S2")
_DASHES = (8, 13, 18, 23)
_DIGITS = [n for n in range(36) if n not in _DASHES]
_NAMED = NAMESPACE.bytes + b"read\x1f"


class Encoder:
    """Makes messages of reads; bound to a network, its cameras and the moment 0."""

    def __init__(self, network: Network, cameras: Sequence[Camera], make: NDArray[np.uint8], start: datetime) -> None:
        self._make = make
        self._keys = [camera.camera_id.encode() for camera in cameras]
        self.names = np.array(self._keys)
        heads = [_head(key, READERS[int(m)]) for key, m in zip(self._keys, make, strict=True)]
        self._heads = np.array(heads)
        moving = np.array([camera.position is None for camera in cameras])
        self._moving = moving
        crossings = network.city.roads.crossings
        points = (*network.watched.points, *(crossings[name].position for name in network.names))
        self._positions = np.array([_position(point) for point in points])
        self.start_ms = (start - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(milliseconds=1)

    def messages(self, reads: Reads, shift_ms: int = 0) -> Messages:
        """In their order. shift_ms: all moments are told so much later."""
        received = instants(self.start_ms + shift_ms + reads.received_ms)
        captured = instants(self.start_ms + shift_ms + reads.captured_ms)
        track = _tracks(reads.track)
        common = {
            "id": self._identifiers(reads, captured, track), "captured": captured, "received": received, "track": track
        }  # fmt: skip
        values: NDArray[np.object_] = np.empty(len(reads), np.object_)
        make = self._make[reads.camera]
        for detail in (False, True):
            rows = np.flatnonzero((make == TELLS_ALL) == detail)
            if len(rows):
                columns = {name: column[rows] for name, column in common.items()}
                values[rows] = self._encoded(reads.take(rows), columns, detail=detail)
        keys = self._keys
        return list(zip([keys[n] for n in reads.camera.tolist()], values.tolist(), strict=True))

    def _identifiers(self, reads: Reads, captured: Pieces, track: Pieces) -> Pieces:
        """As `replay.seeds.fact_id("read", camera, captured_at, track, nth)` has them."""
        names = assembled(self.names[reads.camera], b"\x1f", captured, b"\x1f", track, b"\x1f", NUMBERS[reads.nth])
        digests = np.frombuffer(b"".join([sha1(_NAMED + name).digest() for name in names]), np.uint8)
        digests = digests.reshape(len(reads), 20)[:, :16].copy()
        digests[:, 6] = digests[:, 6] & 0x0F | 0x50
        digests[:, 8] = digests[:, 8] & 0x3F | 0x80
        text = np.full((len(reads), 36), ord("-"), np.uint8)
        text[:, _DIGITS] = _HEX[digests].view(np.uint8).reshape(len(reads), 32)
        return text.view("S36").ravel()

    def _encoded(self, reads: Reads, common: dict[str, Pieces], *, detail: bool) -> list[bytes]:
        lengths = reads.text.lengths
        inside = np.arange(reads.sure.shape[1]) < lengths[:, None]
        confidence = np.where(inside, reads.sure, 1000).min(axis=1)
        place = np.where(reads.camera < len(self._moving), reads.place, 0)
        moving = self._moving[reads.camera]
        return assembled(
            self._heads[reads.camera], common["id"], b'","captured_at":"', common["captured"], b'","received_at":"',
            common["received"], b'","plate_raw":"', column(reads.raw.chars), b'","confidence":',
            PER_MILLE[confidence], *self._candidates(reads, confidence, inside, detail=detail), _COUNTRY[reads.country],
            b',"box":{"x":', NUMBERS[reads.box[:, 0]], b',"y":', NUMBERS[reads.box[:, 1]], b',"w":',
            NUMBERS[reads.box[:, 2]], b',"h":', NUMBERS[reads.box[:, 2] * 110 // 520], b'},"track_id":"',
            common["track"], _KIND[reads.kind], _VIEW[reads.way, reads.lane],
            np.where(moving, self._positions[place], b""), b"}",
        )  # fmt: skip

    def _candidates(
        self, reads: Reads, confidence: NDArray[np.int16], inside: NDArray[np.bool_], *, detail: bool
    ) -> list[Any]:
        """The pieces of `candidates`: none of cameras that tell the text only."""
        told = (self._make[reads.camera] != TEXT_ONLY)[:, None]
        text = np.where(told, reads.text.chars, 0).astype(np.uint8)
        said, first = told.ravel(), _Doubt.of(reads, inside, 0)
        pieces: list[Any] = [
            when(said, b',"candidates":[{"text":"'), column(text), when(said, b'","confidence":'),
            np.where(said, PER_MILLE[confidence], b""),
        ]  # fmt: skip
        if detail:
            pieces += [_char_confidences(reads, inside), *_alternatives(first, _Doubt.of(reads, inside, 1))]
        other = text.copy()
        other[np.arange(len(other)), first.place] = first.char
        second = said & first.there
        pieces += [
            when(second, b'},{"text":"'), column(np.where(second[:, None], other, 0).astype(np.uint8)),
            when(second, b'","confidence":'), np.where(second, PER_MILLE[first.share], b""), when(said, b"}]"),
        ]  # fmt: skip
        return pieces


class _Doubt:
    """The characters that are the least sure but `nth`, and what else each may be."""

    def __init__(self, place: Indices, char: Bytes, share: Indices, there: NDArray[np.bool_]) -> None:
        self.place, self.char, self.share, self.there = place, char, share, there

    @staticmethod
    def of(reads: Reads, inside: NDArray[np.bool_], nth: int) -> _Doubt:
        rows = np.arange(len(reads))
        doubted = np.where(inside, reads.sure, 2000)
        place = np.argmin(doubted, axis=1)
        if nth:
            doubted[rows, place] = 2000
            place = np.argmin(doubted, axis=1)
        least, char, true = doubted[rows, place], reads.text.chars[rows, place], reads.truth[rows, place]
        same_length = reads.text.lengths == np.count_nonzero(reads.truth, axis=1)
        other = np.where(same_length & (true != char), true, alternative(char)).astype(np.uint8)
        there = (least < DOUBT_BELOW) & (has_alternative(char) | (other != char))
        share = ((1000 - least.clip(max=1000)) * REST).astype(np.int64)
        return _Doubt(place, other, share, there)


def _char_confidences(reads: Reads, inside: NDArray[np.bool_]) -> Pieces:
    """`,"char_confidences":[0.993,0.981]`."""
    opened = b',"char_confidences":['
    width = LISTED_PER_MILLE.itemsize
    listed = np.where(inside, LISTED_PER_MILLE[reads.sure], b"").astype(f"S{width}")
    text = listed.view(np.uint8).reshape(len(reads), -1)
    text[np.arange(len(reads)), reads.text.lengths * width - 1] = ord("]")
    whole = np.empty((len(reads), len(opened) + text.shape[1]), np.uint8)
    whole[:, : len(opened)] = np.frombuffer(opened, np.uint8)
    whole[:, len(opened) :] = text
    return column(whole)


def _alternatives(first: _Doubt, second: _Doubt) -> list[Any]:
    """`,"alternatives":[…]` of at most two places."""
    both = first.there & second.there
    pieces: list[Any] = [when(first.there, b',"alternatives":[')]
    for doubt, there, opened in ((first, first.there, b'{"place":'), (second, both, b',{"place":')):
        pieces += [
            when(there, opened), np.where(there, NUMBERS[doubt.place], b""), when(there, b',"char":"'),
            column(np.where(there, doubt.char, 0).astype(np.uint8)[:, None]), when(there, b'","confidence":'),
            np.where(there, PER_MILLE[doubt.share], b""), when(there, b"}"),
        ]  # fmt: skip
    return [*pieces, when(first.there, b"]")]


def assembled(*pieces: Any) -> list[bytes]:
    """Each row's pieces behind each other. Columns have one length; single texts are put in every row."""
    rows = next(len(piece) for piece in pieces if isinstance(piece, np.ndarray))
    layout = [(f"f{n}", _width(piece)) for n, piece in enumerate(pieces)]
    whole = np.empty(rows, [*layout, ("end", "S1")])
    for n, piece in enumerate(pieces):
        whole[f"f{n}"] = piece
    whole["end"] = b"\n"
    return whole.tobytes().translate(None, b"\0").split(b"\n")[:-1]


def _width(piece: Any) -> str:
    return f"S{piece.dtype.itemsize if isinstance(piece, np.ndarray) else len(piece)}"


def column(chars: Bytes) -> Pieces:
    """Rows of bytes as texts."""
    return np.ascontiguousarray(chars).view(f"S{chars.shape[1]}").ravel()


def when(there: NDArray[np.bool_], text: bytes) -> Pieces:
    """The text in these rows, nothing in the others."""
    return np.array([b"", text])[there.astype(np.int8)]


def instants(at_ms: Indices) -> Pieces:
    """RFC 3339 in UTC, to the millisecond. at_ms: since 1970."""
    second, rest = np.divmod(at_ms, 1000)
    first, last = int(second.min()), int(second.max())
    if last - first > 4 * len(second) + 1000:  # few moments far apart
        known, place = np.unique(second, return_inverse=True)
    else:
        known, place = np.arange(first, last + 1), second - first
    text = np.datetime_as_string(known.astype("M8[s]")).astype("S19")
    found = np.empty(len(at_ms), [("second", "S19"), ("dot", "S1"), ("rest", "S3"), ("zone", "S1")])
    found["second"], found["dot"], found["rest"], found["zone"] = text[place], b".", THREE[rest], b"Z"
    return found.view("S24")


def _tracks(track: Indices) -> Pieces:
    """Twelve digits."""
    found = np.empty((len(track), 12), np.uint8)
    for n in range(4):
        three = track // 1000 ** (3 - n) % 1000
        found[:, 3 * n : 3 * n + 3] = THREE[three].view(np.uint8).reshape(len(track), 3)
    return column(found)


def _head(key: bytes, reader: bytes) -> bytes:
    return b'{"schema_version":1,"camera_id":"%b","reader":"%b","read_id":"' % (key, reader)


def _position(point: GeoPoint) -> bytes:
    return b',"position":{"lat":%.6f,"lon":%.6f}' % (point.lat, point.lon)


_COUNTRY = np.array([b',"country":"%b"' % name.encode() if name else b"" for name in COUNTRIES])
_KIND = np.array([b'","vehicle_class":"%b"' % name.encode() for name in CLASS_NAMES])
_VIEW = np.array(
    [
        [b',"direction":"%b","lane":%d' % (way, lane) if way else b"" for lane in range(3)]
        for way in (b"", b"approaching", b"departing")
    ]
)
