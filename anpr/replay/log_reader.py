"""Reads whole topics in the order of their messages' stamps, with a bounded number of messages in hand."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from confluent_kafka import OFFSET_BEGINNING, KafkaError, KafkaException, TopicPartition
from confluent_kafka import Message as RawMessage

from anpr.replay.faults import ReplayFault, ReplayRefused
from pipeline.runtime.clock import Clock
from pipeline.runtime.kafka import KafkaConfig, at_end, consumer_client, headers_of
from replay.recording.format import Recorded
from replay.recording.merge import Merge, Place
from topics.spec import all_topics

__all__ = ["LogReader", "Span", "keeps_records"]

CALL_TIMEOUT_S = 30.0
READ_AT_ONCE, WAIT_S = 5_000, 0.2
MOST_AFTER_STOP_S = 5.0
MOST_HELD, MOST_HELD_BYTES = 20_000, 16_000_000
"""Of one partition: beyond it, no more is asked of this one until the others have come as far."""
DISORDER_MS = 5 * 60_000
"""Stamps within a partition are in order but for this: so long after the end of the span nothing of it comes."""


@dataclass(frozen=True, slots=True)
class Span:
    """Which messages, by their stamps: epoch, ms; from … to below.

    Of topics that keep the last record of each key (cameras, lists) all before the end: what holds in the span may have
    been said long before.
    """

    since_ms: int | None = None
    until_ms: int | None = None

    def holds(self, topic: str, stamp_ms: int) -> bool:
        """Whether a message of this stamp is in it."""
        early = self.since_ms is not None and stamp_ms < self.since_ms and not keeps_records(topic)
        return not early and (self.until_ms is None or stamp_ms < self.until_ms)


def keeps_records(topic: str) -> bool:
    """Whether a topic holds what is known (cameras, lists, registers) rather than what happened."""
    spec = all_topics().get(topic)
    return spec is not None and "compact" in spec.cleanup


class LogReader:
    """All partitions of some topics, from the beginning (or the span's) to their ends, or on and on."""

    def __init__(self, kafka: KafkaConfig, topics: Sequence[str], span: Span, clock: Clock) -> None:
        """Raises ReplayRefused for a topic that the broker does not have, KafkaException."""
        self._span, self._clock = span, clock
        self._consumer = consumer_client(
            kafka,
            "replay.record",
            **{
                "enable.partition.eof": True,
                # What the broker deletes while it is read would otherwise be jumped over in silence.
                "auto.offset.reset": "error",
                "queued.max.messages.kbytes": 16_384,
                "queued.min.messages": 10_000,
                "fetch.wait.max.ms": min(kafka.fetch_wait_ms, 100),
                "log_level": 2,  # each vain try to connect would be a line; a broker that is silent is told once
            },
        )
        try:
            places = self._places(topics)
            self._merge = Merge(places)
            self._next = dict.fromkeys(places, 0)
            self._open = set(places)
            self._paused: set[Place] = set()
            self._consumer.assign(self._starts(places, embedded=kafka.assignment == "static"))
        except BaseException:
            self._consumer.close()
            raise

    def _places(self, topics: Sequence[str]) -> list[Place]:
        known = self._consumer.list_topics(timeout=CALL_TIMEOUT_S).topics
        missing = [topic for topic in topics if topic not in known]
        if missing:
            raise ReplayRefused(f"the broker has no topic {', '.join(missing)}: `anpr topics list` shows all there are")
        return [(topic, partition) for topic in topics for partition in known[topic].partitions]

    def _starts(self, places: Sequence[Place], *, embedded: bool) -> list[TopicPartition]:
        """Where the span begins; of the embedded broker, which cannot tell that, the beginning."""
        since_ms = self._span.since_ms
        jumps = [] if since_ms is None or embedded else [place for place in places if not keeps_records(place[0])]
        starts = [TopicPartition(*place, OFFSET_BEGINNING) for place in places if place not in jumps]
        if since_ms is not None and jumps:
            # Stamps are not quite in order: a little earlier, so that nothing of the span is before it.
            asked = [TopicPartition(*place, max(since_ms - DISORDER_MS, 0)) for place in jumps]
            starts += self._consumer.offsets_for_times(asked, timeout=CALL_TIMEOUT_S)
        return starts

    def messages(self, stop: Callable[[], bool], *, follow: bool) -> Iterator[Recorded | None]:
        """Messages in order; None about every fifth of a second, and where nothing is there for now.

        stop: asked all the time; True: what is in the topics by then still comes, for a few seconds at most. follow: go
        on at the ends, and wait for a broker that is away. Raises ReplayFault when the broker deletes what is to be
        read, or is silent.
        """
        heard_at, stopping_at = self._clock.monotonic(), None
        while self._open or follow:
            taken = self._consumer.consume(READ_AT_ONCE, WAIT_S)
            for raw in taken:
                self._take(raw)
            yield from self._merge.ready()
            self._hold_back()
            now = self._clock.monotonic()
            if stop():
                stopping_at = now if stopping_at is None else stopping_at
                if not taken or not follow or now - stopping_at > MOST_AFTER_STOP_S:
                    break
            heard_at = now if taken or follow else heard_at
            if now - heard_at > CALL_TIMEOUT_S:
                raise ReplayFault(f"the broker has sent nothing for {CALL_TIMEOUT_S:.0f} s: is it up?")
            yield None
        yield from self._merge.rest()

    def _take(self, raw: RawMessage) -> None:
        place = (raw.topic() or "", raw.partition() or 0)
        if at_end(raw):
            self._end(place)
            return
        error = raw.error()
        if error is not None:
            _judge(error)
            return
        offset, stamp_ms = raw.offset() or 0, raw.timestamp()[1]
        if offset < self._next[place]:
            return  # fetched twice, around a pause
        self._next[place] = offset + 1
        if self._span.holds(place[0], stamp_ms):
            self._merge.put(_recorded(raw, place, offset, stamp_ms))
        elif self._span.until_ms is not None and stamp_ms >= self._span.until_ms + DISORDER_MS:
            self._end(place)

    def _end(self, place: Place) -> None:
        self._open.discard(place)
        self._merge.at_end(place)

    def _hold_back(self) -> None:
        """Ask no more of partitions that are far ahead of the others, and again of those that no longer are."""
        ahead = {place for place in self._next if _much(*self._merge.held(place))}
        behind = {place for place in self._paused if not _much(*(2 * n for n in self._merge.held(place)))}
        if stopping := ahead - self._paused:
            self._consumer.pause([TopicPartition(*place) for place in stopping])
        if behind:
            self._consumer.resume([TopicPartition(*place) for place in behind])
        self._paused = (self._paused | stopping) - behind

    def close(self) -> None:
        """Let go of the connection."""
        self._consumer.close()


def _much(messages: int, size: int) -> bool:
    return messages > MOST_HELD or size > MOST_HELD_BYTES


def _recorded(raw: RawMessage, place: Place, offset: int, stamp_ms: int) -> Recorded:
    return Recorded(*place, offset, stamp_ms, _bytes(raw.key()), _bytes(raw.value()), headers_of(raw))


def _bytes(part: str | bytes | None) -> bytes | None:
    return part.encode() if isinstance(part, str) else part


def _judge(error: KafkaError) -> None:
    if error.code() == KafkaError._AUTO_OFFSET_RESET:
        raise ReplayFault(
            f"the broker deleted messages before they were read ({error.str()}): record sooner, or a shorter time"
        )
    if error.fatal() or error.code() in (
        KafkaError.TOPIC_AUTHORIZATION_FAILED,
        KafkaError.GROUP_AUTHORIZATION_FAILED,
        KafkaError.UNKNOWN_TOPIC_OR_PART,
    ):
        raise KafkaException(error)
