"""Who may listen now: the register of subscribers as it was a moment ago, and the tokens that go with it."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from clickhouse_connect.driver.exceptions import ClickHouseError

from console.credentials import Credentials
from sinks.clickhouse.subscribers import Subscriber

__all__ = ["Door", "NotAdmitted"]

LOGGER = logging.getLogger(__name__)
LOOK_EVERY_S = 1.0


class NotAdmitted(Exception):
    """No token of ours, or one that no longer holds."""


class Door:
    """Looks at the register every second. While the store is away, who was known stays known: alerts go on."""

    def __init__(
        self, read: Callable[[], Sequence[Subscriber]], credentials: Credentials, now: Callable[[], datetime]
    ) -> None:
        """read: the register; its first answer is waited for here. Errors of ClickHouse pass through."""
        self._read, self._credentials, self._now = read, credentials, now
        self._known = self._ask()
        self._away = False
        self._ended, self._turn = threading.Event(), threading.Lock()
        self.on_change: Callable[[], None] = lambda: None
        """Called from the looking thread when somebody's rights are others than before."""

    def _ask(self) -> Mapping[str, Subscriber]:
        return {one.name: one for one in self._read()}

    @property
    def store_away(self) -> bool:
        """True: the last look failed, and what is known may be old."""
        return self._away

    def run(self) -> None:
        """Look until `stop`."""
        while not self._ended.wait(LOOK_EVERY_S):
            self.look()

    def stop(self) -> None:
        """Look no more."""
        self._ended.set()

    def look(self) -> None:
        """Ask the register once more."""
        with self._turn:  # or an answer from before would undo one from after
            known = self._ask_again()
            changed, self._known = known != self._known, known
        if changed:
            self.on_change()

    def _ask_again(self) -> Mapping[str, Subscriber]:
        try:
            known, self._away = self._ask(), False
        except ClickHouseError as error:
            if not self._away:
                LOGGER.warning("the register of subscribers cannot be read, who was known stays known: %s", error)
            self._away = True
            return self._known
        return known

    def admit(self, token: str) -> Subscriber:
        """Whose token this is. Raises NotAdmitted."""
        bearer = self._credentials.bearer(token)
        if bearer is None:
            raise NotAdmitted("this is no token of this platform")
        name, generation = bearer
        found = self._known.get(name)
        if found is None or found.generation < generation:
            self.look()  # just added or rotated: whoever was shown a token need not wait for our next look
            found = self._known.get(name)
        if found is None or found.generation != generation or not found.valid(self._now()):
            raise NotAdmitted("this token was ended or replaced: ask the platform's administrator for a new one")
        return found

    def holds(self, subscriber: Subscriber) -> bool:
        """Whether a subscriber who was admitted may still be told what it was told then."""
        found = self._known.get(subscriber.name)
        return (
            found is not None
            and (found.generation, found.limits) == (subscriber.generation, subscriber.limits)
            and found.valid(self._now())
        )

    def with_webhooks(self) -> Mapping[str, Subscriber]:
        """Those to whom something is to be sent, by name."""
        now = self._now()
        return {name: one for name, one in self._known.items() if one.webhook_url and one.valid(now)}
