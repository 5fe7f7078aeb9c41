"""`anpr investigate scenes`: who was at several scenes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, time, timedelta
from typing import Annotated

import typer
from rich.markup import escape
from rich.table import Table

from anpr.cli.console import OUT, print_json
from anpr.cli.desk import CaseNumber, Decision, Json, Limit, Purpose, Reason, Role, Why, Zone, open_desk, show_foot
from anpr.cli.investigate.desk import PlatesLike, group, hour_before
from anpr.cli.investigate.shown import cameras_text, plate_text, show_nothing, span_text
from anpr.cli.times import LOCAL, local_text, moment_of
from console.investigating.answers import scenes_json
from console.investigating.understanding import check_scenes, of_scenes, plates_like, scene_of
from schemas.search import Scene, SearchRecord
from sinks.clickhouse.investigation.areas import parse_area
from sinks.clickhouse.queries.cameras import Registered, cameras
from sinks.clickhouse.queries.scenes import SeenInScenes, scenes
from sinks.clickhouse.refusal import SearchRefused
from sinks.clickhouse.searches import SearchRequest


@group.command("scenes")
def scenes_of(
    context: typer.Context,
    at: Annotated[list[str], typer.Argument(help="AREA@BEGIN/END, twice or more; END may be the hour alone.")],
    reason: Reason,
    purpose: Purpose = "crime",
    case_number: CaseNumber = None,
    in_order: Annotated[bool, typer.Option("--in-order", help="First at the first, then at the second, …")] = False,
    least: Annotated[int | None, typer.Option(min=2, help="Seen at so many of them; all, unless said.")] = None,
    plate: PlatesLike = "*",
    zone: Zone = "",
    role: Role = "officer",
    decision: Decision = None,
    limit: Limit = 100,
    json: Json = False,
) -> None:
    """Which vehicles were at several scenes, the rarest first: at A, then at B; or at some of many.

    An area is written as for `place`, a time in Brussels time.

    [bold]anpr investigate scenes 'camera:E40-12@2026-11-24 22:00/22:30' 'near:50.85,4.35,500@2026-11-24 23:10/23:40'
    --in-order --reason "…"[/bold]
    """
    why = Why(reason, purpose, case_number, zone, role, decision)
    with open_desk(context) as desk:
        registered = cameras(desk.client)

        def read(request: SearchRequest) -> SearchRequest:
            found = tuple(_scene_typed(text, number, registered) for number, text in enumerate(at, start=1))
            check_scenes(found, least, in_order=in_order)
            return of_scenes(request, found, plates_like(plate))

        record = desk.open(desk.request(why, plate, hour_before(None)), read)

        def answer() -> tuple[Sequence[SeenInScenes], int]:
            rows = scenes(desk.client, record, least, in_order=in_order, limit=limit)
            return rows, len(rows)

        vehicles = desk.ask(record, "scenes", answer)
    if json:
        print_json({"search_id": record.search_id, "vehicles": [scenes_json(one) for one in vehicles]})
    else:
        _show_scenes(record, vehicles, limit, {one.camera_id: one.name for one in registered})


def _scene_typed(text: str, number: int, registered: Sequence[Registered]) -> Scene:
    """`AREA@BEGIN/END`; END may be a moment, or an hour of the same day or of the next."""
    area, at, times = text.rpartition("@")
    begin, slash, end = times.partition("/")
    if not (at and slash):
        raise SearchRefused(f"scene {number}, '{text}': write AREA@2026-11-24 22:00/22:30", "scene_wrong")
    first = moment_of(begin.strip(), f"scene {number}, begin", timedelta(0))
    return scene_of(parse_area(area).cameras(registered), (first, _end(end.strip(), first, number)), number)


def _end(text: str, begin: datetime, number: int) -> datetime:
    try:
        clock = time.fromisoformat(text)
    except ValueError:
        return moment_of(text, f"scene {number}, end", timedelta(days=1))
    local = begin.astimezone(LOCAL)
    end = datetime.combine(local.date(), clock, LOCAL)
    return (end if end > local else datetime.combine(local.date() + timedelta(days=1), clock, LOCAL)).astimezone(UTC)


def _show_scenes(record: SearchRecord, vehicles: Sequence[SeenInScenes], limit: int, names: Mapping[str, str]) -> None:
    """Vehicles and where they were seen; the rarest first."""
    for number, scene in enumerate(record.scenes, start=1):
        OUT.print(f"scene {number}: {cameras_text(scene.cameras)}, {span_text(scene)}", highlight=False)
    if not vehicles:
        show_nothing("No vehicle was at these scenes, from", record, "Try more time, wider areas, or --least.")
    else:
        OUT.print(_scenes_table(vehicles, names))
    if len(vehicles) >= limit:
        OUT.print(f"Only {limit} are shown, there are more: give less time, smaller areas, or raise --limit.")
    show_foot(record)


def _scenes_table(vehicles: Sequence[SeenInScenes], names: Mapping[str, str]) -> Table:
    table = Table("plate", "scenes", "passages", "seen (Brussels time)", show_lines=True)
    for one in vehicles:
        table.add_row(
            plate_text(one.plate, one.written),
            ", ".join(map(str, one.in_scenes)),
            str(one.sightings),
            _sightings(one, names),
        )
    return table


def _sightings(one: SeenInScenes, names: Mapping[str, str], most: int = 6) -> str:
    """When and where, a line each."""
    lines = [
        f"{local_text(at)} {escape(names.get(camera) or camera)}"
        for at, camera in list(dict.fromkeys(zip(one.times, one.cameras, strict=True)))
    ]
    more = [f"and {len(lines) - most} more"] if len(lines) > most else []
    return "\n".join(lines[:most] + more)
