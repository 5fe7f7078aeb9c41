"""Reference data of millions: kept in memory, and in snapshots on the worker's disk."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

from anpr.assembly.parts import Parts
from anpr.snapshot_keeper import SnapshotKeeper
from pipeline.runtime.kafka import admin_client
from pipeline.runtime.log_identity import log_ids
from pipeline.runtime.reference import Reference
from pipeline.snapshots import Kept

__all__ = ["Held", "snapshotted"]


class Held(Protocol):
    """What is kept in memory of a topic."""

    def put(self, key: bytes, record: Any, /) -> None:
        """It holds from now on."""
        ...

    def remove(self, key: bytes, /) -> None:
        """It no longer holds."""
        ...

    def settle(self) -> None:
        """A stretch of changes is over."""
        ...

    def __len__(self) -> int: ...


def snapshotted(parts: Parts, topic: str, decode: Callable[[bytes], Any], held: Held, kept: Kept) -> Reference:
    """The topic as a reference that begins with its latest snapshot. Asks the broker for the identity of its log."""
    log = log_ids(admin_client(parts.kafka), (topic,))[topic]
    snapshots = SnapshotKeeper(parts.settings.data_dir / topic, kept, log, parts.clock)
    return Reference(
        topic,
        decode,
        held.put,
        held.remove,
        held.__len__,
        settle=held.settle,
        begin=snapshots.begin,
        reached=snapshots.reached,
        snapshot_at=snapshots.held_at,
    )
