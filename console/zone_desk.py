"""What the console asks of the low-emission zones: their law and their database, another controller's.

The console knows no law (`pipeline.lez`); who assembles the process gives it something that does (`anpr.lez.service`).
Looks and decisions are recorded in the zones' own audit, by their own register of people.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Protocol
from uuid import UUID

from schemas.lez_notice import Decision, NoticeState
from sinks.clickhouse.lez.queries.counts import By
from sinks.clickhouse.lez.searches import Purpose
from sinks.clickhouse.refusal import Refusal

__all__ = ["NoticesAsked", "RejudgeAsked", "VerdictAsked", "Zones", "ZonesRefused", "ZonesUnknown"]


class ZonesRefused(Refusal):
    """It cannot be asked or done like that; the message says what would do."""


class ZonesUnknown(RuntimeError):
    """The database of the zones is not known here."""

    def __init__(self) -> None:
        super().__init__("the database of the low-emission zones is not known here: set ANPR_LEZ_DSN")


@dataclass(frozen=True, slots=True)
class VerdictAsked:
    """A stored verdict, looked at for a reason."""

    verdict_id: UUID
    reason: str
    purpose: Purpose
    plate: str = ""
    """The vehicle's, in full; empty: of one whose plate was cleared."""
    case_number: str = ""


@dataclass(frozen=True, slots=True)
class NoticesAsked:
    """Notices, looked at for a reason."""

    reason: str
    states: Sequence[NoticeState] = ("proposed",)
    zone: str = ""
    days: int = 366
    limit: int = 50


@dataclass(frozen=True, slots=True)
class RejudgeAsked:
    """Passages of some local days, judged anew as law and rights are known at a moment."""

    zone: str
    first: date
    last: date
    known_at: str
    """On the zone's clocks unless it says another."""
    reason: str


class Zones(Protocol):
    """All of it may raise OfficerRefused, SearchRefused, ZonesRefused and errors of ClickHouse."""

    def names(self) -> Sequence[Mapping[str, str]]:
        """Zones that there is law for: `zone`, `name_en`, `name_fr`, `name_nl`, `timezone`."""
        ...

    def assess(self, words: Mapping[str, Any]) -> dict[str, Any]:
        """What the law says of a vehicle and a day, as `anpr lez explain --json`; no plate, nothing is recorded."""
        ...

    def verdict(self, officer: str, asked: VerdictAsked) -> dict[str, Any]:
        """As `anpr lez verdict --json`, with the search's id."""
        ...

    def notices(self, officer: str, asked: NoticesAsked) -> dict[str, Any]:
        """As `anpr lez notices --json`."""
        ...

    def notice(self, officer: str, name: str, reason: str) -> dict[str, Any]:
        """All that became of one, as `anpr lez notice --json`."""
        ...

    def decide(self, officer: str, name: str, what: Decision, note: str) -> dict[str, Any]:
        """Approve or reject; the notice as it then stands, None: sent, and not seen in the store yet."""
        ...

    def counts(self, officer: str, zone: str, first: date, last: date, by: By) -> dict[str, Any]:
        """As `anpr lez report --json`: no plate, no search."""
        ...

    def rejudge(self, officer: str, asked: RejudgeAsked, tell: Callable[[int, int], None]) -> dict[str, Any]:
        """What would change, as `anpr lez rejudge --json` without `--publish`. Long work; nothing is sent.

        tell: called with days done and days in all.
        """
        ...
