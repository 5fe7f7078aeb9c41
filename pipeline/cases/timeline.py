"""A case's story: what happened, the newest last."""

from __future__ import annotations

from typing import Literal

from pipeline.cases.records import changed
from schemas.case import CaseEvent
from schemas.case_file import HeldCase

__all__ = ["MOST_EVENTS", "EventKind", "news", "told"]

EventKind = Literal[
    "opened",
    "sighted",
    "sighted_late",
    "hit_withdrawn",
    "anomaly",
    "anomaly_withdrawn",
    "escalated",
    "acknowledged",
    "assigned",
    "pursuing",
    "closed",
    "false",
    "reopened",
    "noted",
    "refused",
    "silent",
    "withdrawn",
]
"""Closed set: each is a metric label. `silent`, `withdrawn`: it ended by itself."""
MOST_EVENTS = 60
"""A vehicle under surveillance passes fifty cameras a day; more is in the hits themselves."""


def told(held: HeldCase, event: CaseEvent) -> HeldCase:
    """The case with one more event."""
    case = held.case
    timeline = (*case.timeline, event)[-MOST_EVENTS:]
    return changed(held, case=changed(case, timeline=timeline, timeline_count=case.timeline_count + 1))


def news(before: HeldCase | None, after: HeldCase) -> tuple[CaseEvent, ...]:
    """What happened between two states of one case; None: there was none."""
    count = after.case.timeline_count - (before.case.timeline_count if before else 0)
    return after.case.timeline[-count:] if count > 0 else ()
