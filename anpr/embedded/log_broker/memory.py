"""How much memory the log may take, and what happens when that is used up.

First, what all groups have read is let go of before its time, the largest partitions first, and that is said in the
log of the broker. What a group has yet to read is never let go of: then nothing more is taken, with an error that
makes producers wait and try again, until somebody has read. A group counts while it commits now and then.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import dataclass

from anpr.embedded.log_broker.errors import Code, Refused
from anpr.embedded.log_broker.groups import Groups
from anpr.embedded.log_broker.partition import Partition
from anpr.embedded.log_broker.topics import Topics

__all__ = ["Memory"]

LOGGER = logging.getLogger(__name__)
GROUP_COUNTS_FOR_S = 3600.0
"""A group that has not committed for so long holds nothing back any more."""
_DOWN_TO = 0.9
_SAY_AGAIN_AFTER_S = 10.0


@dataclass
class Memory:
    """What the logs of all partitions take together. `held_bytes` is counted along and set right by `recount`."""

    limit_bytes: int
    held_bytes: int = 0
    dropped_bytes: int = 0
    """Let go of before its time since the start."""
    refused_batches: int = 0
    _said_at_s: float = -_SAY_AGAIN_AFTER_S

    def recount(self, topics: Topics) -> None:
        """After something was deleted."""
        self.held_bytes = sum(partition.held_bytes for _, partition in topics.partitions())

    def make_room(self, size_bytes: int, topics: Topics, groups: Groups, now_s: float) -> None:
        """Return when there is room for so many bytes more. Raises Refused when there is not, and none can be made."""
        if self.held_bytes + size_bytes <= self.limit_bytes:
            return
        self.recount(topics)
        self._drop(int(self.limit_bytes * _DOWN_TO) - size_bytes, topics, groups, now_s)
        if self.held_bytes + size_bytes > self.limit_bytes:
            self._refuse(now_s)

    def _drop(self, wanted_bytes: int, topics: Topics, groups: Groups, now_s: float) -> None:
        since_s = now_s - GROUP_COUNTS_FOR_S
        candidates = sorted(_droppable(topics), key=lambda each: each.held_bytes, reverse=True)
        for partition in candidates:
            surplus = self.held_bytes - wanted_bytes
            if surplus <= 0:
                return
            behind = groups.behind((partition.topic, partition.index), since_s)
            self._drop_from(partition, surplus, behind)

    def _drop_from(self, partition: Partition, surplus: int, behind: int | None) -> None:
        most = partition.beyond(max(0, partition.size_bytes - surplus))
        offset = most if behind is None else min(most, behind)
        start, held = partition.start, partition.held_bytes
        if offset <= start:
            return
        gone = partition.delete_before(offset)
        self.held_bytes -= held - partition.held_bytes
        self.dropped_bytes += gone
        LOGGER.warning(
            "memory for messages is full (%d bytes): let go of %s, partition %d, offsets %d to %d before their time%s",
            self.limit_bytes,
            partition.topic,
            partition.index,
            start,
            offset - 1,
            "; no group has committed an offset there" if behind is None else "",
        )

    def _refuse(self, now_s: float) -> None:
        self.refused_batches += 1
        text = f"memory for messages is full ({self.limit_bytes} bytes) and what is there has yet to be read"
        if now_s - self._said_at_s >= _SAY_AGAIN_AFTER_S:
            self._said_at_s = now_s
            LOGGER.error("%s: producers wait (%d batches refused so far)", text, self.refused_batches)
        raise Refused(Code.KAFKA_STORAGE_ERROR, text)


def _droppable(topics: Topics) -> Iterator[Partition]:
    """Not those of compacted topics: they are what is true now, whatever its age."""
    return (partition for topic, partition in topics.partitions() if not topic.settings.compacted)
