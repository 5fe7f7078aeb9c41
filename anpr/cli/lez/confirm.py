"""`anpr lez doubtful | confirm`: a person compares the picture of a doubtful read with the plate."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Any
from uuid import UUID

import typer
from rich.markup import escape
from rich.table import Table

from anpr.cli.console import OUT, complain, print_json
from anpr.cli.lez.desk import Json, Reason, Role, group, open_desk, show_foot
from anpr.lez.confirmation import Seen, agrees, confirm, deny, waiting_verdict
from anpr.lez.desk import Asked, Desk, utc_now, wait_for
from pipeline.lez.loading import load_law
from schemas.lez import LezVerdict
from sinks.clickhouse.lez.queries.verdicts import verdict_named, waiting
from sinks.clickhouse.lez.searches import LezSearchRequest

MOST_DAYS = 92
"""As far as the purpose reaches."""
VerdictId = Annotated[UUID, typer.Argument(metavar="VERDICT_ID", help="As `anpr lez doubtful` tells it.")]
ElsewhereCorrected = (
    "Not this vehicle: nothing was published. The passage must be corrected where it was read, on the police's "
    "platform; its next revision takes the verdict back by itself."
)


@group.command("doubtful")
def doubtful(
    context: typer.Context,
    reason: Reason,
    zone: Annotated[str, typer.Option("--zone", help="Of this zone only.")] = "",
    days: Annotated[int, typer.Option(min=1, max=MOST_DAYS, help="Passages of so many days.")] = 14,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="Most that are shown.")] = 50,
    role: Role = "lez_agent",
    json: Json = False,
) -> None:
    """List doubtful reads that would be offences if the plate is right. They wait until a person has compared them.

    Which plate was read is not told: whoever looks at the picture types what it shows.

    [bold]anpr lez doubtful --zone brussels --reason "daily comparison of doubtful reads"[/bold]
    """
    with open_desk(context) as desk:
        asked = desk.open(_request(desk, reason, role, days))

        def answer() -> tuple[list[LezVerdict], int]:
            found = list(waiting(desk.client, asked.search, zone.strip().lower(), limit))
            return found, len(found)

        found = desk.ask(asked, "doubtful_verdicts", answer)
    if json:
        print_json({"search_id": asked.search.search_id, "waiting": [_json(one) for one in found]})
        return
    OUT.print(_table(found) if found else "None waits.")
    if len(found) == limit:
        OUT.print(f"Only the newest {limit} are shown: raise --limit.", highlight=False)
    show_foot(asked)


@group.command("confirm")
def confirm_plate(
    context: typer.Context,
    verdict_id: VerdictId,
    plate: Annotated[str, typer.Option("--plate", help="What you read in the picture, in full.")],
    reason: Reason,
    country: Annotated[str, typer.Option("--country", help="Of the plate in the picture, as BE.")] = "",
    role: Role = "lez_agent",
    json: Json = False,
) -> None:
    """Say which plate the picture of a doubtful read shows. If it is the one that was judged, the verdict holds.

    [bold]anpr lez confirm VERDICT_ID --plate 1-ABC-234 --country BE --reason "compared with the picture"[/bold]
    """
    with open_desk(context, broker=True) as desk:
        desk.require("lez_agent")
        asked = desk.open(_request(desk, reason, role, MOST_DAYS))
        verdict = waiting_verdict(desk, asked, verdict_id)
        after = _taken_again(desk, asked, verdict) if agrees(verdict, Seen(plate, country)) else None
        if after is None:
            deny(desk, asked, verdict)
    if json:
        print_json(_told(verdict, after))
    elif after is None:
        OUT.print(ElsewhereCorrected, soft_wrap=True)
    else:
        OUT.print(f"confirmed: {after.verdict}, {after.action} ({escape(after.reason)})", soft_wrap=True)
    if not json:
        show_foot(asked)


def _taken_again(desk: Desk, asked: Asked, verdict: LezVerdict) -> LezVerdict:
    after = confirm(desk, asked, verdict, utc_now().replace(microsecond=0))
    if not wait_for(lambda: verdict_named(desk.client, asked.search, verdict.verdict_id) is None):
        complain("sent, but the store does not show it yet: does the worker `store-lez` run? (anpr doctor)")
    return after


def _request(desk: Desk, reason: str, role: str, days: int) -> LezSearchRequest:
    now = utc_now()
    return LezSearchRequest(
        reason=reason,
        officer=desk.officer,
        purpose="plate_confirmation",
        captured_from=now - timedelta(days=days) + timedelta(hours=1),
        captured_until=now + timedelta(hours=1),
        role=role,  # type: ignore[arg-type]  # checked by the desk
    )


def _told(verdict: LezVerdict, after: LezVerdict | None) -> dict[str, Any]:
    told: dict[str, Any] = {"verdict_id": verdict.verdict_id, "passage_id": verdict.passage_id}
    if after is None:
        return told | {"confirmed": False, "what_to_do": ElsewhereCorrected}
    return told | {
        "confirmed": True,
        "verdict": after.verdict,
        "action": after.action,
        "rule": after.rule,
        "reason": after.reason,
        "fine_eur": after.fine_eur,
        "known_at": after.known_at,
    }


def _json(verdict: LezVerdict) -> dict[str, Any]:
    names = ("verdict_id", "passage_id", "zone", "camera_id", "captured_at", "if_sure", "category")
    return {name: getattr(verdict, name) for name in names}


def _table(found: list[LezVerdict]) -> Table:
    table = Table("verdict", "passed (zone's clocks)", "camera", "if it is right", "passage")
    for one in found:
        local = load_law(one.zone).local(one.captured_at)
        table.add_row(
            str(one.verdict_id),
            f"{local:%Y-%m-%d %H:%M:%S}",
            escape(one.camera_id),
            str(one.if_sure),
            str(one.passage_id),
        )
    return table
