"""Who is registered now, as the store said a moment ago: two hundred consoles do not ask it each time."""

from __future__ import annotations

import logging
import threading
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from clickhouse_connect.driver.exceptions import ClickHouseError

from schemas.search import Role
from sinks.clickhouse.officers import Officer

__all__ = ["Registrations"]

LOGGER = logging.getLogger(__name__)
FRESH_S = 1.0
KNOWN_S = 300.0
"""So long the last answer holds while the store is away: alerts go on. Searches need the store anyway."""


class Registrations:
    """Asks the register at most once a second, and once more for somebody whom it did not know a moment ago."""

    def __init__(
        self,
        read: Callable[[], Sequence[Officer]],
        now: Callable[[], datetime],
        monotonic: Callable[[], float],
    ) -> None:
        """read: the register, ended registrations too."""
        self._read, self._now, self._monotonic = read, now, monotonic
        self._known: Mapping[str, Sequence[Officer]] = {}
        self._asked_s = self._answered_s = float("-inf")
        self._error: ClickHouseError | None = None
        """Of the last look."""
        self._turn = threading.Lock()

    def zones(self, officer: str) -> dict[Role, str]:
        """Role → police zone whose cameras this officer sees now; empty: registered in none.

        Errors of ClickHouse pass through where nothing is known that is new enough.
        """
        with self._turn:  # all others wait for the same answer
            if old := self._monotonic() - self._asked_s > FRESH_S:
                self._ask()
            found = self._current(officer)
            if not found and not old:  # just registered: need not wait for our next look
                self._ask()
                found = self._current(officer)
            if self._error is not None and self._asked_s - self._answered_s > KNOWN_S:
                raise self._error
        return found

    def zones_now(self, officer: str) -> dict[Role, str]:
        """The same, asked anew: who was ended a moment ago begins no session any more."""
        with self._turn:
            self._asked_s = float("-inf")
        return self.zones(officer)

    def _current(self, officer: str) -> dict[Role, str]:
        now = self._now()
        return {
            one.role: one.police_zone for one in self._known.get(officer, ()) if one.valid_from <= now < one.valid_until
        }

    def _ask(self) -> None:
        self._asked_s = self._monotonic()
        try:
            found = self._read()
        except ClickHouseError as error:
            LOGGER.warning("the register of officers cannot be read: %s", error)
            self._error = error
            return
        by_name: defaultdict[str, list[Officer]] = defaultdict(list)
        for one in found:
            by_name[one.officer].append(one)
        self._known, self._answered_s, self._error = by_name, self._asked_s, None
