"""`anpr lez notices | notice | approve | reject`: what is proposed to be sent, and what an agent decides of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, cast, get_args

import msgspec
import typer
from rich.markup import escape
from rich.table import Table

from anpr.cli.console import OUT, complain, print_json
from anpr.cli.lez.desk import Json, Language, Reason, group, open_desk, show_foot
from anpr.lez.deciding import FEWEST_DIGITS, MOST_DAYS, Deciding
from anpr.lez.question import AskedWrongly
from pipeline.plates.shapes import displayed
from schemas.lez_notice import Decision, LezNotice, NoticeState

STATES: tuple[NoticeState, ...] = get_args(NoticeState)
NoticeId = Annotated[
    str, typer.Argument(metavar="NOTICE_ID", help=f"As `anpr lez notices` tells it; {FEWEST_DIGITS} digits may do.")
]
Note = Annotated[str, typer.Option("--note", help="Why, in words. It is recorded, and kept with the notice.")]


@group.command("notices")
def notices(
    context: typer.Context,
    reason: Reason,
    zone: Annotated[str, typer.Option("--zone", help="Of this zone only.")] = "",
    state: Annotated[
        list[str] | None, typer.Option("--state", help=f"{', '.join(STATES)}; unset: proposed. May be repeated.")
    ] = None,
    days: Annotated[int, typer.Option(min=1, max=MOST_DAYS, help="Of passages of so many days.")] = 366,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="Most that are shown.")] = 50,
    json: Json = False,
) -> None:
    """List notices, the oldest first: those that somebody must decide, unless told otherwise.

    [bold]anpr lez notices --zone brussels --reason "daily review of notices"[/bold]
    """
    with open_desk(context) as desk:
        deciding = Deciding(desk, reason, days)
        found = deciding.listed(_states(state), zone.strip().lower(), limit)
    if json:
        print_json({"search_id": deciding.asked.search.search_id, "notices": [_json(one) for one in found]})
        return
    OUT.print(_table(found) if found else "There is none.")
    if len(found) == limit:
        OUT.print(f"Only {limit} are shown: raise --limit.", highlight=False)
    show_foot(deciding.asked)


@group.command("notice")
def notice(
    context: typer.Context, notice_id: NoticeId, reason: Reason, language: Language = "en", json: Json = False
) -> None:
    """Show a notice: what it tells and why, what it rests on, and all that became of it."""
    with open_desk(context) as desk:
        deciding = Deciding(desk, reason)
        found = deciding.named(notice_id)
        history = deciding.history(found)
    if json:
        print_json({"search_id": deciding.asked.search.search_id, "states": [_json(one) for one in history]})
        return
    OUT.print(_page(found, language))
    OUT.print(_history(history))
    show_foot(deciding.asked)


@group.command("approve")
def approve(context: typer.Context, notice_id: NoticeId, note: Note, json: Json = False) -> None:
    """Approve a notice that is proposed. Nothing here sends it.

    [bold]anpr lez approve NOTICE_ID --note "picture and plate agree"[/bold]
    """
    _decide(context, notice_id, "approve", note, json)


@group.command("reject")
def reject(context: typer.Context, notice_id: NoticeId, note: Note, json: Json = False) -> None:
    """Reject a notice that is proposed: a warning that is rejected does not count, and fines that rest on it fall."""
    _decide(context, notice_id, "reject", note, json)


def _decide(context: typer.Context, notice_id: str, what: Decision, note: str, json: bool) -> None:
    with open_desk(context, broker=True) as desk:
        desk.require("lez_agent")
        deciding = Deciding(desk, note)
        after = deciding.decide(notice_id, what, note.strip())
    if after is None:
        complain(
            "sent, but the store does not show it yet: do the workers `notices` and `store-lez` run? If the notice "
            "changed in between, nothing was decided: look at it again"
        )
    if json:
        print_json({"notice": None if after is None else _json(after)})
    elif after is not None:
        OUT.print(f"{after.kind} of {after.day}: {after.state}", highlight=False)
        show_foot(deciding.asked)


def _states(given: Sequence[str] | None) -> Sequence[NoticeState]:
    for one in given or ():
        if one not in STATES:
            raise AskedWrongly(f"--state {one}: give one of {', '.join(STATES)}")
    return cast(Sequence[NoticeState], tuple(given or ("proposed",)))


def _json(one: LezNotice) -> dict[str, Any]:
    return cast(dict[str, Any], msgspec.to_builtins(one))


def _table(found: Sequence[LezNotice]) -> Table:
    table = Table("notice", "day", "zone", "plate", "what", "state", "rests on", "why")
    for one in found:
        plate = f"{escape(displayed(one.plate))} ({one.country})"
        rests = f"warning of {one.warned_on}" if one.warned_on else ""
        why = escape(one.reason_en)
        table.add_row(str(one.notice_id)[:8], str(one.day), one.zone, plate, _what(one), _state(one), rests, why)
    return table


def _page(one: LezNotice, language: str) -> Table:
    table = Table("", "", show_header=False)
    rows = {
        "notice": one.notice_id,
        "what": _what(one),
        "state": _state(one),
        "vehicle": f"{displayed(one.plate)} ({one.country})",
        "day": one.day,
        "final since": one.final_at,
        "first passage": f"{one.captured_at} at {one.camera_id} ({one.passage_id})",
        "passages": len(one.verdict_ids),
        "rule": f"{one.rule}{', not verified' if one.unverified else ''}",
        "why": getattr(one, f"reason_{language}"),
        "rests on": f"the warning of {one.warned_on}" if one.warned_on else "",
    }
    for name, value in rows.items():
        table.add_row(name, escape(str(value)))
    return table


def _history(states: Sequence[LezNotice]) -> Table:
    table = Table("revision", "when", "state", "what", "who", "note")
    for one in states:
        who = escape(one.decided_by) if one.decided_by else ""
        when = f"{one.updated_at:%Y-%m-%d %H:%M:%S}"
        table.add_row(str(one.revision), when, _state(one), _what(one), who, escape(one.note))
    return table


def _what(one: LezNotice) -> str:
    amount = f"{one.fine_eur} EUR" if one.fine_eur is not None else f"{one.fine_gbp} GBP"
    return "warning" if one.kind == "warning" else f"fine of {amount}"


def _state(one: LezNotice) -> str:
    return f"{one.state}: {one.withdrawn_for}" if one.withdrawn_for else one.state
