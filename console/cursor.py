"""A place in the stream of hits, in one line that a subscriber gives back: `LOG~0,17,-,4`.

LOG tells which incarnation of the topic the offsets are of; then the next offset of each partition, `-` where nothing
was read yet.
"""

from __future__ import annotations

import functools
import hashlib
import re
from collections.abc import Mapping

__all__ = ["CursorUnreadable", "positions_of", "write_cursor"]

TEXT = re.compile(r"([0-9a-f]{8})~((?:-|[0-9]{1,18})(?:,(?:-|[0-9]{1,18})){0,999})\Z", re.ASCII)


class CursorUnreadable(ValueError):
    """This was never an event's id of ours."""


def write_cursor(log: str, positions: Mapping[int, int]) -> str:
    """log: identity of the topic's incarnation. positions: partition → next offset."""
    places = (positions.get(partition) for partition in range(max(positions, default=0) + 1))
    return f"{_tag(log)}~{','.join('-' if place is None else str(place) for place in places)}"


def positions_of(log: str, cursor: str) -> dict[int, int]:
    """Partition → next offset; empty where the cursor is of another incarnation: all of this one is new to its reader.

    Raises CursorUnreadable.
    """
    found = TEXT.match(cursor)
    if found is None:
        raise CursorUnreadable("Last-Event-ID is not an id that this stream gave")
    if found[1] != _tag(log):
        return {}
    return {partition: int(place) for partition, place in enumerate(found[2].split(",")) if place != "-"}


@functools.lru_cache(16)
def _tag(log: str) -> str:
    return hashlib.blake2b(log.encode(), digest_size=4).hexdigest()
