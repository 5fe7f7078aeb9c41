"""`anpr lez calendar`: the whole law of a zone as a table."""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime
from typing import Annotated

import typer
from rich.markup import escape
from rich.table import Table

from anpr.cli.console import OUT, print_json
from anpr.cli.lez.desk import Json, Language, Zone, group
from anpr.lez.question import law_of, moment_of
from anpr.lez.table import HEAD, lines


@group.command("calendar")
def calendar(
    zone: Zone,
    known_at: Annotated[str, typer.Option(help="As the law was known then; unset: now.")] = "",
    language: Language = "en",
    json: Json = False,
) -> None:
    """Who may enter, who may not, since when, and what follows: for a lawyer to read and correct.

    [bold]anpr lez calendar --zone brussels --known-at 2025-06-01[/bold]
    """
    law = law_of(zone)
    known = law.local_day(moment_of(law, known_at, "--known-at") if known_at else datetime.now(UTC))
    told = list(lines(law, known, language))
    if json:
        print_json({"zone": law.zone, "known": known.isoformat(), "rows": [dataclasses.asdict(one) for one in told]})
        return
    name = getattr(law.names, language)
    table = Table(*HEAD[language], title=f"{escape(name)}, {known}", show_lines=True)
    for line in told:
        table.add_row(
            line.vehicles, line.standards, "\n".join(line.holds.split("; ")), "\n".join(line.rests_on.split("; "))
        )
    OUT.print(table)
    for source, text in law.sources.items():
        OUT.print(
            f"[dim]{escape(source)}: {escape(text.title)}{' — ' + escape(text.where) if text.where else ''}[/dim]",
            soft_wrap=True,
        )
