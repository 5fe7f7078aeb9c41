"""`anpr investigate travel | learn`: how vehicles move, and learning it. Nobody is searched, nothing is recorded."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import timedelta
from typing import Annotated, Any, Literal

import typer
from rich.markup import escape
from rich.table import Table

from anpr.cli.console import OUT, print_json, progress_bar
from anpr.cli.desk import Json, Limit, open_desk, utc_now
from anpr.cli.investigate.desk import group
from anpr.cli.investigate.shown import length_text
from sinks.clickhouse.investigation.areas import parse_area
from sinks.clickhouse.queries.cameras import cameras
from sinks.clickhouse.queries.learn import Learnt, days_to_learn, learn_day
from sinks.clickhouse.queries.next_cameras import LEARNT_DAYS
from sinks.clickhouse.queries.travel import Flow, travel


@group.command("travel")
def travel_between(
    context: typer.Context,
    from_camera: Annotated[str, typer.Option("--from-camera", help="Where they come from; any, unless said.")] = "",
    to_camera: Annotated[str, typer.Option("--to-camera", help="Where they go to; any, unless said.")] = "",
    journeys: Annotated[
        bool, typer.Option("--journeys", help="First and last camera of trips, not neighbouring cameras.")
    ] = False,
    days: Annotated[int, typer.Option(min=1, max=396, help="Learnt from so many days.")] = LEARNT_DAYS,
    limit: Limit = 30,
    json: Json = False,
) -> None:
    """Typical travel times between cameras, and where trips begin and end. Learnt by `learn`; no plates in it.

    [bold]anpr investigate travel --from-camera E40-12 --journeys[/bold]
    """
    kind: Literal["next", "journey"] = "journey" if journeys else "next"
    with open_desk(context) as desk:
        named = [name for name in (from_camera, to_camera) if name]
        if named:
            parse_area(f"camera:{','.join(named)}").cameras(cameras(desk.client))
        since = (utc_now() - timedelta(days=days)).date()
        flows = travel(desk.client, kind, since, from_camera, to_camera, limit=limit)
    if json:
        print_json({"flows": [_flow_json(one) for one in flows]})
    else:
        _show_travel(flows)


def _show_travel(flows: Sequence[Flow]) -> None:
    """Flows, busiest first, with the times of one in ten, half, and nine in ten."""
    if not flows:
        OUT.print("Nothing was learnt of this yet: `anpr investigate learn` learns the days before.")
        return
    table = Table("from", "to", "vehicles", "days", "usually", "fast (1 in 10)", "slow (1 in 10)")
    for flow in flows:
        fast, usual, slow = (
            length_text(at) if (at := flow.within_s(share)) is not None else "" for share in (0.1, 0.5, 0.9)
        )
        origin, goal = escape(flow.from_name or flow.from_camera), escape(flow.to_name or flow.to_camera)
        table.add_row(origin, goal, f"{flow.moves:,}", str(flow.days), usual, fast, slow)
    OUT.print(table)


def _flow_json(flow: Flow) -> dict[str, Any]:
    """One flow with its times in seconds."""
    return {
        "from_camera": flow.from_camera,
        "to_camera": flow.to_camera,
        "moves": flow.moves,
        "days": flow.days,
        **{f"p{share}_s": flow.within_s(share / 100) for share in (10, 50, 90)},
    }


@group.command("learn")
def learn(
    context: typer.Context,
    days: Annotated[int, typer.Option(min=1, max=396, help="Look at so many whole days back.")] = 14,
    json: Json = False,
) -> None:
    """Learn how vehicles move from the days that were not learnt yet, or got passages since. Run it every night.

    What `next` and `travel` know comes from here. A day counts from three hours after its end (UTC); learning keeps
    no plates, and nothing that fewer than three vehicles did.

    [bold]30 4 * * *  anpr investigate learn[/bold]
    """
    now, learnt = utc_now(), []
    with open_desk(context) as desk, progress_bar() as progress:
        due = days_to_learn(desk.client, now, days)
        for number, day in enumerate(due):
            progress(f"learning {day}", number, len(due))
            learnt.append(learn_day(desk.client, day, now))
    if json:
        print_json({"days": [asdict(one) | {"day": one.day.isoformat()} for one in learnt]})
    else:
        _show_learnt(learnt, days)


def _show_learnt(learnt: Sequence[Learnt], days: int) -> None:
    for one in learnt:
        OUT.print(f"{one.day}: {one.movements:,} movements of {one.passages:,} passages", highlight=False)
    OUT.print(f"{len(learnt)} days learnt" if learnt else f"nothing new in the last {days} days", highlight=False)
