"""Each question as a search that is recorded, and its answer: for programs, and as rows for a file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from functools import singledispatch
from typing import Any
from uuid import UUID

from clickhouse_connect.driver.client import Client

from console.investigating.answers import anomaly_json, company_json, company_of, place_json, route_json, scenes_json
from console.investigating.asked import Anomalies, Companions, Compared, Question, Scenes, What
from console.investigating.understanding import check_scenes, of_scenes, plates_like, scene_of, whole_plates
from schemas.search import SearchRecord
from sinks.clickhouse.queries.anomalies import anomalies
from sinks.clickhouse.queries.cameras import Registered, cameras
from sinks.clickhouse.queries.cases import cases_of_anomalies
from sinks.clickhouse.queries.place import place
from sinks.clickhouse.queries.route import RoutePoint, route
from sinks.clickhouse.queries.scenes import scenes
from sinks.clickhouse.refusal import SearchRefused
from sinks.clickhouse.searches import SearchRequest

__all__ = ["Answer", "answer_of", "reading_of"]

Row = Mapping[str, Any]
SEEN = {"plate": "Plate", "captured_at": "Seen (UTC)", "camera_name": "Camera", "remark": ""}


@dataclass(frozen=True, slots=True)
class Answer:
    """What was found."""

    content: dict[str, Any]
    """JSON."""
    shown: int
    """Rows, as the audit counts them."""
    rows: Sequence[Row]
    """Of a file; each with `lat` and `lon`."""
    columns: Mapping[str, str]
    """Of the file's table: name → title."""
    pictures: Mapping[UUID, str] = field(default_factory=dict)
    """Of the passages that it shows with their picture: key of it; empty: none was kept."""


# ---- the search that is recorded -----------------------------------------------------------------------------------


def reading_of(question: Question, request: SearchRequest, registered: Sequence[Registered]) -> SearchRequest:
    """The request with what the question opens. Raises SearchRefused."""
    if isinstance(question, Scenes):
        return _several(question, request, registered)
    if isinstance(question, Companions):
        return replace(whole_plates(request), kind="companions")
    if isinstance(question, Compared):
        return _two(request)
    span = (request.captured_from, request.captured_until)
    if isinstance(question, Anomalies) and not question.where.names(registered):
        raise SearchRefused("no camera is registered", "area_empty")
    names = [name for name in question.where.names(registered) if _theirs(name, request, registered)]
    if not names:
        zone = request.police_zone
        raise SearchRefused(f"no camera of {zone} is there", "area_empty", typed=zone)
    scene = scene_of(names, span, 1)
    return replace(request, pattern=plates_like(question.typed), kind="scenes", scenes=(scene,))


def _theirs(name: str, request: SearchRequest, registered: Sequence[Registered]) -> bool:
    zone = request.police_zone
    return not zone or any(one.camera_id == name and one.police_zone == zone for one in registered)


def _several(question: Scenes, request: SearchRequest, registered: Sequence[Registered]) -> SearchRequest:
    found = [
        scene_of(one.where.names(registered), (one.since, one.until), number)
        for number, one in enumerate(question.scenes, start=1)
    ]
    check_scenes(found, question.least, in_order=question.in_order)
    return of_scenes(request, found, plates_like(question.typed))


def _two(request: SearchRequest) -> SearchRequest:
    whole = whole_plates(request)
    if len(set(whole.pattern.split("|"))) != 2:
        raise SearchRefused("give two plates that differ, each in full", "plates_same")
    return whole


# ---- its answer ----------------------------------------------------------------------------------------------------


@singledispatch
def answer_of(question: Question, client: Client, record: SearchRecord) -> Answer:
    """What the search finds. Raises SearchRefused."""
    raise NotImplementedError(type(question).__name__)


@answer_of.register
def _(question: Scenes, client: Client, record: SearchRecord) -> Answer:
    found = scenes(client, record, question.least, in_order=question.in_order, limit=question.limit)
    known = _known(client)
    rows = [
        _row(known, one.plate, at, camera, f"scene {scene}")
        for one in found
        for at, scene, camera in zip(one.times, one.scenes, one.cameras, strict=True)
    ]
    searched = [
        {
            "cameras": list(one.cameras),
            "captured_from": one.captured_from.isoformat(),
            "captured_until": one.captured_until.isoformat(),
        }
        for one in record.scenes
    ]
    return Answer({"scenes": searched, "vehicles": list(map(scenes_json, found))}, len(found), rows, SEEN)


