"""`anpr lez what-if`: what another law would mean for the passages that were counted."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, date, datetime
from typing import Annotated, Any

import typer
from clickhouse_connect.driver.client import Client
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
from anpr.lez.question import AskedWrongly, day_of, law_of, moment_of
from anpr.lez.what_if import Effect, Hour, as_law_of, law_stretches, parse_bar
from pipeline.lez.book import LawBook
from sinks.clickhouse.lez.queries.counts import passages_by_kind, vehicles_by_kind


@group.command("what-if")
def what_if(
    context: typer.Context,
    zone: Zone,
    since: Since,
    until: Until,
    bar: Annotated[str, typer.Option("--bar", help="A rule to come: fuel=diesel,standard<=5,category=M1.")] = "",
    as_of: Annotated[str, typer.Option("--as-of", help="By the calendar of this day, as 2028-01-01.")] = "",
    known_at: Annotated[str, typer.Option("--known-at", help="As the law was known then; unset: now.")] = "",
    plot: Plot = None,
    json: Json = False,
) -> None:
    """What another law would mean for the passages of some days: a rule to come, or a later day of the calendar.

    Without either, the same days by the law as it is known now. Counts without plates: no search.

    [bold]anpr lez what-if --zone brussels --from 2026-10-01 --to 2026-10-31 --bar "fuel=diesel,standard<=5"[/bold]
    [bold]anpr lez what-if --zone brussels --from 2026-10-01 --to 2026-10-31 --as-of 2028-01-01[/bold]
    """
    law, (first, last) = law_of(zone), days_asked(since, until)
    if bar and (as_of or known_at):
        raise AskedWrongly("--bar is a rule of its own: give it without --as-of and --known-at")
    known = moment_of(law, known_at, "--known-at") if known_at else datetime.now(UTC)
    check_plot(plot)
    with open_counts(context) as client:
        found = _effect(client, law, (first, last), bar, as_of, known)
    what = bar or (f"calendar of {as_of}" if as_of else f"law as known {law.local_day(known)}")
    if plot is not None:
        draw(plot, _effect_picture(law, first, last, what, found))
    if json:
        print_json(head_json(law, first, last) | {"what": what} | _effect_json(found, whole=bool(bar or as_of)))
    else:
        _show_effect(found, what, whole=bool(bar or as_of))


def _effect(client: Client, law: LawBook, days: tuple[date, date], bar: str, as_of: str, known: datetime) -> Effect:
    found, whole = Effect(), span_of(law, *days)
    if bar or as_of:
        would = parse_bar(bar) if bar else as_law_of(law, day_of(as_of, "--as-of"), known)
        kinds = vehicles_by_kind(client, law.zone, whole)
        found.add(would, passages_by_kind(client, law.zone, whole, law.timezone), kinds)
        return found
    for first, last in law_stretches(law, *days, known):
        passages = passages_by_kind(client, law.zone, span_of(law, first, last), law.timezone)
        found.add(as_law_of(law, first, known), passages, ())
    return found


def _hour_json(hour: Hour) -> dict[str, Any]:
    return asdict(hour) | {
        "barred_share": round(share_of(hour.barred, hour.passages), 6),
        "would_be_barred_share": round(share_of(hour.would_be_barred, hour.passages), 6),
    }


def _effect_json(found: Effect, *, whole: bool) -> dict[str, Any]:
    vehicles = {
        "vehicles": found.vehicles,
        "vehicles_newly_barred": found.vehicles_newly_barred,
        "nameless_passages": found.nameless_passages,
    }
    return {
        **_hour_json(found.total()),
        **(vehicles if whole else {}),
        "changes": [
            {"verdict": was, "would_be": then, "passages": count}
            for (was, then), count in sorted(found.verdicts.items(), key=lambda one: -one[1])
        ],
        "hours": [{"hour": hour} | _hour_json(one) for hour, one in sorted(found.hours.items())],
    }


def _show_effect(found: Effect, what: str, *, whole: bool) -> None:
    table = Table("hour", title=escape(what))
    for head in ("passages", "barred", "would be barred", "more"):
        table.add_column(head, justify="right")
    rows = [(f"{hour:02}", one) for hour, one in sorted(found.hours.items())]
    for name, one in (*rows, ("in all", found.total())):
        now, then = share_of(one.barred, one.passages), share_of(one.would_be_barred, one.passages)
        table.add_row(name, f"{one.passages:,}", f"{now:.2%}", f"{then:.2%}", f"{100 * (then - now):+.2f} points")
    OUT.print(table)
    for (was, then_), count in sorted(found.verdicts.items(), key=lambda one: -one[1]):
        OUT.print(f"{count:,} passages: {was} → {then_}", highlight=False)
    if not whole:
        return
    share = share_of(found.vehicles_newly_barred, found.vehicles)
    OUT.print(
        f"{found.vehicles_newly_barred:,} of {found.vehicles:,} vehicles newly barred ({share:.2%}).", highlight=False
    )
    if found.nameless_passages:
        OUT.print(
            f"{found.nameless_passages:,} passages are of vehicles whose plates were cleared: not among those counted.",
            highlight=False,
        )


def _effect_picture(law: LawBook, first: date, last: date, what: str, found: Effect) -> str:
    bars = [
        Bar(f"{hour:02} h", (now, then), (f"{now:.1%}", f"{then:.1%} of {one.passages:,}"))
        for hour, one in sorted(found.hours.items())
        for now, then in [(share_of(one.barred, one.passages), share_of(one.would_be_barred, one.passages))]
    ]
    title = f"{law.names.en}, {first} to {last}: {what}"
    return bars_picture(title, ("barred as it was", "would be barred"), bars)
