"""`anpr cases list | show | acknowledge | assign | pursue | close | false | reopen | note | report`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Annotated, cast, get_args

import msgspec
import typer

from anpr.cli.app import app, settings_of
from anpr.cli.cases_shown import show_case, show_cases, show_done, show_report
from anpr.cli.console import print_json, say
from anpr.platform import PlatformFault, open_platform
from console.case_desk import LISTED_DAYS, CaseDesk
from schemas.case import CaseState
from schemas.case_input import ActionKind, PictureSaid
from schemas.hotlist import ListKind
from sinks.clickhouse.audit.chain import ChainFile
from sinks.clickhouse.client import connect
from sinks.clickhouse.queries.cases import OPEN

group = typer.Typer(help="Vehicles that somebody must deal with: look, act, report.", no_args_is_help=True)
app.add_typer(group, name="cases")
KINDS, STATES = get_args(ListKind), get_args(CaseState)
Json = Annotated[bool, typer.Option("--json", help="One JSON object as the last line.")]
Name = Annotated[
    str, typer.Argument(metavar="CASE", help="First digits of its identifier (six or more), or the plate.")
]
Text = Annotated[str, typer.Option("--text", help="Why, or what to add. It is kept with the case.")]
Picture = Annotated[
    PictureSaid | None,
    typer.Option(
        "--picture",
        help="You compared the picture with the plate, or there is none. A case without a sure reading asks for it.",
    ),
]


@group.command("list")
def list_cases(
    context: typer.Context,
    state: Annotated[
        list[str] | None, typer.Option(help=f"Only in this state: {', '.join(STATES)}; unset: open.")
    ] = None,
    kind: Annotated[list[str] | None, typer.Option(help=f"Only of this list: {', '.join(KINDS)}.")] = None,
    days: Annotated[int, typer.Option(min=1, max=1100, help="Opened in so many days.")] = LISTED_DAYS,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="Most that are shown.")] = 50,
    json: Json = False,
) -> None:
    """Show cases, the most urgent first. That you looked is recorded.

    [bold]anpr cases list[/bold]                       open ones
    [bold]anpr cases list --state new[/bold]           nobody has said that they deal with them
    [bold]anpr cases list --state false --days 7[/bold]
    """
    states = _known(state, STATES, "state") or OPEN
    with _desk(context) as desk:
        found = desk.list_cases(
            settings_of(context).officer,
            states=cast(tuple[CaseState, ...], states),
            kinds=_known(kind, KINDS, "kind"),
            days=days,
            limit=limit,
        )
    if json:
        print_json({"cases": [msgspec.to_builtins(case) for case in found]})
    else:
        show_cases(found, datetime.now(UTC), limit)


@group.command("show")
def show(context: typer.Context, case: Name, json: Json = False) -> None:
    """Show a case: what to do, where the vehicle is and goes, who is near, and all that happened. It is recorded."""
    with _desk(context) as desk:
        shown = desk.show(settings_of(context).officer, case)
    if json:
        print_json({"case": msgspec.to_builtins(shown.case), "camera_names": shown.camera_names})
    else:
        show_case(shown, datetime.now(UTC))


@group.command("acknowledge")
def acknowledge(
    context: typer.Context, case: Name, text: Text = "", picture: Picture = None, json: Json = False
) -> None:
    """Say that you deal with it: nobody else is called."""
    _act(context, case, "acknowledge", text, json, picture)


@group.command("assign")
def assign(
    context: typer.Context,
    case: Name,
    to: Annotated[str, typer.Argument(help="Officer, or call sign of a patrol.")],
    text: Text = "",
    picture: Picture = None,
    json: Json = False,
) -> None:
    """Say who deals with it."""
    _act(context, case, "assign", text, json, picture, to)


@group.command("pursue")
def pursue(context: typer.Context, case: Name, text: Text = "", picture: Picture = None, json: Json = False) -> None:
    """Say that somebody is behind it."""
    _act(context, case, "pursue", text, json, picture)


@group.command("close")
def close(context: typer.Context, case: Name, text: Text = "", picture: Picture = None, json: Json = False) -> None:
    """Say that it is dealt with, and that it was the vehicle. If it was not: `anpr cases false`."""
    _act(context, case, "close", text, json, picture)


@group.command("false")
def judge_false(
    context: typer.Context, case: Name, text: Text = "", picture: Picture = None, json: Json = False
) -> None:
    """Say that it was not the vehicle: it counts in `anpr cases report`; the same misread wakes nobody for a day."""
    _act(context, case, "false", text, json, picture)


@group.command("reopen")
def reopen(context: typer.Context, case: Name, text: Text = "", picture: Picture = None, json: Json = False) -> None:
    """Open a case again that is closed or was judged false, for a week after its end. You then deal with it."""
    _act(context, case, "reopen", text, json, picture)


@group.command("note")
def note(
    context: typer.Context,
    case: Name,
    text: Annotated[str, typer.Argument(help="The remark.")],
    picture: Picture = None,
    json: Json = False,
) -> None:
    """Add a remark."""
    _act(context, case, "note", text, json, picture)


@group.command("report")
def report(
    context: typer.Context,
    days: Annotated[int, typer.Option(min=1, max=1100, help="Of cases opened in so many days.")] = 90,
    json: Json = False,
) -> None:
    """How often cases were judged false, and whether the probabilities told were kept. No plates."""
    with _desk(context) as desk:
        found = desk.report(settings_of(context).officer, days)
    if json:
        print_json({"days": days, "rows": [one.as_json() for one in found]})
    else:
        show_report(found, days)


@contextmanager
def _desk(context: typer.Context, *, broker: bool = False) -> Iterator[CaseDesk]:
    """The desk on the store of the settings. broker: it must be there too."""
    with open_platform(settings_of(context), broker="none", say=say) as platform:
        settings = platform.settings
        if broker and settings.kafka_bootstrap is None:
            raise PlatformFault(
                "cases are changed by the worker `cases`, and no broker runs on this data folder: start `anpr demo` "
                "there, or set ANPR_KAFKA_BOOTSTRAP and ANPR_STORE_DSN to those of the platform"
            )
        kafka = settings.kafka() if settings.kafka_bootstrap else None
        yield CaseDesk(connect(settings.dsn()), kafka, lambda: datetime.now(UTC), ChainFile(settings.data_dir))


def _act(
    context: typer.Context,
    case: str,
    what: ActionKind,
    text: str,
    json: bool,
    picture: PictureSaid | None,
    to: str | None = None,
) -> None:
    with _desk(context, broker=True) as desk:
        after = desk.act(settings_of(context).officer, case, what, to=to, text=text, picture=picture)
    if json:
        print_json({"case": msgspec.to_builtins(after)})
    else:
        show_done(after, what)


def _known(given: list[str] | None, known: tuple[str, ...], option: str) -> tuple[str, ...]:
    for one in given or ():
        if one not in known:
            raise typer.BadParameter(f"{one} is not one of {', '.join(known)}", param_hint=f"--{option}")
    return tuple(given or ())
