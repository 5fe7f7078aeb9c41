"""The API process: `hits` → server-sent events and webhooks, to those in the register of subscribers.

hits ──feed──▶ ring ──▶ streams            what a webhook does not take ──▶ webhook-dead-letters
  └──webhook.NAME──▶ one sender each
"""

from __future__ import annotations

import functools
import logging
import signal
import socket
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Literal

from clickhouse_connect.driver.client import Client
from clickhouse_connect.driver.exceptions import ClickHouseError
from confluent_kafka import KafkaException

from anpr.settings import Settings, SettingsFault
from anpr.subscriber_key import credentials_of
from anpr.worker import announce, calm_collector
from console.accounts import Accounts
from console.case_desk import CaseDesk
from console.credentials import Credentials
from console.door import Door
from console.feed import TOPIC, Feed
from console.parts import Parts
from console.ring import Ring
from console.server import serve
from console.store import Store
from console.webhooks.dispatch import Dispatch
from console.webhooks.letters import bury
from console.webhooks.poster import Poster
from console.webhooks.sender import Sender, group_of
from pipeline.outcome import Rejection
from pipeline.runtime.clock import SystemClock
from pipeline.runtime.kafka import KafkaConfig, admin_client
from pipeline.runtime.log_identity import log_ids
from pipeline.runtime.metrics import Metrics
from pipeline.runtime.output import KafkaOutput
from pipeline.runtime.service import Heartbeat, ServicePages
from pipeline.runtime.source import KafkaSource
from sinks.clickhouse.audit.chain import Chain, ChainFile
from sinks.clickhouse.audit.records import Audit
from sinks.clickhouse.client import StoreUnreachable, connect
from sinks.clickhouse.subscribers import Subscriber, SubscriberRefused, SubscriberRegister

__all__ = ["run_api"]

LOGGER = logging.getLogger(__name__)
RETRY_S = 1.0
ACTOR = "the API"
"""Who the audit names where the process itself changes a subscriber."""


def run_api(settings: Settings, ready_file: Path | None = None) -> None:
    """Serve until SIGTERM or SIGINT. Waits, visibly, for a broker or store that is not there yet.

    Raises SettingsFault for an address that cannot be served, KafkaUnusable.
    """
    signal.signal(signal.SIGTERM, _end_at_once)  # until there is a server to end in order
    clock, metrics = SystemClock(), Metrics("api", "webhooks")
    heart = Heartbeat(clock)
    pages = ServicePages(
        settings.service_host, settings.service_port, metrics.registry, lambda: {"worker": "api", **heart.report()}
    )
    listener = _listen(settings)
    port = listener.getsockname()[1]
    pages.start()
    try:
        parts, dispatch = _connect(settings, heart, metrics)
        serve(parts, dispatch, listener, functools.partial(_say_ready, settings.api_host, port, ready_file))
        LOGGER.info("the API has ended in order")
    finally:
        pages.stop()
        listener.close()


def _listen(settings: Settings) -> socket.socket:
    try:
        return socket.create_server((settings.api_host, settings.api_port), backlog=512)
    except OSError as error:
        raise SettingsFault(
            f"the API cannot be served on {settings.api_host} port {settings.api_port} ({error.strerror}): "
            "set ANPR_API_PORT to another port (0: a free one) or ANPR_API_HOST to an address of this machine"
        ) from error


def _say_ready(host: str, port: int, ready_file: Path | None) -> None:
    calm_collector()
    if ready_file is not None:
        announce(ready_file, port)
    LOGGER.info("the API is served on %s port %d", host, port)


def _connect(settings: Settings, heart: Heartbeat, metrics: Metrics) -> tuple[Parts, Dispatch]:
    while True:
        try:
            return _assemble(settings, heart, metrics)
        except (StoreUnreachable, ClickHouseError, KafkaException) as error:
            heart.state = f"waiting: {error}"
            LOGGER.warning("waiting: %s", error)
            time.sleep(RETRY_S)


