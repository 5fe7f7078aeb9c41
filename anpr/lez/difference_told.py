"""What a re-judgement would change, for programs and for the audit."""

from __future__ import annotations

from typing import Any

from anpr.lez.difference import Change, Survey, Tally
from anpr.lez.rejudging import Order

__all__ = ["NAMED", "difference_json", "largest_first"]

NAMED = 20
"""Notices that are named."""
COUNTS = ("verdicts", "sendable", "nameless", "known_later", "unverified")


def difference_json(survey: Survey, order: Order) -> dict[str, Any]:
    """One flat object, without plates; it goes into the audit too."""
    return {
        "zone": order.law.zone,
        "from": order.first.isoformat(),
        "to": order.last.isoformat(),
        "known_at": order.known_at.isoformat(),
        "looked_at": survey.looked_at,
        **{name if name != "verdicts" else "changed": survey.total(name) for name in COUNTS},
        "changes": [_change_json(*one) for one in largest_first(survey)],
        "notices": [
            {"becomes": becomes, "state": state, "kind": kind, "notices": count}
            for (becomes, state, kind), count in sorted(survey.notices.items())
        ],
        "approved": [str(one) for one in survey.approved[:NAMED]],
        "digest": survey.digest,
        "sent": 0,
    }


def _change_json(change: Change, tally: Tally) -> dict[str, Any]:
    counts = {name: getattr(tally, name) for name in COUNTS}
    return change._asdict() | counts | {"vehicles": len(tally.vehicles)}


def largest_first(survey: Survey) -> list[tuple[Change, Tally]]:
    """Changes, the most frequent first."""
    return sorted(survey.changes.items(), key=lambda one: (-one[1].verdicts, one[0]))
