"""Sends one subscriber its hits, in the order of the log, each until it is taken, refused or too old.

Its place is the committed offset of the group `webhook.NAME`: what was not answered before a crash is sent again.
"""

from __future__ import annotations

import logging
import random
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Protocol

from console.accounts import Account
from console.credentials import Credentials
from console.webhooks.delivery import delivery_id, signed_headers
from console.webhooks.poster import Answer, Poster
from pipeline.messages import Message
from pipeline.outcome import Rejection
from pipeline.runtime.clock import Clock
from pipeline.runtime.metrics import Metrics
from pipeline.runtime.source import KafkaSource, Place
from schemas.codec import Refused, decoder
from schemas.dead_letter import Reason
from schemas.hit import Hit
from schemas.selection import Selector
from sinks.clickhouse.subscribers import Subscriber

__all__ = ["Bury", "Sender", "backoff_s", "group_of"]

LOGGER = logging.getLogger(__name__)
BATCH = 100
POLL_S = 0.25
COMMIT_EVERY_S = 1.0
WAIT_SLICE_S = 0.5
LONGEST_BACKOFF_S = 300.0
_decode: Callable[[bytes], Hit] = decoder(Hit)


class Bury(Protocol):
    """Keeps what could not be delivered; returns when it is safe."""

    def __call__(self, subscriber: str, rejection: Rejection) -> None:
        """Raises DeliveryFailed."""
        ...


def group_of(subscriber: str) -> str:
    """Consumer group in which a webhook's place is kept."""
    return f"webhook.{subscriber}"


def backoff_s(failures: int) -> float:
    """Pause after so many failures in a row: 1 s, doubled up to 5 min, then up to half of it off at random."""
    return min(LONGEST_BACKOFF_S, 2.0 ** min(failures - 1, 20)) * random.uniform(0.5, 1.0)


