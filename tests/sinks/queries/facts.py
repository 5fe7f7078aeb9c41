"""Passages, cameras and searches for the tests of questions."""

from __future__ import annotations

import random
import re
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from clickhouse_connect.driver.client import Client

from pipeline.plates.text import plate_key
from schemas.search import Scene, SearchRecord
from sinks.clickhouse.searches import SearchDesk, SearchRequest

NOON = (datetime.now(UTC) - timedelta(days=2)).replace(hour=12, minute=0, second=0, microsecond=0)
"""A moment two days ago: every search may look there."""
OFFICER = "A. Peeters"
REASON = "Hit and run in the Rue Neuve"


@dataclass(frozen=True, slots=True)
class Fact:
    """One passage, as far as a test cares."""

    plate: str
    camera_id: str
    at: datetime
    more: dict[str, Any] = field(default_factory=dict)
    """Other columns."""


def at(seconds: float) -> datetime:
    """So long after NOON, whole milliseconds."""
    return NOON + timedelta(milliseconds=round(seconds * 1000))


def some_camera() -> str:
    """A camera that no other test has."""
    return f"cam-{uuid.uuid4().hex[:12]}"


def some_plate() -> str:
    """A plate that no other test has, and whose confusion class is itself. (Hypothesis seeds `random`.)"""
    return "".join(random.SystemRandom().choices("ACEFHJKMNPRTUVWXY", k=12))


def store_facts(client: Client, facts: Iterable[Fact]) -> None:
    """Put passages in, as the sink does."""
    rows = [_row(fact) for fact in facts]
    names = sorted({name for row in rows for name in row})
    assert all(set(row) == set(names) for row in rows)
    if rows:
        client.insert("passages_in", [[row[name] for name in names] for row in rows], column_names=names)


def _row(fact: Fact) -> dict[str, Any]:
    identity = uuid.uuid4()
    return {
        "passage_id": identity,
        "revision": 1,
        "withdrawn": False,
        "camera_id": fact.camera_id,
        "captured_at": fact.at,
        "last_captured_at": fact.at,
        "best_captured_at": fact.at,
        "received_at": fact.at,
        "plate_raw": fact.plate,
        "plate": fact.plate,
        "plate_key": plate_key(fact.plate),
        "plate_display": fact.plate,
        "country": "BE",
        "confidence": 0.9,
        "certainty": "sure",
        "read_count": 1,
        "best_read_id": identity,
        "vehicle_class": "car",
        "direction": "approaching",
        "position": (0.0, 0.0),
        "late": False,
        **fact.more,
    }


def store_camera(client: Client, camera_id: str, lat: float = 0.0, lon: float = 0.0, zone: str = "") -> None:
    """Register a camera, as the sink does."""
    row = [camera_id, f"Name of {camera_id}", "fixed", (lat, lon), zone, int(NOON.timestamp() * 1000)]
    client.insert("cameras", [row], column_names=["camera_id", "name", "kind", "position", "police_zone", "_stamp_ms"])


def desk(client: Client) -> SearchDesk:
    """Where the tests' searches are recorded."""
    return SearchDesk(client, lambda: datetime.now(UTC))


def open_one(client: Client, pattern: str = "*", scenes: Sequence[Scene] = (), **more: Any) -> SearchRecord:
    """A search of NOON's day and the days around it."""
    given: dict[str, Any] = {
        "reason": REASON,
        "officer": OFFICER,
        "purpose": "crime",
        "captured_from": NOON - timedelta(days=3),
        "captured_until": NOON + timedelta(days=3),
        "kind": "scenes" if scenes else "plate",
    }
    return desk(client).open(SearchRequest(pattern, scenes=tuple(scenes), **(given | more)))


def scene(cameras: Iterable[str], begin_s: float = -3600, end_s: float = 3600) -> Scene:
    """These cameras, so long after NOON."""
    return Scene(cameras=tuple(cameras), captured_from=at(begin_s), captured_until=at(end_s))


def explained(client: Client, sql: str, given: dict[str, Any]) -> str:
    """How the engine would read the tables, indexes included."""
    rows = client.query(f"EXPLAIN indexes = 1 {sql}", parameters=given).result_rows
    return "\n".join(str(row[0]) for row in rows)


def assert_pruned(plan: str, table: str, *columns: str, months: bool = True) -> None:
    """That every reading of the table goes by its months and by these columns of its primary key."""
    readings = re.split(rf"ReadFromMergeTree \(\w+\.{table}\)", plan)[1:]
    assert readings, f"{table} is not read"
    for reading in readings:
        indexes = reading.split("ReadFrom")[0]
        by_month, _found, by_key = indexes.partition("PrimaryKey")
        keys = by_key.split("Condition")[0]
        assert not months or "toYYYYMM" in by_month, indexes
        assert [name for name in columns if name not in keys] == [], indexes
