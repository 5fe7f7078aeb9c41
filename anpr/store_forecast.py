"""Next cameras for cases, asked of the store."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from clickhouse_connect.driver.client import Client

from pipeline.cases.records import NextRecord
from schemas.case import NextCamera
from sinks.clickhouse.client import connect
from sinks.clickhouse.investigation.forecast import ELSEWHERE, NOT_SEEN
from sinks.clickhouse.queries.next_cameras import next_cameras

__all__ = ["StoreForecast"]

MOST = 3
ANSWER_S = 2
"""The case has long gone out by then, and a worker that ends waits for whoever still asks."""


class StoreForecast:
    """Where vehicles seen at a camera at that hour went on to. Several threads may ask; connects when first asked."""

    def __init__(self, dsn: str, **settings: Any) -> None:
        """settings: more of the connection, such as the role."""
        self._dsn, self._settings = dsn, settings
        self._client: Client | None = None
        self._lock = threading.Lock()

    def __call__(self, camera_id: str, seen_at: datetime) -> Sequence[NextCamera]:
        """The likeliest, with the seconds that half and nine in ten take. Errors of ClickHouse pass through."""
        found = next_cameras(self._connected(), camera_id, seen_at, seen_at)
        named = [one for one in found.outcomes if one.to_camera not in {NOT_SEEN, ELSEWHERE}]
        return [
            NextRecord(camera_id=one.to_camera, probability=round(one.probability, 4), p50_s=one.p50_s, p90_s=one.p90_s)
            for one in named[:MOST]
        ]

    def _connected(self) -> Client:
        with self._lock:
            if self._client is None:
                self._client = connect(self._dsn, answer_s=ANSWER_S, max_execution_time=ANSWER_S, **self._settings)
            return self._client
