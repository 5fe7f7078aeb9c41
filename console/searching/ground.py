"""What the map stands on: cameras, patrols, and the ground itself. No passages, so no search is asked."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import cache, partial
from importlib.resources import files
from typing import Any, Literal, TypeAlias

from clickhouse_connect.driver.client import Client

from console.searching.answers import PatrolShown, Place, place_of
from console.searching.known_cameras import KnownCameras, Lately
from console.searching.whereabouts import patrol_shown
from pipeline.geo import Point
from pipeline.runtime.clock import Clock
from sinks.clickhouse.queries.camera_health import CameraNow, cameras_now
from sinks.clickhouse.queries.next_cameras import LEARNT_DAYS
from sinks.clickhouse.queries.patrols import patrols
from sinks.clickhouse.queries.travel import travel

__all__ = ["CameraList", "CameraOnMap", "Ground", "PatrolList"]

Health: TypeAlias = Literal["ok", "trouble", "silent", "unknown"]
"""unknown: nothing was told of it within two days."""
SILENT = "silent"
ALL = ("available", "busy", "off_duty")
MOST_PATROLS, MOST_EDGES = 10_000, 5_000
BASE_FRESH_S = 600.0
UNITS_FRESH_S = 1.0
"""Every open map asks: the store is asked once for all of them."""
BRUSSELS = Point(50.8466, 4.3528)


@dataclass(frozen=True, slots=True)
class CameraOnMap:
    """One camera."""

    camera_id: str
    name: str
    kind: str
    """fixed, mobile, patrol_car or upload."""
    police_zone: str | None
    road: str | None
    position: Place | None
    """Null: it moves, or nobody told."""
    health: Health
    troubles: list[str]
    """Kinds of anomalies that are open."""


@dataclass(frozen=True, slots=True)
class CameraList:
    """All cameras."""

    cameras: list[CameraOnMap]


@dataclass(frozen=True, slots=True)
class PatrolList:
    """Units by name."""

    patrols: list[PatrolShown]


class Ground:
    """Lists for the map. Threads may share it; all of it waits for the store."""

    def __init__(self, client: Client, cameras: KnownCameras, clock: Clock) -> None:
        self._client, self._cameras, self._clock = client, cameras, clock
        self._list = Lately(self._camera_list, clock.monotonic)
        self._units = {
            stale: Lately(partial(self._patrol_list, stale), clock.monotonic, UNITS_FRESH_S) for stale in (False, True)
        }
        self._base = Lately(self._drawn, clock.monotonic, BASE_FRESH_S)

    def cameras(self) -> CameraList:
        """As they were some seconds ago."""
        return self._list.get()

    def _camera_list(self) -> CameraList:
        told = {one.camera_id: one for one in cameras_now(self._client)}
        return CameraList(
            [
                CameraOnMap(
                    camera_id=one.camera_id,
                    name=one.name,
                    kind=one.kind,
                    police_zone=one.police_zone or None,
                    road=one.road or None,
                    position=place_of(one.position),
                    health=_health(told.get(one.camera_id)),
                    troubles=_troubles(told.get(one.camera_id)),
                )
                for one in self._cameras.all().values()
            ]
        )

    def patrols(self, *, stale: bool) -> PatrolList:
        """Units with a fresh position, as they were a second ago; stale: also those with an old one."""
        return self._units[stale].get()

    def _patrol_list(self, stale: bool) -> PatrolList:
        found = patrols(self._client, BRUSSELS, self._clock.now(), statuses=ALL, with_stale=stale, limit=MOST_PATROLS)
        return PatrolList([patrol_shown(one, near=False) for one in sorted(found, key=lambda one: one.patrol_id)])

    def base(self) -> bytes:
        """GeoJSON, made anew every ten minutes."""
        return self._base.get()

    def _drawn(self) -> bytes:
        since = (self._clock.now() - timedelta(days=LEARNT_DAYS)).date()
        flows = travel(self._client, "next", since, limit=MOST_EDGES)
        edges = self._edges([(one.from_camera, one.to_camera, one.moves) for one in flows])
        return json.dumps({"type": "FeatureCollection", "features": [*_drawn_by_hand(), *edges]}).encode()

    def _edges(self, flows: Sequence[tuple[str, str, int]]) -> list[dict[str, Any]]:
        """Which camera is next to which, both ways together."""
        moves: dict[tuple[str, str], int] = {}
        for start, end, count in flows:
            if start != end:
                pair = min(start, end), max(start, end)
                moves[pair] = moves.get(pair, 0) + count
        return [edge for (start, end), count in sorted(moves.items()) if (edge := self._edge(start, end, count))]

    def _edge(self, start: str, end: str, count: int) -> dict[str, Any] | None:
        found = [self._cameras.all().get(name) for name in (start, end)]
        ends = [one.position for one in found if one is not None and one.position is not None]
        if len(ends) < len(found):
            return None
        line = {"type": "LineString", "coordinates": [[place.lon, place.lat] for place in ends]}
        return {"type": "Feature", "geometry": line, "properties": {"kind": "edge", "moves": count}}


def _health(told: CameraNow | None) -> Health:
    if told is None or told.told_until is None:
        return "unknown"
    if any(SILENT in one for one in told.troubles):
        return "silent"
    return "trouble" if told.troubles else "ok"


def _troubles(told: CameraNow | None) -> list[str]:
    return list(told.troubles) if told is not None else []


@cache
def _drawn_by_hand() -> Sequence[dict[str, Any]]:
    text = files("console").joinpath("map", "brussels.geojson").read_text("utf-8")
    features: list[dict[str, Any]] = json.loads(text)["features"]
    return features
