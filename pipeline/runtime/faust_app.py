"""A Faust app that speaks to our brokers as everything else here does, and loses nothing on its own.

What is set and why: docs/decisions/0018.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from typing import Any, cast

import faust
from aiokafka.errors import IllegalStateError, KafkaError
from faust.tables import TableManager
from faust.transport.drivers.aiokafka import AIOKafkaConsumerThread, Consumer, Transport, ensure_aiokafka_TPset
from mode import Service

from pipeline.runtime.at_once import TakesAtOnce
from pipeline.runtime.forgiving_records import forgive_names
from pipeline.runtime.holes import Holes
from pipeline.runtime.kafka import KafkaConfig, KafkaUnusable
from pipeline.runtime.lease import Lease
from pipeline.runtime.metrics import Metrics
from pipeline.runtime.partitions import partition_of
from pipeline.runtime.patient_aiokafka import PatientCoordinator, be_patient, failure_of
from pipeline.runtime.reach import tls_context

__all__ = ["count_rebalances", "faust_app", "measure_lag", "quiet_faust", "raw_topic"]

HEARTBEAT_S = 0.5
COMMIT_EVERY_S = 1.0
LOOK_EVERY_S = 1.0

QUIET = logging.getLogger("faust.quiet")
"""Of parts that quote messages in warnings, plates and all; what they warn of also reaches us as an exception."""


def _partitioner(key: bytes, everywhere: Sequence[int], _available: Sequence[int]) -> int:
    """Faust's own default is another one, and then what a person does would miss the worker that has the case."""
    return everywhere[partition_of(key, len(everywhere))]


class _ConsumerThread(AIOKafkaConsumerThread):
    """Faust fixes the wait of a fetch at 1.5 s, which on a broker that does not wake it is the latency of a hop."""

    logger = QUIET

    def _create_worker_consumer(self, transport: Any) -> Any:
        consumer = super()._create_worker_consumer(transport)
        consumer._fetch_max_wait_ms = transport.fetch_wait_ms
        return consumer

    def hold(self, places: Iterable[Any], *, paused: bool) -> None:
        """Let the client itself fetch nothing of these partitions, or fetch them again; in its own thread."""
        self.thread_loop.call_soon_threadsafe(self._hold, list(places), paused)

    def _hold(self, places: Sequence[Any], paused: bool) -> None:
        consumer = self._ensure_consumer()
        ours = ensure_aiokafka_TPset(places) & consumer.assignment()
        (consumer.pause if paused else consumer.resume)(*ours)

    @property
    def coordinator(self) -> PatientCoordinator | None:
        """Who speaks with our group; None: nobody yet."""
        return getattr(self._consumer, "_coordinator", None)

    async def seek_to_committed(self) -> Mapping[Any, Any]:
        """Where nothing is committed, to the beginning.

        aiokafka leaves such a partition where it is: what it had given already, and Faust thrown away as the flow was
        stopped, would be left out for good.
        """
        return cast("Mapping[Any, Any]", await self.call_thread(self._seek_to_committed))

    async def _seek_to_committed(self) -> Mapping[Any, Any]:
        consumer = self._ensure_consumer()
        offsets: Mapping[Any, Any] = await consumer.seek_to_committed()
        fresh = [place for place, offset in offsets.items() if not offset]
        for place, begin in (await consumer.beginning_offsets(fresh)).items():
            consumer.seek(place, begin)
        return offsets

    @Service.task
    async def _heed_group(self) -> None:
        """Nobody else asks whether the client is still a member: what it raises here ends the worker."""
        while not self.should_stop:
            failure = failure_of(self._consumer)
            if failure is not None:
                raise failure
            await self.sleep(LOOK_EVERY_S)


