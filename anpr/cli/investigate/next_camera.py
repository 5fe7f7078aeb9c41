"""`anpr investigate next`: where a vehicle shows next."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Annotated, Any

import typer
from clickhouse_connect.driver.client import Client
from rich.markup import escape
from rich.table import Table

from anpr.cli.console import OUT, print_json
from anpr.cli.desk import CaseNumber, Json, Limit, Purpose, Reason, Role, Why, Zone, open_desk, show_foot, utc_now
from anpr.cli.investigate.desk import group, span_asked
from anpr.cli.investigate.shown import asked_text, show_nothing
from anpr.cli.times import ago_text, local_text
from console.investigating.understanding import whole_plates
from schemas.search import SearchRecord
from sinks.clickhouse.investigation.forecast import ELSEWHERE, NOT_SEEN, Next
from sinks.clickhouse.queries.next_cameras import PREDICTED_FOR, Prediction, next_cameras
from sinks.clickhouse.queries.route import RoutePoint, route

FEW_MOVES = 20
"""A prediction from fewer vehicles says so."""


@group.command("next")
def next_of(
    context: typer.Context,
    plate: Annotated[str, typer.Argument(help="The plate in full.")],
    reason: Reason,
    purpose: Purpose = "crime",
    case_number: CaseNumber = None,
    zone: Zone = "",
    role: Role = "officer",
    limit: Limit = 8,
    json: Json = False,
) -> None:
    """Where a vehicle that was seen in the last day shows next: cameras, how likely, and when.

    Rests on how vehicles moved in the last 60 days, which `anpr investigate learn` learns every night.

    [bold]anpr investigate next 1-ABC-234 --purpose stolen_vehicle --reason "…"[/bold]
    """
    why = Why(reason, purpose, case_number, zone, role, None)
    now = utc_now()
    with open_desk(context) as desk:
        record = desk.open(desk.request(why, plate, span_asked(1, None, None, 1)), whole_plates)
        seen = desk.ask(record, "next", lambda: _last(desk.client, record))
        found = next_cameras(desk.client, seen.camera_id, seen.captured_at, now, seen.direction) if seen else None
    if json:
        print_json({"search_id": record.search_id, **_prediction_json(seen, found)})
    else:
        _show_prediction(record, seen, found, now, limit)


def _last(client: Client, record: SearchRecord) -> tuple[RoutePoint | None, int]:
    points = route(client, record, record.pattern.split("|"), 1)
    return (points[-1] if points else None), len(points)


def _show_prediction(
    record: SearchRecord, seen: RoutePoint | None, found: Prediction | None, now: datetime, limit: int
) -> None:
    """Where it was last, and where it shows next."""
    if seen is None or found is None:
        show_nothing(f"No passage of {asked_text(record)} from", record, "It may be longer ago: anpr search.")
    else:
        _show_forecast(seen, found, now, limit)
    show_foot(record)


def _show_forecast(seen: RoutePoint, found: Prediction, now: datetime, limit: int) -> None:
    gone, camera = now - seen.captured_at, escape(seen.camera_name or seen.camera_id)
    OUT.print(
        f"Last seen {local_text(seen.captured_at)}, {ago_text(gone)} ago, at {camera}.", highlight=False, soft_wrap=True
    )
    if gone > PREDICTED_FOR:
        OUT.print(
            "That is too long ago to say where it goes on: it has most likely stopped, or left the cameras' reach."
        )
    elif not found.outcomes:
        OUT.print("Nothing was learnt of this camera yet: `anpr investigate learn` does, from the days before.")
    else:
        OUT.print(_next_table(found, now, limit))
        OUT.print(_rests_on(found), highlight=False, soft_wrap=True)


def _next_table(found: Prediction, now: datetime, limit: int) -> Table:
    table = Table("next at", "likely", "expected (Brussels time)", "between", "")
    for one in found.outcomes[:limit]:
        table.add_row(
            _outcome(one, found.names),
            f"{one.probability:.0%}",
            _clock(now, one.p50_s),
            f"{_clock(now, one.p10_s)} - {_clock(now, one.p90_s)}" if one.p10_s is not None else "",
            "overdue" if one.overdue else "",
        )
    return table


def _outcome(one: Next, names: Mapping[str, str]) -> str:
    if one.to_camera == NOT_SEEN:
        return "nowhere within the hour: stops, or leaves the cameras' reach"
    if one.to_camera == ELSEWHERE:
        return "some other camera"
    return escape(names.get(one.to_camera) or one.to_camera)


def _clock(now: datetime, seconds: float | None) -> str:
    return "" if seconds is None else local_text(now + timedelta(seconds=seconds))[11:]


def _rests_on(found: Prediction) -> str:
    few = " That is little: take it as a hint." if found.observations < FEW_MOVES else ""
    return f"From {found.observations:,} vehicles, {found.at_this_hour:,} of them at this hour of the week.{few}"


def _prediction_json(seen: RoutePoint | None, found: Prediction | None) -> dict[str, Any]:
    """The last sighting and the outcomes; `to_camera` empty: not seen within the hour, `*`: some other camera."""
    if seen is None or found is None:
        return {"seen": None, "outcomes": [], "observations": 0, "at_this_hour": 0}
    outcomes = [asdict(one) | {"camera_name": found.names.get(one.to_camera, "")} for one in found.outcomes]
    return {
        "seen": asdict(seen) | {"captured_at": seen.captured_at.isoformat()},
        "outcomes": outcomes,
        "observations": found.observations,
        "at_this_hour": found.at_this_hour,
    }
