"""`anpr hotlist add | remove`: one entry, in words."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Annotated, get_args

import typer
from rich.markup import escape

from anpr.cli.app import settings_of
from anpr.cli.console import OUT, complain, print_json, say
from anpr.cli.hotlist.desk import Json, Lists, Owner, group, open_lists, open_lists_to_check
from anpr.cli.hotlist.show import entry_json, show_entry
from console.hotlist.changing import are_gone, draft, named, put, stands, take_off
from console.hotlist.desk import NAMED_AT_MOST
from console.hotlist.fields import Draft, LineRefused, entry_of
from console.hotlist.importing import to_milliseconds
from schemas.hotlist import HotlistEntry, Instruction, ListKind
from sinks.clickhouse.queries.listed import ended

KINDS, INSTRUCTIONS = get_args(ListKind), get_args(Instruction)


@group.command("add")
def add(
    context: typer.Context,
    plate: Annotated[str, typer.Argument(help="The plate; ? one unknown character, * any number of them.")],
    kind: Annotated[str, typer.Option(help=f"One of {', '.join(KINDS)}.")],
    owner: Owner,
    reason: Annotated[str, typer.Option(help="Demonstrable reason, for the officer and the auditor.")],
    instruction: Annotated[str, typer.Option(help=f"One of {', '.join(INSTRUCTIONS)}.")] = "",
    dangerous: Annotated[bool, typer.Option("--dangerous", help="Occupants may be armed or violent.")] = False,
    priority: Annotated[str, typer.Option(help="0 life in danger … 100 for information; unset: as the kind.")] = "",
    since: Annotated[
        str, typer.Option("--from", help="Since it is wanted; unset: 24 hours ago (ANPR_LOOKBACK_HOURS).")
    ] = "",
    until: Annotated[str, typer.Option("--until", help="Up to and with this day, or before this moment.")] = "",
    country: Annotated[str, typer.Option(help="Of the plate: BE, NL, FR …")] = "",
    vehicle: Annotated[str, typer.Option(help="Make, model, colour, to compare with the picture.")] = "",
    case_number: Annotated[str, typer.Option(help="Number of the file.")] = "",
    zones: Annotated[str, typer.Option(help="Only cameras of these police zones.")] = "",
    cameras: Annotated[str, typer.Option(help="Only these cameras.")] = "",
    circle: Annotated[str, typer.Option(help="Only within LATITUDE LONGITUDE METRES.")] = "",
    hours: Annotated[str, typer.Option(help="Only then: 'Fr,Sa 22:00-06:00'.")] = "",
    entry_id: Annotated[str, typer.Option("--id", help="Identifier; unset: owner:kind:plate.")] = "",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Check and show it, change nothing.")] = False,
    json: Json = False,
) -> None:
    """List a plate, or change the entry with this identifier. It matches within a second, and is looked for among what
    has passed since --from, of the last 24 hours. Say since when a car is missed: what passed before was its owner.
    Recorded in the audit.

    [bold]anpr hotlist add 1-ABC-234 --kind stolen_vehicle --owner federal --reason "Stolen in Ixelles"[/bold]
    """
    said = {
        **{"plate": plate, "list_kind": kind, "owner": owner, "reason": reason, "instruction": instruction},
        **{"dangerous": "yes" if dangerous else "", "priority": priority, "valid_from": since, "valid_until": until},
        **{"country": country, "vehicle": vehicle, "case_number": case_number, "zones": zones, "cameras": cameras},
        **{"circle": circle, "hours": hours, "entry_id": entry_id},
    }
    back = timedelta(hours=settings_of(context).lookback_hours)
    now = datetime.now(UTC)
    entry_of(said, Draft(to_milliseconds(now), {}, back), lambda _: None)  # told before anything is started
    with open_lists_to_check(context) if dry_run else open_lists(context) as lists:
        drafted = draft(lists.desk, said, now, back)
        if not dry_run:
            put(lists.desk, drafted)
            if not lists.settle(lambda: stands(lists.desk, drafted.entry)):
                complain("published, but the store does not show it yet: does the worker `store` run? (anpr doctor)")
    _tell("would be listed" if dry_run else "listed", drafted.entry, json)


def _tell(what: str, entry: HotlistEntry, json: bool) -> None:
    if json:
        print_json({"change": what, "entry": entry_json(entry)})
        return
    OUT.print(f"{what}: [bold]{escape(entry.entry_id)}[/bold]", highlight=False)
    show_entry(entry)


@group.command("remove")
def remove(
    context: typer.Context,
    names: Annotated[list[str] | None, typer.Argument(help="Identifiers, or plates as they are listed.")] = None,
    reason: Annotated[str, typer.Option(help="Why, for the audit: found, withdrawn, listed in error …")] = "",
    in_error: Annotated[
        bool, typer.Option("--in-error", help="It should never have been listed: takes back its hits too.")
    ] = False,
    expired: Annotated[bool, typer.Option("--expired", help="All that is no longer valid since a month.")] = False,
    json: Json = False,
) -> None:
    """Take entries off their lists. Hits that were told while they stood remain, unless they stood in error."""
    if bool(names) == expired:
        raise LineRefused("name entries, or give --expired")
    if names and len(reason.strip()) < 3:
        raise LineRefused("give --reason: why is it taken off its list?")
    with open_lists(context) as lists:
        found = _expired(lists) if expired else named(lists.desk, names or [])
        _take_off(lists, found, reason or "no longer valid since a month", in_error)
    if json:
        print_json({"removed": [one.entry_id for one in found]})
    else:
        OUT.print(f"removed: {len(found):,}", highlight=False)
        for one in found[:NAMED_AT_MOST]:
            OUT.print(f"  {escape(one.entry_id)}  {one.list_kind} of {escape(one.owner)}", highlight=False)


def _expired(lists: Lists) -> list[HotlistEntry]:
    month_ago = datetime.now(UTC) - timedelta(days=30)
    names = ended(lists.desk.client, month_ago)
    found = [one for begin in range(0, len(names), 200) for one in lists.desk.find(names[begin : begin + 200])]
    return [one for one in found if not lists.desk.why_not(one.owner) and one.entry_id in set(names)]


def _take_off(lists: Lists, found: list[HotlistEntry], reason: str, in_error: bool) -> None:
    if not found:
        return
    take_off(lists.desk, found, reason, in_error=in_error)
    if not lists.settle(lambda: are_gone(lists.desk, found)):
        say("published; the store does not show it yet")
