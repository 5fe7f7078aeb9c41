"""What a re-judgement would change, for people and for programs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from rich.markup import escape
from rich.table import Table

from anpr.cli.console import OUT
from anpr.lez.difference import Survey
from anpr.lez.difference_told import NAMED, largest_first
from anpr.lez.rejudging import Order

__all__ = ["show_difference", "show_notice"]


def show_difference(survey: Survey, order: Order) -> None:
    """The table, and what it means."""
    changed = survey.total("verdicts")
    OUT.print(
        f"{changed:,} of {survey.looked_at:,} verdicts of {order.law.zone}, {order.first} to {order.last}, are others "
        f"as known {order.law.local(order.known_at):%Y-%m-%d %H:%M}.",
        highlight=False,
        soft_wrap=True,
    )
    if changed:
        OUT.print(_table(survey))
    for line in _notes(survey):
        OUT.print(line, highlight=False, soft_wrap=True)


def _table(survey: Survey) -> Table:
    table = Table("was", "is", title="verdict, and what follows from it")
    for head in ("verdicts", "vehicles", "to send"):
        table.add_column(head, justify="right")
    for change, tally in largest_first(survey):
        counts = (tally.verdicts, len(tally.vehicles), tally.sendable)
        table.add_row(
            f"{change.verdict_was}, {change.action_was}",
            f"{change.verdict}, {change.action}",
            *(f"{count:,}" for count in counts),
        )
    return table


def _notes(survey: Survey) -> Iterator[str]:
    """What the table does not say."""
    if nameless := survey.total("nameless"):
        yield (
            f"{nameless:,} have no plate any more: judged by the vehicle alone, without passes and permits. Nothing "
            "can follow from them, and they stay as they are; `anpr lez what-if` counts them by the new law."
        )
    if later := survey.total("known_later"):
        yield (
            f"{later:,} were taken by what was known later than --known-at, and are not overtaken by what was known "
            "before: of them this is only a look back."
        )
    if unverified := survey.total("unverified"):
        yield f"[yellow]{unverified:,} would rest on rules whose official text nobody has read.[/yellow]"
    yield from _of_notices(survey)


def _of_notices(survey: Survey) -> Iterator[str]:
    for (becomes, state, kind), count in sorted(survey.notices.items()):
        what = "would be withdrawn" if becomes == "withdrawn" else "would be reckoned anew"
        yield f"notices: {count:,} of kind {kind}, {state}, {what}"
    if survey.approved:
        names = ", ".join(str(one) for one in survey.approved[:NAMED])
        more = f" and {len(survey.approved) - NAMED:,} more" if len(survey.approved) > NAMED else ""
        yield f"[red]approved, and so perhaps sent, or paid: {escape(names)}{more}[/red]"
    if survey.total("sendable"):
        yield "Whether new warnings or fines are proposed is for the worker `notices` to decide, and then for a person."


def show_notice(survey: Survey, told: dict[str, Any], *, asked: bool) -> None:
    """What was done."""
    if told["sent"]:
        OUT.print(f"{told['sent']:,} revisions were sent; what was said before stays: `anpr lez verdict`.")
    elif not survey.total("sendable"):
        OUT.print("There is nothing to send.")
    else:
        OUT.print("Nothing was sent." if asked else "Nothing was sent: --publish does that.")
