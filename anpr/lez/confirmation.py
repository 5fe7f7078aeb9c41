"""A person compares the picture of a doubtful read with the plate: the verdict is taken again, or it is not ours."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from anpr.lez.desk import Asked, Desk
from anpr.lez.holding import rights_held
from anpr.lez.question import AskedWrongly
from pipeline.lez.loading import load_law
from pipeline.lez.rejudgement import confirmed
from pipeline.lez.rights import Rights
from pipeline.plates.text import compact
from schemas.codec import encode
from schemas.lez import LezVerdict
from sinks.clickhouse.lez.queries.verdicts import verdict_named

__all__ = ["Seen", "agrees", "confirm", "deny", "waiting_verdict"]

TOPIC = "lez-verdicts"


@dataclass(frozen=True, slots=True)
class Seen:
    """What a person read in the picture."""

    plate: str
    """As typed."""
    country: str = ""
    """Two letters; empty: not looked at."""


def waiting_verdict(desk: Desk, asked: Asked, verdict_id: UUID) -> LezVerdict:
    """The doubtful verdict of this identifier. Raises SearchRefused; AskedWrongly where none waits."""

    def answer() -> tuple[LezVerdict | None, int]:
        found = verdict_named(desk.client, asked.search, verdict_id)
        return found, int(found is not None)

    verdict = desk.ask(asked, "doubtful_verdict", answer)
    if verdict is None or not verdict.plate:
        raise AskedWrongly(
            f"no doubtful verdict {verdict_id} waits for a comparison: it was confirmed, is older than three months, "
            "or is none (`anpr lez doubtful` lists them)"
        )
    return verdict


def agrees(verdict: LezVerdict, seen: Seen) -> bool:
    """Whether the picture shows the plate that was judged."""
    return compact(seen.plate) == verdict.plate and seen.country.strip().upper() in {"", verdict.country}


def confirm(desk: Desk, asked: Asked, verdict: LezVerdict, known_at: datetime) -> LezVerdict:
    """Record that the plate is right, take the verdict again by what is known now, and publish it.

    Raises SearchRefused, DeliveryFailed.
    """
    after = confirmed(load_law(verdict.zone), verdict, _rights(desk, asked, verdict), known_at, desk.officer)
    desk.record("verdict_confirmed", _about(verdict, asked, agrees=True) | {"verdict": after.verdict})
    desk.publish(TOPIC, [(after.plate, encode(after))])
    return after


def deny(desk: Desk, asked: Asked, verdict: LezVerdict) -> None:
    """Record that the picture shows another plate."""
    desk.record("verdict_confirmed", _about(verdict, asked, agrees=False))


def _about(verdict: LezVerdict, asked: Asked, *, agrees: bool) -> dict[str, object]:
    return {
        "verdict_id": str(verdict.verdict_id),
        "revision": verdict.revision,
        "agrees": agrees,
        "reason": asked.request.reason,
        "search_id": str(asked.search.search_id),
    }


def _rights(desk: Desk, asked: Asked, verdict: LezVerdict) -> Rights:
    """By a search of their own: the one for doubtful verdicts opens no passes."""
    request = replace(asked.request, plates=(verdict.plate,), zone=verdict.zone)
    return rights_held(desk, desk.open(request), verdict)
