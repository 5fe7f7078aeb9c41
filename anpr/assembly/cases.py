"""cases: hits, anomalies, case-inputs → cases."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from clickhouse_connect.driver.exceptions import ClickHouseError

from anpr.assembly.parts import Parts, Table, cameras_in, patrols_in, readers
from anpr.store_forecast import StoreForecast
from pipeline.cases.records import InputRecord
from pipeline.cases.rules import PUT_AWAY_AFTER
from pipeline.flows.case_parts import CaseParts
from pipeline.flows.cases import FILES, INPUTS, worker
from pipeline.flows.restoring import restore
from pipeline.flows.worker import FaustWorker
from pipeline.runtime.kafka import admin_client
from pipeline.runtime.log_identity import log_ids
from pipeline.runtime.service import Heartbeat
from schemas.codec import encode
from sinks.clickhouse.client import StoreUnreachable, connect, is_outage, without_content
from sinks.clickhouse.queries.kept_cases import kept_cases

__all__ = ["build"]

CASE_TOPICS = ("hits", "anomalies", "case-inputs", "case-files", "cases")


def build(parts: Parts, heart: Heartbeat) -> FaustWorker:
    """The worker. Asks the broker for the identities of its logs; where they are new, the store for open cases."""
    cameras, patrols, settings = Table(), Table(), parts.settings
    admin = admin_client(parts.kafka)
    logs = log_ids(admin, CASE_TOPICS)
    if settings.store_dsn:
        restore(parts.kafka, admin, FILES, INPUTS, lambda: _kept(settings.dsn(), parts.clock.now()))
    references = readers(parts.kafka, (cameras_in(cameras), patrols_in(patrols)))
    own = CaseParts(
        kafka=parts.kafka,
        clock=parts.clock,
        metrics=parts.metrics,
        logs=logs,
        cameras=cameras.records,
        patrols=patrols.records,
        references=references,
        forecast=StoreForecast(settings.dsn()) if settings.store_dsn else None,
        beat=heart.beat,
        waiting=parts.waiting,
    )
    return worker(own)


def _kept(dsn: str, now: datetime) -> Iterator[tuple[bytes, bytes]]:
    """Cases that are open or may be opened again, as inputs. Raises StoreUnreachable."""
    try:
        for plate, kept in kept_cases(connect(dsn), now - PUT_AWAY_AFTER):
            yield plate.encode(), encode(InputRecord(plate=plate, at=now, kept=kept))
    except ClickHouseError as error:
        if not is_outage(error):
            raise
        raise StoreUnreachable(without_content(error)) from error
