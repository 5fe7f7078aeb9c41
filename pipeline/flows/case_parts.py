"""What the cases app is built from; apart from it, so that who only wires it need not load Faust."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from pipeline.flows.around import Forecast
from pipeline.runtime.clock import Clock
from pipeline.runtime.kafka import KafkaConfig
from pipeline.runtime.metrics import Metrics
from pipeline.runtime.reference import ReferenceReader
from pipeline.runtime.waiting import Waiting
from schemas.camera import Camera, PatrolPosition

__all__ = ["CaseParts"]


@dataclass(slots=True)
class CaseParts:
    """What the app is built from."""

    kafka: KafkaConfig
    clock: Clock
    metrics: Metrics
    logs: Mapping[str, str]
    """Topic → log identity, of hits, anomalies and case-inputs."""
    cameras: Mapping[str, Camera]
    patrols: Mapping[str, PatrolPosition]
    references: Sequence[ReferenceReader] = ()
    """That keep cameras and patrols."""
    forecast: Forecast | None = None
    """None: no next cameras are told."""
    beat: Callable[[str], None] = lambda _: None
    """Called about every second with what does not work, though cases go on; empty: all does."""
    waiting: Waiting | None = None
    """Where it is told that the app waits; None: in its metrics only."""
