"""Search: record who looks for what and why, then read; the database refuses the second without the first.

The record goes into the audit chain, and the search follows from it in the same INSERT (migration 0024, as in 0004):
there is no way to a search that leaves no trace. What is refused, shown and exported goes into the same chain.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from clickhouse_connect.driver.client import Client
from pydantic import ValidationError

from schemas.search import Purpose, Role, Scene, SearchKind, SearchRecord
from sinks.clickhouse.audit.chain import Chain
from sinks.clickhouse.audit.records import Audit, instant
from sinks.clickhouse.reasons import checked_reason
from sinks.clickhouse.refusal import SearchRefused

__all__ = ["VALID_FOR", "SearchDesk", "SearchRefused", "SearchRequest", "open_search"]

VALID_FOR = timedelta(minutes=15)
INLET = "audit_search_in"
"""What hangs on it is the record and the search, and nothing else that each INSERT would plan."""
MIN_KNOWN_CHARACTERS = 2
_SEPARATORS = re.compile(r"[\s.\-·_/]+")
_PATTERN = re.compile(r"[A-Z0-9?*\[\]|]{1,64}")
_PLATE = re.compile(r"[A-Z0-9]{1,12}")


@dataclass(frozen=True, slots=True)
class SearchRequest:
    """Who wants to find what, and why."""

    pattern: str
    """Plates it is to open: compact, `?` one character, `*` any, `[B8]` one of these, `|` or; `*` with scenes: all."""
    reason: str
    """In words: what happened."""
    officer: str
    purpose: Purpose
    captured_from: datetime
    """Passages from then …"""
    captured_until: datetime
    """… until before then."""
    role: Role = "officer"
    case_number: str | None = None
    police_zone: str = ""
    """Whose cameras; empty: all (federal)."""
    kind: SearchKind = "plate"
    """What it opens: passages of plates, passages at places and times, vehicles that accompany one."""
    tolerance: int = 0
    """1: also plates one misread, missing or extra character away."""
    scenes: tuple[Scene, ...] = ()
    decision_id: str | None = None
    """Magistrate's decision that opens what is older than a month."""
    asked: Mapping[str, Any] = field(default_factory=dict)
    """How the question was asked beside what it opens, as JSON: recorded with it, so that another process can go on
    with the search. No plate."""


class SearchDesk:
    """Where searches are recorded, and what became of them. Threads may share it."""

    def __init__(self, client: Client, now: Callable[[], datetime], chain: Chain | None = None) -> None:
        """chain: of the audit, as for `Audit`: `ChainFile(data_dir)` where programs come and go."""
        self._now = now
        self._audit = Audit(client, now, chain)

    def open(self, request: SearchRequest) -> SearchRecord:
        """Record a search, whose id then opens its results for a quarter of an hour.

        Raises SearchRefused, after it has recorded the refusal too; errors of the store pass through.
        """
        try:
            record = _checked(request, self._now())
        except SearchRefused as refusal:
            self.denied(request, refusal)
            raise
        about = record.model_dump(mode="json", exclude={"schema_version", "result_count"})
        asked = {"asked": dict(request.asked)} if request.asked else {}
        self._audit.append("search_opened", record.officer, {**about, **_instants(record), **asked}, inlet=INLET)
        return record

    def shown(self, record: SearchRecord, question: str, rows: int) -> None:
        """Record that a question showed so many rows to whom the search belongs."""
        about = {"search_id": str(record.search_id), "question": question, "rows": rows}
        self._audit.append("search_shown", record.officer, about)

    def denied(self, asked: SearchRequest | SearchRecord, refusal: SearchRefused) -> None:
        """Record that somebody was refused: what `open` refuses it records itself, what the database refuses not."""
        about: dict[str, Any] = {
            "code": refusal.code,
            "message": str(refusal)[:300],
            "pattern": asked.pattern[:64],
            "purpose": str(asked.purpose)[:64],
            "reason": asked.reason[:200],
            "role": str(asked.role)[:64],
        }
        if isinstance(asked, SearchRecord):
            about["search_id"] = str(asked.search_id)
        self._audit.append("search_denied", asked.officer[:64], about)

    def turned_away(self, officer: str, search_id: UUID, refusal: SearchRefused) -> None:
        """Record that somebody came with a search that opens nothing to them; what it looks for is not repeated."""
        about = {"code": refusal.code, "message": str(refusal)[:300], "search_id": str(search_id)}
        self._audit.append("search_denied", officer[:64], about)

    def exported(self, record: SearchRecord, what: str, rows: int, digest: str) -> None:
        """Record that results left the platform. what: format or file; digest: SHA-256 of the bytes, hex."""
        about = {"search_id": str(record.search_id), "what": what[:200], "rows": rows, "sha256": digest}
        self._audit.append("results_exported", record.officer, about)


