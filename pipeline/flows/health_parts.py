"""What the health app is built from; apart from it, so that who only wires it need not load Faust."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from pipeline.runtime.clock import Clock
from pipeline.runtime.kafka import KafkaConfig
from pipeline.runtime.metrics import Metrics
from pipeline.runtime.reference import ReferenceReader
from pipeline.runtime.waiting import Waiting
from schemas.camera import Camera

__all__ = ["HealthParts"]


@dataclass(slots=True)
class HealthParts:
    """What the app is built from."""

    kafka: KafkaConfig
    clock: Clock
    metrics: Metrics
    logs: Mapping[str, str]
    """Topic → log identity, of all that it reads."""
    cameras: Mapping[str, Camera]
    references: Sequence[ReferenceReader] = ()
    """That keep cameras."""
    beat: Callable[[str], None] = lambda _: None
    """Called about every second with what does not work, though work goes on; empty: all does."""
    waiting: Waiting | None = None
    """Where it is told that the app waits; None: in its metrics only."""
