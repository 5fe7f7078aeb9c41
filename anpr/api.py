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
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Literal

from clickhouse_connect.driver.client import Client
from clickhouse_connect.driver.exceptions import ClickHouseError
from confluent_kafka import KafkaException
from pydantic import SecretStr

from anpr.lez.service import LezService
from anpr.listening import listen
from anpr.settings import Settings
from anpr.signin import check_sign_in, sign_in_of, site_of
from anpr.subscriber_key import credentials_of
from anpr.worker import announce, calm_collector
from console.accounts import Accounts
from console.camera_zones import CameraZones
from console.case_desk import CaseDesk
from console.credentials import Credentials
from console.door import Door
from console.feed import Feed
from console.parts import Parts
from console.recent_cases import RecentCases
from console.ring import Told
from console.server import serve
from console.store import Store
from console.subjects import CASES, HITS
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
from schemas.case import Case
from schemas.hit import Hit
from sinks.clickhouse.audit.chain import Chain, ChainFile
from sinks.clickhouse.audit.records import Audit
from sinks.clickhouse.client import StoreUnreachable, connect
from sinks.clickhouse.subscribers import Subscriber, SubscriberRefused, SubscriberRegister

__all__ = ["run_api"]

LOGGER = logging.getLogger(__name__)
RETRY_S = 1.0
ACTOR = "the API"
"""Who the audit names where the process itself changes a subscriber."""


def run_api(
    settings: Settings, ready_file: Path | None = None, on_ready: Callable[[str], None] = lambda _: None
) -> None:
    """Serve until SIGTERM or SIGINT. Waits, visibly, for a broker or store that is not there yet.

    on_ready: told the address at which people reach it. Raises SettingsFault for an address that cannot be served, and
    KafkaUnusable.
    """
    signal.signal(signal.SIGTERM, _end_at_once)  # until there is a server to end in order
    clock, metrics = SystemClock(), Metrics("api", "webhooks")
    heart = Heartbeat(clock)
    pages = ServicePages(
        settings.service_host, settings.service_port, metrics.registry, lambda: {"worker": "api", **heart.report()}
    )
    check_sign_in(settings)
    listener = _listen(settings)
    port = listener.getsockname()[1]
    pages.start()
    try:
        parts, dispatch = _connect(settings, heart, metrics)
        serve(parts, dispatch, listener, functools.partial(_say_ready, settings, port, ready_file, on_ready))
        LOGGER.info("the API has ended in order")
    finally:
        pages.stop()
        listener.close()


def _listen(settings: Settings) -> socket.socket:
    return listen("the API", settings.api_host, settings.api_port, "ANPR_API")


def _say_ready(settings: Settings, port: int, ready_file: Path | None, on_ready: Callable[[str], None]) -> None:
    calm_collector()
    if ready_file is not None:
        announce(ready_file, port)
    LOGGER.info("the API is served on %s port %d", settings.api_host, port)
    on_ready(settings.api_url or f"http://{settings.api_host}:{port}")


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
    logs = log_ids(admin_client(kafka), (HITS.topic, CASES.topic))
    client, chain = connect(settings.dsn()), ChainFile(settings.data_dir)
    register = SubscriberRegister(client, clock.now, ACTOR, chain)
    door = Door(register.list, credentials, clock.now)
    recorded = functools.partial(_count_record, metrics)
    accounts = Accounts(Audit(client, clock.now, chain), clock.now, clock.monotonic, recorded)
    cameras = CameraZones(kafka, metrics)
    hits = Feed(kafka, HITS, logs[HITS.topic], metrics)
    news = Feed(kafka, CASES, logs[CASES.topic], metrics)
    hits.on_step, hits.on_told = heart.beat, _know_cameras(cameras)
    recent = RecentCases()
    news.on_told = functools.partial(_know_cases, recent)
    for one in (cameras, hits, news):
        one.load()
    cases = CaseDesk(client, kafka, clock.now, chain, recent)
    store = _store(settings, client, chain)
    signin, site = sign_in_of(settings, client, chain, metrics, clock), site_of(settings)
    parts = Parts(
        kafka=kafka,
        hits=hits,
        news=news,
        cameras=cameras,
        door=door,
        accounts=accounts,
        cases=cases,
        store=store,
        credentials=credentials,
        metrics=metrics,
        clock=clock,
        health=heart.report,
        signin=signin,
        site=site,
        zones=LezService(store.zones, ChainFile(settings.lez_chain), kafka),
        lookback=timedelta(hours=settings.lookback_hours),
        settings=_shown(settings),
    )
    senders = _Senders(parts, credentials, KafkaOutput(kafka, linger_ms=1), settings, _off(register, door))
    return parts, Dispatch(door.with_webhooks, senders.make, metrics)


def _store(settings: Settings, client: Client, chain: Chain) -> Store:
    """lez: unset where only the police's database is known here. audit: unset where the store's user may read it."""
    lez = connect(settings.lez()) if settings.lez_dsn is not None else None
    reads_audit = settings.audit()
    audit = None if reads_audit is None else connect(reads_audit)
    return Store(
        client, lez, chain, settings.evidence_place, settings.data_dir, audit, frames=settings.vision_keep_frames
    )


def _shown(settings: Settings) -> dict[str, str]:
    """Settings as an administrator may see them: of secrets only whether they are set."""
    given = settings.model_dump(exclude_none=True)
    return {name: "set" if isinstance(value, SecretStr) else str(value) for name, value in given.items()}


def _know_cameras(cameras: CameraZones) -> Callable[[Sequence[Told[Hit]]], None]:
    """The reader of hits also reads what cameras there are, before it tells of hits at them."""

    def know(told: Sequence[Told[Hit]]) -> None:
        cameras.refresh()
        cameras.note_unknown(one.content.camera_id for one in told)

    return know


def _know_cases(recent: RecentCases, told: Sequence[Told[Case]]) -> None:
    """The reader of cases knows them before the store does."""
    for one in told:
        recent.note(one.content)


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
            log=parts.hits.log,
            source=source,
            poster=poster,
            credentials=self.credentials,
            zones=parts.cameras.zones,
            bury=self._bury,
            account=parts.accounts.open(subscriber, "webhook"),
            clock=parts.clock,
            metrics=parts.metrics,
            retry_for=timedelta(hours=self.settings.webhook_retry_hours),
            on_gone=self.disable,
        )

    def _bury(self, subscriber: str, rejection: Rejection) -> None:
        with self.turn:
            bury(self.letters, self.parts.hits.log, self.parts.clock.now(), subscriber, rejection)


def _source(kafka: KafkaConfig, subscriber: str) -> KafkaSource:
    return KafkaSource(kafka, group_of(subscriber), (HITS.topic,), settings={"queued.max.messages.kbytes": 4_096})


def _end_at_once(_number: int, _frame: object) -> None:
    raise SystemExit(0)
