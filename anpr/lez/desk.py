"""Where people work on the database of the zones: a search is recorded before it is asked, an act before it is done.

For all commands of `anpr lez` that show or change what belongs to a plate.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, TypeVar

from clickhouse_connect.driver.client import Client

from anpr.platform import PlatformFault, wait_a_little
from console.publishing import publish
from pipeline.runtime.clock import SystemClock
from pipeline.runtime.kafka import KafkaConfig
from schemas.search import Role
from sinks.clickhouse.audit.chain import Chain
from sinks.clickhouse.audit.records import Action, Audit
from sinks.clickhouse.lez.searches import LezDesk, LezSearch, LezSearchRequest
from sinks.clickhouse.officers import OfficerRefused, Register
from sinks.clickhouse.refusal import SearchRefused

__all__ = ["Asked", "Desk", "utc_now", "wait_for"]

Rows = TypeVar("Rows")
SHOWS_WITHIN_S = 20.0
NO_BROKER = (
    "this is published for the workers, and no broker runs on this data folder: start `anpr demo` there, or set "
    "ANPR_KAFKA_BOOTSTRAP and ANPR_LEZ_DSN to those of the platform"
)


@dataclass(frozen=True, slots=True)
class Asked:
    """A recorded search, with what was stated for it."""

    search: LezSearch
    request: LezSearchRequest


class Desk:
    """The database of the zones in the name of one officer, and the log that changes what is in it."""

    def __init__(self, client: Client, officer: str, chain: Chain, kafka: KafkaConfig | None = None) -> None:
        """chain: of the zones' audit. kafka: None: nothing can be published."""
        self.client, self.officer, self._kafka = client, officer, kafka
        self._chain = chain
        self._searches = LezDesk(client, utc_now, chain)
        self._audit = Audit(client, utc_now, chain)

    def require(self, role: Role) -> None:
        """Raises OfficerRefused where the officer does not have this role in the zones' register."""
        if not Register(self.client, utc_now, self.officer, self._chain).current(self.officer, role):
            raise OfficerRefused(
                f"{self.officer} is not registered as {role} of the low-emission zones: ask their administrator"
            )

    def require_any(self) -> None:
        """Raises OfficerRefused where the officer is not in the zones' register at all."""
        if not Register(self.client, utc_now, self.officer, self._chain).current(self.officer):
            raise OfficerRefused(
                f"{self.officer} is not registered for the low-emission zones: ask their administrator"
            )

    def require_broker(self) -> None:
        """Raises PlatformFault where nothing can be published."""
        if self._kafka is None:
            raise PlatformFault(NO_BROKER)

    def open(self, request: LezSearchRequest) -> Asked:
        """Record a search; its views may then be asked for a quarter of an hour. Raises SearchRefused."""
        return Asked(self._searches.open(request), request)

    def ask(self, asked: Asked, question: str, answer: Callable[[], tuple[Rows, int]]) -> Rows:
        """The answer and, recorded, how many rows it showed. Raises SearchRefused, after recording it.

        question: what was asked, by name.
        """
        try:
            rows, count = answer()
        except SearchRefused as refusal:
            self._searches.denied(asked.search, asked.request, refusal)
            raise
        self._searches.shown(asked.search, question, count)
        return rows

    def shown(self, asked: Asked, question: str, count: int) -> None:
        """Record what an answer showed that was too long to hold."""
        self._searches.shown(asked.search, question, count)

    def record(self, what: Action, about: Mapping[str, Any]) -> None:
        """Write into the audit what is about to be done: what is recorded and fails can be done again."""
        self._audit.append(what, self.officer, about)

    def publish(self, topic: str, messages: Iterable[tuple[str, bytes]]) -> int:
        """Put messages, each with its plate, into a topic; returns when all are acknowledged, with their number.

        Raises DeliveryFailed; what was published before stays, and the same may be published again.
        """
        self.require_broker()
        assert self._kafka is not None
        return publish(self._kafka, topic, messages)


def utc_now() -> datetime:
    """Our clock."""
    return datetime.now(UTC)


def wait_for(shows: Callable[[], bool], within_s: float = SHOWS_WITHIN_S) -> bool:
    """Look until the store shows a change; False: it has not, which need not be wrong."""
    clock = SystemClock()
    deadline = clock.monotonic() + within_s
    while not shows():
        if clock.monotonic() > deadline:
            return False
        wait_a_little()
    return True
