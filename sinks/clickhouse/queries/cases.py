"""Cases as they stand in the store: those that wait for somebody, and the one that somebody means."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from clickhouse_connect.driver.client import Client

from pipeline.plates.text import compact
from schemas.case import Case, CaseState
from schemas.codec import Refused, decoder
from sinks.clickhouse.queries.ask import sql_of
from sinks.clickhouse.queries.case_sight import URGENT, CaseSight

__all__ = ["OPEN", "cases_in", "cases_kept", "cases_named", "cases_of_anomalies", "is_named", "is_of_plate"]

LOGGER = logging.getLogger(__name__)
OPEN: tuple[CaseState, ...] = ("new", "acknowledged", "pursuing")
SHORTEST = 6
"""Digits of an identifier that may stand for it: fewer are no name."""
NOT_TOLD: tuple[Any, ...] = (None, "", {"lat": 0, "lon": 0})
EVERYBODY = CaseSight("")
"""All cases."""
SETTINGS = {"date_time_output_format": "iso", "output_format_json_named_tuples_as_objects": 1}
_decode = decoder(Case)


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


def cases_kept(client: Client, plates: Sequence[str], most: int) -> Iterator[Case]:
    """The last cases of each of these vehicles, so many of each, by plate, the oldest first.

    A row that no worker could have meant is told in the log and left out.
    """
    for row in _rows(client, "kept_cases", plates=list(plates), most=most):
        try:
            yield _decode(row)
        except Refused as refused:
            LOGGER.error("a stored case is not what its contract allows, and left out: %s", refused.reason)


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
    return [_decode(row) for row in _rows(client, question, **given)]


def _rows(client: Client, question: str, **given: Any) -> Iterator[bytes]:
    """Rows as messages of the contract: a column says `not told` in its own way, the contract by leaving out."""
    rows = client.raw_query(sql_of(question), parameters=given, fmt="JSONEachRow", settings=SETTINGS)
    for line in rows.splitlines():
        yield json.dumps(_told(json.loads(line))).encode()


def _told(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _told(one) for name, one in value.items() if one not in NOT_TOLD}
    return [_told(one) for one in value] if isinstance(value, list) else value
