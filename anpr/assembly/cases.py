"""cases: hits, anomalies, case-inputs → cases."""

from __future__ import annotations

from anpr.assembly.parts import Parts, Table, cameras_in, patrols_in, readers
from anpr.store_forecast import StoreForecast
from pipeline.flows.case_parts import CaseParts
from pipeline.flows.cases import worker
from pipeline.flows.worker import FaustWorker
from pipeline.runtime.kafka import admin_client
from pipeline.runtime.log_identity import log_ids
from pipeline.runtime.service import Heartbeat

__all__ = ["build"]

CASE_TOPICS = ("hits", "anomalies", "case-inputs", "case-files", "cases")


def build(parts: Parts, heart: Heartbeat) -> FaustWorker:
    """The worker. Asks the broker for the identities of its logs."""
    cameras, patrols, settings = Table(), Table(), parts.settings
    references = readers(parts.kafka, (cameras_in(cameras), patrols_in(patrols)))
    own = CaseParts(
        kafka=parts.kafka,
        clock=parts.clock,
        metrics=parts.metrics,
        logs=log_ids(admin_client(parts.kafka), CASE_TOPICS),
        cameras=cameras.records,
        patrols=patrols.records,
        references=references,
        forecast=StoreForecast(settings.dsn()) if settings.store_dsn else None,
        beat=heart.beat,
        waiting=parts.waiting,
    )
    return worker(own)
