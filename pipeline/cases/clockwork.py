"""What time alone does: a case nobody acknowledges is escalated, a silent one ends, an old one is forgotten."""

from __future__ import annotations

from datetime import datetime, timedelta

from pipeline.cases.records import EventRecord, changed
from pipeline.cases.rules import FORGET_AFTER, PUT_AWAY_AFTER, silence_of, steps_of
from pipeline.cases.summary import is_open, waits_since
from pipeline.cases.timeline import told
from pipeline.moments import FIRST, later
from schemas.case_file import CaseFile, HeldCase

__all__ = ["aged", "due_at", "resumed", "ticked", "was_silent"]


def due_at(file: CaseFile) -> datetime:
    """When time will change something next."""
    last = file.cases[-1] if file.cases else None
    if last is not None and is_open(last.case):
        called = _called_at(last)
        return min(called, _silent_at(last)) if called else _silent_at(last)
    if file.put_away_at is not None:
        return later(file.put_away_at, FORGET_AFTER - PUT_AWAY_AFTER)
    return later(_quiet_since(file), PUT_AWAY_AFTER)


def aged(file: CaseFile, at: datetime) -> CaseFile | None:
    """The file at this moment, where nothing of it is open: without its cases after a week, None after a month."""
    if any(is_open(held.case) for held in file.cases) or due_at(file) > at:
        return file
    return None if file.put_away_at else changed(file, cases=(), taken_back=(), put_away_at=at)


def _quiet_since(file: CaseFile) -> datetime:
    """When anything of it was last heard or done; all of it is over. Of a file without anything: long ago."""
    known = [one.known_at for one in file.taken_back]
    return max([*known, *(held.case.closed_at or held.active_at for held in file.cases)], default=FIRST)


def ticked(held: HeldCase, at: datetime) -> HeldCase:
    """The case at this moment. A moment before one that it has seen changes nothing."""
    if not is_open(held.case):
        return held
    return _ended(held, at) if _silent_at(held) <= at else _called(held, at)


def was_silent(held: HeldCase, at: datetime) -> bool:
    """Whether a case that is over still was when something could be known at this moment.

    The clock does not wait for the log: it ends a case while what was seen long before still waits in a backlog or is
    played again. Then there was no silence.
    """
    return held.case.closed_how != "silence" or held.state_before_silence is None or at >= _silent_at(held)


def resumed(held: HeldCase, at: datetime) -> HeldCase:
    """The case as it goes on where it was not silent at this moment; else the same."""
    if was_silent(held, at):
        return held
    case = changed(held.case, state=held.state_before_silence, closed_at=None, closed_how=None)
    text = "it was not silent: this was seen before, and told late"
    return told(changed(held, case=case, state_before_silence=None), EventRecord(at=at, kind="reopened", text=text))


def _silent_at(held: HeldCase) -> datetime:
    state = held.case.state if is_open(held.case) else held.state_before_silence
    return later(held.active_at, silence_of(held.case.list_kinds, pursued=state == "pursuing"))


def _called_at(held: HeldCase) -> datetime | None:
    """When somebody is called next; None: nobody is."""
    since, steps = waits_since(held), steps_of(held.case.list_kinds, held.case.alert_class)
    if since is None or held.case.escalation >= len(steps):
        return None
    return later(since, steps[held.case.escalation])


def _called(held: HeldCase, at: datetime) -> HeldCase:
    since, steps = waits_since(held), steps_of(held.case.list_kinds, held.case.alert_class)
    level = sum(later(since, step) <= at for step in steps) if since else 0
    if since is None or level <= held.case.escalation:
        return held
    after = changed(held, case=changed(held.case, escalation=level, escalated_at=at))
    return told(after, EventRecord(at=at, kind="escalated", text=f"to level {level}: {_span(at - since)} unanswered"))


def _ended(held: HeldCase, at: datetime) -> HeldCase:
    unanswered = "; nobody had acknowledged it" if held.case.state == "new" else ""
    case = changed(held.case, state="closed", closed_at=at, closed_how="silence")
    text = f"nothing seen or done for {_span(at - held.active_at)}{unanswered}"
    return told(
        changed(held, case=case, state_before_silence=held.case.state), EventRecord(at=at, kind="silent", text=text)
    )


def _span(length: timedelta) -> str:
    seconds = round(length.total_seconds())
    return f"{seconds} s" if seconds < 120 else f"{seconds // 60} min" if seconds < 7200 else f"{seconds // 3600} h"
