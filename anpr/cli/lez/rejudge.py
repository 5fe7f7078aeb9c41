"""`anpr lez rejudge`: verdicts of days past, as the law is known now; the difference first."""

from __future__ import annotations

import sys
from collections import deque
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

import typer

from anpr.cli.console import complain, print_json, progress_bar
from anpr.cli.lez.desk import Json, Reason, Zone, group, open_desk
from anpr.cli.lez.rejudge_shown import show_difference, show_notice
from anpr.lez.desk import Desk, wait_for
from anpr.lez.difference import Digest, Survey
from anpr.lez.difference_told import difference_json
from anpr.lez.question import AskedWrongly, day_of, law_of, moment_of
from anpr.lez.rejudging import Order, Rejudging
from schemas.codec import encode
from schemas.lez import LezVerdict
from sinks.clickhouse.lez.queries.rejudging import stored_as

TOPIC = "lez-verdicts"
LOOKED_FOR = 1_000
"""Of the revisions sent last, so many are looked for in the store."""


@group.command("rejudge")
def rejudge(
    context: typer.Context,
    zone: Zone,
    since: Annotated[str, typer.Option("--from", help="First local day of passages.")],
    until: Annotated[str, typer.Option("--to", help="Last local day of passages.")],
    known_at: Annotated[str, typer.Option("--known-at", help="As law and rights were known then.")],
    reason: Reason,
    publish: Annotated[bool, typer.Option("--publish", help="Send the revisions; unset: only show.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask before they are sent.")] = False,
    json: Json = False,
) -> None:
    """Judge the passages of some days anew, as the law is known now: what a court annuls was never there.

    Shows first what changes and which notices stand on it. For administrators of the zones; recorded in their audit.

    [bold]anpr lez rejudge --zone brussels --from 2025-01-01 --to 2025-12-31 --known-at 2025-12-15
        --reason "Constitutional Court 174/2025 annuls the postponement"[/bold]
    """
    order = _order(zone, since, until, known_at, reason)
    if publish and not yes and not sys.stdin.isatty():
        raise AskedWrongly("--publish asks on a terminal before anything is sent, and this is none: give --yes")
    with open_desk(context, broker=publish) as desk:
        desk.require("administrator")
        rejudging = Rejudging(desk, order)
        with progress_bar() as show:
            survey = rejudging.survey(show)
        told = difference_json(survey, order)
        if not json:
            show_difference(survey, order)
        if publish and survey.total("sendable") and (yes or typer.confirm(_question(survey), err=True)):
            told |= _publish(desk, rejudging, survey, told)
    if json:
        print_json(told)
    else:
        show_notice(survey, told, asked=publish)


def _order(zone: str, since: str, until: str, known_at: str, reason: str) -> Order:
    law, now = law_of(zone), datetime.now(UTC)
    first, last, known = day_of(since, "--from"), day_of(until, "--to"), moment_of(law, known_at, "--known-at")
    if first > last:
        raise AskedWrongly(f"--from {since} is after --to {until}")
    if last > law.local_day(now) or known > now:
        raise AskedWrongly("of days to come nothing is known yet: --to and --known-at are today at the latest")
    return Order(law, first, last, known.replace(microsecond=0), reason)


def _question(survey: Survey) -> str:
    falling = sum(count for (what, *_), count in survey.notices.items() if what == "withdrawn")
    return f"Send {survey.total('sendable'):,} revisions, by which {falling:,} notices fall?"


# ---- sending -------------------------------------------------------------------------------------------------------


def _publish(desk: Desk, rejudging: Rejudging, survey: Survey, told: dict[str, Any]) -> dict[str, Any]:
    """Record it, send it, record what was sent, and wait until the store has it."""
    order = rejudging.order
    desk.record("verdicts_rejudged", {"step": "begun", "reason": order.reason, **told})
    digest, last = Digest(), deque[LezVerdict](maxlen=LOOKED_FOR)
    with progress_bar() as show:
        sent = desk.publish(TOPIC, _messages(rejudging.revisions(show), digest, last))
    same = digest.text == survey.digest
    desk.record("verdicts_rejudged", {"step": "sent", "sent": sent, "digest": digest.text, "as_shown": same})
    if not same:
        complain("verdicts came in between: what was sent is not all that was shown; run it again to see what is left")
    stored = wait_for(lambda: _are_stored(desk, rejudging, last))
    if not stored:
        complain("sent, but the store does not show it yet: does the worker `store-lez` run? (anpr doctor)")
    return {"sent": sent, "as_shown": same, "stored": stored}


def _messages(revisions: Iterator[LezVerdict], digest: Digest, last: deque[LezVerdict]) -> Iterator[tuple[str, bytes]]:
    for verdict in revisions:
        digest.add(verdict)
        last.append(verdict)
        yield verdict.plate, encode(verdict)


def _are_stored(desk: Desk, rejudging: Rejudging, last: deque[LezVerdict]) -> bool:
    if not last:
        return True
    ids, search = [one.verdict_id for one in last], rejudging.search().search
    span = (last[0].captured_at, last[-1].captured_at + timedelta(seconds=1))
    return stored_as(desk.client, search, ids, rejudging.order.known_at, span) == len(ids)
