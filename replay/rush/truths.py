"""Lines of the truth file from columns."""

from __future__ import annotations

from typing import Any

import numpy as np

from replay.history.texts import Indices
from replay.rush.encoding import Encoder, assembled, column, instants, when
from replay.rush.reads import LATE
from replay.rush.watching import Seen
from replay.smart import MAX_READS

__all__ = ["truth_lines"]


def truth_lines(seen: Seen, encoder: Encoder) -> tuple[Indices, list[bytes]]:
    """A line for each passage, in their order, and when it became known: by its first read, or that nobody saw it."""
    reads, rows = seen.reads, len(seen.passed)
    first = np.full(rows, -1, np.int64)
    first[seen.tracks[reads.nth == 0]] = np.flatnonzero(reads.nth == 0)
    is_seen = first >= 0
    at = first.clip(min=0)
    if not len(reads):
        return seen.passed.at_ms, _lines(seen, encoder, is_seen, at, seen.passed.at_ms)
    captured = np.where(is_seen, reads.captured_ms[at], seen.passed.at_ms)
    known = np.where(is_seen, reads.received_ms[at], seen.passed.at_ms)
    return known, _lines(seen, encoder, is_seen, at, captured)


def _lines(seen: Seen, encoder: Encoder, is_seen: np.ndarray[Any, Any], at: Indices, captured: Indices) -> list[bytes]:
    plates, reads = seen.plates, seen.reads
    names = encoder.names[seen.camera]
    pieces: list[Any] = [
        b'{"plate":"', column(plates.compact.chars), b'","country":"', np.array(plates.country.names, "S2")[
            plates.country.codes], b'","camera_id":"', names, b'","captured_at":"',
        instants(encoder.start_ms + captured), b'","via":"read","seen":', np.where(is_seen, b"true", b"false"),
        when(seen.listed, b',"listed":true'),
    ]  # fmt: skip
    if len(reads):
        late = is_seen & (reads.marks[at] & LATE > 0)
        received = instants(encoder.start_ms + np.where(is_seen, reads.received_ms[at], 0))
        pieces += [
            when(late, b',"late":true'), when(is_seen, b',"received_at":"'), np.where(is_seen, received, b""),
            when(is_seen, b'"'), *_read_as(seen, is_seen), *_texts(seen, is_seen, at),
        ]  # fmt: skip
    return assembled(*pieces, b"}")


def _read_as(seen: Seen, is_seen: np.ndarray[Any, Any]) -> list[Any]:
    """The surest read; of equals, the first."""
    sure = np.where(seen.reads.text.chars > 0, seen.reads.sure, 1000).min(axis=1)
    order = np.lexsort((seen.reads.nth, -sure, seen.tracks))
    tracks, firsts = np.unique(seen.tracks[order], return_index=True)
    best = np.zeros(len(seen.passed), np.int64)
    best[tracks] = order[firsts]
    text = np.where(is_seen[:, None], seen.reads.text.chars[best], 0).astype(np.uint8)
    return [when(is_seen, b',"read_as":"'), column(text), when(is_seen, b'"')]


def _texts(seen: Seen, is_seen: np.ndarray[Any, Any], at: Indices) -> list[Any]:
    """All reads of the track: they stand behind each other."""
    reads = seen.reads
    count = np.bincount(seen.tracks, minlength=len(seen.passed))
    pieces: list[Any] = [when(is_seen, b',"reads":[')]
    for nth in range(MAX_READS):
        there = count > nth
        row = np.where(there, at + nth, 0)
        text = np.where(there[:, None], reads.text.chars[row], 0).astype(np.uint8)
        pieces += [when(there, b'"' if nth == 0 else b',"'), column(text), when(there, b'"')]
    return [*pieces, when(is_seen, b"]")]
