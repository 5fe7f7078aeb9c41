"""Cases as they stand in the store: those that wait for somebody, and the one that somebody means."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from clickhouse_connect.driver.client import Client

from pipeline.plates.text import compact
from schemas.case import Case, CaseState
from sinks.clickhouse.queries.ask import sql_of
from sinks.clickhouse.queries.case_sight import URGENT, CaseSight
from sinks.clickhouse.queries.records import records

__all__ = ["OPEN", "cases_in", "cases_named", "cases_of_anomalies", "is_named", "is_of_plate"]

OPEN: tuple[CaseState, ...] = ("new", "acknowledged", "pursuing")
SHORTEST = 6
"""Digits of an identifier that may stand for it: fewer are no name."""
EVERYBODY = CaseSight("")
"""All cases."""


def cases_in(
    client: Client,
    states: Collection[CaseState],
    since: datetime,
    kinds: Collection[str] = (),
    most: int = 100,
    sight: CaseSight = EVERYBODY,
) -> Sequence[Case]:
    """Cases in these states that were opened since then, the most urgent first. kinds: of these lists; none: of any.

    sight: of who looks.
    """
    seen = {"zones": sorted(sight.zones), "officer": sight.officer, "urgent": sorted(URGENT)}
    return _asked(client, "cases_open", states=list(states), since=since, kinds=list(kinds), most=most, **seen)


def cases_named(client: Client, name: str) -> Sequence[Case]:
    """Cases of a plate, or with an identifier that begins so (SHORTEST digits at least); open ones first."""
    plate, begins = _meant(name)
    return _asked(client, "cases_named", plate=plate, begins=begins)


def cases_of_anomalies(client: Client, plates: Mapping[UUID, str]) -> Mapping[UUID, UUID]:
    """Anomaly → the case that holds it; those that no case holds are left out. plates: anomaly → its plate."""
    if not plates:
        return {}
    given = {"anomalies": list(plates), "plates": sorted(set(plates.values()))}
    found: list[tuple[UUID, UUID]] = list(client.query(sql_of("cases_of_anomalies"), parameters=given).result_rows)  # type: ignore[arg-type]
    return dict(found)


def is_named(case: Case, name: str) -> bool:
    """Whether the name may mean this case, as `cases_named` has it."""
    plate, begins = _meant(name)
    return case.plate == plate or (begins != "" and str(case.case_id).startswith(begins))


def is_of_plate(case: Case, name: str) -> bool:
    """Whether the name, read as a plate, is this case's."""
    return case.plate == _meant(name)[0]


def _meant(name: str) -> tuple[str, str]:
    """A plate, and how an identifier begins; empty: it is no identifier."""
    digits = name.lower()
    is_id = bool(re.fullmatch(r"[0-9a-f-]+", digits)) and len(digits.replace("-", "")) >= SHORTEST
    return compact(name), digits if is_id else ""


def _asked(client: Client, question: str, **given: Any) -> Sequence[Case]:
    return list(records(client, sql_of(question), Case, **given))
