"""Whether an entry of a hotlist is the same as before: a digest of all that it says."""

from __future__ import annotations

from hashlib import blake2b

from schemas.codec import encode
from schemas.hotlist import HotlistEntry

__all__ = ["digest_of"]


def digest_of(entry: HotlistEntry) -> int:
    """64 bits of a compiled entry (`schemas.codec`), however its message was spaced or ordered."""
    return int.from_bytes(blake2b(encode(entry), digest_size=8).digest(), "little")
