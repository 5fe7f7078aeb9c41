"""A Faust app that speaks to our brokers as everything else here does, and loses nothing on its own.

What is set and why: docs/decisions/0018.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Collection, Iterable, Sequence
from typing import Any, cast

import faust
from faust.tables import TableManager

from pipeline.runtime.faust_consumer import QUIET, FaustConsumer, FaustTransport
from pipeline.runtime.forgiving_records import forgive_names
from pipeline.runtime.holes import Holes
from pipeline.runtime.kafka import KafkaConfig
from pipeline.runtime.lease import Lease
from pipeline.runtime.metrics import Metrics
from pipeline.runtime.partitions import partition_of
from pipeline.runtime.patient_aiokafka import PatientCoordinator, be_patient
from pipeline.runtime.reach import tls_context

__all__ = ["count_rebalances", "faust_app", "measure_lag", "quiet_faust", "raw_topic"]

HEARTBEAT_S = 0.5
COMMIT_EVERY_S = 1.0


def _partitioner(key: bytes, everywhere: Sequence[int], _available: Sequence[int]) -> int:
    """Faust's own default is another one, and then what a person does would miss the worker that has the case."""
    return everywhere[partition_of(key, len(everywhere))]


class _Tables(TableManager):
    async def on_start(self) -> None:
        """Without the second that Faust waits for tables: ours are all there before the app starts."""
        await self._update_channels()
        await self.recovery.start()


class _AsItIs(faust.Schema[bytes, bytes]):
    """Hands on bytes, without looking up each time how."""

    def __init__(self) -> None:
        super().__init__(key_type=bytes, value_type=bytes, key_serializer="raw", value_serializer="raw")

    def compile(self, app: Any, **_more: Any) -> Any:
        """As of all schemas: a function that makes an event of a message."""
        create_event = app.create_event

        async def decode(message: Any, **_more: Any) -> Any:
            return create_event(message.key, message.value, message.headers, message)

        return decode


class _App(faust.App):
    """All its tables are in memory."""

    is_broken = False
    """Nobody works off any more what is in hand: whoever ends waits for it no longer. Set by who saw that fail."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.lease = Lease(self._coordinator, kwargs["broker_session_timeout"])
        self._emptied = asyncio.Event()

    async def _stop_consumer(self) -> None:
        try:
            await super()._stop_consumer()
        finally:
            self._emptied.set()

    async def _consumer_wait_empty(self, consumer: Any, logger: Any) -> None:
        if not self.is_broken:
            await super()._consumer_wait_empty(consumer, logger)

    async def _on_partitions_revoked(self, revoked: set[Any]) -> None:
        """As at any other time, while the app ends too: the group waits for the batch in hand, until it is committed.

        Faust lets it share out at once then, and the batch would be another worker's before it is done here.
        """
        if self.should_stop:
            await self._emptied.wait()
        await super()._on_partitions_revoked(revoked)

    async def _on_partitions_assigned(self, assigned: set[Any], generation_id: int = 0) -> None:
        self.lease.begin()
        await super()._on_partitions_assigned(assigned, generation_id)

    def _coordinator(self) -> PatientCoordinator | None:
        return cast("FaustConsumer", self.consumer).coordinator

    def on_init_dependencies(self) -> Iterable[Any]:
        """Without what Faust measures of each message: nobody looks at it, ours is in `pipeline/runtime/metrics.py`."""
        services = super().on_init_dependencies()
        self.sensors.remove(self.monitor)
        self.sensors.add(faust.Sensor())  # measures nothing; without any, Faust misses it at each rebalance
        return services

    def _create_directories(self) -> None:
        """Faust would make a folder where it was started, for nothing: a container that is read-only has none."""


def faust_app(config: KafkaConfig, name: str, compacted: Collection[str] = ()) -> _App:
    """An app of the group `name`: no web server, no topics of its own making, nothing acknowledged but by us.

    compacted: those of its topics whose logs keep the last message of a key alone.
    Its `lease` tells whether what it holds is still its own. Make it inside the running event loop.
    """
    forgive_names()
    be_patient()
    app = _App(
        name,
        broker=";".join(f"kafka://{host}" for host in config.bootstrap.split(",")),
        broker_credentials=_credentials(config),
        store="memory://",
        TableManager=_Tables,
        web_enabled=False,
        topic_allow_declare=False,
        topic_disable_leader=True,
        table_standby_replicas=0,
        broker_session_timeout=config.session_ms / 1000,
        broker_heartbeat_interval=HEARTBEAT_S,
        broker_commit_interval=COMMIT_EVERY_S,
        broker_max_poll_interval=300.0,
        consumer_group_instance_id=config.instance,
        producer_acks=-1,
        producer_compression_type="lz4",
        producer_partitioner=_partitioner,
        producer_max_request_size=16_000_000,  # before compression: a dead letter may hold a message of any size
    )
    app.transport = transport = FaustTransport(app.conf.broker_consumer, app)
    transport.fetch_wait_ms = config.patient().fetch_wait_ms  # a case may be some tens of ms later than the hit
    transport.holes = Holes(config, name, compacted)
    return app


def raw_topic(app: faust.App, *names: str, acks: bool = True) -> Any:
    """Topics whose bytes are ours to decode: Faust would end an agent over a bad message, and go on behind it.

    acks: whether the group acknowledges what it took of them, as of all but the changelog of a table.
    """
    return app.topic(*names, schema=_AsItIs(), acks=acks)


def count_rebalances(app: faust.App, metrics: Metrics, flow: str) -> None:
    """Count from now on that partitions are given to this member of the group, or taken away."""

    async def assigned(_app: Any, assigned: Any, **_more: Any) -> None:
        if assigned:
            metrics.count("anpr_rebalances_total", flow=flow, change="assigned")

    async def revoked(_app: Any, revoked: Any, **_more: Any) -> None:
        if revoked:
            metrics.count("anpr_rebalances_total", flow=flow, change="taken_away")

    given: Any = app.on_partitions_assigned
    taken: Any = app.on_partitions_revoked
    given.connect(assigned, weak=False)  # held by Faust: it forgets otherwise what nobody else holds
    taken.connect(revoked, weak=False)


def measure_lag(app: faust.App, metrics: Metrics, flow: str, topics: Iterable[str]) -> None:
    """Show how many messages of these topics were not taken yet, as of the last fetch."""
    behind, consumer = dict.fromkeys(topics, 0), cast("FaustConsumer", app.consumer)
    for place in consumer.assignment():
        end = consumer.highwater(place)
        if place.topic in behind and end is not None:
            behind[place.topic] += max(0, end - consumer.next_of(place))
    for topic, lag in behind.items():
        metrics.set("anpr_lag_messages", lag, flow=flow, topic=topic)


def _credentials(config: KafkaConfig) -> Any:
    """Faust's form of the security settings; None: plain text."""
    given, protocol = config.extra, config.extra.get("security.protocol", "plaintext").lower()
    context = tls_context(config) if protocol.endswith("ssl") else None
    if protocol.startswith("sasl"):
        return faust.SASLCredentials(
            username=given.get("sasl.username"),
            password=given.get("sasl.password"),
            mechanism=given.get("sasl.mechanism"),
            ssl_context=context,
        )
    return faust.SSLCredentials(context=context) if context else None


def quiet_faust() -> None:
    """Faust tells of its parts at length, and quotes messages where one cannot be sent or is not worked off."""
    for name in ("faust", "mode", "aiokafka"):
        logging.getLogger(name).setLevel(logging.WARNING)
    for name in ("faust.topics", QUIET.name):
        logging.getLogger(name).setLevel(logging.CRITICAL)
