"""Passes and permits of the vehicle behind one verdict, as a recorded search on its plate shows them."""

from __future__ import annotations

from anpr.lez.desk import Asked, Desk
from pipeline.lez.rights import Rights
from schemas.lez import LezVerdict
from sinks.clickhouse.lez.results import passes, permits

__all__ = ["rights_held"]


def rights_held(desk: Desk, asked: Asked, verdict: LezVerdict) -> Rights:
    """All that it ever had in the zone of the verdict. Raises SearchRefused."""

    def answer() -> tuple[Rights, int]:
        bought = tuple(one for one in passes(desk.client, asked.search) if one.zone == verdict.zone)
        granted = [one for one in permits(desk.client, asked.search) if verdict.country in (None, one.country)]
        held = Rights(bought, tuple(permit for one in granted for permit in one.permits))
        return held, len(held.passes) + len(held.permits)

    return desk.ask(asked, "rights", answer)
