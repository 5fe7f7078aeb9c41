"""What the audit keeps of hits and cases that are told as they come: who came for them, how many were handed out."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from clickhouse_connect.driver.exceptions import ClickHouseError

from sinks.clickhouse.audit.records import Action, Audit, instant
from sinks.clickhouse.subscribers import Subscriber

__all__ = ["Account", "Accounts", "Watcher", "Way"]

LOGGER = logging.getLogger(__name__)
Way = Literal["stream", "webhook", "replay"]
WRITE_EVERY_S = 1.0
CARRY_S = 3600.0
"""An open account is written down once an hour: a crash loses no more than that of the count, and no hit."""
MOST_CASES = 1_000
"""Cases that one record names at most: more than a person is shown in an hour."""


@dataclass(frozen=True, slots=True)
class Watcher:
    """A person at a console, who is told what comes in."""

    officer: str
    what: Literal["hits", "cases"]

    @property
    def name(self) -> str:
        """For who counts streams: no subscriber has a blank in its name."""
        return f"officer {self.officer}"


@dataclass(slots=True)
class Account:
    """Of one connection, or one webhook."""

    who: Subscriber | Watcher
    way: Way
    since: datetime
    hits: int = 0
    """Handed out, or cases; one thread counts, and nobody counts down."""
    cases: dict[str, None] = field(default_factory=dict)
    """Identifiers of those that no record names yet. One thread adds, another takes off."""
    recorded: int = 0
    """Of them: those that the audit has."""
    closed: bool = False
    written_s: float = 0.0
    """When it was last carried, by the monotonic clock."""


class Accounts:
    """Opens accounts with a record, and writes down what was delivered in a thread of its own."""

    def __init__(
        self,
        audit: Audit,
        now: Callable[[], datetime],
        monotonic: Callable[[], float],
        count: Callable[[Literal["written", "refused"]], None] = lambda _: None,
    ) -> None:
        """count: told of each record, whether the store took it."""
        self._audit, self._now, self._monotonic, self._count = audit, now, monotonic, count
        self._lock = threading.Lock()
        self._open: list[Account] = []
        self._ended = threading.Event()

    def open(self, who: Subscriber | Watcher, way: Way, about: dict[str, object] | None = None) -> Account:
        """Record that somebody begins to be told something. Errors of ClickHouse pass through: then nothing may be."""
        begun: Action = "subscriber_connected" if isinstance(who, Subscriber) else "stream_opened"
        self._append(begun, who, {**_named(who), "way": way, **(about or {})})
        account = Account(who, way, self._now(), written_s=self._monotonic())
        with self._lock:
            self._open.append(account)
        return account

    def run(self) -> None:
        """Write down what is due, until `stop`; then all of it."""
        while not self._ended.wait(WRITE_EVERY_S):
            self.write()
        with self._lock:
            for account in self._open:
                account.closed = True
        self.write()

    def stop(self) -> None:
        """No account goes on."""
        self._ended.set()

    def write(self) -> None:
        """Carry what is closed or an hour old. What the store does not take stays for the next time."""
        with self._lock:
            due = [one for one in self._open if one.closed or self._monotonic() - one.written_s > CARRY_S]
        for account in due:
            try:
                self._carry(account)
            except ClickHouseError as error:
                LOGGER.warning("what was delivered cannot be recorded yet: %s", error)
                return
            if account.closed:
                with self._lock:
                    self._open.remove(account)

    def _carry(self, account: Account) -> None:
        now, total = self._now(), account.hits
        if total > account.recorded:
            told: Action = "subscriber_delivered" if isinstance(account.who, Subscriber) else "stream_told"
            about = {
                **_named(account.who),
                "way": account.way,
                "hits": total - account.recorded,
                "from": instant(account.since),
                "until": instant(now),
            }
            cases = list(account.cases)
            self._append(told, account.who, about | _cases(cases))
            for name in cases:
                account.cases.pop(name, None)
        account.recorded, account.since, account.written_s = total, now, self._monotonic()

    def _append(self, action: Action, who: Subscriber | Watcher, about: dict[str, object]) -> None:
        actor = f"subscriber {who.name}" if isinstance(who, Subscriber) else who.officer
        try:
            self._audit.append(action, actor, about)
        except ClickHouseError:
            self._count("refused")
            raise
        self._count("written")


def _named(who: Subscriber | Watcher) -> dict[str, object]:
    if isinstance(who, Subscriber):
        return {"subscriber": who.name, "generation": who.generation}
    return {"officer": who.officer, "what": who.what}


def _cases(told: list[str]) -> dict[str, object]:
    return {"case_ids": told[:MOST_CASES], "cases": len(told)} if told else {}
