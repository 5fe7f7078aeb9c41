"""Which programs outside are told hits, what each may be told, and where. Each change is a record of the audit."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import cast, get_args

from clickhouse_connect.driver.client import Client

from schemas.hotlist import ListKind
from schemas.selection import AlertClass, HitSelection
from sinks.clickhouse.audit.chain import Chain
from sinks.clickhouse.audit.records import Action, Audit, instant
from sinks.clickhouse.officers import FOREVER

__all__ = ["Subscriber", "SubscriberRefused", "SubscriberRegister"]

NAME = re.compile(r"[a-z][a-z0-9-]{0,39}\Z")
"""Part of a consumer group's name, and of a token."""
COLUMNS = (
    "name, generation, kinds, zones, classes, webhook_url, insecure, valid_from, valid_until, rotated_at, "
    "registered_by, registered_at"
)


class SubscriberRefused(ValueError):
    """The register of subscribers cannot be changed like that; the message says what would do."""


@dataclass(frozen=True, slots=True)
class Subscriber:
    """One program and its rights."""

    name: str
    generation: int
    """Of its token and signing secret, from 1."""
    kinds: tuple[str, ...] = ()
    zones: tuple[str, ...] = ()
    classes: tuple[str, ...] = ()
    """What it may be told; empty: all."""
    webhook_url: str = ""
    """Empty: it comes for its hits."""
    insecure: bool = False
    """True: its webhook may be asked without TLS."""
    valid_from: datetime = FOREVER
    valid_until: datetime = FOREVER
    rotated_at: datetime = FOREVER
    """When its generation began."""
    registered_by: str = ""
    registered_at: datetime | None = None

    def valid(self, now: datetime) -> bool:
        """Whether it may be told anything now. A start ahead of our clock is one by another clock, not a wait."""
        return now < self.valid_until

    @property
    def limits(self) -> HitSelection:
        """The most that it may be told."""
        return HitSelection(
            kinds=frozenset(cast(tuple[ListKind, ...], self.kinds)),
            zones=frozenset(self.zones),
            classes=frozenset(cast(tuple[AlertClass, ...], self.classes)),
        )


class SubscriberRegister:
    """Reads the register, and changes it in the name of `actor`. Whether they may is asked of `officers.Register`."""

    def __init__(self, client: Client, now: Callable[[], datetime], actor: str, chain: Chain | None = None) -> None:
        """chain: of the audit, as for `Audit`."""
        self._client, self._now, self._actor = client, now, actor
        self._audit = Audit(client, now, chain)

    def add(self, wanted: Subscriber) -> Subscriber:
        """Register a program; its generation and times are set here. One that was ended gets a new generation.

        Raises SubscriberRefused.
        """
        _check(wanted)
        now, before = self._now(), self._of(wanted.name)
        if before is not None and before.valid(now):
            raise SubscriberRefused(f"{wanted.name} is a subscriber already: end it first, or rotate its secrets")
        generation = 1 if before is None else before.generation + 1
        return self._write(
            "subscriber_added",
            replace(wanted, generation=generation, valid_from=now, valid_until=FOREVER, rotated_at=now),
        )

    def rotate(self, name: str) -> Subscriber:
        """New token, new signing secret. Raises SubscriberRefused."""
        before = self._valid(name)
        return self._write(
            "subscriber_rotated", replace(before, generation=before.generation + 1, rotated_at=self._now())
        )

    def end(self, name: str) -> Subscriber:
        """From this moment it is told nothing. Raises SubscriberRefused."""
        return self._write("subscriber_ended", replace(self._valid(name), valid_until=self._now()))

    def disable_webhook(self, subscriber: Subscriber) -> None:
        """Its target said that it is gone: nothing is sent any more. Its token still holds."""
        self._write("webhook_disabled", replace(self._valid(subscriber.name), webhook_url=""))

    def list(self) -> Sequence[Subscriber]:
        """All, the ended ones too, by name."""
        rows = self._client.query(f"SELECT {COLUMNS} FROM subscribers FINAL ORDER BY name").result_rows
        return [Subscriber(row[0], row[1], tuple(row[2]), tuple(row[3]), tuple(row[4]), *row[5:]) for row in rows]

    def find(self, name: str) -> Subscriber:
        """The subscriber of that name, ended or not. Raises SubscriberRefused."""
        found = self._of(name)
        if found is None:
            raise SubscriberRefused(f"there is no subscriber {name}; `anpr subscribers list` shows them")
        return found

    def _of(self, name: str) -> Subscriber | None:
        return next((one for one in self.list() if one.name == name), None)

    def _valid(self, name: str) -> Subscriber:
        found = self.find(name)
        if not found.valid(self._now()):
            raise SubscriberRefused(f"{name} was ended: add it anew")
        return found

    def _write(self, action: Action, subscriber: Subscriber) -> Subscriber:
        about = {
            "subscriber": subscriber.name,
            "generation": subscriber.generation,
            "kinds": list(subscriber.kinds),
            "zones": list(subscriber.zones),
            "classes": list(subscriber.classes),
            "webhook_url": subscriber.webhook_url,
            "insecure": subscriber.insecure,
            "valid_from": instant(subscriber.valid_from),
            "valid_until": instant(subscriber.valid_until),
            "rotated_at": instant(subscriber.rotated_at),
        }
        self._audit.append(action, self._actor, about)
        kept = self.find(subscriber.name)
        if _compared(kept) != _compared(subscriber):
            raise SubscriberRefused(
                f"{subscriber.name} was changed by another machine whose clock is ahead of this one, and that holds: "
                "set both clocks, then do it again"
            )
        return kept


def _compared(one: Subscriber) -> tuple[object, ...]:
    return (one.generation, one.webhook_url, one.kinds, one.zones, one.classes, instant(one.valid_until))


def _check(wanted: Subscriber) -> None:
    if not NAME.match(wanted.name):
        raise SubscriberRefused("a subscriber's name is 1 to 40 of a-z, 0-9 and hyphens, first a letter")
    for what, given, there_are in (
        ("kind of list", wanted.kinds, get_args(ListKind)),
        ("class", wanted.classes, get_args(AlertClass)),
    ):
        if unknown := [one for one in given if one not in there_are]:
            raise SubscriberRefused(f"there is no {what} {unknown[0]}: one of {', '.join(there_are)}")
    if any(not 1 <= len(zone) <= 64 for zone in wanted.zones):
        raise SubscriberRefused("a police zone needs 1 to 64 characters")
