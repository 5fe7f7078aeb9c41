"""Cases as a tired officer reads them at three in the morning: what to do first, then where, then why."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from rich.markup import escape
from rich.table import Table

from anpr.cli.console import OUT
from anpr.cli.times import ago_text, local_text
from console.case_desk import Shown
from pipeline.cases.comparison import said_of_picture
from pipeline.chances import chance_text
from pipeline.plates.shapes import displayed
from schemas.case import Case, CaseEvent
from schemas.case_input import ActionKind
from sinks.clickhouse.queries.feedback import Judged, summed

__all__ = ["show_case", "show_cases", "show_done", "show_report"]

SHORT = 8
INSTRUCTIONS = {
    "stop": "STOP the vehicle",
    "stop_with_backup": "STOP WITH BACKUP only",
    "observe_only": "OBSERVE ONLY, do not stop",
    "report": "REPORT where it is",
    "check_papers": "CHECK PAPERS",
}
DONE = {
    "acknowledge": "is yours",
    "assign": "is assigned to {to}",
    "pursue": "is pursued",
    "close": "is closed",
    "false": "is judged false",
    "reopen": "is open again",
    "note": "has the remark",
}
FEW = 30
"""Judged cases below which a share says little."""


def show_cases(cases: Sequence[Case], now: datetime, limit: int) -> None:
    """One line each, the most urgent first."""
    if not cases:
        OUT.print("No such case.")
        return
    table = Table("case", "plate", "what", "state", "last seen (Brussels time)", "where")
    for case in cases:
        table.add_row(
            str(case.case_id)[:SHORT],
            f"[bold]{escape(displayed(case.plate))}[/bold]",
            "\n".join(_what(case)),
            "\n".join(_state(case, now)),
            _seen(case, now),
            escape(case.last_camera_id or ""),
        )
    OUT.print(table)
    if len(cases) >= limit:
        OUT.print(f"Only {limit} are shown, there may be more: --limit, --kind, --days.", highlight=False)


def _what(case: Case) -> Iterator[str]:
    if case.dangerous:
        yield "[bold red]DANGEROUS[/bold red]"
    kinds = ", ".join(kind.replace("_", " ") for kind in case.list_kinds) or "one plate at two places"
    sure = case.alert_class == "alert" or said_of_picture(case)
    yield kinds if sure else f"{kinds}: compare the picture"


def _state(case: Case, now: datetime) -> Iterator[str]:
    who = f", {escape(case.assigned_to)}" if case.assigned_to else ""
    yield case.state + who
    if case.state == "new":
        called = f", [bold red]escalated x{case.escalation}[/bold red]" if case.escalation else ""
        yield f"unanswered{called}"
    elif case.closed_at:
        yield f"{case.closed_how}, {ago_text(now - case.closed_at)} ago"


def _seen(case: Case, now: datetime) -> str:
    if case.last_seen_at is None:
        return ""
    late = " (old)" if case.old_only else ""
    return f"{local_text(case.last_seen_at)}\n{ago_text(now - case.last_seen_at)} ago{late}"


def show_case(shown: Shown, now: datetime) -> None:
    """All of one case."""
    case = shown.case
    for line in _head(case, now):
        OUT.print(line, highlight=False, soft_wrap=True)
    for line in _where(shown, now):
        OUT.print(line, highlight=False, soft_wrap=True)
    for table in (_next_table(shown), _patrol_table(case), _timeline(shown)):
        if table is not None:
            OUT.print(table)
    for one in case.anomalies:
        pictures = ", ".join(one.evidence) or "no pictures"
        OUT.print(
            escape(f"{one.kind}: {one.detail} ({chance_text(one.score)} sure; {pictures})"),
            highlight=False,
            soft_wrap=True,
        )


def _head(case: Case, now: datetime) -> Iterator[str]:
    if case.dangerous:
        yield "[bold red]DANGEROUS: occupants may be armed or violent[/bold red]"
    if case.instruction:
        yield f"[bold]{INSTRUCTIONS[case.instruction]}[/bold]"
    if case.alert_class == "confirm":
        yield _not_sure(said_of_picture(case))
    kinds = ", ".join(kind.replace("_", " ") for kind in case.list_kinds) or "one plate at two places"
    share = f", {chance_text(case.probability)} that it is the listed plate" if case.probability is not None else ""
    yield f"[bold]{escape(displayed(case.plate))}[/bold]  {kinds}{share}"
    if case.reason:
        yield f"{escape(case.reason)} ({escape(', '.join(case.owners))}: {escape(', '.join(case.entry_ids))})"
    yield f"case {case.case_id}: {', '.join(_state(case, now))}"
    if case.note:
        yield f"remark: {escape(case.note)}"


def _not_sure(said: CaseEvent | None) -> str:
    if said is None:
        return "[bold]NOT SURE: compare the picture with the plate before anybody is stopped[/bold]"
    what = "picture compared" if said.kind == "compared" else "no picture to compare"
    return f"[bold]NOT SURE[/bold]; {what}, says {escape(said.who)} at {local_text(said.at)}"


def _where(shown: Shown, now: datetime) -> Iterator[str]:
    case = shown.case
    if case.last_seen_at is None or case.last_camera_id is None:
        return
    place = f" ({case.last_position.lat:.5f}, {case.last_position.lon:.5f})" if case.last_position else ""
    old = " That was long ago or found afterwards: it is not there now." if case.old_only else ""
    yield (
        f"last seen {local_text(case.last_seen_at)}, {ago_text(now - case.last_seen_at)} ago, at "
        f"{_camera(shown, case.last_camera_id)}{place}.{old}"
    )
    if case.evidence:
        yield f"picture {escape(case.evidence)}"


def _camera(shown: Shown, camera_id: str) -> str:
    name = shown.camera_names.get(camera_id)
    return escape(f"{name} ({camera_id})" if name else camera_id)


def _next_table(shown: Shown) -> Table | None:
    case = shown.case
    if not case.next_cameras or case.last_seen_at is None:
        return None
    table = Table("next at", "likely", "expected (Brussels time)", "nine in ten by", title="where it goes")
    for one in case.next_cameras:
        clocks = (_clock(case.last_seen_at, one.p50_s), _clock(case.last_seen_at, one.p90_s))
        table.add_row(_camera(shown, one.camera_id), f"{one.probability:.0%}", *clocks)
    return table


def _clock(since: datetime, seconds: float | None) -> str:
    return "" if seconds is None else local_text(since + timedelta(seconds=seconds))[11:]


def _patrol_table(case: Case) -> Table | None:
    if not case.nearest_patrols or case.patrols_at is None:
        return None
    table = Table("patrol", "away", "by road", "position", title=f"who was near at {local_text(case.patrols_at)[11:]}")
    for one in case.nearest_patrols:
        minutes = f"{one.road_s / 60:.0f} min" if one.road_s >= 60 else "under a minute"
        table.add_row(
            escape(one.patrol_id), f"{one.distance_m / 1000:.1f} km", minutes, f"{one.position_age_s:.0f} s old"
        )
    return table


def _timeline(shown: Shown) -> Table:
    case = shown.case
    hidden = case.timeline_count - len(case.timeline)
    title = f"what happened (the last {len(case.timeline)} of {case.timeline_count})" if hidden else "what happened"
    table = Table("when (Brussels time)", "what", "who or where", "", title=title)
    for event in case.timeline:
        where = _camera(shown, event.camera_id) if event.camera_id else escape(event.who)
        table.add_row(local_text(event.at), event.kind.replace("_", " "), where, "\n".join(_details(event)))
    return table


def _details(event: CaseEvent) -> Iterator[str]:
    if event.text:
        yield escape(event.text)
    if event.captured_at and abs(event.at - event.captured_at) > timedelta(minutes=1):
        yield f"camera clock {local_text(event.captured_at)}"
    if event.evidence:
        yield escape(event.evidence)


def show_done(case: Case, what: ActionKind) -> None:
    """What was done."""
    done = DONE[what].format(to=escape(case.assigned_to or ""))
    OUT.print(f"case {str(case.case_id)[:SHORT]}, [bold]{escape(case.plate)}[/bold], {done}", highlight=False)


def show_report(rows: Sequence[Judged], days: int) -> None:
    """Shares of false cases, then whether the probabilities were kept."""
    if not rows:
        OUT.print(f"No case ended in {days} days.")
        return
    table = Table("list", "class", "ended", "judged", "false", title=f"cases of {days} days, each by its surest hit")
    for (kind, alert_class), row in summed(rows, lambda one: (one.list_kind, one.alert_class)):
        table.add_row(kind, alert_class, str(row.cases), str(row.judged), _false(row))
    OUT.print(table)
    curve = Table(
        "match", "told from", "judged", "promised right", "were right", "with 95 %", title="were promises kept?"
    )
    for (match, edge), row in summed(rows, lambda one: (one.match, one.from_probability)):
        if row.between is not None and row.predicted is not None and row.share_right is not None:
            low, high = row.between
            shares = (f"{row.predicted:.1%}", f"{row.share_right:.1%}", f"{low:.0%} - {high:.0%}")
            curve.add_row(match, f"{edge:g}", str(row.judged), *shares)
    OUT.print(curve)
    judged = sum(row.judged for row in rows)
    if judged < FEW:
        OUT.print(f"Only {judged} cases were judged: that says little yet.", highlight=False)


def _false(row: Judged) -> str:
    return f"{row.false_cases} ({row.false_cases / row.judged:.0%})" if row.judged else "0"
