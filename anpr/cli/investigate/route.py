"""`anpr investigate route`: where a vehicle went."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import typer
from clickhouse_connect.driver.client import Client
from rich.markup import escape
from rich.table import Table

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
from anpr.cli.investigate.desk import group, span_asked
from anpr.cli.investigate.shown import asked_text, length_text, show_nothing
from anpr.cli.times import local_text
from console.investigating.answers import route_json
from console.investigating.understanding import whole_plates
from pipeline.plates.shapes import displayed
from schemas.search import SearchRecord
from sinks.clickhouse.investigation.legs import Leg, legs_of, odd_ones, trips_of
from sinks.clickhouse.plate_search.patterns import is_plate
from sinks.clickhouse.queries.plates_misread import plates_misread
from sinks.clickhouse.queries.route import RoutePoint, route
from sinks.clickhouse.refusal import SearchRefused
from sinks.clickhouse.searches import SearchRequest

MOST_MISREADS = 50


@group.command("route")
def route_of(
    context: typer.Context,
    plate: Annotated[str, typer.Argument(help="The plate in full; '1ABC234|1ABC284' for two.")],
    reason: Reason,
    purpose: Purpose = "crime",
    case_number: CaseNumber = None,
    days: Days = None,
    since: Since = None,
    until: Until = None,
    misreads: Annotated[bool, typer.Option("--misreads", help="Also what a camera may have read wrongly.")] = False,
    zone: Zone = "",
    role: Role = "officer",
    decision: Decision = None,
    limit: Limit = 1000,
    json: Json = False,
) -> None:
    """Where a vehicle went: its passages in order, gaps, speeds, and what can not be. The last day, unless said.

    [bold]anpr investigate route 1-ABC-234 --from '2026-11-24 08:00' --to '2026-11-24 20:00' --reason "…"[/bold]
    """
    why = Why(reason, purpose, case_number, zone, role, decision)
    with open_desk(context) as desk:
        request = desk.request(why, plate, span_asked(days, since, until, 1), tolerance=int(misreads))
        record = desk.open(request, _one_plate if misreads else whole_plates)

        def answer() -> tuple[Sequence[RoutePoint], int]:
            points = route(desk.client, record, _plates(desk.client, record), limit)
            return points, len(points)

        way = desk.ask(record, "route", answer)
    if json:
        print_json({"search_id": record.search_id, **route_json(way)})
    else:
        _show_route(record, way, limit)


def _one_plate(request: SearchRequest) -> SearchRequest:
    whole = whole_plates(request)
    if not is_plate(whole.pattern):
        raise SearchRefused("--misreads takes one plate", "pattern_wrong")
    return whole


def _plates(client: Client, record: SearchRecord) -> list[str]:
    """The plates searched, and what they may have been read as."""
    wanted = record.pattern.split("|")
    if not record.tolerance:
        return wanted
    likely = [one.plate for one in plates_misread(client, record, MOST_MISREADS)]
    return wanted + [plate for plate in likely if plate not in wanted]


def _show_route(record: SearchRecord, way: Sequence[RoutePoint], limit: int) -> None:
    """One line per passage; a rule where a new trip begins."""
    if not way:
        show_nothing(
            f"No passage of {asked_text(record)} from",
            record,
            "It may be longer ago: --days or --from. It may have been misread: --misreads, or anpr search.",
        )
    else:
        OUT.print(_route_table(way))
    if len(way) >= limit:
        OUT.print(f"Only the newest {limit} are shown: give less time, or raise --limit.")
    show_foot(record)


def _route_table(way: Sequence[RoutePoint]) -> Table:
    table = Table("seen (Brussels time)", "camera", "after", "road", "km/h", "sure", "remarks")
    legs = {leg.end.passage_id: leg for leg in legs_of(way)}
    odd = {point.passage_id for point in odd_ones(way)}
    several = len({point.plate for point in way}) > 1
    for trip in trips_of(way):
        for point in trip:
            leg = legs.get(point.passage_id)
            table.add_row(
                local_text(point.captured_at),
                escape(point.camera_name or point.camera_id) + (f", {point.direction}" if point.direction else ""),
                length_text(leg.gap_s) if leg else "",
                f"~{leg.road_m / 1000:.1f} km" if leg and leg.road_m else "",
                _speed(leg) if leg else "",
                f"{point.confidence:.0%}",
                _remarks(point, leg, odd=point.passage_id in odd, plate=several),
            )
        table.add_section()
    return table


def _speed(leg: Leg) -> str:
    """Of what was driven; a speed over a stop says nothing."""
    return f"{leg.speed_kmh:.0f}" if leg.road_m and leg.speed_kmh and leg.flag != "long_stop" else ""


def _remarks(point: RoutePoint, leg: Leg | None, *, odd: bool, plate: bool) -> str:
    told = [
        f"read as {escape(displayed(point.plate))}" if plate else "",
        _leg_in_words(leg) if leg else "",
        "[bold red]does not fit the way: a misread, a twin or a wrong clock[/bold red]" if odd else "",
        "doubtful - compare the picture" if point.certainty != "sure" else "",
        "uploaded late" if point.late else "",
    ]
    return "; ".join(one for one in told if one)


def _leg_in_words(leg: Leg) -> str:
    if leg.flag == "impossible":
        return f"[bold red]IMPOSSIBLE: at least {leg.least_kmh:.0f} km/h[/bold red]"
    return {
        "same_time": "[bold red]IMPOSSIBLE: at two places at once[/bold red]",
        "fast": "[yellow]very fast[/yellow]",
        "long_stop": f"stood at least {length_text(leg.stop_s)}",
        "unplaced": "place not known",
    }.get(leg.flag, "")
