"""What is told of a plate on two vehicles, and of a camera whose clock is wrong."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from msgspec.structs import replace

from pipeline.clones.judgement import Finding
from pipeline.clones.sides import needed_kmh
from pipeline.clones.sighting import Sighting
from pipeline.geo import ROAD_FACTOR, distance_m
from pipeline.identity import fact_id
from pipeline.travel import CLOCK_SKEW_S
from schemas.anomaly import Anomaly
from schemas.anomaly import Sighting as Shown
from schemas.base import GeoPoint
from schemas.camera import Camera
from schemas.codec import compiled

__all__ = ["CLOCK", "TRAVEL", "clock_anomaly", "differs", "says_more", "travel_anomaly", "withdrawn"]

TRAVEL, CLOCK = "impossible_travel", "camera_clock"
NO_DOUBT = 0.01
"""Less than this is no news."""
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
AnomalyRecord, ShownRecord, PointRecord = compiled(Anomaly), compiled(Shown), compiled(GeoPoint)


def travel_anomaly(plate: str, finding: Finding, cameras: Mapping[str, Camera], told: Anomaly | None) -> Anomaly:
    """One plate on two vehicles, as far as is known by now. told: what was told of it last.

    Its name and its moment stay those of the first telling, by which the store finds it again.
    """
    first, second = finding.first, finding.second
    names = UUID(bytes=first.passage_id), UUID(bytes=second.passage_id)
    return AnomalyRecord(
        anomaly_id=fact_id(TRAVEL, plate, *names) if told is None else told.anomaly_id,
        revision=1 if told is None else told.revision + 1,
        kind=TRAVEL,
        plate=plate,
        camera_id=second.camera_id,
        observed_at=_moment(second.captured_ms) if told is None else told.observed_at,
        passage_ids=tuple(UUID(bytes=one.passage_id) for one in finding.passages),
        sightings=(_shown(first), _shown(second)),
        distance_m=round(distance_m(first.place, second.place), 1),
        elapsed_s=(second.captured_ms - first.captured_ms) / 1000,
        needed_kmh=round(needed_kmh(first, second), 1),
        score=round(finding.score, 4),
        detail=_in_words(first, second, cameras),
    )


def _moment(milliseconds: int) -> datetime:
    return EPOCH + timedelta(milliseconds=milliseconds)


def _shown(one: Sighting) -> Shown:
    return ShownRecord(
        passage_id=UUID(bytes=one.passage_id),
        camera_id=one.camera_id,
        captured_at=_moment(one.captured_ms),
        evidence=one.evidence or None,
        position=PointRecord(lat=one.lat, lon=one.lon),
        confidence=one.confidence,
    )


def _in_words(first: Sighting, second: Sighting, cameras: Mapping[str, Camera]) -> str:
    km = distance_m(first.place, second.place) / 1000
    elapsed_s = (second.captured_ms - first.captured_ms) / 1000
    where, before = _name(second.camera_id, cameras), _name(first.camera_id, cameras)
    when = "while at" if elapsed_s <= CLOCK_SKEW_S else f"{elapsed_s:.0f} s after"
    return (
        f"Seen at {where} {when} {before}, {km:.1f} km away (some {km * ROAD_FACTOR:.1f} km by road). "
        "Two vehicles carry this plate, or one was misread: compare the pictures."
    )


def _name(camera_id: str, cameras: Mapping[str, Camera]) -> str:
    camera = cameras.get(camera_id)
    return camera.name if camera is not None and camera.name else camera_id


def says_more(now: Anomaly, told: Anomaly) -> bool:
    """Another pair or picture, twice as many passages, a quarter or four times the doubt: a clone on its way all day is
    told a few times, not at each camera."""
    if told.withdrawn != now.withdrawn:
        return True
    pairs = [[(one.passage_id, one.evidence) for one in record.sightings] for record in (now, told)]
    doubt, doubted = (max(1 - record.score, NO_DOUBT) for record in (now, told))
    return (
        pairs[0] != pairs[1]
        or len(now.passage_ids) >= 2 * len(told.passage_ids)
        or not doubted / 4 < doubt < doubted * 4
    )


def differs(now: Anomaly, told: Anomaly) -> bool:
    """In anything but its revision."""
    again: Any = now  # a compiled record, see schemas.codec
    return bool(replace(again, revision=told.revision) != told)


def withdrawn(told: Anomaly) -> Anomaly:
    """The same, taken back."""
    again: Any = told
    taken_back: Anomaly = replace(again, withdrawn=True, revision=told.revision + 1)
    return taken_back


def clock_anomaly(camera_id: str, at_ms: int, ahead_s: float | None, score: float, why: str) -> Anomaly:
    """A camera whose times can not be right. Each partition finds it for itself: it is one a day, and of that day.

    at_ms: our clock. ahead_s: how far its clock is ahead, at least; None: not known.
    """
    at = _moment(at_ms).replace(hour=0, minute=0, second=0, microsecond=0)
    return AnomalyRecord(
        anomaly_id=fact_id(CLOCK, camera_id, at.date().isoformat()),
        revision=1,
        kind=CLOCK,
        camera_id=camera_id,
        observed_at=at,
        elapsed_s=None if ahead_s is None else -ahead_s,
        score=round(score, 4),
        detail=why,
    )
