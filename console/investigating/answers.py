"""Answers to investigators as programs get them; the same for the command line and the console."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from clickhouse_connect.driver.client import Client

from schemas.search import SearchRecord
from sinks.clickhouse.investigation.company import Companion
from sinks.clickhouse.investigation.legs import Leg, legs_of, odd_ones, trips_of
from sinks.clickhouse.queries.anomalies import Misfit
from sinks.clickhouse.queries.companions import companions
from sinks.clickhouse.queries.place import Passed
from sinks.clickhouse.queries.route import RoutePoint
from sinks.clickhouse.queries.scenes import SeenInScenes

__all__ = [
    "BY_CHANCE",
    "Company",
    "anomaly_json",
    "company_json",
    "company_of",
    "place_json",
    "route_json",
    "scenes_json",
]

BY_CHANCE = 1.0
"""Companions of whom chance would bring one or more are not told unless asked for."""
OF_SIGHTINGS = frozenset({"sighted", "lats", "lons", "confidences"})
"""Columns of an anomaly that are told as `sightings`."""


@dataclass(frozen=True, slots=True)
class Company:
    """The target's way, who of those near it is told, and how many were near it often enough."""

    way: Sequence[RoutePoint]
    told: Sequence[Companion]
    met: int


def company_of(
    client: Client, record: SearchRecord, within_s: int, least: int, *, everybody: bool, limit: int
) -> Company:
    """Who travels with the search's vehicle, the least explained by chance first. Raises SearchRefused.

    everybody: also those whom chance explains.
    """
    way, found = companions(client, record, within_s, least)
    told = [one for one in found if everybody or one.expected < BY_CHANCE][:limit]
    return Company(way, told, len(found))


def company_json(company: Company) -> dict[str, Any]:
    """The companions told, the number looked at."""
    told = [
        asdict(one) | {"first_at": one.first_at.isoformat(), "last_at": one.last_at.isoformat()} for one in company.told
    ]
    return {"passages": len(company.way), "met": company.met, "companions": told}


def scenes_json(one: SeenInScenes) -> dict[str, Any]:
    """One vehicle and its passages."""
    seen = [
        {"captured_at": at.isoformat(), "scene": scene, "camera_id": camera}
        for at, scene, camera in zip(one.times, one.scenes, one.cameras, strict=True)
    ]
    return {
        "plate": one.plate,
        "written": one.written,
        "in_scenes": one.in_scenes,
        "sightings": one.sightings,
        "alike": one.alike,
        "passages": seen,
    }


def anomaly_json(one: Misfit) -> dict[str, Any]:
    """One anomaly, with the passages to compare beside each other."""
    columns = (one.sighted, one.cameras, one.times, one.lats, one.lons, one.confidences)
    sightings = [
        {
            **{"passage_id": passage, "camera_id": camera, "captured_at": at.isoformat()},
            **{"lat": lat, "lon": lon, "confidence": round(confidence, 4)},
        }
        for passage, camera, at, lat, lon, confidence in zip(*columns, strict=True)
    ]
    told = {name: value for name, value in asdict(one).items() if name not in OF_SIGHTINGS}
    return told | {
        "observed_at": one.observed_at.isoformat(),
        "ended_at": one.ended_at.isoformat() if one.ended_at else None,
        "times": [moment.isoformat() for moment in one.times],
        "score": round(one.score, 4),
        "sightings": sightings,
    }


def place_json(one: Passed) -> dict[str, Any]:
    """One passage at a place."""
    return asdict(one) | {"captured_at": one.captured_at.isoformat()}


def route_json(way: Sequence[RoutePoint]) -> dict[str, Any]:
    """The passages in order, what lies between them, the trips, and the passages that do not fit."""
    return {
        "passages": [asdict(point) | {"captured_at": point.captured_at.isoformat()} for point in way],
        "legs": [_leg_json(leg) for leg in legs_of(way)],
        "trips": [[point.passage_id for point in trip] for trip in trips_of(way)],
        "odd": [point.passage_id for point in odd_ones(way)],
    }


def _leg_json(leg: Leg) -> dict[str, Any]:
    names = ("gap_s", "straight_m", "road_m", "speed_kmh", "least_kmh", "stop_s")
    rounded = {name: None if (value := getattr(leg, name)) is None else round(value, 1) for name in names}
    return {"from": leg.start.passage_id, "to": leg.end.passage_id, **rounded, "flag": leg.flag or None}
