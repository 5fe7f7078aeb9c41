"""health: camera-tallies → anomalies, camera-health."""

from __future__ import annotations

from anpr.assembly.parts import Parts, Table, cameras_in, readers
from pipeline.flows.health import worker
from pipeline.flows.health_parts import HealthParts
from pipeline.flows.worker import FaustWorker
from pipeline.runtime.kafka import admin_client
from pipeline.runtime.log_identity import log_ids
from pipeline.runtime.service import Heartbeat

__all__ = ["build"]

HEALTH_TOPICS = ("camera-tallies", "health-files", "camera-health", "anomalies")


def build(parts: Parts, heart: Heartbeat) -> FaustWorker:
    """The worker. Asks the broker for the identities of its logs."""
    cameras = Table()
    own = HealthParts(
        kafka=parts.kafka,
        clock=parts.clock,
        metrics=parts.metrics,
        logs=log_ids(admin_client(parts.kafka), HEALTH_TOPICS),
        cameras=cameras.records,
        references=readers(parts.kafka, (cameras_in(cameras),)),
        beat=heart.beat,
        waiting=parts.waiting,
    )
    return worker(own)