def _assemble(settings: Settings, heart: Heartbeat, metrics: Metrics) -> tuple[Parts, Dispatch]:
    """All parts, the reader of hits at the end of its log."""
    clock, credentials = SystemClock(), credentials_of(settings)
    trouble = functools.partial(metrics.count, "anpr_kafka_errors_total", flow="api")
    kafka = replace(settings.kafka(), on_trouble=trouble)
    log = log_ids(admin_client(kafka), (TOPIC,))[TOPIC]
    client, chain = connect(settings.dsn()), ChainFile(settings.data_dir)
    register = SubscriberRegister(client, clock.now, ACTOR, chain)
    door = Door(register.list, credentials, clock.now)
    recorded = functools.partial(_count_record, metrics)
    accounts = Accounts(Audit(client, clock.now, chain), clock.now, clock.monotonic, recorded)
    ring = Ring()
    feed = Feed(kafka, ring, metrics)
    feed.on_step = heart.beat
    feed.load()
    cases = CaseDesk(client, kafka, clock.now, chain)
    store = _store(settings, client, chain)
    parts = Parts(kafka, log, ring, feed, door, accounts, cases, store, credentials, metrics, clock, heart.report)
    senders = _Senders(parts, credentials, KafkaOutput(kafka, linger_ms=1), settings, _off(register, door))
    return parts, Dispatch(door.with_webhooks, senders.make, metrics)


def _store(settings: Settings, client: Client, chain: Chain) -> Store:
    """lez: unset where only the police's database is known here."""
    lez = connect(settings.lez()) if settings.lez_dsn is not None else None
    return Store(client, lez, chain, settings.evidence_place(), settings.data_dir)


def _count_record(metrics: Metrics, outcome: Literal["written", "refused"]) -> None:
    metrics.count("anpr_audit_writes_total", outcome=outcome)


def _off(register: SubscriberRegister, door: Door) -> Callable[[Subscriber], None]:
    def disable(subscriber: Subscriber) -> None:
        try:
            register.disable_webhook(subscriber)
        except SubscriberRefused as refused:  # somebody ended it at the same moment
            LOGGER.warning("webhook %s: %s", subscriber.name, refused)
        door.look()  # before its sender has ended, or another one would be started for it

    return disable


@dataclass(frozen=True, slots=True)
class _Senders:
    """Makes senders, each with its own place in the log and its own connection."""

    parts: Parts
    credentials: Credentials
    letters: KafkaOutput
    settings: Settings
    disable: Callable[[Subscriber], None]
    turn: threading.Lock = field(default_factory=threading.Lock)
    """To bury: a report of delivery must reach the sender whose letter it is about."""

    def make(self, subscriber: Subscriber) -> Sender:
        """Errors of ClickHouse pass through: without a record nothing is sent."""
        parts = self.parts
        source, poster = _source(parts.kafka, subscriber.name), Poster(self.settings.webhook_ca_file)
        return Sender(
            subscriber=subscriber,
            log=parts.log,
            source=source,
            poster=poster,
            credentials=self.credentials,
            zones=parts.feed.zones,
            bury=self._bury,
            account=parts.accounts.open(subscriber, "webhook"),
            clock=parts.clock,
            metrics=parts.metrics,
            retry_for=timedelta(hours=self.settings.webhook_retry_hours),
            on_gone=self.disable,
        )

    def _bury(self, subscriber: str, rejection: Rejection) -> None:
        with self.turn:
            bury(self.letters, self.parts.log, self.parts.clock.now(), subscriber, rejection)


def _source(kafka: KafkaConfig, subscriber: str) -> KafkaSource:
    return KafkaSource(kafka, group_of(subscriber), (TOPIC,), settings={"queued.max.messages.kbytes": 4_096})


def _end_at_once(_number: int, _frame: object) -> None:
    raise SystemExit(0)
