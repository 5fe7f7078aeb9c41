"""What every flow is built from, and what it gives back to the wiring."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from anpr.settings import Settings
from pipeline.runtime.clock import Clock
from pipeline.runtime.kafka import KafkaConfig
from pipeline.runtime.live_lane import LaneStage, Telling
from pipeline.runtime.loop import Noting, PictureStore, Stage, StatefulStage
from pipeline.runtime.metrics import Metrics
from pipeline.runtime.output import Output
from pipeline.runtime.reference import Reference, ReferenceReader
from pipeline.runtime.source import Place
from pipeline.runtime.state_copies import Copied
from pipeline.runtime.waiting import Waiting
from schemas.camera import Camera, PatrolPosition
from schemas.codec import decoder

__all__ = ["Assembly", "LaneParts", "Parts", "Table", "cameras_in", "patrols_in", "readers"]


@dataclass(frozen=True, slots=True)
class Parts:
    """What every flow is built from."""

    settings: Settings
    kafka: KafkaConfig
    clock: Clock
    metrics: Metrics
    waiting: Waiting
    """Where it is told that the flow waits."""


@dataclass(frozen=True, slots=True)
class LaneParts:
    """What a flow does at once with what has just come, while it works off a backlog."""

    stage: LaneStage
    telling: Telling
    """What makes one of its messages the same as another."""


@dataclass(slots=True)
class Assembly:
    """One flow's own parts."""

    stage: Stage
    references: Sequence[Reference] = ()
    stateful: StatefulStage | None = None
    noting: Noting | None = None
    """The stage again, if it has more to tell its successor than from where to read."""
    copied: Copied | None = None
    """The stage again, if it remembers so much that a worker which starts must not read it all again."""
    pictures: PictureStore | None = None
    output: Output | None = None
    """None: the flow's results go to Kafka topics; else to the store."""
    lane: LaneParts | None = None
    """None: what has just come waits for what came before."""
    assigned: Callable[[Mapping[Place, int]], None] = field(default=lambda _: None)
    revoked: Callable[[Sequence[Place]], None] = field(default=lambda _: None)


def readers(kafka: KafkaConfig, references: Iterable[Reference]) -> list[ReferenceReader]:
    """Of topics that change seldom."""
    return [ReferenceReader(kafka.patient().patient(), reference) for reference in references]


class Table:
    """Records of a reference topic by key, for stages that only look up."""

    def __init__(self) -> None:
        self.records: dict[str, Any] = {}

    def put(self, key: bytes, record: Any) -> None:
        """It holds from now on."""
        self.records[key.decode("utf-8", "replace")] = record

    def remove(self, key: bytes) -> None:
        """It no longer holds."""
        self.records.pop(key.decode("utf-8", "replace"), None)


def cameras_in(table: Table) -> Reference:
    """Keep the topic `cameras` in a table."""
    return Reference("cameras", decoder(Camera), table.put, table.remove, table.records.__len__)


def patrols_in(table: Table) -> Reference:
    """Keep the topic `patrols` in a table."""
    return Reference("patrols", decoder(PatrolPosition), table.put, table.remove, table.records.__len__)
