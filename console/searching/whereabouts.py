"""Of one vehicle of a search: where it went, where it shows next, and who is near."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from console.searching.answers import (
    CameraShown,
    LegShown,
    NextFound,
    NextShown,
    PatrolsFound,
    PatrolShown,
    Place,
    RouteFound,
    SightingShown,
)
from console.searching.open_searches import Kept
from console.searching.room import SearchRoom
from console.searching.shown import sighting_shown
from pipeline.geo import Point
from pipeline.plates.shapes import displayed
from pipeline.runtime.clock import Clock
from sinks.clickhouse.investigation.forecast import ELSEWHERE, NOT_SEEN, Next
from sinks.clickhouse.investigation.legs import Leg, legs_of, odd_ones, trips_of
from sinks.clickhouse.queries.next_cameras import PREDICTED_FOR, Prediction, next_cameras
from sinks.clickhouse.queries.patrols import Patrol, patrols
from sinks.clickhouse.queries.route import RoutePoint
from sinks.clickhouse.refusal import SearchRefused

__all__ = ["Whereabouts", "patrol_shown"]


class Whereabouts:
    """Answers of a search room, of one vehicle. Threads may share it."""

    def __init__(self, room: SearchRoom, clock: Clock) -> None:
        self._room, self._clock = room, clock

    def route(self, officer: str, search_id: UUID, passage_id: UUID | None, limit: int) -> RouteFound:
        """Its passages in the time of the search, in order, and what lies between. Raises SearchRefused."""
        kept = self._room.mine(officer, search_id)
        plate = self._room.plate_meant(kept, passage_id)
        way = self._room.way(kept, plate, "route", limit)
        return RouteFound(
            search_id=search_id,
            plate=plate,
            plate_display=displayed(plate),
            count=len(way),
            more=len(way) >= limit,
            passages=[self._sighting(kept, point) for point in way],
            legs=[_leg(leg) for leg in legs_of(way)],
            trips=[[point.passage_id for point in trip] for trip in trips_of(way)],
            odd=[point.passage_id for point in odd_ones(way)],
        )

    def _sighting(self, kept: Kept, point: RoutePoint) -> SightingShown:
        return sighting_shown(kept.record, point, self._room.cameras, frames=self._room.frames)

    def next_cameras(self, officer: str, search_id: UUID, passage_id: UUID | None, limit: int) -> NextFound:
        """Where it shows next, from where vehicles went on to from its last camera. Raises SearchRefused."""
        kept = self._room.mine(officer, search_id)
        plate, now = self._room.plate_meant(kept, passage_id), self._clock.now()
        last = next(iter(self._room.way(kept, plate, "next", 1)), None)
        too_old = last is not None and now - last.captured_at > PREDICTED_FOR
        found = None if last is None or too_old else self._predicted(last, now)
        return NextFound(
            search_id=search_id,
            plate=plate,
            plate_display=displayed(plate),
            seen=self._sighting(kept, last) if last else None,
            too_old=too_old,
            observations=found.observations if found else 0,
            at_this_hour=found.at_this_hour if found else 0,
            outcomes=[self._outcome(one, now) for one in found.outcomes[:limit]] if found else [],
        )

    def _predicted(self, last: RoutePoint, now: datetime) -> Prediction:
        return next_cameras(self._room.client, last.camera_id, last.captured_at, now, last.direction)

    def _outcome(self, one: Next, now: datetime) -> NextShown:
        named = one.to_camera not in (NOT_SEEN, ELSEWHERE)
        return NextShown(
            what="camera" if named else "not_seen" if one.to_camera == NOT_SEEN else "elsewhere",
            camera=self._room.cameras.shown(one.to_camera) if named else None,
            probability=round(one.probability, 4),
            expected_from=_after(now, one.p10_s),
            expected_at=_after(now, one.p50_s),
            expected_until=_after(now, one.p90_s),
            overdue=one.overdue,
            observations=one.observations,
        )

    def patrols(
        self, officer: str, search_id: UUID, passage_id: UUID | None, camera_id: str | None, limit: int
    ) -> PatrolsFound:
        """The units nearest to where it was last, or to a camera where it may show next. Raises SearchRefused."""
        kept = self._room.mine(officer, search_id)
        near = self._camera(camera_id) if camera_id else self._last_camera(kept, passage_id)
        units: Sequence[Patrol] = []
        if near is not None and near.position is not None:
            place = Point(near.position.latitude, near.position.longitude)
            units = patrols(self._room.client, place, self._clock.now(), limit=limit)
        shown = [patrol_shown(one) for one in units]
        return PatrolsFound(search_id=search_id, near=near, patrols=shown)

    def _camera(self, camera_id: str) -> CameraShown:
        if camera_id not in self._room.cameras.all():
            raise SearchRefused("no such camera is registered", "camera_unknown")
        return self._room.cameras.shown(camera_id)

    def _last_camera(self, kept: Kept, passage_id: UUID | None) -> CameraShown | None:
        way = self._room.way(kept, self._room.plate_meant(kept, passage_id), "patrols", 1)
        return self._room.cameras.shown(way[0].camera_id, way[0].position) if way else None


def _after(now: datetime, seconds: float | None) -> datetime | None:
    return None if seconds is None else now + timedelta(seconds=seconds)


def _leg(leg: Leg) -> LegShown:
    return LegShown(
        start=leg.start.passage_id,
        end=leg.end.passage_id,
        gap_s=round(leg.gap_s, 1),
        straight_m=_rounded(leg.straight_m),
        road_m=_rounded(leg.road_m),
        speed_kmh=_rounded(leg.speed_kmh),
        least_kmh=_rounded(leg.least_kmh),
        stop_s=round(leg.stop_s, 1),
        flag=leg.flag,
    )


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 1)


def patrol_shown(one: Patrol, *, near: bool = True) -> PatrolShown:
    """One unit. near: False: not asked for a place, so how far it is means nothing."""
    return PatrolShown(
        patrol_id=one.patrol_id,
        status=one.status,
        police_zone=one.police_zone or None,
        position=Place(one.lat, one.lon),
        heading_deg=one.heading_deg,
        speed_kmh=one.speed_kmh,
        fixed_at=one.fixed_at,
        age_s=round(one.age_s, 1),
        stale=one.stale,
        distance_m=round(one.distance_m, 1) if near else None,
        drive_s=round(one.drive_s, 1) if near else None,
    )
