"""Sightings as the API and files tell them."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

from console.searching.answers import MatchedHow, PassageShown, Pictures, SightingShown
from console.searching.known_cameras import KnownCameras
from pipeline.evidence import frame_of
from pipeline.plates.shapes import displayed
from schemas.search import SearchRecord
from sinks.clickhouse.plate_search.finding import Sighting
from sinks.clickhouse.plate_search.patterns import is_plate
from sinks.clickhouse.queries.route import RoutePoint

__all__ = ["COLUMNS", "LOCAL", "for_file", "passage_shown", "sighting_shown"]

LOCAL = ZoneInfo("Europe/Brussels")
COLUMNS = {
    "plate_display": "plate",
    "country": "country",
    "seen": "seen (Brussels time)",
    "camera_name": "camera",
    "read": "read",
    "why": "why it is shown",
}
"""Of a printed list."""


def passage_shown(
    search: SearchRecord, sighting: Sighting, cameras: KnownCameras, *, frames: bool = False
) -> PassageShown:
    """One result of a search. frames: whether the platform keeps whole frames."""
    one = sighting.seen
    return PassageShown(
        passage_id=one.passage_id,
        plate=one.plate,
        plate_display=displayed(one.plate),
        country=one.country or None,
        camera=cameras.shown(one.camera_id, one.position),
        captured_at=one.captured_at,
        confidence=round(one.confidence, 4),
        certainty=one.certainty,
        late=one.late,
        direction=one.direction or None,
        match=_matched(search, sighting),
        why=sighting.why,
        probability=None if sighting.probability is None else round(sighting.probability, 4),
        pictures=_pictures(search, one.passage_id, one.evidence, frames=frames),
    )


def _matched(search: SearchRecord, sighting: Sighting) -> MatchedHow:
    if sighting.why.startswith("held for file"):
        return "held"
    if sighting.why == "exact":
        return "exact"
    if is_plate(search.pattern):
        return "misread"
    return "fits" if sighting.probability is not None else "fits_alike"


def sighting_shown(
    search: SearchRecord, point: RoutePoint, cameras: KnownCameras, *, frames: bool = False
) -> SightingShown:
    """One passage on a way."""
    return SightingShown(
        passage_id=point.passage_id,
        plate=point.plate,
        plate_display=displayed(point.plate),
        camera=cameras.shown(point.camera_id, point.position),
        captured_at=point.captured_at,
        confidence=round(point.confidence, 4),
        certainty=point.certainty,
        late=point.late,
        direction=point.direction or None,
        pictures=_pictures(search, point.passage_id, point.evidence, frames=frames),
    )


def _pictures(search: SearchRecord, passage_id: object, evidence: str, *, frames: bool) -> Pictures:
    if not evidence:
        return Pictures(None, None)
    crop = f"/api/v1/searches/{search.search_id}/pictures/{passage_id}"
    return Pictures(crop, f"{crop}?kind=frame" if frames and frame_of(evidence) else None)


def for_file(one: PassageShown) -> dict[str, Any]:
    """A row of a file."""
    place = one.camera.position
    return {
        "plate": one.plate,
        "plate_display": one.plate_display,
        "country": one.country,
        "camera_id": one.camera.camera_id,
        "camera_name": one.camera.name or one.camera.camera_id,
        "lat": place.latitude if place else None,
        "lon": place.longitude if place else None,
        "captured_at": one.captured_at.isoformat(),
        "seen": f"{one.captured_at.astimezone(LOCAL):%Y-%m-%d %H:%M:%S}" + (", uploaded late" if one.late else ""),
        "direction": one.direction,
        "confidence": one.confidence,
        "certainty": one.certainty,
        "read": f"{one.confidence:.0%}, {one.certainty}",
        "late": one.late,
        "why": one.why,
        "probability": one.probability,
        "passage_id": str(one.passage_id),
    }
