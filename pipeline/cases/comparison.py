"""Doubtful readings: a person looks at the picture before anybody is sent after the vehicle, whichever way they act.

What was said holds for the picture that it was said of. Where the vehicle was read somewhere else since, doubtfully
again, that may be another vehicle: whoever acts then goes where the new picture was taken, and must have looked at it.
"""

from __future__ import annotations

from collections.abc import Mapping

from pipeline.cases.timeline import ABOUT_PICTURE, EventKind
from schemas.case import Case, CaseEvent
from schemas.case_input import ActionKind, CaseAction, PictureSaid

__all__ = ["SAID_AS", "is_of_older", "last_seen", "must_compare", "not_compared", "said_of_picture"]

SAID_AS: Mapping[PictureSaid, EventKind] = {"compared": "compared", "none": "no_picture"}
"""What somebody said of the picture → how the case tells it."""
TAKES: frozenset[ActionKind] = frozenset({"acknowledge", "assign", "pursue", "reopen"})
"""After these somebody is behind the vehicle."""


def said_of_picture(case: Case) -> CaseEvent | None:
    """The last that somebody said of the picture that the case shows now; None: nobody has said anything of it."""
    said = (event for event in reversed(case.timeline) if event.kind in ABOUT_PICTURE)
    return next((event for event in said if event.evidence == case.evidence), None)


def must_compare(case: Case) -> bool:
    """Whether all its readings are doubtful and nobody has said anything of the newest one's picture. Never of findings
    alone."""
    return case.alert_class == "confirm" and case.hit_count > 0 and said_of_picture(case) is None


def last_seen(case: Case) -> CaseEvent | None:
    """The sighting in its story whose picture the case shows; None: the story tells none any more."""
    seen = [event for event in case.timeline if event.captured_at is not None]
    newest = seen[-1] if seen else None
    return next((event for event in reversed(seen) if event.captured_at == case.last_captured_at), newest)


def is_of_older(case: Case, action: CaseAction) -> bool:
    """Whether what an action says of a picture is of another one than the case shows now.

    Whoever looks at one while the vehicle passes the next camera has not seen the newer. Who does not say which they
    looked at means the newest.
    """
    newest = last_seen(case)
    if action.picture_of is None or newest is None:
        return False
    meant = (one for one in case.timeline if one.fact_id == action.picture_of and one.captured_at is not None)
    return newest.captured_at not in {one.captured_at for one in meant}


def not_compared(case: Case, action: CaseAction) -> str:
    """Why this must wait for a look at the picture; empty: it need not.

    A remark never does. Who ends a case that nobody took says whether it was the vehicle, and must have looked; who
    ends one that somebody took may have seen the vehicle itself.
    """
    judges = action.what in TAKES or (action.what != "note" and case.state == "new")
    if not judges or not must_compare(case):
        return ""
    if action.picture:
        older = f"cannot {action.what}: the vehicle was seen again meanwhile; compare the newer picture with the plate"
        return older if is_of_older(case, action) else ""
    return (
        f"cannot {action.what}: no reading is sure, and nobody has compared the newest picture with the plate; do that "
        "first and say `--picture compared`, or where there is none, `--picture none`"
    )
