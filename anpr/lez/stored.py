"""A stored verdict, looked up by a recorded search, and explained by the law as it was known each time it was taken."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from anpr.lez.answer import Known
from anpr.lez.desk import Asked, Desk, utc_now
from anpr.lez.explanation import Explained, explain, over_time
from anpr.lez.holding import rights_held
from anpr.lez.question import AskedWrongly
from console.zone_desk import VerdictAsked
from pipeline.lez.book import LawBook
from pipeline.lez.loading import load_law
from pipeline.lez.rights import NO_RIGHTS
from schemas.lez import LezVerdict
from schemas.search import Role
from sinks.clickhouse.lez.queries.verdicts import history_of
from sinks.clickhouse.lez.searches import LezSearchRequest

__all__ = ["LookedUp", "look_up"]

KEPT = timedelta(days=731)
"""Verdicts are kept for 24 months."""


@dataclass(frozen=True, slots=True)
class LookedUp:
    """What was found, and by which search."""

    asked: Asked
    law: LawBook
    told: Sequence[Explained]
    """Each time that it was taken; the last one holds."""
    known: Sequence[Known]
    """What was said of this passage while the law was known otherwise."""


def look_up(desk: Desk, look: VerdictAsked, role: Role = "lez_agent") -> LookedUp:
    """Raises SearchRefused; AskedWrongly where the search covers no such verdict."""
    now = utc_now()
    request = LezSearchRequest(
        reason=look.reason,
        officer=desk.officer,
        purpose=look.purpose,
        captured_from=now - KEPT,
        captured_until=now + timedelta(hours=1),
        plates=(look.plate,) if look.plate else (),
        role=role,
        case_number=look.case_number,
    )
    asked = desk.open(request)
    taken = _taken(desk, asked, look)
    rights = rights_held(desk, asked, taken[-1]) if look.plate else NO_RIGHTS
    law = load_law(taken[-1].zone)
    return LookedUp(asked, law, [explain(law, one, rights) for one in taken], over_time(law, taken[-1], rights))


def _taken(desk: Desk, asked: Asked, look: VerdictAsked) -> Sequence[LezVerdict]:
    def answer() -> tuple[Sequence[LezVerdict], int]:
        found = history_of(desk.client, asked.search, look.verdict_id)
        return found, len(found)

    found = desk.ask(asked, "verdict_history", answer)
    if not found:
        raise AskedWrongly(f"there is no verdict {look.verdict_id} of this plate: verdicts are kept for 24 months")
    return found
