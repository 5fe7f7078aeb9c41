"""`anpr lez report`: how much passes, and how much of it is barred; counts without plates."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import date
from typing import Annotated, Any, get_args

import typer
from rich.markup import escape
from rich.table import Table

from anpr.cli.console import OUT, print_json
from anpr.cli.lez.counts import (
    Plot,
    Since,
    Until,
    check_plot,
    days_asked,
    draw,
    head_json,
    open_counts,
    share_of,
    span_of,
)
from anpr.cli.lez.desk import Json, Zone, group
from anpr.lez.picture import Bar, bars_picture
from anpr.lez.question import AskedWrongly, law_of
from pipeline.lez.book import LawBook
from sinks.clickhouse.lez.queries.counts import By, Part, passages_by

PARTS = get_args(By)
MOST_BARS = 40


@group.command("report")
def report(
    context: typer.Context,
    zone: Zone,
    since: Since,
    until: Until,
    by: Annotated[str, typer.Option("--by", help=f"One of {', '.join(PARTS)}.")] = "fuel",
    plot: Plot = None,
    json: Json = False,
) -> None:
    """How many passages, and how many of them barred, by one thing about them. Counts without plates: no search.

    [bold]anpr lez report --zone brussels --from 2026-10-01 --to 2026-10-31 --by standard --plot october.svg[/bold]
    """
    law, (first, last) = law_of(zone), days_asked(since, until)
    if by not in PARTS:
        raise AskedWrongly(f"--by {by}: one of {', '.join(PARTS)}")
    check_plot(plot)
    with open_counts(context) as client:
        found = list(passages_by(client, law.zone, span_of(law, first, last), law.timezone, by))  # type: ignore[arg-type]
    if by in ("hour", "day"):
        found.sort(key=lambda one: one.part)
    if plot is not None:
        draw(plot, _report_picture(law, first, last, by, found))
    if json:
        print_json(head_json(law, first, last) | {"by": by, "rows": [_row_json(one, found) for one in found]})
    else:
        OUT.print(_report_table(by, found) if found else "No passage was counted on these days.")


def _row_json(one: Part, found: Sequence[Part]) -> dict[str, Any]:
    whole = sum(each.passages for each in found)
    return asdict(one) | {
        "share": round(share_of(one.passages, whole), 6),
        "barred_share": round(share_of(one.barred, one.passages), 6),
    }


def _report_table(by: str, found: Sequence[Part]) -> Table:
    table, whole = Table(by), sum(one.passages for one in found)
    for head in ("passages", "share", "barred", "of these", "warned or fined"):
        table.add_column(head, justify="right")
    rows = [*found, Part("in all", whole, sum(one.barred for one in found), sum(one.acted_on for one in found))]
    for one in rows:
        counts = (f"{one.passages:,}", f"{share_of(one.passages, whole):.2%}", f"{one.barred:,}")
        barred = f"{share_of(one.barred, one.passages):.2%}"
        table.add_row(escape(one.part or "unknown"), *counts, barred, f"{one.acted_on:,}")
    return table


def _report_picture(law: LawBook, first: date, last: date, by: str, found: Sequence[Part]) -> str:
    whole = sum(one.passages for one in found)
    bars = [
        Bar(
            one.part or "unknown",
            (share_of(one.passages, whole), share_of(one.barred, whole)),
            (f"{share_of(one.passages, whole):.1%} ({one.passages:,})", f"{share_of(one.barred, whole):.2%}"),
        )
        for one in found[:MOST_BARS]
    ]
    title = f"Passages by {by}, {law.names.en}, {first} to {last}"
    return bars_picture(title, ("share of all passages", "barred, of all passages"), bars)
