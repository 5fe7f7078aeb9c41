"""A platform for subscribers: broker, store, register, and the API as the process that people run."""

from __future__ import annotations

import json
import subprocess
import time
import uuid
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, ClassVar

import httpx
from clickhouse_connect.driver.client import Client
from confluent_kafka import Consumer, TopicPartition

from anpr.client import Http, Subscription, subscribe
from anpr.embedded.child import free_port
from console.credentials import Credentials
from console.webhooks.sender import group_of
from schemas.hit import Hit
from sinks.clickhouse.subscribers import Subscriber, SubscriberRegister
from tests.anpr.program import Ran, Serving, anpr, wait_until
from tests.console.hits import log_ends

KEY = "a key of these tests, 32 characters long"


def now() -> datetime:
    """This moment."""
    return datetime.now(UTC)


@dataclass
class World(Serving):
    """One platform, several API processes one after the other."""

    bootstrap: str
    dsn: str
    client: Client
    folder: Path
    assignment: str = "static"
    process: subprocess.Popen[str] | None = None
    port: int = 0
    settings: dict[str, str] = field(default_factory=dict)
    pages: int = field(default_factory=free_port)
    """Port of the API's own metrics."""
    ends_within_s: ClassVar[float] = 30.0

    @property
    def credentials(self) -> Credentials:
        return Credentials(KEY.encode())

    @property
    def register(self) -> SubscriberRegister:
        return SubscriberRegister(self.client, now, "Administrator")

    def environment(self) -> dict[str, str]:
        """Settings of a program on this platform."""
        return {
            "kafka_bootstrap": self.bootstrap,
            "kafka_assignment": self.assignment,
            "kafka_fetch_wait_ms": "20",
            "store_dsn": self.dsn,
            "subscriber_key": KEY,
            "officer": "Administrator",
            **self.settings,
        }

    def serve(self) -> None:
        """Start the API and wait until it serves."""
        self.begin("serve", **{"service_port": str(self.pages), **self.environment()})

    def run(self, *words: str) -> Ran:
        """A command of the program on this platform."""
        return anpr(self.folder, *words, **self.environment())

    def consumed(self) -> float:
        """Messages that the API has read since it runs."""
        page = httpx.get(f"http://127.0.0.1:{self.pages}/metrics", timeout=10).text
        return sum(float(line.split()[-1]) for line in page.splitlines() if line.startswith("anpr_consumed_total{"))

    def add(self, **more: Any) -> Subscriber:
        """Register a program that nobody knows."""
        return self.register.add(Subscriber(f"program-{uuid.uuid4().hex[:8]}", 1, **more))

    def token(self, subscriber: Subscriber) -> str:
        return self.credentials.token(subscriber.name, subscriber.generation)

    def secret(self, subscriber: Subscriber) -> str:
        return self.credentials.signing_secret(subscriber.name, subscriber.generation)

    def listen(self, subscriber: Subscriber, **more: Any) -> Subscription[Hit]:
        """The client on this API, from now on."""
        options = {name: more.pop(name) for name in ("position", "start") if name in more}
        return subscribe(source=Http(self.url, self.token(subscriber), **options), idle_s=20.0, **more)

    def stream(self, subscriber: Subscriber, *, token: str | None = None, **query: Any) -> httpx.Response:
        """What the API answers when it does not stream."""
        headers = {"Authorization": f"Bearer {token or self.token(subscriber)}"}
        return httpx.get(f"{self.url}/v1/hits/stream", params=query, headers=headers, timeout=5)

    def lag(self, subscriber: Subscriber) -> int:
        """Messages that a webhook's group has not dealt with."""
        ends = log_ends(self.bootstrap, "hits")
        with closing(
            Consumer({"bootstrap.servers": self.bootstrap, "group.id": group_of(subscriber.name)})
        ) as consumer:
            known = consumer.committed([TopicPartition("hits", place) for place in ends], timeout=10)
        return sum(ends[one.partition] - max(0, one.offset) for one in known)

    def audited(self, subscriber: Subscriber, action: str) -> list[dict[str, Any]]:
        """What the audit says about a subscriber."""
        rows = self.client.query(
            "SELECT about FROM audit WHERE action = {action:String} AND "
            "JSONExtractString(record, 'about', 'subscriber') = {name:String} ORDER BY at",
            parameters={"action": action, "name": subscriber.name},
        ).result_rows
        return [json.loads(row[0]) for row in rows]


def until(true: Callable[[], object], what: str, timeout_s: float = 20.0) -> None:
    """Look until it is so."""
    wait_until(true, what=what, timeout_s=timeout_s)


def monotonic() -> float:
    """Seconds."""
    return time.monotonic()