@answer_of.register
def _(question: Companions, client: Client, record: SearchRecord) -> Answer:
    found = company_of(
        client, record, question.within_s, question.least, everybody=question.everybody, limit=question.limit
    )
    rows = [asdict(one) | {"lat": None, "lon": None} for one in found.told]
    columns = {
        **{"plate": "Plate", "passages": "Together", "of": "Of", "cameras": "Cameras", "days": "Days"},
        **{"first_at": "First (UTC)", "last_at": "Last (UTC)", "expected": "By chance"},
    }
    return Answer({"plate": record.pattern, **company_json(found)}, len(found.told), rows, columns)


@answer_of.register
def _(question: What, client: Client, record: SearchRecord) -> Answer:
    found, known = place(client, record, question.wanted, limit=question.limit), _known(client)
    rows = [
        _row(known, one.plate, one.captured_at, one.camera_id, f"{one.country} {one.vehicle_class} {one.direction}")
        for one in found
    ]
    content = {"cameras": list(record.scenes[0].cameras), "passages": list(map(place_json, found))}
    return Answer(content, len(found), rows, SEEN)


@answer_of.register
def _(question: Compared, client: Client, record: SearchRecord) -> Answer:
    plates = record.pattern.split("|")
    found = route(client, record, plates, question.limit)
    ways = {plate: [point for point in found if point.plate == plate] for plate in plates}
    routes = [{"plate": plate, **route_json(way)} for plate, way in ways.items()]
    rows = [
        {
            **{"plate": one.plate, "captured_at": one.captured_at.isoformat(), "camera_name": one.camera_name},
            **{"camera_id": one.camera_id, "lat": one.lat, "lon": one.lon, "remark": one.certainty},
        }
        for one in found
    ]
    common = _common(*ways.values())
    return Answer({"routes": routes, "common": common}, len(found), rows, SEEN)


@answer_of.register
def _(question: Anomalies, client: Client, record: SearchRecord) -> Answer:
    found, known = anomalies(client, record, question.kinds, question.limit), _known(client)
    cases = cases_of_anomalies(client, {one.anomaly_id: one.plate for one in found if one.plate})
    pictures = {passage: key for one in found for passage, key in zip(one.sighted, one.pictures, strict=True)}
    told = [anomaly_json(one) | {"case_id": cases.get(one.anomaly_id)} for one in found]
    for seen in (each for one in told for each in one["sightings"]):
        address = f"/api/v1/investigations/{record.search_id}/pictures/{seen['passage_id']}"
        seen["picture"] = address if pictures[seen["passage_id"]] else None
    rows = [_row(known, one.plate, one.observed_at, one.camera_id, f"{one.kind}: {one.detail}") for one in found]
    return Answer({"anomalies": told}, len(found), rows, SEEN, pictures)


def _common(one: Sequence[RoutePoint], other: Sequence[RoutePoint]) -> list[dict[str, Any]]:
    """Cameras that both passed, with the two passages there that are nearest in time; the nearest first."""
    met: list[dict[str, Any]] = []
    for camera in {point.camera_id for point in one} & {point.camera_id for point in other}:
        pairs = ((a, b) for a in one if a.camera_id == camera for b in other if b.camera_id == camera)
        first, second = min(pairs, key=_apart_s)
        met.append(
            {
                **{"camera_id": camera, "camera_name": first.camera_name, "lat": first.lat, "lon": first.lon},
                **{"times": [first.captured_at.isoformat(), second.captured_at.isoformat()]},
                **{"passages": [first.passage_id, second.passage_id], "apart_s": _apart_s((first, second))},
                "counts": [sum(p.camera_id == camera for p in one), sum(p.camera_id == camera for p in other)],
            }
        )
    return sorted(met, key=lambda place: (place["apart_s"], place["camera_id"]))


def _apart_s(pair: tuple[RoutePoint, RoutePoint]) -> float:
    return abs((pair[1].captured_at - pair[0].captured_at).total_seconds())


def _known(client: Client) -> Mapping[str, Registered]:
    return {one.camera_id: one for one in cameras(client)}


def _row(known: Mapping[str, Registered], plate: str, at: Any, camera_id: str, remark: str) -> Row:
    camera = known.get(camera_id)
    return {
        "plate": plate,
        "captured_at": at.isoformat(),
        "camera_id": camera_id,
        "camera_name": camera.name if camera else "",
        "lat": camera.lat if camera else None,
        "lon": camera.lon if camera else None,
        "remark": " ".join(remark.split()),
    }
