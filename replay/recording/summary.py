"""Sums up messages while they are recorded: counts, offsets, versions, and where and when vehicles passed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import msgspec

from replay.recording.format import Recorded, RecordedPartition, RecordedTopic, RecordingInfo, SimulatedRun
from schemas.registry import CONTRACTS
from topics.spec import all_topics

__all__ = ["Summary", "document_of"]

FRAME_HEADER = "frame"
PLACED = frozenset({"frame", "read", "passage"})
"""Contracts whose messages say which camera saw something, and when it was received."""


class _Glance(msgspec.Struct):
    """The little that is looked at in every message."""

    schema_version: int = 1
    camera_id: str = ""
    received_at: datetime | None = None


_glance = msgspec.json.Decoder(_Glance).decode


def document_of(message: Recorded, contract: str) -> bytes | None:
    """The JSON of a message: its value, or for a picture its header; None: there is none."""
    if contract != "frame":
        return message.value
    return next((value for name, value in message.headers if name == FRAME_HEADER), None)


class Summary:
    """Fed with every message, in order; `info` is the description of all so far."""

    def __init__(self, logs: Mapping[str, str], simulated: SimulatedRun | None = None) -> None:
        """logs: topic → identifier of its incarnation, for each topic that is recorded."""
        self._logs, self._simulated = dict(logs), simulated
        self._contracts = {topic: all_topics()[topic].contract.name for topic in logs}
        self._versions: dict[str, Counter[int]] = {topic: Counter() for topic in logs}
        self._partitions: dict[tuple[str, int], list[int]] = {}
        self._bytes = 0
        self._stamps: list[int] = []
        self._received: list[datetime] = []
        self._cameras: set[str] = set()

    def add(self, message: Recorded) -> Recorded:
        """Count a message; returns it with the version that it says it is written in."""
        contract = self._contracts[message.topic]
        seen = self._look(message, contract)
        place = self._partitions.setdefault((message.topic, message.partition), [0, message.offset, message.offset])
        place[0] += 1
        place[2] = message.offset
        self._bytes += len(message.key or b"") + len(message.value or b"")
        self._stamps = _range(self._stamps, message.timestamp_ms)
        if seen is None:
            return message
        self._versions[message.topic][seen.schema_version] += 1
        return message._replace(version=seen.schema_version)

    def _look(self, message: Recorded, contract: str) -> _Glance | None:
        document = document_of(message, contract)
        if not document:
            return None
        try:
            seen = _glance(document)
        except (msgspec.DecodeError, msgspec.ValidationError, UnicodeDecodeError, RecursionError):
            return None  # kept as it is: whoever reads the topic refuses it, then as now
        if not 0 < seen.schema_version < 2**15:
            return None
        if contract in PLACED and seen.camera_id and seen.received_at is not None and seen.received_at.tzinfo:
            self._cameras.add(seen.camera_id)
            self._received = _range(self._received, seen.received_at)
        return seen

    @property
    def messages(self) -> int:
        """Messages so far."""
        return sum(place[0] for place in self._partitions.values())

    def info(self, recorded_at: datetime) -> RecordingInfo:
        """The description. recorded_at: our clock."""
        return RecordingInfo(
            recorded_at=recorded_at,
            topics=tuple(self._topic(topic) for topic in sorted(self._logs)),
            messages=self.messages,
            value_bytes=self._bytes,
            first_stamp_ms=self._stamps[0] if self._stamps else None,
            last_stamp_ms=self._stamps[-1] if self._stamps else None,
            received_from=self._received[0] if self._received else None,
            received_until=self._received[-1] if self._received else None,
            cameras=tuple(sorted(self._cameras)),
            simulated=self._simulated,
        )

    def _topic(self, topic: str) -> RecordedTopic:
        contract = self._contracts[topic]
        places = sorted((p, counts) for (t, p), counts in self._partitions.items() if t == topic)
        return RecordedTopic(
            topic=topic,
            log=self._logs[topic],
            contract=contract,
            version=CONTRACTS[contract].version,
            versions=dict(sorted(self._versions[topic].items())),
            partitions=tuple(
                RecordedPartition(partition=p, messages=n, first_offset=first, last_offset=last)
                for p, (n, first, last) in places
            ),
        )


def _range(known: list[Any], value: Any) -> list[Any]:
    """[earliest, latest] with one more value."""
    return [min(known[0], value), max(known[-1], value)] if known else [value, value]
