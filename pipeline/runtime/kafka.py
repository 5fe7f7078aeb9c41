"""How this program speaks to Kafka: one frozen configuration, and the client settings that follow from it."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from gc import get_referents
from operator import methodcaller
from typing import Any, Literal

from confluent_kafka import Consumer, KafkaError, KafkaException, Producer
from confluent_kafka import Message as RawMessage
from confluent_kafka.admin import AdminClient

from pipeline.messages import Message

__all__ = [
    "UNREADABLE_HEADERS",
    "KafkaConfig",
    "KafkaUnusable",
    "admin_client",
    "at_end",
    "cause",
    "consumer_client",
    "headers_of",
    "judge",
    "producer_client",
    "refusal_hint",
    "unpack",
]

LOGGER = logging.getLogger("librdkafka")
SHORTEST_SESSION_MS, NAMED_SESSION_MS = 6_000, 10_000
PATIENT_FETCH_FACTOR, LONGEST_FETCH_WAIT_MS = 5, 500
FENCED = frozenset({KafkaError._FATAL, KafkaError._FENCED, KafkaError.FENCED_INSTANCE_ID})
"""What a client never recovers from: it was shut out of its group. It looks alive, and is given nothing any more."""
REFUSED = frozenset(
    {
        KafkaError.TOPIC_AUTHORIZATION_FAILED,
        KafkaError.GROUP_AUTHORIZATION_FAILED,
        KafkaError.CLUSTER_AUTHORIZATION_FAILED,
    }
)


class KafkaUnusable(RuntimeError):
    """Kafka answered that waiting will not help; the message says what to do."""


def _nothing() -> None:
    """Nobody counts it. By name, so that a configuration can be handed to another process."""


@dataclass(frozen=True, slots=True)
class KafkaConfig:
    """Where the brokers are and how to speak to them."""

    bootstrap: str
    """host:port[,host:port…]"""
    assignment: Literal["group", "static"] = "group"
    """`static`: this worker takes all partitions without joining a group (one worker per flow)."""
    fetch_wait_ms: int = 500
    """How long a broker may hold a fetch for which it has nothing; it is answered as soon as data comes."""
    extra: Mapping[str, str] = field(default_factory=dict, repr=False)
    """More librdkafka settings: security and the like. Never printed."""
    on_trouble: Callable[[], None] = field(default=_nothing, repr=False, compare=False)
    """Called when librdkafka reports trouble that it mends by itself: lost brokers and the like."""
    instance: str | None = None
    """Name of this worker among those of its flow, the same after a restart: its partitions then wait for it, for as
    long as a session. None: they go to the others at once, and it joins as a new one."""

    @property
    def session_ms(self) -> int:
        """After so long without a sign of life a worker's partitions are another one's.

        One without a name is replaced as soon as Apache Kafka allows. A named one comes back by itself: it is given
        longer, as the broker that leads its group may itself be replaced meanwhile, which takes seconds of it, and then
        the worker would be shut out by itself.
        """
        return SHORTEST_SESSION_MS if self.instance is None else NAMED_SESSION_MS

    def patient(self) -> KafkaConfig:
        """For whom a few tens of milliseconds more do not matter: the broker may hold a fetch for longer."""
        return replace(self, fetch_wait_ms=min(LONGEST_FETCH_WAIT_MS, self.fetch_wait_ms * PATIENT_FETCH_FACTOR))


def _say_that_we_wait(on_trouble: Callable[[], None], error: KafkaError) -> None:
    """librdkafka lost its brokers and tries again by itself: an operator is told so in words, with or without work."""
    LOGGER.warning("waiting for the broker: %s", error.str())
    on_trouble()


def _common(config: KafkaConfig) -> dict[str, Any]:
    return {
        "bootstrap.servers": config.bootstrap,
        "client.id": "anpr",
        "logger": LOGGER,
        "error_cb": partial(_say_that_we_wait, config.on_trouble),
        "reconnect.backoff.ms": 50,
        "reconnect.backoff.max.ms": 1000,
        "socket.nagle.disable": True,
        "socket.timeout.ms": 10_000,
        **config.extra,
    }


def admin_client(config: KafkaConfig, *, on_error: Callable[[KafkaError], None] | None = None) -> AdminClient:
    """A client for topics, groups and users. on_error: told, when it is polled, what else goes wrong on the way."""
    return AdminClient({**_common(config), **({} if on_error is None else {"error_cb": on_error})})


def producer_client(
    config: KafkaConfig,
    *,
    on_error: Callable[[KafkaError | None, RawMessage], None] | None = None,
    linger_ms: int = 5,
    give_up_ms: int = 0,
) -> Producer:
    """A producer that never gives up, unless told to, and never reorders: while a broker is down it waits.

    `on_error`: called for each message that was not delivered, and for no other; None: whoever produces gives a
    call-back with each message and learns its offset.
    `give_up_ms`: after so long a message is not sent any more, and told as not delivered though it may be,
    for whom late is worse than not at all; 0: no limit.
    """
    reports = {} if on_error is None else {"delivery.report.only.error": True, "on_delivery": on_error}
    return Producer(
        {
            **_common(config),
            **reports,
            "enable.idempotence": True,
            "acks": "all",
            "message.timeout.ms": give_up_ms,  # 0: the loop waits in flush, with back-pressure
            "linger.ms": linger_ms,
            "batch.num.messages": 10_000,
            "batch.size": 1_000_000,
            "compression.type": "lz4",
            "message.max.bytes": 16_000_000,
            "queue.buffering.max.messages": 200_000,
            "queue.buffering.max.kbytes": 262_144,
        }
    )


def consumer_client(config: KafkaConfig, group: str, **settings: Any) -> Consumer:
    """A consumer that commits only what it is told to."""
    return Consumer(
        {
            **_common(config),
            "group.id": group,
            "enable.auto.commit": False,
            "enable.auto.offset.store": False,
            "auto.offset.reset": "earliest",
            "session.timeout.ms": config.session_ms,
            "heartbeat.interval.ms": 500,
            "fetch.wait.max.ms": config.fetch_wait_ms,
            "fetch.error.backoff.ms": 50,
            "fetch.queue.backoff.ms": 5,
            "queued.min.messages": 50_000,
            "queued.max.messages.kbytes": 65_536,
            "max.poll.interval.ms": 300_000,
            **settings,
        }
    )


def cause(error: KafkaException) -> KafkaError:
    """The broker's or librdkafka's error inside an exception."""
    inner = error.args[0]
    assert isinstance(inner, KafkaError)
    return inner


def refusal_hint(error: KafkaError) -> str:
    """What to do where a broker says that we may not; empty: it says something else."""
    return "; `anpr topics acl --check` says what its user lacks" if error.code() in REFUSED else ""


def at_end(raw: RawMessage) -> bool:
    """True for the event that says: this partition has been read to its end."""
    error = raw.error()
    return error is not None and error.code() == KafkaError._PARTITION_EOF


_HEADERS_OF = methodcaller("headers")
"""Called so, Python looks for an error that was left standing; a call in the usual way, once it is quick, does not."""
PAIR = 2
UNREADABLE_HEADERS = "headers_unreadable"
"""Stands for the headers of a message of which the client library can not read a name: it is no UTF-8."""


def unpack(raw: RawMessage) -> Message | None:
    """librdkafka's message → ours; None for an error that librdkafka mends by itself.

    Raises KafkaUnusable for one that it does not.
    """
    error = raw.error()
    if error is not None:
        judge(error)
        return None
    headers = headers_of(raw)
    return Message(
        raw.topic() or "",
        raw.partition() or 0,
        raw.offset() or 0,
        raw.timestamp()[1],
        raw.key() or None,
        raw.value() or b"",
        tuple((name, value or b"") for name, value in headers) if headers else (),
    )


def headers_of(raw: RawMessage) -> tuple[tuple[str, bytes | None], ...]:
    """Of a message, or `UNREADABLE_HEADERS`. Whoever needs one that is not there refuses the message.

    For a name that it cannot read the library leaves a hole in the pair, and an error standing that the next call has
    forgotten. Who comes to the hole dies of it; what the collector sees of a pair leaves it out.
    """
    try:
        headers = _HEADERS_OF(raw)
    except (UnicodeDecodeError, SystemError):
        return ((UNREADABLE_HEADERS, b""),)
    if not headers:
        return ()
    if any(len(get_referents(pair)) != PAIR for pair in headers):
        return ((UNREADABLE_HEADERS, b""),)
    return tuple((name, value.encode() if isinstance(value, str) else value) for name, value in headers)


def judge(error: KafkaError) -> None:
    """Pass over what librdkafka mends by itself. Raises KafkaUnusable for what it does not."""
    if error.code() == KafkaError._PARTITION_EOF:
        return
    if error.code() == KafkaError.UNKNOWN_TOPIC_OR_PART:
        raise KafkaUnusable(f"{error.str()}: run `anpr topics create` first")
    if error.fatal() or error.code() in FENCED:
        raise KafkaUnusable(
            f"Kafka has shut this worker out of its group, a new one is let in; if this comes again, two of them have "
            f"the same ANPR_KAFKA_INSTANCE: {error.str()}"
        )
    if error.code() in REFUSED:
        raise KafkaUnusable(f"Kafka refuses this worker: {error.str()}{refusal_hint(error)}")
    LOGGER.warning("%s", error.str())
