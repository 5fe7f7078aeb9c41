"""Where a flow's messages come from: a consumer of a group, or of all partitions, that commits when told to.

State that a stage keeps (open passages) is rebuilt by reading the log again from the oldest message it still
needs. That offset is kept as the committed offset of a second group, `<flow>.rewind`: brokers differ in what
they do with commit metadata, but all keep offsets. What a stage notes besides goes there as metadata: it only spares
work. The main offset is committed first, so after a crash in between the rewind offset is only older than need be.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from confluent_kafka import OFFSET_BEGINNING, Consumer, KafkaError, KafkaException, TopicPartition

from pipeline.messages import Message
from pipeline.runtime.answering import Answering
from pipeline.runtime.commits import Committer, Offsets, Patience, Rewind, Rewinds
from pipeline.runtime.kafka import KafkaConfig, KafkaUnusable, cause, consumer_client, judge, unpack

__all__ = ["KafkaSource", "Place", "Polled"]

Place = tuple[str, int]
"""Topic and partition."""
CALL_TIMEOUT_S = 30.0
COMMIT_WAIT_S = 5.0
PROBE_S = 2.0
RETRY_S = 0.5
COMMITTED_TRIES = 120
RETRIABLE = {
    KafkaError._TIMED_OUT,
    KafkaError._TRANSPORT,
    KafkaError._ALL_BROKERS_DOWN,
    KafkaError._WAIT_COORD,
    KafkaError.REQUEST_TIMED_OUT,
    KafkaError.COORDINATOR_NOT_AVAILABLE,
    KafkaError.COORDINATOR_LOAD_IN_PROGRESS,
    KafkaError.NOT_COORDINATOR,
    KafkaError.REBALANCE_IN_PROGRESS,
    # The group went on without us, after a long pause say: the next poll takes the partitions away.
    KafkaError.ILLEGAL_GENERATION,
    KafkaError.UNKNOWN_MEMBER_ID,
}
LOGGER = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Polled:
    """What one poll brought: messages to rebuild state from, and messages to act on."""

    replayed: Sequence[Message]
    fresh: Sequence[Message]


class KafkaSource:
    """Messages of one flow. Not thread-safe; `assigned` and `revoked` are called from within `poll`."""

    def __init__(
        self,
        config: KafkaConfig,
        flow: str,
        topics: Sequence[str],
        *,
        stateful: bool = False,
        assigned: Callable[[Mapping[Place, int]], None] = lambda _: None,
        resume: Callable[[Place, Rewind, int], int] = lambda _place, rewind, _live: rewind.offset,
        settings: Mapping[str, str | int] | None = None,
    ) -> None:
        """resume: told from where a partition must be read again and where it goes on, says from where it is read.

        settings: of librdkafka, for a flow that needs others than the usual.
        """
        self._consumer = consumer_client(config, flow, **{**_membership(config), **(settings or {})})
        self._rewinds = consumer_client(config, f"{flow}.rewind") if stateful else None
        self._commits = Committer(self._write_commit)
        self._patience = Patience(self.broker_answers, time.monotonic)
        self._answering = Answering(self.broker_answers, time.monotonic)
        self._topics = tuple(topics)
        self._assigned, self._resume = assigned, resume
        self._before_revoke: Callable[[], object] = lambda: None
        self._revoked: Callable[[Sequence[Place]], object] = lambda _: None
        self._behind: dict[Place, int] = {}
        """Places that are being read again, and where the new messages begin."""
        self._static = config.assignment == "static"
        self._paused = self._revoking = self._leaves = False
        self._given_away: set[Place] = set()

    def on_revoke(self, before: Callable[[], object], after: Callable[[Sequence[Place]], object]) -> None:
        """What to do before partitions are given away (commit), and after (forget them)."""
        self._before_revoke, self._revoked = before, after

    def open(self) -> None:
        """Take partitions. In a group this only asks for them; they come with a later poll."""
        if not self._static:
            self._consumer.subscribe(
                list(self._topics),
                on_assign=self._on_assign,
                on_revoke=self._on_revoke,
                on_lost=self._on_lost,
            )
            return
        self._on_assign(self._consumer, self._all_partitions())

    def _all_partitions(self) -> list[TopicPartition]:
        metadata = self._consumer.list_topics(timeout=CALL_TIMEOUT_S)
        missing = [topic for topic in self._topics if topic not in metadata.topics]
        if missing:
            raise KafkaUnusable(f"no topic {', '.join(missing)} at the broker: run `anpr topics create` first")
        return [TopicPartition(t, p) for t in self._topics for p in metadata.topics[t].partitions]

    def _on_assign(self, consumer: Consumer, places: list[TopicPartition]) -> None:
        if self._leaves:
            return  # they go at once; the broker may be silent, and who waits for its answers would not end
        live = {(one.topic, one.partition): one.offset for one in _committed(consumer, places)}
        start = dict(live)
        for one in _committed(self._rewinds, places) if self._rewinds is not None else ():
            at = (one.topic, one.partition)
            if one.offset >= 0:
                start[at] = self._resume(at, Rewind(min(one.offset, live[at]), one.metadata or ""), live[at])
        self._behind |= {at: live[at] for at, n in start.items() if n < live[at]}
        self._assigned(live)
        take = consumer.assign if self._static else consumer.incremental_assign
        take([TopicPartition(t, p, n if n >= 0 else OFFSET_BEGINNING) for (t, p), n in start.items()])
        consumer.resume(places)  # one that went away while it was paused would come back paused, and stay so

    def _on_revoke(self, _consumer: Consumer, places: list[TopicPartition]) -> None:
        self._revoking = True
        try:
            self._before_revoke()
        finally:
            self._revoking = False
        self._forget(places)

    def _on_lost(self, _consumer: Consumer, places: list[TopicPartition]) -> None:
        self._forget(places)  # another worker has them already: nothing may be committed any more

    def _forget(self, places: list[TopicPartition]) -> None:
        gone = [(place.topic, place.partition) for place in places]
        for place in gone:
            self._behind.pop(place, None)
        self._given_away.update(gone)
        self._revoked(gone)

    def poll(self, most: int, wait_s: float, gather_s: float = 0.0) -> Polled:
        """Wait for a first message for up to `wait_s`, then take what is there, or gather for `gather_s`."""
        first = self._consumer.poll(wait_s)
        if first is None:
            return Polled((), ())
        self._given_away.clear()
        raw = self._consumer.consume(most - 1, gather_s)  # librdkafka leaves out what is no longer ours by its end
        if (first.topic(), first.partition()) not in self._given_away:
            raw.insert(0, first)
        messages = [message for message in map(unpack, raw) if message is not None]
        return self._split(messages)

    def _split(self, messages: list[Message]) -> Polled:
        if not self._behind or not messages:
            return Polled((), messages)
        live = self._behind
        replayed = [m for m in messages if m.offset < live.get((m.topic, m.partition), 0)]
        fresh = [m for m in messages if m.offset >= live.get((m.topic, m.partition), 0)]
        for message in fresh:
            live.pop((message.topic, message.partition), None)
        return Polled(replayed, fresh)

    def commit(self, offsets: Offsets, rewinds: Rewinds) -> bool:
        """Say that everything before these offsets is done. False: the broker does not answer now, try later.

        Raises KafkaException when the broker refuses, KafkaUnusable when it answers all but commits.
        """
        try:
            self._hand_over(offsets, rewinds)
        except TimeoutError:
            LOGGER.warning("waiting for the broker to take a commit: no answer yet")
            self._end_if_lost()
            return False
        except KafkaException as error:
            if cause(error).code() not in RETRIABLE:
                raise
            LOGGER.warning("waiting for the broker to take a commit: %s", cause(error).str())
            return False
        self._patience.commit_taken()
        return True

    def _hand_over(self, offsets: Offsets, rewinds: Rewinds) -> None:
        """Within the call that takes partitions away only the calling thread can commit; the broker is there then."""
        if self._revoking and self._commits.idle():
            self._write_commit(offsets, rewinds)
        else:
            self._commits.commit(offsets, rewinds, COMMIT_WAIT_S)

    def _end_if_lost(self) -> None:
        if self._patience.lost():
            raise KafkaUnusable("Kafka answers, but a commit never ends: this worker ends, start it again")

    def broker_answers(self) -> bool:
        """Whether the broker tells of a topic of ours within two seconds."""
        try:
            self._consumer.list_topics(self._topics[0], timeout=PROBE_S)
        except KafkaException:
            return False
        return True

    def _write_commit(self, offsets: Offsets, rewinds: Rewinds) -> None:
        if offsets:
            _commit(self._consumer, [TopicPartition(*at, offset) for at, offset in offsets.items()])
        if rewinds and self._rewinds is not None:
            _commit(self._rewinds, [TopicPartition(*at, rewind.offset, rewind.note) for at, rewind in rewinds.items()])

    def keep_alive(self) -> None:
        """Stay in the group, take nothing: for the time that a dependency is down. Raises KafkaUnusable as `poll`."""
        places = self._consumer.assignment()
        self._consumer.pause(places)
        stray = self._consumer.poll(0)
        if stray is not None and (error := stray.error()) is not None:
            judge(error)
        elif stray is not None:  # was fetched before the pause: take it again later
            self._consumer.seek(TopicPartition(stray.topic() or "", stray.partition() or 0, stray.offset() or 0))
        self._paused = True

    def resume(self) -> None:
        """Take messages again after `keep_alive`."""
        if self._paused:
            self._consumer.resume(self._consumer.assignment())
            self._paused = False

    def lag(self) -> dict[Place, int]:
        """Messages at the broker not yet taken, by partition, as of the last fetch."""
        lags = {}
        for place in self._consumer.position(self._consumer.assignment()):
            _low, high = self._consumer.get_watermark_offsets(place, cached=True)
            if high >= 0 and place.offset >= 0:
                lags[place.topic, place.partition] = max(0, high - place.offset)
        return lags

    def at_end(self) -> frozenset[Place]:
        """Partitions read to their end; none while the broker is silent, or has only just come back."""
        if not self._answering.steadily():
            return frozenset()
        return frozenset(place for place, lag in self.lag().items() if lag == 0)

    def close(self) -> None:
        """Leave the group; without a word when a commit is still under way, as the broker would not hear it."""
        if not self._commits.idle():
            LOGGER.warning("leaving while the broker does not answer: the last messages will be taken again")
            return
        self._leaves = True
        self._consumer.close()
        if self._rewinds is not None:
            self._rewinds.close()


def _membership(config: KafkaConfig) -> dict[str, str]:
    """How a group shares: only what changes hands is taken away, the rest is worked on meanwhile (KIP-429)."""
    known = {"group.instance.id": config.instance} if config.instance and config.assignment == "group" else {}
    return {"partition.assignment.strategy": "cooperative-sticky", **known}


def _committed(consumer: Consumer, places: list[TopicPartition]) -> list[TopicPartition]:
    """The same places with what is committed; offset -1001 where nothing is.

    A broker that has just started may know no coordinator yet: ask again. Raises KafkaException when it refuses, or
    still does not answer after a minute.
    """
    for _ in range(COMMITTED_TRIES):
        try:
            return _ask_committed(consumer, places)
        except KafkaException as error:
            if cause(error).code() not in RETRIABLE:
                raise
            LOGGER.warning("waiting for the broker to tell committed offsets: %s", cause(error).str())
            time.sleep(RETRY_S)
    return _ask_committed(consumer, places)


def _ask_committed(consumer: Consumer, places: list[TopicPartition]) -> list[TopicPartition]:
    answer = consumer.committed(places, timeout=CALL_TIMEOUT_S)
    for place in answer:
        if place.error is not None:
            raise KafkaException(place.error)
    return answer


def _commit(consumer: Consumer, wanted: list[TopicPartition]) -> None:
    for place in consumer.commit(offsets=wanted, asynchronous=False) or ():
        if place.error is not None:
            raise KafkaException(place.error)
