"""`anpr hotlist show`: the lists, counted; one entry, in full."""

from __future__ import annotations

import json as jsonlib
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

import typer
from rich.markup import escape
from rich.table import Table

from anpr.cli.console import OUT, print_json
from anpr.cli.hotlist.desk import Json, group, open_lists_to_read
from anpr.cli.times import ago_text, local_text
from console.hotlist.writing import said_of
from pipeline.chances import chance_text
from pipeline.plates.shapes import displayed
from schemas.codec import encode
from schemas.hit import Hit
from schemas.hotlist import HotlistEntry
from sinks.clickhouse.queries.lists import LATELY, OneList, lists
from sinks.clickhouse.queries.passed_since import hits_of_entries

SHOWN_HITS = 10


@group.command("show")
def show(
    context: typer.Context,
    names: Annotated[list[str] | None, typer.Argument(help="Identifiers, or plates as they are listed.")] = None,
    json: Json = False,
) -> None:
    """The lists and how long they are; of entries that are named, all they say and their hits of the last 24 hours."""
    now = datetime.now(UTC)
    with open_lists_to_read(context) as desk:
        if not names:
            found = lists(desk.client, now)
            print_json({"lists": [asdict(one) for one in found]}) if json else _show_lists(found)
            return
        entries = desk.find(names)
        ids = [one.entry_id for one in entries]
        hits = hits_of_entries(desk.client, now - LATELY, ids) if ids else []
        desk.looked_at(ids, len(hits))
    if json:
        print_json({"entries": [entry_json(one) for one in entries], "hits": [jsonlib.loads(encode(h)) for h in hits]})
    else:
        _show_entries(entries, hits, now)


def _show_lists(found: Sequence[OneList]) -> None:
    if not found:
        OUT.print("No list has an entry: anpr hotlist add, or anpr hotlist import FILE.")
        return
    table = Table("kind", "owner", *("entries", "wildcards", "end in 7 d", "hits, 24 h"))
    for column in table.columns[2:]:
        column.justify = "right"
    for one in found:
        numbers = (f"{n:,}" if n else "" for n in (one.entries, one.patterns, one.ending, one.hits))
        table.add_row(one.list_kind.replace("_", " "), escape(one.owner), *numbers)
    OUT.print(table)


def _show_entries(entries: Sequence[HotlistEntry], hits: Sequence[Hit], now: datetime) -> None:
    if not entries:
        OUT.print("Nothing is listed under this name. Lists and their lengths: anpr hotlist show")
    for entry in entries:
        OUT.print(f"[bold]{escape(entry.entry_id)}[/bold]", highlight=False)
        show_entry(entry)
        _show_hits([one for one in hits if one.entry_id == entry.entry_id], now)


def show_entry(entry: HotlistEntry) -> None:
    """All that an entry says, what a patrol must know first."""
    if entry.dangerous:
        OUT.print("  [bold white on red] DANGEROUS [/bold white on red]", highlight=False)
    said = said_of(entry) | {"plate": displayed(entry.plate), "dangerous": ""}
    said["valid_from"] = local_text(entry.valid_from)
    said["valid_until"] = local_text(entry.valid_until - timedelta(milliseconds=1)) if entry.valid_until else ""
    for name in ("plate", "instruction", "list_kind", *said):
        text = said.pop(name, "")
        if text and name != "entry_id":
            OUT.print(f"  {name.replace('_', ' '):12} {escape(text)}", highlight=False, soft_wrap=True)


def _show_hits(hits: Sequence[Hit], now: datetime) -> None:
    if not hits:
        OUT.print("  no hit in the last 24 hours", highlight=False)
        return
    OUT.print(f"  {len(hits):,} hits in the last 24 hours, the newest first:", highlight=False)
    for hit in list(reversed(hits))[:SHOWN_HITS]:
        found = " (found afterwards)" if hit.retroactive else ""
        OUT.print(
            f"    {local_text(hit.captured_at)}, {ago_text(now - hit.captured_at)} ago, {escape(hit.camera_id)}: "
            f"{escape(displayed(hit.plate))}, {escape(hit.why)}, {hit.alert_class} "
            f"{chance_text(hit.probability)}{found}",
            highlight=False,
            soft_wrap=True,
        )


def entry_json(entry: HotlistEntry) -> Any:
    """The message of an entry."""
    return jsonlib.loads(encode(entry))
