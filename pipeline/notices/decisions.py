"""What a person decides of a notice, and why that cannot be."""

from __future__ import annotations

from datetime import datetime

from schemas.codec import changed
from schemas.dead_letter import Reason
from schemas.lez_file import LezFile
from schemas.lez_notice import LezNotice, NoticeDecision

__all__ = ["Refusal", "decided", "undecidable"]

MOST_DECISIONS = 100
Refusal = tuple[Reason, str]


def decided(file: LezFile, decision: NoticeDecision, at: datetime) -> LezFile | Refusal:
    """The file with the notice approved or rejected. The same decision again changes nothing."""
    if decision.decision_id in file.decisions:
        return file
    number = next((n for n, one in enumerate(file.notices) if one.notice_id == decision.notice_id), None)
    if number is None:
        return "unknown_notice", "no such notice of this plate is kept"
    if why := undecidable(file.notices[number], decision) or _unwarned(file.notices[number], decision, file):
        return "notice_refused", why
    after = _after(file.notices[number], decision, at)
    return changed(
        file,
        notices=(*file.notices[:number], after, *file.notices[number + 1 :]),
        decisions=(*file.decisions, decision.decision_id)[-MOST_DECISIONS:],
    )


def undecidable(notice: LezNotice, decision: NoticeDecision) -> str:
    """Why the notice by itself cannot be decided so; empty: it can."""
    if notice.state == "waiting":
        return f"the day is not final before {notice.final_at:%Y-%m-%d %H:%M} UTC: a day pass may still be bought"
    if notice.state != "proposed":
        return f"the notice is {notice.state}"
    if decision.revision is not None and decision.revision != notice.revision:
        return f"the notice has changed since: it is at revision {notice.revision}; look at it again"
    return ""


def _unwarned(notice: LezNotice, decision: NoticeDecision, file: LezFile) -> str:
    """A fine after a warning needs one that was approved."""
    if decision.what == "reject" or notice.warned_on is None:
        return ""
    wanted = (notice.zone, notice.country, notice.warned_on, "approved")
    if any((one.zone, one.country, one.day, one.state) == wanted for one in file.notices):
        return ""
    return f"it rests on the warning of {notice.warned_on}, which nobody has approved: decide that first"


def _after(notice: LezNotice, decision: NoticeDecision, at: datetime) -> LezNotice:
    return changed(
        notice,
        state="approved" if decision.what == "approve" else "rejected",
        revision=notice.revision + 1,
        decided_by=decision.agent,
        decided_at=at,
        note=decision.text,
        updated_at=at,
    )
