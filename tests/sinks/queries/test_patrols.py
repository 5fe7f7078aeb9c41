"""The nearest patrols."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from clickhouse_connect.driver.client import Client

from pipeline.geo import Point
from sinks.clickhouse.queries.patrols import Patrol, patrols
from tests.sinks.rows import NOW, Sink, message

PLACE = Point(50.85, 4.35)


def _fix(name: str, north_km: float, age_s: float = 10, **more: Any) -> dict[str, Any]:
    position = {"lat": PLACE.lat + north_km / 111.195, "lon": PLACE.lon}
    moment = (NOW - timedelta(seconds=age_s)).isoformat()
    return {"patrol_id": name, "at": moment, "position": position, "status": "available", **more}


@pytest.fixture
def zone(sink: Sink) -> str:
    """Units of a zone that no other test has, in through the topic."""
    name = f"zone-{sink.log[-8:]}"
    fixes = [
        _fix(f"{name}-far", 5),
        _fix(f"{name}-near", 1, heading_deg=90, speed_kmh=30),
        _fix(f"{name}-busy", 0.5, status="busy"),
        _fix(f"{name}-off", 0.1, status="off_duty"),
        _fix(f"{name}-old", 0.2, age_s=1000),
        _fix(f"{name}-moved", 9, age_s=60),
        _fix(f"{name}-moved", 2, age_s=5),
    ]
    sink.store(
        [message("patrols", n, {"schema_version": 1, "police_zone": name, **fix}) for n, fix in enumerate(fixes)]
    )
    return name


def _found(client: Client, zone: str, **more: Any) -> list[Patrol]:
    return list(patrols(client, PLACE, NOW, police_zone=zone, **more))


def _names(found: list[Patrol]) -> list[str]:
    return [one.patrol_id.rsplit("-", 1)[1] for one in found]


def test_available_units_with_a_fresh_position_nearest_first(zone: str, client: Client) -> None:
    found = _found(client, zone)
    assert _names(found) == ["near", "moved", "far"]
    near = found[0]
    assert near.distance_m == pytest.approx(1000, rel=0.005)
    assert (near.age_s, near.stale, near.heading_deg, near.speed_kmh) == (10, False, 90, 30)
    assert near.drive_s == pytest.approx(1300 / 50 * 3.6, rel=0.005)


def test_a_unit_is_where_it_was_last(zone: str, client: Client) -> None:
    moved = _found(client, zone)[1]
    assert moved.distance_m == pytest.approx(2000, rel=0.005)


def test_busy_ones_only_when_asked(zone: str, client: Client) -> None:
    assert _names(_found(client, zone, statuses=("available", "busy"))) == ["busy", "near", "moved", "far"]


def test_stale_ones_only_when_asked_and_after_the_others(zone: str, client: Client) -> None:
    found = _found(client, zone, with_stale=True)
    assert _names(found) == ["near", "moved", "far", "old"]
    assert [one.stale for one in found] == [False, False, False, True]
    assert _names(_found(client, zone, max_age_s=1001)) == ["old", "near", "moved", "far"]


def test_no_more_than_asked(zone: str, client: Client) -> None:
    assert _names(_found(client, zone, limit=1)) == ["near"]
