"""`anpr cameras list | show`: which cameras are ill, since when, and what is usual of them. Nobody is searched."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from typing import Annotated

import typer
from clickhouse_connect.driver.client import Client

from anpr.cli.app import app, settings_of
from anpr.cli.cameras_shown import show_camera, show_cameras
from anpr.cli.console import complain, print_json, say
from anpr.platform import open_platform
from sinks.clickhouse.client import connect
from sinks.clickhouse.queries.camera_health import camera_hours, camera_troubles, cameras_now

group = typer.Typer(help="Cameras: which are silent, off their usual, badly read or late.", no_args_is_help=True)
app.add_typer(group, name="cameras")
Json = Annotated[bool, typer.Option("--json", help="One JSON object as the last line.")]


@group.command("list")
def list_cameras(
    context: typer.Context,
    zone: Annotated[str, typer.Option("--zone", help="Only of this police zone.")] = "",
    ill: Annotated[bool, typer.Option("--ill", help="Only those with a trouble.")] = False,
    limit: Annotated[int, typer.Option(min=1, max=100_000, help="Most that are shown.")] = 50,
    json: Json = False,
) -> None:
    """Show cameras, those with a trouble first, then those that were silent for longest.

    [bold]anpr cameras list --ill[/bold]
    """
    with _store(context) as client:
        found = [one for one in cameras_now(client, zone.strip()) if one.troubles or not ill]
    if json:
        print_json({"cameras": [asdict(one) for one in found]})
    else:
        show_cameras(found, limit)


@group.command("show")
def show(
    context: typer.Context,
    camera: Annotated[str, typer.Argument(metavar="CAMERA", help="Its identifier.")],
    days: Annotated[int, typer.Option(min=1, max=1100, help="Look at so many days.")] = 2,
    json: Json = False,
) -> None:
    """Show a camera: what is wrong, its hours against their usual, and what was wrong before.

    [bold]anpr cameras show E40-12[/bold]
    """
    since = datetime.now(UTC) - timedelta(days=days)
    with _store(context) as client:
        found = next((one for one in cameras_now(client) if one.camera_id == camera), None)
        hours = camera_hours(client, camera, since) if found else ()
        troubles = camera_troubles(client, since, camera) if found else ()
    if found is None:
        complain(f"camera {camera} is not registered: `anpr cameras list` shows those that are")
        raise typer.Exit(2)
    if json:
        shown = {"camera": asdict(found), "hours": [asdict(one) for one in hours]}
        print_json(shown | {"troubles": [asdict(one) for one in troubles]})
    else:
        show_camera(found, hours, troubles)


@contextmanager
def _store(context: typer.Context) -> Iterator[Client]:
    with open_platform(settings_of(context), broker="none", say=say) as platform:
        yield connect(platform.settings.dsn())