@dataclass(slots=True)
class Sender:
    """One thread runs it; `stop` comes from another."""

    subscriber: Subscriber
    log: str
    """Identity of the topic of hits."""
    source: KafkaSource
    poster: Poster
    credentials: Credentials
    zones: Mapping[str, str | None]
    bury: Bury
    account: Account
    clock: Clock
    metrics: Metrics
    retry_for: timedelta
    """Of a hit, since its message was stamped, or since it was first tried where that clock is ahead."""
    on_gone: Callable[[Subscriber], None]
    """Its target said so: nothing is to be sent any more."""
    backoff: Callable[[int], float] = backoff_s
    failures: int = 0
    """In a row."""
    behind: int = 0
    """Messages of the log behind those taken, when it last committed."""
    _next_try_s: float = 0.0
    _done: dict[Place, int] = field(default_factory=dict)
    _told: dict[Place, int] = field(default_factory=dict)
    _committed_s: float = 0.0
    _gone: set[Place] = field(default_factory=set)
    """Partitions given away while the batch in hand is worked on."""
    _ended: threading.Event = field(default_factory=threading.Event)
    _may: Selector = field(init=False)

    def __post_init__(self) -> None:
        self._may = Selector(self.subscriber.limits, self.zones, unknown_cameras=False)
        self.source.on_revoke(self.commit, self._forget)

    def run(self) -> None:
        """Send until `stop`. Raises KafkaException, KafkaUnusable, DeliveryFailed; what is done stays done."""
        try:
            self.source.open()
            while not self._ended.is_set():
                self.step()
            self.commit()
        finally:
            self.account.closed = True
            self.source.close()
            self.poster.close()

    def stop(self) -> None:
        """Finish the attempt in hand, and leave."""
        self._ended.set()

    def step(self) -> None:
        """Take some messages and deal with each. Not to the end where it was stopped meanwhile."""
        messages = self.source.poll(BATCH, POLL_S).fresh
        self._gone.clear()  # what the source gives is ours now, whatever went and came back meanwhile
        for message in messages:
            place = (message.topic, message.partition)
            if place in self._gone:
                continue
            if not self._deal_with(message):
                return
            if place not in self._gone:
                self._done[place] = message.offset + 1
            self._commit_when_due()
        self._commit_when_due()

    def _deal_with(self, message: Message) -> bool:
        """False: stopped before anything was decided."""
        if message.timestamp_ms < self.subscriber.valid_from.timestamp() * 1000:
            return True  # from before it was a subscriber
        try:
            wanted = self._may.takes(_decode(message.value))
        except Refused as refused:  # the store's worker reads it too, and keeps it among the dead letters
            LOGGER.error("%s %d/%d is no hit: %s", message.topic, message.partition, message.offset, refused.reason)
            return True
        return self._deliver(message) if wanted else True

    def _deliver(self, message: Message) -> bool:
        begun = self.clock.now().timestamp()
        expires = min(message.timestamp_ms / 1000, begun) + self.retry_for.total_seconds()
        place = (message.topic, message.partition)
        while not self._ended.is_set() and place not in self._gone:
            if self.clock.monotonic() >= self._next_try_s:
                answer = self._attempt(message)
                if answer.outcome != "unavailable":
                    self._settle(message, answer)
                    return True
            if self.clock.now().timestamp() >= expires:
                self._give_up(message, "webhook_unreachable", "it was not taken in time")
                return True
            self._wait()
        return place in self._gone

    def _attempt(self, message: Message) -> Answer:
        """Send once, and note when the target may be asked again."""
        now, started = self.clock.now(), self.clock.monotonic()
        message_id = delivery_id(self.subscriber.name, self.log, message.partition, message.offset)
        headers = signed_headers(self.credentials, self.subscriber, message_id, message.value, now)
        answer = self.poster.post(
            self.subscriber.webhook_url, headers, message.value, insecure=self.subscriber.insecure
        )
        self.metrics.count("anpr_webhook_attempts_total", outcome=answer.outcome)
        self.metrics.observe("anpr_webhook_seconds", self.clock.monotonic() - started)
        if answer.outcome == "unavailable":
            self.failures += 1
            pause_s = max(self.backoff(self.failures), answer.retry_after_s)
            self._next_try_s = self.clock.monotonic() + pause_s
            LOGGER.info("webhook %s: %s; again in %.0f s", self.subscriber.name, answer.detail, pause_s)
        else:
            self.failures = 0
        return answer

    def _settle(self, message: Message, answer: Answer) -> None:
        match answer.outcome:
            case "delivered":
                self.account.hits += 1
                self.metrics.count("anpr_hits_told_total", way="webhook")
                age_s = self.clock.now().timestamp() - message.timestamp_ms / 1000
                self.metrics.observe("anpr_webhook_age_seconds", max(0.0, age_s))
            case "gone":
                self._give_up(message, "webhook_gone", answer.detail)
                self._ended.set()
                self.on_gone(self.subscriber)
            case _:
                self._give_up(message, "webhook_refused", answer.detail)

    def _give_up(self, message: Message, reason: Reason, detail: str) -> None:
        self.bury(self.subscriber.name, Rejection(message, reason, detail))
        self.metrics.count("anpr_dead_letters_total", flow="webhooks", reason=reason)
        LOGGER.warning("webhook %s: a hit was not delivered (%s): %s", self.subscriber.name, reason, detail)

    def _wait(self) -> None:
        """Stay in the group until the next attempt, or for a moment."""
        self.source.keep_alive()
        self._commit_when_due()
        self._ended.wait(max(0.0, min(WAIT_SLICE_S, self._next_try_s - self.clock.monotonic())))
        self.source.resume()

    def _commit_when_due(self) -> None:
        if self.clock.monotonic() - self._committed_s >= COMMIT_EVERY_S:
            self.commit()

    def commit(self) -> None:
        """Say how far it came. Also called before partitions are given away."""
        self._committed_s = self.clock.monotonic()
        if self._done != self._told and self.source.commit(dict(self._done), {}):
            self._told = dict(self._done)
            self.behind = sum(self.source.lag().values())

    def _forget(self, places: Sequence[Place]) -> None:
        self._gone.update(places)
        for place in places:
            self._done.pop(place, None)
            self._told.pop(place, None)