class _Consumer(TakesAtOnce, Consumer):
    logger = QUIET
    _thread: _ConsumerThread

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._one_seeks, self._shall_flow = asyncio.Lock(), False
        self._seeks = self._seeks_before_fetch = 0

    def _new_consumer_thread(self) -> _ConsumerThread:
        return _ConsumerThread(self, loop=self.loop, beacon=self.beacon)

    # Where tables were recovered, Faust lets all flow before it seeks to what the group has committed. What flows then
    # and is acknowledged is behind the place that it learns of afterwards: commits wait for messages that it then takes
    # for read long ago, and none comes through until the worker starts again. And after it has sought it empties the
    # queues of its streams, then lets all flow, as if nothing had come since: what had is left out, and as the next one
    # is acknowledged, so is that. So nothing flows while it seeks, nor after it until Faust says so.

    def stop_flow(self) -> None:
        self._shall_flow = False
        super().stop_flow()

    def resume_flow(self) -> None:
        self._shall_flow = True
        if not self._one_seeks.locked():
            super().resume_flow()

    async def perform_seek(self) -> None:
        if self.flow_active:  # after a recovery; else by the fetcher, who throws away what comes while nothing flows
            self.stop_flow()
        await self._seek_anew()

    async def _seek_anew(self) -> None:
        async with self._one_seeks:
            super().stop_flow()
            self._seeks += 1
            try:
                await super().perform_seek()
                self._forget_acknowledged()
            except IllegalStateError:
                raise  # a partition went to another worker meanwhile, who goes on where the group was
            except KafkaError as error:
                await self.crash(error)  # Faust would go on behind what it has thrown away
                raise
            finally:
                if self._shall_flow:
                    super().resume_flow()

    # What was fetched before a seek and is still on its way when all flows again lies behind what comes next, and Faust
    # takes all in between for what a compacted log no longer has: it acknowledges it unread. So what was fetched before
    # is thrown away, and as whoever throws away must, we seek again. Of all else that is left out nothing is known; it
    # would be lost without a sign, and so ends the worker.

    async def getmany(self, timeout: float) -> AsyncIterator[tuple[Any, Any]]:
        """Messages in order, and of each place the next one after the last, or the one that was sought."""
        async for place, message in super().getmany(timeout):
            if self._seeks != self._seeks_before_fetch:
                with suppress(IllegalStateError):  # it went to another worker meanwhile
                    await self._seek_anew()
                return
            yield place, message

    async def _getmany(self, active_partitions: Any, timeout: float) -> Any:
        self._seeks_before_fetch = self._seeks
        return await super()._getmany(active_partitions=active_partitions, timeout=timeout)

    async def _add_gap(self, place: Any, first: int, follower: int) -> None:
        """The log has nothing from `first` up to the message that follows; Faust counts that one in.

        Raises KafkaUnusable where the log does have something there.
        """
        holes = cast("_App", self.transport.app).holes
        if not await asyncio.to_thread(holes.is_one, place.topic, place.partition, first, follower):
            raise KafkaUnusable(
                f"messages {first} to {follower - 1} of {place.topic}/{place.partition} were left out on their way: "
                "this worker starts anew and takes them again"
            )
        if first < follower:
            await super()._add_gap(place, first, follower - 1)

    def _forget_acknowledged(self) -> None:
        """All that was not committed comes again."""
        for held in (self._acked, self._acked_index, self._gap):
            held.clear()

    # Faust only leaves the messages of a paused partition in the client: it goes on fetching, a table's changelog too,
    # and then lets all other partitions of that broker wait until somebody takes them, a tenth of a second each time.

    def pause_partitions(self, tps: Iterable[Any]) -> None:
        super().pause_partitions(tps)
        self._thread.hold(tps, paused=True)

    def resume_partitions(self, tps: Iterable[Any]) -> None:
        super().resume_partitions(tps)
        self._thread.hold(tps, paused=False)


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

    holes: Holes

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.lease = Lease(self._coordinator, kwargs["broker_session_timeout"])

    async def _on_partitions_assigned(self, assigned: set[Any], generation_id: int = 0) -> None:
        self.lease.begin()
        await super()._on_partitions_assigned(assigned, generation_id)

    def _coordinator(self) -> PatientCoordinator | None:
        return cast("_Consumer", self.consumer)._thread.coordinator

    def on_init_dependencies(self) -> Iterable[Any]:
        """Without what Faust measures of each message: nobody looks at it, ours is in `pipeline/runtime/metrics.py`."""
        services = super().on_init_dependencies()
        self.sensors.remove(self.monitor)
        self.sensors.add(faust.Sensor())  # measures nothing; without any, Faust misses it at each rebalance
        return services

    def _create_directories(self) -> None:
        """Faust would make a folder where it was started, for nothing: a container that is read-only has none."""


class _Transport(Transport):
    Consumer = _Consumer
    fetch_wait_ms = 500


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
    app.holes = Holes(config, name, compacted)
    app.transport = _Transport(app.conf.broker_consumer, app)
    # A case may be some tens of milliseconds later than the hit.
    app.transport.fetch_wait_ms = config.patient().fetch_wait_ms
    return app


def raw_topic(app: faust.App, *names: str) -> Any:
    """Topics whose bytes are ours to decode: Faust would end an agent over a bad message, and go on behind it."""
    return app.topic(*names, schema=_AsItIs())


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
    behind, consumer = dict.fromkeys(topics, 0), cast("Consumer", app.consumer)
    for place in consumer.assignment():
        end, taken = consumer.highwater(place), consumer._read_offset.get(place)
        if place.topic in behind and end is not None:
            behind[place.topic] += max(0, end - (-1 if taken is None else taken) - 1)
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
