"""Search in the database of the low-emission zones: record who looks for what and why, then read.

As `sinks.clickhouse.searches` for the police, and simpler: plates in full, or none where the purpose opens that. The
record goes into this controller's own audit chain, and the search follows from it in the same INSERT.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal, get_args
from uuid import UUID, uuid4

from clickhouse_connect.driver.client import Client

from pipeline.plates.text import compact
from schemas.search import Role
from sinks.clickhouse.audit.chain import Chain
from sinks.clickhouse.audit.records import Audit, instant
from sinks.clickhouse.reasons import checked_reason
from sinks.clickhouse.refusal import SearchRefused
from sinks.clickhouse.searches import VALID_FOR

__all__ = ["PURPOSES", "LezDesk", "LezSearch", "LezSearchRequest", "Purpose"]

Purpose = Literal["notice_review", "plate_confirmation", "objection", "court", "data_subject", "rejudgement", "test"]
"""Closed list; migration 0003 says who may and how far back."""
PURPOSES: tuple[Purpose, ...] = get_args(Purpose)
MOST_PLATES = 1000
ALL = "*"
_PLATE = re.compile(r"[A-Z0-9]{1,12}")
_WILD = frozenset("?*[]|")


@dataclass(frozen=True, slots=True)
class LezSearchRequest:
    """Who wants to see what, and why."""

    reason: str
    """In words."""
    officer: str
    purpose: Purpose
    captured_from: datetime
    """Passages from then …"""
    captured_until: datetime
    """… until before then."""
    plates: tuple[str, ...] = ()
    """In full, as typed; empty: all, where the purpose opens that."""
    zone: str = ""
    """Low-emission zone; empty: all."""
    role: Role = "lez_agent"
    case_number: str = ""
    """Notice or file that it is about."""


@dataclass(frozen=True, slots=True)
class LezSearch:
    """A recorded search: the key to its results, for a quarter of an hour."""

    search_id: UUID
    officer: str
    plates: tuple[str, ...]
    """Compact."""

    @property
    def given(self) -> dict[str, Any]:
        """Parameters of the views `…_of_search`."""
        return {"search_id": self.search_id, "officer": self.officer}


class LezDesk:
    """Where searches in the zones' database are recorded, and what became of them. Threads may share it."""

    def __init__(self, client: Client, now: Callable[[], datetime], chain: Chain | None = None) -> None:
        """chain: of the audit, as for `Audit`: `ChainFile(settings.lez_chain)` where programs come and go."""
        self._now = now
        self._audit = Audit(client, now, chain)

    def open(self, request: LezSearchRequest) -> LezSearch:
        """Record a search, whose id then opens its results for a quarter of an hour.

        Raises SearchRefused, after it has recorded the refusal too; errors of the store pass through.
        """
        try:
            plates = _checked(request)
            reason = checked_reason(request.reason, "".join(plates[:1]))
        except SearchRefused as refusal:
            self._denied(request, refusal, {})
            raise
        search = LezSearch(uuid4(), request.officer, plates)
        self._audit.append("search_opened", request.officer, _about(request, search, reason, self._now()))
        return search

    def shown(self, search: LezSearch, question: str, rows: int) -> None:
        """Record that a question showed so many rows to whom the search belongs."""
        about = {"search_id": str(search.search_id), "question": question, "rows": rows}
        self._audit.append("search_shown", search.officer, about)

    def denied(self, search: LezSearch, request: LezSearchRequest, refusal: SearchRefused) -> None:
        """Record what the database refused: what `open` refuses it records itself."""
        self._denied(request, refusal, {"search_id": str(search.search_id)})

    def exported(self, search: LezSearch, what: str, rows: int, digest: str) -> None:
        """Record that results left the platform. what: format or file; digest: SHA-256 of the bytes, hex."""
        about = {"search_id": str(search.search_id), "what": what[:200], "rows": rows, "sha256": digest}
        self._audit.append("results_exported", search.officer, about)

    def _denied(self, request: LezSearchRequest, refusal: SearchRefused, more: dict[str, Any]) -> None:
        about = {
            "code": refusal.code,
            "message": str(refusal)[:300],
            "pattern": "|".join(request.plates)[:64],
            "purpose": str(request.purpose)[:64],
            "reason": request.reason[:200],
            "role": str(request.role)[:64],
        }
        self._audit.append("search_denied", request.officer[:64], about | more)


def _checked(request: LezSearchRequest) -> tuple[str, ...]:
    """Its plates, compact. Raises SearchRefused."""
    if request.captured_from >= request.captured_until:
        raise SearchRefused("the time ends before it begins: give a later end", "range_empty")
    for name, given, known in (("purpose", request.purpose, PURPOSES), ("role", request.role, get_args(Role))):
        if given not in known:
            why = f"{name} {given[:64]} is not one of {', '.join(known)}"
            raise SearchRefused(why, "field_wrong", typed=given[:64])
    if len(request.plates) > MOST_PLATES:
        raise SearchRefused(f"a search takes up to {MOST_PLATES} plates: state several", "plates_many")
    plates = tuple(dict.fromkeys(map(compact, request.plates)))
    if not all(map(_PLATE.fullmatch, plates)) or set("".join(request.plates)) & _WILD:
        raise SearchRefused("write each plate in full, A-Z and 0-9: no part of one is searched for", "pattern_wrong")
    return plates


def _about(request: LezSearchRequest, search: LezSearch, reason: str, now: datetime) -> dict[str, Any]:
    """A search as its audit record has it; the database makes its row of this."""
    return {
        "search_id": str(search.search_id),
        "created_at": instant(_milliseconds(now)),
        "expires_at": instant(_milliseconds(now) + VALID_FOR),
        "role": request.role,
        "zone": request.zone,
        "purpose": request.purpose,
        "reason": reason,
        "case_number": request.case_number[:64],
        "pattern": "|".join(search.plates) or ALL,
        "captured_from": instant(request.captured_from),
        "captured_until": instant(request.captured_until),
    }


def _milliseconds(moment: datetime) -> datetime:
    """As the store keeps it, so that the record and the row say the same."""
    return moment.astimezone(UTC).replace(microsecond=moment.microsecond // 1000 * 1000)
