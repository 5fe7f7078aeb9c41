"""Which case a hit or finding belongs to, and how one is opened, emptied and opened again."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from pipeline.cases.clockwork import was_silent
from pipeline.cases.hits import hit_of, standing
from pipeline.cases.records import CaseRecord, EventRecord, HeldCaseRecord, changed
from pipeline.cases.rules import FALSE_HOLDS
from pipeline.cases.summary import ANOMALY_PRIORITY, findings, is_open, summed
from pipeline.cases.timeline import told
from pipeline.identity import fact_id
from schemas.case_file import HeldCase, HeldHit
from schemas.case_input import Origin

__all__ = ["case_of_hit", "opened", "place_for", "settled", "with_opened"]

MOST_ENDED = 4
"""Cases kept beside the last one, so that they can be opened again and their hits be taken back."""
ENDED_HITS = 20
"""Hits that these still hold one by one."""


def case_of_hit(cases: Sequence[HeldCase], hit: HeldHit) -> int | None:
    """Number of the case that this hit goes into; None: it needs a new one."""
    known = next((n for n, held in enumerate(cases) if hit_of(held, hit.hit_id)), None)
    if known is not None or hit.withdrawn:
        return known
    last = place_for(cases, hit.known_at)
    return last if last is not None else _judged(cases, hit)


def place_for(cases: Sequence[HeldCase], at: datetime) -> int | None:
    """Number of the case that goes on with what was known at this moment, by our clock; None: none does.

    That is the open one, one that ended only because all was taken back, or one that had not yet been silent by then.
    """
    if not cases:
        return None
    last = cases[-1]
    goes_on = is_open(last.case) or last.case.closed_how == "withdrawn" or not was_silent(last, at)
    return len(cases) - 1 if goes_on else None


def _judged(cases: Sequence[HeldCase], hit: HeldHit) -> int | None:
    """The last case, if somebody has just judged it false on the same misread: that wakes nobody again."""
    if not cases or hit.match != "misread":
        return None
    last = cases[-1]
    ended = last.case.closed_at
    if last.case.state != "false" or ended is None or hit.known_at > ended + FALSE_HOLDS:
        return None
    same = any(one.plate == hit.plate and one.match == "misread" for one in last.hits)
    return len(cases) - 1 if same else None


def opened(
    plate: str, first: UUID, origin: Origin | None, seen_at: datetime, known_at: datetime, *, old: bool
) -> HeldCase:
    """A new case on this first hit or finding. old: it passed long ago.

    origin: of the statement that opens it. A hit that is told anew after its case was put away, or in another log as
    the first one is lost, opens another case: taken for an older state of the first it would not be seen.
    """
    case = CaseRecord(
        case_id=fact_id("case", plate, first, origin.log if origin else "", origin.offset if origin else 0),
        revision=1,
        plate=plate,
        list_kinds=(),
        priority=ANOMALY_PRIORITY,
        state="new",
        hit_ids=(),
        opened_at=seen_at,
        updated_at=known_at,
    )
    text = "from the past: not where the vehicle is now" if old else ""
    held = HeldCaseRecord(case=case, active_at=known_at)
    return told(held, EventRecord(at=known_at, kind="opened", fact_id=first, text=text))


def with_opened(cases: Sequence[HeldCase], held: HeldCase) -> tuple[HeldCase, ...]:
    """The cases with a new one; those before shrink to what may still be asked of them."""
    return (*(_shrunk(one) for one in cases[-MOST_ENDED:]), held)


def _shrunk(held: HeldCase) -> HeldCase:
    gone = [hit for hit in held.hits[:-ENDED_HITS] if not hit.withdrawn]
    return changed(held, hits=held.hits[-ENDED_HITS:], older=held.older + len(gone))


def settled(held: HeldCase, at: datetime) -> HeldCase:
    """The case with what follows from its facts: it ends when all are taken back, and goes on when one comes again."""
    after = summed(held)
    stands = bool(standing(after) or after.older or findings(after))
    if not stands and is_open(after.case):
        case = changed(after.case, state="closed", closed_at=at, closed_how="withdrawn")
        text = "all its hits were taken back"
        return told(changed(after, case=case), EventRecord(at=at, kind="withdrawn", text=text))
    if stands and after.case.closed_how == "withdrawn":
        fresh = {"state": "new", "closed_at": None, "closed_how": None, "escalation": 0, "escalated_at": None}
        again = changed(after, case=changed(after.case, **fresh), new_at=at)
        return told(again, EventRecord(at=at, kind="reopened", text="a hit has come again"))
    return after
