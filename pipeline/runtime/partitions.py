"""Where a key lies."""

from __future__ import annotations

import zlib

__all__ = ["partition_of"]


def partition_of(key: bytes, partitions: int) -> int:
    """Partition of a key as librdkafka, and so everything here, has it by default (`consistent_random`)."""
    return zlib.crc32(key) % partitions
