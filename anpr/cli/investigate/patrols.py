"""`anpr investigate patrols`: the units nearest to a place. Nobody is searched, nothing is recorded."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Annotated, Any

import typer
from rich.markup import escape
from rich.table import Table

from anpr.cli.console import OUT, print_json
from anpr.cli.desk import Json, Limit, open_desk, utc_now
from anpr.cli.investigate.desk import group
from anpr.cli.investigate.shown import length_text
from pipeline.geo import Point
from pipeline.patrols import MAX_AGE_S
from sinks.clickhouse.investigation.areas import parse_area
from sinks.clickhouse.queries.cameras import Registered, cameras
from sinks.clickhouse.queries.patrols import AVAILABLE, Patrol, patrols
from sinks.clickhouse.refusal import SearchRefused


@group.command("patrols")
def patrols_at(
    context: typer.Context,
    at: Annotated[str, typer.Argument(help="LAT,LON or camera:ID.")],
    status: Annotated[list[str] | None, typer.Option(help="available (unless said), busy, off_duty.")] = None,
    zone: Annotated[str, typer.Option(help="Units of this police zone only.")] = "",
    max_age: Annotated[int, typer.Option(min=1, help="Seconds after which a position is old.")] = MAX_AGE_S,
    everybody: Annotated[bool, typer.Option("--all", help="Also units whose position is old.")] = False,
    limit: Limit = 10,
    json: Json = False,
) -> None:
    """The units nearest to a place, with the age of their position. No vehicle is looked for, so no reason is asked.

    [bold]anpr investigate patrols camera:E40-12[/bold]
    """
    with open_desk(context) as desk:
        spot = _spot(at, cameras(desk.client))
        units = patrols(
            desk.client,
            spot,
            utc_now(),
            statuses=_statuses(status),
            police_zone=zone,
            max_age_s=max_age,
            with_stale=everybody,
            limit=limit,
        )
    if json:
        print_json({"lat": spot.lat, "lon": spot.lon, "patrols": [_patrol_json(one) for one in units]})
    else:
        _show_patrols(units, at, max_age)


def _spot(text: str, registered: Sequence[Registered]) -> Point:
    """A place as typed. Raises SearchRefused."""
    kind, colon, name = text.partition(":")
    if colon and kind in {"camera", "cameras"}:
        (found, *others) = parse_area(text).cameras(registered)
        spot = next(one.position for one in registered if one.camera_id == found)
        if spot is None or others:
            raise SearchRefused(f"{name} has no one place: give LAT,LON", "place_wrong")
        return spot
    try:
        lat, lon = (float(word) for word in text.split(","))
    except ValueError as error:
        raise SearchRefused(f"{text} is no place: write LAT,LON or camera:ID", "place_wrong") from error
    if not (-90 <= lat <= 90 and -180 <= lon <= 180):
        raise SearchRefused(f"{text} is no place on earth: latitude first, then longitude", "place_wrong")
    return Point(lat, lon)


def _statuses(given: Sequence[str] | None) -> tuple[str, ...]:
    known = ("available", "busy", "off_duty")
    for one in given or ():
        if one not in known:
            raise SearchRefused(f"status {one} is not one of {', '.join(known)}", "field_wrong")
    return tuple(given or AVAILABLE)


def _show_patrols(units: Sequence[Patrol], place: str, max_age_s: int) -> None:
    """Units, the nearest first."""
    if not units:
        OUT.print(
            f"No such unit near {escape(place)} told its position in the last {length_text(max_age_s)}: "
            "--all also shows old positions, --status busy others.",
            highlight=False,
            soft_wrap=True,
        )
        return
    table = Table("unit", "status", "zone", "distance", "drive (estimate)", "position of")
    for one in units:
        age = f"{length_text(one.age_s)} ago"
        table.add_row(
            f"[bold]{escape(one.patrol_id)}[/bold]",
            one.status,
            escape(one.police_zone),
            f"{one.distance_m / 1000:.1f} km",
            length_text(one.drive_s),
            f"[yellow]{age}: may be elsewhere[/yellow]" if one.stale else age,
        )
    OUT.print(table)


def _patrol_json(one: Patrol) -> dict[str, Any]:
    """One unit."""
    return asdict(one) | {"fixed_at": one.fixed_at.isoformat(), "drive_s": round(one.drive_s, 1)}
