"""From messages of the topic `hotlist` to entries that may be matched."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from pipeline.hotlist.patterns import LEAST_KNOWN, is_pattern, known_characters
from schemas.codec import Refused, decoder
from schemas.hotlist import HotlistEntry

__all__ = ["Listed", "decode_listed"]

_decode: Callable[[bytes], HotlistEntry] = decoder(HotlistEntry)


class Listed(NamedTuple):
    """An entry, checked, with its message."""

    value: bytes
    entry: HotlistEntry


def decode_listed(value: bytes) -> Listed:
    """Raises Refused, also for a pattern that would match everybody: `pattern_wide`."""
    entry = _decode(value)
    if is_pattern(entry.plate) and known_characters(entry.plate) < LEAST_KNOWN:
        raise Refused("pattern_wide", f"fewer than {LEAST_KNOWN} known characters would match a part of all traffic")
    return Listed(value, entry)
