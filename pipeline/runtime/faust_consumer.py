"""How a Faust app takes messages: at once, patiently, and so that none is left out without a sign.

What Faust does of its own and why it is changed: docs/decisions/0018.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any, cast

from aiokafka.errors import KafkaError
from faust.transport.drivers.aiokafka import AIOKafkaConsumerThread, Consumer, Transport, ensure_aiokafka_TPset
from mode import Service

from pipeline.runtime.at_once import TakesAtOnce
from pipeline.runtime.holes import Holes
from pipeline.runtime.kafka import KafkaUnusable
from pipeline.runtime.patient_aiokafka import PatientCoordinator, failure_of

__all__ = ["QUIET", "FaustConsumer", "FaustTransport"]

LOOK_EVERY_S = 1.0

QUIET = logging.getLogger("faust.quiet")
"""Of parts that quote messages in warnings, plates and all; what they warn of also reaches us as an exception."""


class ConsumerThread(AIOKafkaConsumerThread):
    """Faust fixes the wait of a fetch at 1.5 s, which on a broker that does not wake it is the latency of a hop."""

    logger = QUIET

    def _create_worker_consumer(self, transport: Any) -> Any:
        consumer = super()._create_worker_consumer(transport)
        consumer._fetch_max_wait_ms = transport.fetch_wait_ms
        return consumer

    def _crash(self, reason: BaseException) -> None:
        """What ends another part of the app is no reason to end before we are told to: its last commit needs us."""
        if asyncio.get_running_loop() is self.thread_loop:
            super()._crash(reason)

    def close(self) -> None:
        """When the group shares out anew while the app ends: this thread closes the client at its own end.

        Faust would close it here, from another thread and before the last commit, which then never comes to its end.
        """

    def hold(self, places: Iterable[Any], *, paused: bool) -> None:
        """Let the client itself fetch nothing of these partitions, or fetch them again; in its own thread."""
        self.thread_loop.call_soon_threadsafe(self._hold, list(places), paused)

    def _hold(self, places: Sequence[Any], paused: bool) -> None:
        consumer = self._ensure_consumer()
        ours = ensure_aiokafka_TPset(places) & consumer.assignment()
        if paused:
            consumer.pause(*ours)
        elif ours:
            consumer.resume(*ours)
            consumer._fetcher.fetch_anew()

    @property
    def coordinator(self) -> PatientCoordinator | None:
        """Who speaks with our group; None: nobody yet."""
        return getattr(self._consumer, "_coordinator", None)

    async def seek_anew(self, tables: Mapping[Any, int]) -> Mapping[Any, int]:
        """All but tables, which know for themselves where to: to what is committed, else to the beginning. Gives where.

        aiokafka asks partition by partition, and leaves one without a commit where it is: what it had given already,
        and Faust thrown away as the flow was stopped, would be left out for good.
        """
        return cast("Mapping[Any, int]", await self.call_thread(self._seek_anew, tables))

    async def _seek_anew(self, tables: Mapping[Any, int]) -> Mapping[Any, int]:
        consumer = self._ensure_consumer()
        streams = [place for place in consumer.assignment() if self.app.topics.acks_enabled_for(place.topic)]
        committed = await consumer._coordinator.fetch_committed_offsets(streams)
        places = {place: found.offset for place, found in committed.items() if found.offset}
        places.update(await consumer.beginning_offsets([place for place in streams if place not in places]))
        await self._seek_all({**tables, **places})
        return places

    async def seek_all(self, places: Mapping[Any, int]) -> None:
        """To these offsets, where the place is still ours."""
        await self.call_thread(self._seek_all, places)

    async def _seek_all(self, places: Mapping[Any, int]) -> None:
        consumer = self._ensure_consumer()
        for place in consumer.assignment() & places.keys():
            consumer.seek(place, places[place])
        consumer._fetcher.fetch_anew()

    @Service.task
    async def _heed_group(self) -> None:
        """Nobody else asks whether the client is still a member: what it raises here ends the worker."""
        while not self.should_stop:
            failure = failure_of(self._consumer)
            if failure is not None:
                raise failure
            await self.sleep(LOOK_EVERY_S)


class FaustConsumer(TakesAtOnce, Consumer):
    logger = QUIET
    _thread: ConsumerThread

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._one_seeks, self._shall_flow = asyncio.Lock(), False
        self._seeks = self._seeks_before_fetch = 0
        self._next: dict[Any, int] = {}
        """Place → offset of the message that must come next of it, or the first behind it that the log has."""

    def _new_consumer_thread(self) -> ConsumerThread:
        return ConsumerThread(self, loop=self.loop, beacon=self.beacon)

    @property
    def coordinator(self) -> PatientCoordinator | None:
        """Who speaks with our group; None: nobody yet."""
        return self._thread.coordinator

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
        async with self._seeking():
            try:
                await super().perform_seek()
            except KafkaError as error:
                await self.crash(error)  # Faust would go on behind what it has thrown away
                raise
            self._forget_acknowledged()

    async def seek_wait(self, partitions: Mapping[Any, int]) -> None:
        """How a table is recovered, from its changelog."""
        async with self._seeking():
            self._next.update(partitions)
            await super().seek_wait(partitions)

    @asynccontextmanager
    async def _seeking(self) -> AsyncIterator[None]:
        async with self._one_seeks:
            super().stop_flow()
            self._seeks += 1
            try:
                yield
            finally:
                if self._shall_flow:
                    super().resume_flow()

    # What was fetched before a seek and is still on its way when all flows again lies behind what comes next, and Faust
    # takes all in between for what a compacted log no longer has: it acknowledges it unread, or leaves it out of a
    # table. So what was fetched before is thrown away, and as whoever throws away must, we seek again. Of all else that
    # is left out nothing is known; it would be lost without a sign, and so ends the worker. Faust itself takes a place
    # that was sought for one that was read, and counts nothing where none was committed: so what comes next is kept
    # here.

    async def seek_to_committed(self) -> Mapping[Any, int]:
        """Where it sought; where nothing is committed, the beginning of the log. A table goes on where it was."""
        enabled = self.app.topics.acks_enabled_for
        tables = {place: offset for place, offset in self._next.items() if not enabled(place.topic)}
        places = await self._thread.seek_anew(tables)
        self._next.update(places)
        return places

    def next_of(self, place: Any) -> int:
        """Offset of the message that comes next of a partition; 0 where none was sought yet."""
        return self._next.get(place, 0)

    async def on_partitions_revoked(self, revoked: set[Any]) -> None:
        """They are sought before anything comes of them again."""
        for place in revoked:
            self._next.pop(place, None)
        await super().on_partitions_revoked(revoked)

    async def getmany(self, timeout: float) -> AsyncIterator[tuple[Any, Any]]:
        """Messages in order, and of each place the next one after the last, or the one that was sought.

        Raises KafkaUnusable where the log has something in between.
        """
        async for place, message in super().getmany(timeout):
            if self._seeks != self._seeks_before_fetch:
                async with self._one_seeks:
                    await self._thread.seek_all(dict(self._next))
                return
            offset = message.offset
            due = self._next.get(place, offset)
            if offset >= due:
                self._next[place] = offset + 1
            if offset > due:
                await self._see_whole(place, due, offset)
            yield place, message

    async def _getmany(self, active_partitions: Any, timeout: float) -> Any:
        self._seeks_before_fetch = self._seeks
        return await super()._getmany(active_partitions=active_partitions, timeout=timeout)

    async def _see_whole(self, place: Any, first: int, follower: int) -> None:
        """Raises KafkaUnusable where the log has something from `first` up to the message that follows."""
        if not self.app.topics.acks_enabled_for(place.topic):
            return  # a table's, whose log is compacted
        holes = cast("FaustTransport", self.transport).holes
        if not await asyncio.to_thread(holes.is_one, place.topic, place.partition, first, follower):
            raise KafkaUnusable(
                f"messages {first} to {follower - 1} of {place.topic}/{place.partition} were left out on their way: "
                "this worker starts anew and takes them again"
            )

    async def _add_gap(self, place: Any, first: int, follower: int) -> None:
        """The log has nothing from `first` up to the message that follows; Faust counts that one in."""
        await super()._add_gap(place, first, follower - 1)

    def _clean_unacked_messages(self) -> None:
        """Called while the app waits for what is in hand, each second: it may have broken meanwhile."""
        super()._clean_unacked_messages()
        if cast("Any", self.app).is_broken:
            self._unacked_messages.clear()

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


class FaustTransport(Transport):
    """What these consumers are told."""

    Consumer = FaustConsumer
    fetch_wait_ms = 500
    holes: Holes
