"""What the audit keeps of hits that leave the platform: who came for them, and how many were handed out."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from clickhouse_connect.driver.exceptions import ClickHouseError

from sinks.clickhouse.audit.records import Action, Audit, instant
from sinks.clickhouse.subscribers import Subscriber

__all__ = ["Account", "Accounts", "Way"]

LOGGER = logging.getLogger(__name__)
Way = Literal["stream", "webhook", "replay"]
WRITE_EVERY_S = 1.0
CARRY_S = 3600.0
"""An open account is written down once an hour: a crash loses no more than that of the count, and no hit."""


@dataclass(slots=True)
class Account:
    """Of one connection, or one webhook."""

    subscriber: Subscriber
    way: Way
    since: datetime
    hits: int = 0
    """Handed out; one thread counts, and nobody counts down."""
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

    def open(self, subscriber: Subscriber, way: Way, about: dict[str, object] | None = None) -> Account:
        """Record that somebody begins to be told hits. Errors of ClickHouse pass through: then nothing may be told."""
        told = {"subscriber": subscriber.name, "generation": subscriber.generation, "way": way, **(about or {})}
        self._append("subscriber_connected", subscriber, told)
        account = Account(subscriber, way, self._now(), written_s=self._monotonic())
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
            about = {
                "subscriber": account.subscriber.name,
                "generation": account.subscriber.generation,
                "way": account.way,
                "hits": total - account.recorded,
                "from": instant(account.since),
                "until": instant(now),
            }
            self._append("subscriber_delivered", account.subscriber, about)
        account.recorded, account.since, account.written_s = total, now, self._monotonic()

    def _append(self, action: Action, subscriber: Subscriber, about: dict[str, object]) -> None:
        try:
            self._audit.append(action, f"subscriber {subscriber.name}", about)
        except ClickHouseError:
            self._count("refused")
            raise
        self._count("written")
