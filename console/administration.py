"""What an administrator looks at and changes: people and their roles, decisions, subscribers, what is kept."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from clickhouse_connect.driver.client import Client
from clickhouse_connect.driver.exceptions import ClickHouseError

from console.store import Store
from schemas.search import Role
from sinks.clickhouse.officers import Decision, Officer, OfficerRefused, Register
from sinks.clickhouse.queries.access_decisions import DecisionShown, access_decisions
from sinks.clickhouse.queries.oldest_rows import oldest_rows
from sinks.clickhouse.retention.holds import Holds
from sinks.clickhouse.retention.report import as_json, look
from sinks.clickhouse.subscribers import Subscriber, SubscriberRegister

__all__ = ["Administration", "NotChanged"]

DENIED = ("ACCESS_DENIED", "Not enough privileges")


class NotChanged(ValueError):
    """The register cannot be changed like that; the message says what would do."""


@dataclass(frozen=True, slots=True)
class Administration:
    """In the name of one administrator. Errors of ClickHouse pass through."""

    store: Store
    officer: str
    now: Callable[[], datetime]

    def officers(self) -> Sequence[Officer]:
        """All registrations, by name."""
        return self._register.list()

    def add(self, officer: Officer) -> None:
        """Raises OfficerRefused, NotChanged."""
        self._register.require("administrator")
        with _unchanged():
            self._register.add(officer)

    def end(self, name: str, role: Role | None) -> None:
        """Raises OfficerRefused, NotChanged."""
        self._register.require("administrator")
        with _unchanged():
            self._register.end(name, role)

    def decisions(self) -> Sequence[DecisionShown]:
        """The newest first."""
        return access_decisions(self._reads)

    def decide(self, decision: Decision) -> None:
        """Raises OfficerRefused, NotChanged."""
        self._register.require("administrator")
        with _unchanged():
            self._register.decide(decision)

    def subscribers(self) -> Sequence[Subscriber]:
        """All of them, by name."""
        return SubscriberRegister(self.store.police, self.now, self.officer, self.store.chain).list()

    def retention(self) -> dict[str, Any]:
        """Oldest rows, and the whole report where this process may look into all tables."""
        tables = [asdict(one) for one in oldest_rows(self.store.police)]
        return {"at": self.now(), "tables": tables, "report": self._report()}

    def _report(self) -> dict[str, Any] | None:
        holds = Holds(self.store.police, self.now, self.officer, self.store.chain)
        try:
            return as_json(look(self.store.police, holds, self.now()))
        except ClickHouseError as error:
            if any(mark in str(error) for mark in DENIED):
                return None
            raise

    @property
    def _register(self) -> Register:
        return Register(self.store.police, self.now, self.officer, self.store.chain)

    @property
    def _reads(self) -> Client:
        return self.store.audit or self.store.police


@contextmanager
def _unchanged() -> Iterator[None]:
    """What the register refuses to who may change it."""
    try:
        yield
    except OfficerRefused as refused:
        raise NotChanged(str(refused)) from refused
