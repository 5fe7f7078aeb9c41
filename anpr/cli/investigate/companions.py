"""`anpr investigate companions`: who travels with a vehicle."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import typer
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
from anpr.cli.investigate.shown import asked_text, plate_text, show_nothing
from anpr.cli.times import local_text
from console.investigating.answers import BY_CHANCE, Company, company_json, company_of
from console.investigating.understanding import whole_plates
from schemas.search import SearchRecord
from sinks.clickhouse.investigation.company import Companion

SURE = 0.01
"""Below it a companion is hardly there by chance: docs/decisions/0013-companions.md."""
RAREST = 1e-6
"""Smaller chances are not told: no model of traffic is that good."""


@group.command("companions")
def companions_of(
    context: typer.Context,
    plate: Annotated[str, typer.Argument(help="The plate in full.")],
    reason: Reason,
    purpose: Purpose = "crime",
    case_number: CaseNumber = None,
    days: Days = None,
    since: Since = None,
    until: Until = None,
    within: Annotated[int, typer.Option(min=1, max=90, help="Seconds apart that count as together.")] = 60,
    least: Annotated[int, typer.Option(min=2, max=1000, help="Passages shared, at least.")] = 3,
    everybody: Annotated[bool, typer.Option("--all", help="Also those whom chance explains.")] = False,
    zone: Zone = "",
    role: Role = "officer",
    decision: Decision = None,
    limit: Limit = 20,
    json: Json = False,
) -> None:
    """Who travels with a vehicle, weighed against chance: a motorway is full of strangers. The last week, unless said.

    [bold]anpr investigate companions 1-ABC-234 --days 14 --reason "…"[/bold]
    """
    why = Why(reason, purpose, case_number, zone, role, decision)
    with open_desk(context) as desk:
        request = desk.request(why, plate, span_asked(days, since, until, 7), kind="companions")
        record = desk.open(request, whole_plates)

        def answer() -> tuple[Company, int]:
            found = company_of(desk.client, record, within, least, everybody=everybody, limit=limit)
            return found, len(found.told)

        company = desk.ask(record, "companions", answer)
    if json:
        print_json({"search_id": record.search_id, **company_json(company)})
    else:
        _show_company(record, company)


def _show_company(record: SearchRecord, company: Company) -> None:
    """Who travels with the vehicle, surest first."""
    if not company.way:
        show_nothing(f"No passage of {record.pattern} from", record, "It may be longer ago: --days or --from.")
    elif company.told:
        OUT.print(_company_table(company.told))
        OUT.print(
            f"{len(company.way)} passages of {asked_text(record)} were looked at. 'by chance': how often strangers "
            "come to this; it proves nothing by itself.",
            highlight=False,
        )
    else:
        strangers = f"{company.met} vehicles were near it several times, most likely strangers: --all shows them."
        show_nothing(
            f"{len(company.way)} passages of {asked_text(record)}, and no companion that chance does not explain, from",
            record,
            strangers if company.met else "No vehicle was near it often enough: --least, --within.",
            "More days tell more: --days.",
        )
    show_foot(record)


def _company_table(told: Sequence[Companion]) -> Table:
    table = Table(
        "plate", "together", "cameras", "trips", "days", "where", "first and last (Brussels time)", "by chance"
    )
    for one in told:
        place = f"{abs(one.after_s):.0f} s {'behind' if one.after_s >= 0 else 'ahead'}"
        table.add_row(
            plate_text(one.plate, one.written),
            f"{one.passages} of {one.of}",
            str(one.cameras),
            str(one.trips),
            str(one.days),
            place,
            f"{local_text(one.first_at)} - {local_text(one.last_at)}",
            _by_chance(one.expected),
        )
    return table


def _by_chance(expected: float) -> str:
    if expected < SURE:
        rare = f"1 in {1 / expected:,.0f}" if expected > RAREST else f"less than 1 in {1 / RAREST:,.0f}"
        return f"[bold]hardly: {rare}[/bold]"
    return f"perhaps: 1 in {1 / expected:,.0f}" if expected < BY_CHANCE else f"likely: {expected:,.0f} vehicles"
