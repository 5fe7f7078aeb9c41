"""Who travels with a vehicle: encounters from the store, weighed by `sinks.clickhouse.investigation.company`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from clickhouse_connect.driver.client import Client

from pipeline.plates.text import plate_key
from schemas.search import SearchRecord
from sinks.clickhouse.investigation.company import Companion, Met, TargetPassage, Traffic, score_companions
from sinks.clickhouse.queries.ask import ask
from sinks.clickhouse.queries.route import RoutePoint, route

__all__ = ["Encounters", "companions", "encounters"]

RING = 10
"""The ring is so many times as wide as what counts as near."""


@dataclass(frozen=True, slots=True)
class Encounters:
    """One vehicle around the passages of another."""

    plate: str
    written: list[str]
    """All ways it was read, at most 8."""
    near_cameras: list[str]
    """Cameras where it was near …"""
    near_times: list[datetime]
    """… the target's moments there …"""
    near_ms: list[int]
    """… and how long after it came."""
    ring: int
    """Passages a little earlier or later."""
    all_ring: int
    """Those of all vehicles."""
    all_vehicles: int
    """Different vehicles around."""


def encounters(client: Client, search: SearchRecord, near_s: int, within_s: int) -> Sequence[Encounters]:
    """Vehicles near the search's plate, most encounters first. Raises SearchRefused."""
    return ask(
        client,
        "companions",
        Encounters,
        search_id=search.search_id,
        officer=search.officer,
        near_s=near_s,
        within_s=within_s,
    )


def companions(
    client: Client, search: SearchRecord, near_s: int = 60, least: int = 3
) -> tuple[Sequence[RoutePoint], Sequence[Companion]]:
    """The target's way, and who was near it at `least` passages or more, least explained by chance first.

    search: of kind companions, for one plate. Misreads of the target itself (the same confusion-class key) are no
    companions. Raises SearchRefused.
    """
    way = route(client, search, [search.pattern])
    rows = encounters(client, search, near_s, near_s * RING)
    target = [TargetPassage(point.camera_id, point.captured_at) for point in way]
    known, itself = set(target), plate_key(search.pattern)
    met = [_met(row, known) for row in rows if plate_key(row.plate) != itself]
    traffic = Traffic(rows[0].all_ring, rows[0].all_vehicles) if rows else Traffic(0, 0)
    return way, score_companions(target, [one for one in met if one.near], traffic, least)


def _met(row: Encounters, known: set[TargetPassage]) -> Met:
    places = map(TargetPassage, row.near_cameras, row.near_times)
    near: dict[TargetPassage, float] = {}
    for place, ms in zip(places, row.near_ms, strict=True):
        if place in known and abs(ms) / 1000 < abs(near.get(place, float("inf"))):
            near[place] = ms / 1000
    return Met(row.plate, tuple(row.written), near, row.ring)
