"""`anpr lez verdict`: a stored verdict, by the law as it was known then, and every time that it was taken."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated
from uuid import UUID

import typer
from rich.markup import escape
from rich.table import Table

from anpr.cli.console import OUT, complain, print_json
from anpr.cli.lez.desk import Json, Language, Reason, Role, group, open_desk, show_foot
from anpr.lez.answer import Known
from anpr.lez.explanation import Explained, explained_json, taken_json
from anpr.lez.stored import look_up
from console.zone_desk import VerdictAsked
from pipeline.lez.book import LawBook
from pipeline.lez.sentences import Language as Tongue
from sinks.clickhouse.lez.searches import PURPOSES

EDITED = (
    "THE LAW BOOK WAS EDITED: it no longer says of that day what it said when this verdict was taken. Rules are closed "
    "and added, never changed; compare pipeline/lez/law with its history before you rely on either."
)
OTHER_RIGHTS = (
    "A pass or a permit counts otherwise than when this was taken: it was given back since, or had not reached the "
    "register then."
)


@group.command("verdict")
def verdict(
    context: typer.Context,
    verdict_id: Annotated[
        UUID, typer.Argument(metavar="VERDICT_ID", help="As a notice or `anpr lez doubtful` has it.")
    ],
    reason: Reason,
    plate: Annotated[str, typer.Option("--plate", help="The vehicle's, in full; unset: of one that was cleared.")] = "",
    purpose: Annotated[str, typer.Option("--purpose", help=f"One of {', '.join(PURPOSES)}.")] = "objection",
    case_number: Annotated[str, typer.Option("--case-number", help="Number of the notice or the file.")] = "",
    role: Role = "lez_agent",
    language: Language = "en",
    json: Json = False,
) -> None:
    """Explain a stored verdict by the law as it was known when it was taken, and show every time that it was taken.

    [bold]anpr lez verdict VERDICT_ID --plate 1-ABC-234 --reason "objection of the holder, 3 March"[/bold]
    """
    look = VerdictAsked(verdict_id, reason, purpose, plate, case_number)  # type: ignore[arg-type]  # checked by the desk
    with open_desk(context) as desk:
        found = look_up(desk, look, role)  # type: ignore[arg-type]  # checked by the desk
    law, told, known, asked = found.law, found.told, found.known, found.asked
    if json:
        print_json(explained_json(law, told[-1], known) | {"taken": [taken_json(law, one) for one in told]})
    else:
        _show(law, told, known, language)
        show_foot(asked)
    if any(one.agreement == "different" for one in told):
        complain(EDITED)
        raise typer.Exit(1)


# ---- for people ----------------------------------------------------------------------------------------------------


def _show(law: LawBook, told: Sequence[Explained], known: Sequence[Known], language: Tongue) -> None:
    one = told[-1]
    found, stored = one.again.found, one.verdict
    OUT.print(f"[bold]{stored.verdict}[/bold], {stored.action}{' (withdrawn)' if stored.withdrawn else ''}")
    OUT.print(escape(found.reason(language)), soft_wrap=True)
    OUT.print(f"[dim]rule {escape(stored.rule)} — {escape(found.source)}[/dim]", soft_wrap=True)
    OUT.print(
        f"[dim]passage {stored.passage_id}, {law.local(stored.captured_at):%Y-%m-%d %H:%M:%S}, "
        f"{escape(stored.camera_id)}[/dim]",
        soft_wrap=True,
    )
    OUT.print(
        {"same": "The law book says the same today of that day.", "rights_differ": OTHER_RIGHTS}.get(one.agreement, "")
    )
    OUT.print(_taken_table(law, told))
    OUT.print(_known_table(known))


def _taken_table(law: LawBook, told: Sequence[Explained]) -> Table:
    table = Table(
        "known at", "for", "verdict", "action", "rule", title="each time that it was taken; the last one holds"
    )
    for one in told:
        stored = one.verdict
        cause = f"{stored.cause} {stored.revision}" + (f" by {stored.confirmed_by}" if stored.confirmed_by else "")
        table.add_row(
            f"{law.local(stored.known_at):%Y-%m-%d %H:%M:%S}",
            escape(cause) + (" (withdrawn)" if stored.withdrawn else ""),
            stored.verdict if stored.if_sure is None else f"{stored.verdict} (if sure: {stored.if_sure})",
            stored.action,
            escape(stored.rule),
        )
    return table


def _known_table(known: Sequence[Known]) -> Table:
    table = Table("known since", "verdict", "action", "it rests on", title="the same passage, as the law was known")
    for one in known:
        mark = " (not verified)" if one.found.unverified else ""
        table.add_row(one.since.isoformat(), one.found.verdict, one.due.action, escape(one.found.source) + mark)
    return table
