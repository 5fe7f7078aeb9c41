"""What a person does to a case: what may follow what, and what is refused in which words."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from pipeline.cases.comparison import SAID_AS, is_of_older, not_compared
from pipeline.cases.records import EventRecord, changed
from pipeline.cases.summary import is_open
from pipeline.cases.timeline import EventKind, told
from schemas.case import Case, CaseEvent, CaseState
from schemas.case_file import HeldCase
from schemas.case_input import ActionKind, CaseAction

__all__ = ["EVENT_OF", "LEADS_TO", "acted", "refusal"]

MOST_ACTIONS = 200
LEADS_TO: Mapping[ActionKind, Mapping[CaseState, CaseState]] = {
    "acknowledge": {"new": "acknowledged"},
    "assign": {"new": "acknowledged", "acknowledged": "acknowledged", "pursuing": "pursuing"},
    "pursue": {"new": "pursuing", "acknowledged": "pursuing"},
    "close": {"new": "closed", "acknowledged": "closed", "pursuing": "closed"},
    "false": {"new": "false", "acknowledged": "false", "pursuing": "false", "closed": "false"},
    "reopen": {"closed": "acknowledged", "false": "acknowledged"},
    "note": {state: state for state in ("new", "acknowledged", "pursuing", "closed", "false")},
}
"""Action → state before → state after. Whoever opens a case again deals with it."""
EVENT_OF: Mapping[ActionKind, EventKind] = {
    "acknowledge": "acknowledged",
    "assign": "assigned",
    "pursue": "pursuing",
    "close": "closed",
    "false": "false",
    "reopen": "reopened",
    "note": "noted",
}


def refusal(case: Case, action: CaseAction, *, superseded: bool = False) -> str:
    """Why this cannot be done to a case as it stands; empty: it can. superseded: its vehicle has a later one."""
    if superseded and action.what == "reopen":
        return "cannot reopen: a later case of this vehicle is there, deal with that one"
    if case.state not in LEADS_TO[action.what]:
        who = next((e.who for e in reversed(case.timeline) if e.kind == EVENT_OF[action.what] and e.who), "")
        by = f" (by {who})" if who and case.state in LEADS_TO[action.what].values() else ""
        return f"cannot {action.what}: the case is {case.state}{by}"
    if action.what == "assign" and not action.to:
        return "cannot assign: say to whom"
    if action.what == "note" and not action.text:
        return "cannot note: there is no text"
    return not_compared(case, action)


def acted(held: HeldCase, action: CaseAction, at: datetime, *, superseded: bool = False) -> HeldCase:
    """The case after the action, or with the remark that it was refused; the same case if it was done before."""
    if action.action_id in held.actions:
        return held
    why_not = refusal(held.case, action, superseded=superseded)
    noted = changed(held, actions=(*held.actions, action.action_id)[-MOST_ACTIONS:])
    if why_not:
        return told(noted, _event(action, at, "refused", why_not))
    after = changed(noted, case=_led(held.case, action, at), active_at=max(held.active_at, at))
    if action.picture and not is_of_older(held.case, action):
        said = _event(action, at, SAID_AS[action.picture], "")
        after = told(after, changed(said, evidence=held.case.evidence))
    text = f"to {action.to}: {action.text}".rstrip(": ") if action.to else action.text
    return told(after, _event(action, at, EVENT_OF[action.what], text[:1000]))


def _event(action: CaseAction, at: datetime, kind: EventKind, text: str) -> CaseEvent:
    return EventRecord(at=at, kind=kind, who=action.officer, fact_id=action.action_id, text=text)


def _led(case: Case, action: CaseAction, at: datetime) -> Case:
    state = LEADS_TO[action.what][case.state]
    after = changed(case, state=state, note=action.text or case.note)
    if action.what == "assign":
        after = changed(after, assigned_to=action.to)
    if is_open(after):
        fresh = {"escalation": 0, "escalated_at": None} if state != "new" else {}
        return changed(after, closed_at=None, closed_how=None, **fresh)
    if is_open(case) or state != case.state:
        after = changed(after, closed_at=at, closed_how="person")
    return after
