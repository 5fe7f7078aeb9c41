"""A case's story: what happened, the newest last."""

from __future__ import annotations

from typing import Literal

from pipeline.cases.records import changed
from schemas.case import CaseEvent
from schemas.case_file import HeldCase

__all__ = ["ABOUT_PICTURE", "MOST_EVENTS", "EventKind", "news", "told"]

EventKind = Literal[
    "opened",
    "sighted",
    "sighted_late",
    "hit_withdrawn",
    "anomaly",
    "anomaly_withdrawn",
    "escalated",
    "compared",
    "no_picture",
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
ABOUT_PICTURE: frozenset[str] = frozenset({"compared", "no_picture"})
"""Somebody said that they compared the picture with the plate, or that there was none to compare."""
MOST_EVENTS = 60
"""A vehicle under surveillance passes fifty cameras a day; more is in the hits themselves."""


def told(held: HeldCase, event: CaseEvent) -> HeldCase:
    """The case with one more event; for it goes the oldest, but not the last that was said of the picture."""
    case = held.case
    timeline = (*case.timeline, event)
    if len(timeline) > MOST_EVENTS:
        said = [n for n, each in enumerate(timeline) if each.kind in ABOUT_PICTURE]
        timeline = (timeline[0], *timeline[2:]) if said == [0] else timeline[1:]
    return changed(held, case=changed(case, timeline=timeline, timeline_count=case.timeline_count + 1))


def news(before: HeldCase | None, after: HeldCase) -> tuple[CaseEvent, ...]:
    """What happened between two states of one case; None: there was none."""
    count = after.case.timeline_count - (before.case.timeline_count if before else 0)
    return after.case.timeline[-count:] if count > 0 else ()
