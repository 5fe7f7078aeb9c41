"""What the commands share: their group, their common flags, and the desk of who works on what the zones hold."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Literal

import typer
from rich.markup import escape

from anpr.cli.app import app, settings_of
from anpr.cli.console import OUT, say
from anpr.lez.desk import Asked, Desk
from anpr.platform import open_lez
from pipeline.lez.loading import zones
from sinks.clickhouse.audit.chain import ChainFile
from sinks.clickhouse.client import connect

__all__ = ["Json", "Language", "Reason", "Role", "Zone", "group", "open_desk", "show_foot"]

group = typer.Typer(
    help="Low-emission zones: what the law says of a vehicle and a day, as it was known on another.",
    no_args_is_help=True,
    rich_markup_mode="rich",
)
app.add_typer(group, name="lez")
Json = Annotated[bool, typer.Option("--json", help="One JSON object as the last line.")]
Zone = Annotated[str, typer.Option("--zone", help=", ".join(zones()) + ".")]
Language = Annotated[Literal["en", "fr", "nl"], typer.Option("--language", help="Of the sentences.")]
Reason = Annotated[str, typer.Option("--reason", help="Why you look, in words. It is recorded.")]
Role = Annotated[str, typer.Option("--role", help="In which role you look: lez_agent, administrator.")]


@contextmanager
def open_desk(context: typer.Context, *, broker: bool = False) -> Iterator[Desk]:
    """The desk of the officer of the settings, on the database of the zones.

    broker: True: something is to be published. Raises PlatformFault where there is none.
    """
    with open_lez(settings_of(context), say) as settings:
        kafka = settings.kafka() if settings.kafka_bootstrap else None
        desk = Desk(connect(settings.lez()), settings.officer, ChainFile(settings.lez_chain), kafka)
        if broker:
            desk.require_broker()
        yield desk


def show_foot(asked: Asked) -> None:
    """Under every answer: that it is recorded, and why it was asked."""
    OUT.print(
        f"[dim]search {asked.search.search_id}, recorded for {escape(asked.request.officer)}: "
        f"{escape(asked.request.reason)}[/dim]"
    )
