"""Where and when an entry matches, beside its plate."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from pipeline.geo import Point, distance_m
from schemas.camera import Camera
from schemas.hotlist import Circle, HotlistEntry, Hours
from schemas.passage import Passage

__all__ = ["applies", "place_of"]

BELGIUM = ZoneInfo("Europe/Brussels")


def applies(entry: HotlistEntry, passage: Passage, camera: Camera | None) -> bool:
    """Whether an entry is for a passage of its plate. Valid from `valid_from` on and before `valid_until`.

    camera: the one passed; None: not known, which only an entry without an area matches.
    """
    at = passage.captured_at
    if at < entry.valid_from or (entry.valid_until is not None and at >= entry.valid_until):
        return False
    return _in_area(entry, passage, camera) and _in_hours(entry.hours, at)


def place_of(passage: Passage, camera: Camera | None) -> Point | None:
    """Where a vehicle passed: where a moving camera was, else where the camera hangs; None: not known."""
    position = passage.position or (camera.position if camera is not None else None)
    return None if position is None else Point(position.lat, position.lon)


def _in_area(entry: HotlistEntry, passage: Passage, camera: Camera | None) -> bool:
    if not entry.zones and not entry.cameras and entry.circle is None:
        return True
    if passage.camera_id in entry.cameras or (camera is not None and camera.police_zone in entry.zones):
        return True
    return entry.circle is not None and _in_circle(entry.circle, place_of(passage, camera))


def _in_circle(circle: Circle, place: Point | None) -> bool:
    center = Point(circle.center.lat, circle.center.lon)
    return place is not None and distance_m(center, place) <= circle.radius_m


def _in_hours(hours: tuple[Hours, ...], at: datetime) -> bool:
    if not hours:
        return True
    local = at.astimezone(BELGIUM)
    return any(_within(one, local) for one in hours)


def _within(hours: Hours, local: datetime) -> bool:
    """Hours that end the next day belong to the day on which they begin."""
    clock = f"{local:%H:%M}"
    if hours.begins < hours.ends:
        return hours.begins <= clock < hours.ends and _on(hours, local)
    if clock >= hours.begins:
        return _on(hours, local)
    return clock < hours.ends and _on(hours, local - timedelta(days=1))


def _on(hours: Hours, day: datetime) -> bool:
    return not hours.weekdays or day.isoweekday() in hours.weekdays
