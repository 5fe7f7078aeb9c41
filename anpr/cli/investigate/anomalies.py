"""`anpr investigate anomalies`: plates on two vehicles, and cameras whose clock is wrong."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Annotated

import typer
from rich.markup import escape

from anpr.cli.console import OUT, print_json
from anpr.cli.desk import (
    CaseNumber,
    Days,
    Decision,
    Json,
    Limit,
    Purpose,
    Reason,
    Role,
    Since,
    Until,
    Why,
    Zone,
    open_desk,
    show_foot,
)
from anpr.cli.investigate.desk import PlatesLike, group, span_asked
from anpr.cli.investigate.place import AREA_HELP
from anpr.cli.investigate.shown import length_text, show_nothing
from anpr.cli.times import local_text
from console.investigating.answers import anomaly_json
from console.investigating.understanding import plates_like, scene_of
from pipeline.chances import chance_text
from pipeline.geo import ROAD_FACTOR
from pipeline.plates.shapes import displayed
from pipeline.travel import CLOCK_SKEW_S
from schemas.search import SearchRecord
from sinks.clickhouse.investigation.areas import parse_area
from sinks.clickhouse.queries.anomalies import Misfit, anomalies
from sinks.clickhouse.queries.cameras import Registered, cameras
from sinks.clickhouse.refusal import SearchRefused
from sinks.clickhouse.searches import SearchRequest

TRAVEL = "impossible_travel"


@group.command("anomalies")
def anomalies_at(
    context: typer.Context,
    reason: Reason,
    purpose: Purpose = "crime",
    case_number: CaseNumber = None,
    kind: Annotated[list[str] | None, typer.Option(help="impossible_travel, camera_clock … May be repeated.")] = None,
    area: Annotated[str, typer.Option(help=f"Only at these cameras: {AREA_HELP}")] = "",
    plate: PlatesLike = "*",
    days: Days = None,
    since: Since = None,
    until: Until = None,
    zone: Zone = "",
    role: Role = "officer",
    decision: Decision = None,
    limit: Limit = 50,
    json: Json = False,
) -> None:
    """Plates on two vehicles, and cameras whose clock is wrong, newest first. The last week, unless said.

    [bold]anpr investigate anomalies --kind impossible_travel --days 1 --reason "…"[/bold]
    """
    why = Why(reason, purpose, case_number, zone, role, decision)
    span = span_asked(days, since, until, 7)
    with open_desk(context) as desk:
        registered = cameras(desk.client)

        def read(request: SearchRequest) -> SearchRequest:
            names = parse_area(area).cameras(registered) if area else _all(registered, zone)
            scene = scene_of(names, span, 1)
            return replace(request, pattern=plates_like(plate), kind="scenes", scenes=(scene,))

        record = desk.open(desk.request(why, plate, span), read)

        def answer() -> tuple[Sequence[Misfit], int]:
            rows = anomalies(desk.client, record, kind or (), limit)
            return rows, len(rows)

        found = desk.ask(record, "anomalies", answer)
    if json:
        print_json({"search_id": record.search_id, "anomalies": [anomaly_json(one) for one in found]})
    else:
        _show(record, found, {one.camera_id: one.name for one in registered}, limit)


def _all(registered: Sequence[Registered], zone: str) -> list[str]:
    """Cameras of the zone, or of everybody. Raises SearchRefused where there are none."""
    names = [one.camera_id for one in registered if zone in {"", one.police_zone}]
    if not names:
        raise SearchRefused(f"no camera is registered{f' for {zone}' if zone else ''}", "area_empty")
    return names


def _show(record: SearchRecord, found: Sequence[Misfit], names: Mapping[str, str], limit: int) -> None:
    """Each with what to compare below it."""
    if not found:
        show_nothing("Nothing that does not fit from", record, "Try more time: --days.")
    for one in found:
        OUT.print(f"[bold]{_title(one, names)}[/bold]", highlight=False, soft_wrap=True)
        for line in (*_sightings(one, names), _way(one) or one.detail):
            OUT.print(f"  {escape(line)}", highlight=False, soft_wrap=True)
    if any(one.kind == TRAVEL for one in found):
        OUT.print("Compare the pictures: it may be a misread. Nobody is stopped on an anomaly alone.")
    if len(found) >= limit:
        OUT.print(f"Only the newest {limit} are shown, there may be more: give less time, or raise --limit.")
    show_foot(record)


def _title(one: Misfit, names: Mapping[str, str]) -> str:
    if one.kind == TRAVEL:
        return f"{escape(displayed(one.plate))}  on two vehicles: {chance_text(one.score)} sure"
    what = "its clock is wrong" if one.kind == "camera_clock" else one.kind.replace("_", " ")
    return f"{escape(_name(one.camera_id, names))}  {escape(what)}: {chance_text(one.score)} sure"


def _sightings(one: Misfit, names: Mapping[str, str]) -> list[str]:
    """When, where, and the picture."""
    rows = zip(one.times, one.cameras, one.pictures, strict=True)
    return [f"{local_text(at)}  {_name(camera, names)}  {picture or 'no picture'}" for at, camera, picture in rows]


def _way(one: Misfit) -> str:
    """How far, how long, how fast; empty: nobody travelled."""
    if one.distance_m is None or one.elapsed_s is None or one.needed_kmh is None:
        return ""
    km = one.distance_m / 1000
    apart = "at the same time" if one.elapsed_s <= CLOCK_SKEW_S else f"{length_text(one.elapsed_s)} apart"
    return (
        f"{km:.1f} km (some {km * ROAD_FACTOR:.1f} by road), {apart}: at least {one.needed_kmh:,.0f} km/h. "
        f"{one.passages} passages in all."
    )


def _name(camera_id: str, names: Mapping[str, str]) -> str:
    name = names.get(camera_id, "")
    return f"{name} ({camera_id})" if name and name != camera_id else camera_id
