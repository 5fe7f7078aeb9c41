"""Who listens to a stream, and whether they still may."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Protocol

from clickhouse_connect.driver.exceptions import ClickHouseError

from console.accounts import Account
from console.door import Door
from console.problems import ProblemFound
from sinks.clickhouse.subscribers import Subscriber

__all__ = ["Audience", "Onlooker", "Program"]

LOGGER = logging.getLogger(__name__)
LOOK_EVERY_S = 5.0


class Audience(Protocol):
    """Somebody who was admitted."""

    account: Account

    async def look(self) -> None:
        """Find out, now and then, whether they still may listen."""

    def holds(self) -> bool:
        """What was found out."""
        ...

    @property
    def sees_life(self) -> bool:
        """True: a life sign is an event, as a page's script hears no comments."""
        ...

    @property
    def look_every_s(self) -> float:
        """How often `look` is worth calling while nothing comes."""
        ...


@dataclass(slots=True)
class Program:
    """A subscriber with its token: the door looks for all of them."""

    account: Account
    subscriber: Subscriber
    door: Door
    sees_life: bool = False
    look_every_s: float = float("inf")

    async def look(self) -> None:
        """The door does."""

    def holds(self) -> bool:
        """Whether its token still holds, with the rights that it had."""
        return self.door.holds(self.subscriber)


@dataclass(slots=True)
class Onlooker:
    """A person at a page. While the store is away, who was known stays known: alerts go on."""

    account: Account
    ask: Callable[[], Awaitable[bool]]
    """Whether they are still signed in, with the rights that they had. Raises ProblemFound for who is not."""
    monotonic: Callable[[], float]
    sees_life: bool = True
    look_every_s: float = LOOK_EVERY_S
    _holds: bool = field(default=True, init=False)
    _asked_s: float = field(init=False)

    def __post_init__(self) -> None:
        self._asked_s = self.monotonic()

    async def look(self) -> None:
        """Ask, unless that was done a moment ago."""
        if self.monotonic() - self._asked_s < self.look_every_s:
            return
        self._asked_s = self.monotonic()
        try:
            self._holds = await self.ask()
        except ProblemFound as problem:
            if problem.status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
                self._holds = False
        except ClickHouseError as error:
            LOGGER.warning("whether somebody may still listen cannot be asked: %s", error)

    def holds(self) -> bool:
        """As it was found last."""
        return self._holds
