"""Doubtful readings: a person looks at the picture before anybody is sent after the vehicle, whichever way they act."""

from __future__ import annotations

from collections.abc import Mapping

from pipeline.cases.timeline import ABOUT_PICTURE, EventKind
from schemas.case import Case, CaseEvent
from schemas.case_input import ActionKind, CaseAction, PictureSaid

__all__ = ["SAID_AS", "must_compare", "not_compared", "said_of_picture"]

SAID_AS: Mapping[PictureSaid, EventKind] = {"compared": "compared", "none": "no_picture"}
"""What somebody said of the picture → how the case tells it."""
TAKES: frozenset[ActionKind] = frozenset({"acknowledge", "assign", "pursue", "reopen"})
"""After these somebody is behind the vehicle."""


def said_of_picture(case: Case) -> CaseEvent | None:
    """The last that somebody said of it; None: nobody has said anything."""
    return next((event for event in reversed(case.timeline) if event.kind in ABOUT_PICTURE), None)


def must_compare(case: Case) -> bool:
    """Whether all its readings are doubtful and nobody has said anything of the picture. Never of findings alone."""
    return case.alert_class == "confirm" and case.hit_count > 0 and said_of_picture(case) is None


def not_compared(case: Case, action: CaseAction) -> str:
    """Why this must wait for a look at the picture; empty: it need not.

    A remark never does. Who ends a case that nobody took says whether it was the vehicle, and must have looked; who
    ends one that somebody took may have seen the vehicle itself.
    """
    judges = action.what in TAKES or (action.what != "note" and case.state == "new")
    if action.picture or not judges or not must_compare(case):
        return ""
    return (
        f"cannot {action.what}: no reading is sure, and nobody has compared the picture with the plate; do that first "
        "and say `--picture compared`, or where there is none, `--picture none`"
    )
