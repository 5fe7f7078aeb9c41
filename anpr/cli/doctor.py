"""`anpr doctor` and `anpr settings`."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer
from rich.table import Table

from anpr.cli.app import app, settings_of
from anpr.cli.console import OUT, print_json
from anpr.doctor import examine
from anpr.settings import PREFIX, Settings

COLOURS = {"ok": "green", "warning": "yellow", "fault": "red"}
Json = Annotated[bool, typer.Option("--json", help="One JSON object as the last line.")]


@app.command()
def doctor(context: typer.Context, json: Json = False) -> None:
    """Say what is reachable and what is misconfigured. Exit code 1 if something is at fault."""
    findings = list(examine(settings_of(context)))
    healthy = all(finding.state != "fault" for finding in findings)
    if json:
        print_json({"healthy": healthy, "findings": [asdict(finding) for finding in findings]})
    else:
        for finding in findings:
            colour = COLOURS[finding.state]
            OUT.print(
                f"[{colour}]{finding.state:8}[/{colour}]{finding.what:12} {finding.words}",
                highlight=False,
                soft_wrap=True,
            )
    if not healthy:
        raise typer.Exit(1)


@app.command("settings")
def show_settings(context: typer.Context, json: Json = False) -> None:
    """List all settings with their values in force; secrets stay hidden."""
    settings = settings_of(context)
    values = settings.model_dump(mode="json")
    if json:
        print_json(values)
        return
    table = Table("variable", "value", "meaning")
    for name, field in Settings.model_fields.items():
        shown = "-" if values[name] is None else str(values[name])
        table.add_row(PREFIX + name.upper(), shown, " ".join((field.description or "").split()))
    OUT.print(table)