def open_search(client: Client, request: SearchRequest, now: datetime) -> SearchRecord:
    """Record one search, at this moment, in an audit chain of its own; who opens several keeps a `SearchDesk`.

    Raises SearchRefused.
    """
    return SearchDesk(client, lambda: now).open(request)


def _checked(request: SearchRequest, now: datetime) -> SearchRecord:
    pattern = _checked_pattern(request)
    reason = checked_reason(request.reason, pattern)
    if request.captured_from >= request.captured_until:
        raise SearchRefused("the time ends before it begins: give a later end", "range_empty")
    if (request.kind == "scenes") != bool(request.scenes):
        raise SearchRefused("a search by scenes needs places and times, another takes none", "scenes_missing")
    try:
        return _record(request, pattern, reason, now)
    except ValidationError as error:
        first = error.errors(include_input=False)[0]
        name = ".".join(map(str, first["loc"]))
        raise SearchRefused(f"{name}: {first['msg']}", "field_wrong") from error


def _checked_pattern(request: SearchRequest) -> str:
    """Its pattern, compact. What people type is read and explained by `patterns`; this holds for every caller."""
    pattern = _SEPARATORS.sub("", request.pattern.upper())
    if not _PATTERN.fullmatch(pattern) or not _brackets_fit(pattern):
        raise SearchRefused(
            f"'{request.pattern[:64]}' is no plate: use A-Z and 0-9, ? for one unknown character, * for several",
            "pattern_wrong",
            typed=request.pattern[:64],
        )
    if request.kind == "companions" and not _PLATE.fullmatch(pattern):
        raise SearchRefused("what accompanies a vehicle is found by its plate in full", "pattern_partial")
    if request.kind == "plate" and min(map(_known, pattern.split("|"))) < MIN_KNOWN_CHARACTERS:
        raise SearchRefused("too wide: give at least two known characters of the plate", "pattern_wide")
    return pattern


def _brackets_fit(pattern: str) -> bool:
    return "[" not in re.sub(r"\[[A-Z0-9]+\]", "", pattern) and "]" not in re.sub(r"\[[A-Z0-9]+\]", "", pattern)


def _known(pattern: str) -> int:
    """How many places are known: a choice of characters is one."""
    return len(re.sub(r"[?*]", "", re.sub(r"\[[A-Z0-9]+\]", "A", pattern)))


def _record(request: SearchRequest, pattern: str, reason: str, now: datetime) -> SearchRecord:
    return SearchRecord(
        search_id=uuid4(),
        created_at=_milliseconds(now),
        expires_at=_milliseconds(now + VALID_FOR),
        officer=request.officer,
        role=request.role,
        purpose=request.purpose,
        reason=reason,
        case_number=request.case_number,
        police_zone=request.police_zone or None,
        pattern=pattern,
        captured_from=_milliseconds(request.captured_from),
        captured_until=_milliseconds(request.captured_until),
        kind=request.kind,
        tolerance=request.tolerance,
        scenes=request.scenes,
        decision_id=request.decision_id,
    )


def _milliseconds(moment: datetime) -> datetime:
    """As the store keeps it, so that the record and the row say the same."""
    return moment.astimezone(UTC).replace(microsecond=moment.microsecond // 1000 * 1000)


def _instants(record: SearchRecord) -> dict[str, Any]:
    """Its moments as the audit writes them."""
    names = ("created_at", "expires_at", "captured_from", "captured_until")
    scenes = [
        {
            "cameras": list(scene.cameras),
            "captured_from": instant(scene.captured_from),
            "captured_until": instant(scene.captured_until),
        }
        for scene in record.scenes
    ]
    return {name: instant(getattr(record, name)) for name in names} | {"scenes": scenes}
