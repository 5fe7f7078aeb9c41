"""notices: lez-verdicts, lez-passes, lez-permits, lez-inputs → lez-notices."""

from __future__ import annotations

from anpr.assembly.parts import Parts
from pipeline.flows.notice_parts import NoticeParts
from pipeline.flows.notices import FILES, NOTICES, SOURCES, worker
from pipeline.flows.worker import FaustWorker
from pipeline.lez.loading import load_law, zones
from pipeline.runtime.kafka import admin_client
from pipeline.runtime.log_identity import log_ids
from pipeline.runtime.service import Heartbeat

__all__ = ["build"]

NOTICE_TOPICS = (*SOURCES, FILES, NOTICES)


def build(parts: Parts, heart: Heartbeat) -> FaustWorker:
    """The worker. Asks the broker for the identities of its logs."""
    own = NoticeParts(
        kafka=parts.kafka,
        clock=parts.clock,
        metrics=parts.metrics,
        logs=log_ids(admin_client(parts.kafka), NOTICE_TOPICS),
        laws={zone: load_law(zone) for zone in zones()},
        beat=heart.beat,
        waiting=parts.waiting,
    )
    return worker(own)
