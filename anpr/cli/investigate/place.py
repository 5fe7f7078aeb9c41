"""`anpr investigate place`: what passed the cameras of an area."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Annotated

import typer
from rich.markup import escape
from rich.table import Table

from anpr.cli.console import OUT, print_json
from anpr.cli.desk import (
    CaseNumber,
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
    utc_now,
)
from anpr.cli.investigate.desk import PlatesLike, group, hour_before
from anpr.cli.investigate.shown import cameras_text, show_nothing
from anpr.cli.times import local_text, time_range
from console.investigating.answers import place_json
from console.investigating.understanding import plates_like, scene_of
from pipeline.plates.shapes import displayed
from schemas.search import SearchRecord
from sinks.clickhouse.investigation.areas import parse_area
from sinks.clickhouse.queries.cameras import cameras
from sinks.clickhouse.queries.place import Passed, Wanted, place
from sinks.clickhouse.searches import SearchRequest

AREA_HELP = "camera:ID,ID  zone:ID  near:LAT,LON,METRES  'polygon:LAT,LON LAT,LON …'  or a GeoJSON file."


@group.command("place")
def place_of(
    context: typer.Context,
    area: Annotated[str, typer.Argument(help=AREA_HELP)],
    reason: Reason,
    purpose: Purpose = "crime",
    case_number: CaseNumber = None,
    since: Since = None,
    until: Until = None,
    plate: PlatesLike = "*",
    country: Annotated[list[str] | None, typer.Option(help="Only of this country: BE, FR … May be repeated.")] = None,
    vehicle: Annotated[list[str] | None, typer.Option(help="Only this kind: car, van … May be repeated.")] = None,
    direction: Annotated[str | None, typer.Option(help="Only approaching or departing.")] = None,
    zone: Zone = "",
    role: Role = "officer",
    decision: Decision = None,
    limit: Limit = 1000,
    json: Json = False,
) -> None:
    """Everything that passed the cameras of an area, newest first. The last hour, unless said.

    [bold]anpr investigate place near:50.8466,4.3528,300 --from '2026-11-24 22:00' --to '2026-11-24 22:30'
    --country FR --reason "…"[/bold]
    """
    why = Why(reason, purpose, case_number, zone, role, decision)
    wanted = Wanted(
        tuple(one.upper() for one in country or ()), tuple(vehicle or ()), (direction,) if direction else ()
    )
    span = time_range(utc_now(), None, since, until) if since else hour_before(until)
    with open_desk(context) as desk:
        registered = cameras(desk.client)

        def read(request: SearchRequest) -> SearchRequest:
            scene = scene_of(parse_area(area).cameras(registered), span, 1)
            return replace(request, pattern=plates_like(plate), kind="scenes", scenes=(scene,))

        record = desk.open(desk.request(why, plate, span), read)

        def answer() -> tuple[Sequence[Passed], int]:
            rows = place(desk.client, record, wanted, limit=limit)
            return rows, len(rows)

        passed = desk.ask(record, "place", answer)
    if json:
        rows = list(map(place_json, passed))
        print_json({"search_id": record.search_id, "cameras": list(record.scenes[0].cameras), "passages": rows})
    else:
        _show_place(record, passed, limit)


def _show_place(record: SearchRecord, passed: Sequence[Passed], limit: int) -> None:
    """What passed, newest first."""
    names = record.scenes[0].cameras
    if not passed:
        show_nothing(
            f"Nothing like this at {cameras_text(names)} from", record, "Try more time, a wider area, fewer filters."
        )
    else:
        OUT.print(_place_table(passed))
    if len(passed) >= limit:
        OUT.print(f"Only the newest {limit} are shown, there are more: give less time, or raise --limit.")
    show_foot(record)


def _place_table(passed: Sequence[Passed]) -> Table:
    table = Table("seen (Brussels time)", "plate", "camera", "country", "kind", "direction", "sure")
    for one in passed:
        doubt = "" if one.certainty == "sure" else " - compare the picture"
        table.add_row(
            local_text(one.captured_at) + (", uploaded late" if one.late else ""),
            f"[bold]{escape(displayed(one.plate))}[/bold]",
            escape(one.camera_name or one.camera_id),
            escape(one.country),
            escape(one.vehicle_class),
            escape(one.direction),
            f"{one.confidence:.0%}{doubt}",
        )
    return table
