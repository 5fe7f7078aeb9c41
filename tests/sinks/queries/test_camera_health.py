"""How cameras are: as told last, hour by hour, what was wrong. Rows go in through the topics."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from clickhouse_connect.driver.client import Client

from pipeline.identity import fact_id
from sinks.clickhouse.queries.camera_health import camera_hours, camera_troubles, cameras_now
from tests.sinks.rows import NOW, Sink, message

HOUR_FROM = NOW.replace(minute=0, second=0, microsecond=0) - timedelta(hours=1)


def _row(name: str, **more: Any) -> dict[str, Any]:
    begin = more.pop("begin", HOUR_FROM)
    fields = {"schema_version": 1, "camera_id": name, "hour_from": begin.isoformat(), "revision": 61}
    return fields | {"told_until": (begin + timedelta(hours=1)).isoformat()} | more


def _anomaly(name: str, kind: str, revision: int, **more: Any) -> dict[str, Any]:
    fields = {"schema_version": 1, "anomaly_id": str(fact_id("test", kind, name)), "revision": revision, "kind": kind}
    return fields | {"camera_id": name, "observed_at": NOW.isoformat(), "score": 0.99, "detail": "no read"} | more


@pytest.fixture
def zone(sink: Sink) -> str:
    """Cameras of a zone that no other test has."""
    name = f"zone-{sink.log[-8:]}"
    cameras = [
        {"schema_version": 1, "camera_id": f"{name}-{n}", "name": n, "kind": "fixed", "police_zone": name}
        for n in ("well", "silent", "new")
    ]
    well, silent = f"{name}-well", f"{name}-silent"
    rows = [
        _row(well, revision=31, reads=20),
        _row(well, reads=44, expected=40.5, low=20.0, high=80.0, unreadable=4, delay_p50_s=0.5),
        _row(well, begin=HOUR_FROM - timedelta(hours=1), reads=7),
        _row(silent, silent_s=4000.0, troubles=["camera_silent"], expected=12.5),
    ]
    told = [
        _anomaly(silent, "camera_silent", 1),
        _anomaly(silent, "camera_silent", 2, detail="no read for 70 min"),
        _anomaly(well, "camera_clock_ahead", 3, ended_at=NOW.isoformat()),
    ]
    sink.store([message("cameras", n, one) for n, one in enumerate(cameras)])
    sink.store([message("camera-health", n, one) for n, one in enumerate(rows)])
    sink.store([message("anomalies", n, one) for n, one in enumerate(told)])
    return name


def test_those_with_a_trouble_come_first_and_those_never_heard_of_last(client: Client, zone: str) -> None:
    found = cameras_now(client, zone)
    assert [one.name for one in found] == ["silent", "well", "new"]
    silent, well, new = found
    assert (silent.troubles, silent.silent_s, silent.reads) == (["camera_silent"], 4000.0, 0)
    assert (well.reads, well.expected, well.delay_p50_s, well.troubles) == (44, 40.5, 0.5, [])
    assert well.unreadable == pytest.approx(4 / 44)
    assert (new.told_until, new.last_read_at, new.troubles) == (None, None, [])
    assert {one.camera_id for one in found} <= {one.camera_id for one in cameras_now(client)}


def test_of_an_hour_the_last_word_holds(client: Client, zone: str) -> None:
    hours = camera_hours(client, f"{zone}-well", NOW - timedelta(days=1))
    assert [(one.hour, one.reads, one.expected) for one in hours] == [
        (HOUR_FROM - timedelta(hours=1), 7, None),
        (HOUR_FROM, 44, 40.5),
    ]


def test_what_was_told_and_what_is_over(client: Client, zone: str) -> None:
    (silent,) = camera_troubles(client, NOW - timedelta(hours=1), f"{zone}-silent")
    assert (silent.kind, silent.detail, silent.ended_at) == ("camera_silent", "no read for 70 min", None)
    later = NOW + timedelta(hours=1)
    assert camera_troubles(client, later, f"{zone}-well") == []
    assert [one.kind for one in camera_troubles(client, later, f"{zone}-silent")] == ["camera_silent"]
