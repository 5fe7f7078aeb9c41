"""Quick measurements of a broker, one JSON line per case: `python bench/broker_quick.py latency throughput`.

Cases: latency (produce→consume of one hop at a low rate), idle (CPU of waiting consumers), throughput (CPU
and rate in and out), paced (CPU at a steady 20,000/s), group (how long a join takes), small (one message a batch
until there are very many: the cost of each must not grow), memory (what the broker keeps). Starts an embedded
broker of its own per case; with `--bootstrap HOST:PORT` it measures another broker, without its CPU and memory.
Results are discussed in docs/decisions/0033-own-embedded-broker.md.
"""

from __future__ import annotations

import argparse
import itertools
import json
import random
import statistics
import tempfile
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
from confluent_kafka import Consumer, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic

from anpr.embedded.broker import start_broker

Settings = dict[str, Any]


@dataclass(frozen=True)
class Target:
    """The broker under test; `process` only where we started it."""

    bootstrap: str
    process: psutil.Process | None

    def cpu_s(self) -> float:
        """CPU seconds of the broker so far, 0 for a foreign one."""
        times = self.process.cpu_times() if self.process else None
        return times.user + times.system if times else 0.0

    def rss_mb(self) -> float:
        """Resident memory of the broker in MB (10^6 bytes), 0 for a foreign one."""
        return self.process.memory_info().rss / 1e6 if self.process else 0.0

    def topic(self, partitions: int, **config: str) -> str:
        """Create a topic with a new name."""
        name = f"bench-{uuid.uuid4().hex[:8]}"
        # The futures fail when the client is collected before they are done: hold it.
        admin = AdminClient({"bootstrap.servers": self.bootstrap})
        for created in admin.create_topics([NewTopic(name, partitions, 1, config=config)]).values():
            created.result()
        return name

    def producer(self, settings: Settings) -> Producer:
        """A producer with `settings` on top of the address."""
        return Producer({"bootstrap.servers": self.bootstrap, **settings})

    def consumer(self, settings: Settings) -> Consumer:
        """A consumer with a group of its own, reading from the start, without automatic commits."""
        base = {"bootstrap.servers": self.bootstrap, "group.id": f"bench-{uuid.uuid4().hex[:8]}"}
        return Consumer({**base, "auto.offset.reset": "earliest", "enable.auto.commit": False, **settings})


@contextmanager
def target(bootstrap: str | None) -> Iterator[Target]:
    """The named broker, or a new embedded one for the length of the block."""
    if bootstrap:
        yield Target(bootstrap, None)
        return
    with tempfile.TemporaryDirectory() as folder:
        broker = start_broker(log_path=Path(folder) / "broker.log")
        try:
            yield Target(broker.bootstrap, psutil.Process(broker.pid))
        finally:
            broker.kill()


def report(case: str, **values: object) -> None:
    """Print one JSON line; floats with three decimals."""
    rounded = {name: round(v, 3) if isinstance(v, float) else v for name, v in values.items()}
    print(json.dumps({"case": case, **rounded}), flush=True)


def assigned(broker: Target, topic: str, partitions: int, settings: Settings) -> Consumer:
    """A consumer with all partitions by static assignment, at their start."""
    consumer = broker.consumer(settings)
    consumer.assign([TopicPartition(topic, index, 0) for index in range(partitions)])
    return consumer


# --- latency -------------------------------------------------------------------------------------------

WAITS: tuple[Settings, ...] = ({}, *({"fetch.wait.max.ms": wait_ms} for wait_ms in (100, 50, 20, 15, 10, 5)))
LINGERS_MS = (0, 1, 5)
NO_NAGLE = {"socket.nagle.disable": True}


def latency(broker: Target, rate_per_s: int, count: int) -> None:
    """One hop at `rate_per_s`: every wait with linger 0, every linger and the other knobs with a short wait."""
    short = {"fetch.wait.max.ms": 10}
    for wait in WAITS:
        one_latency(broker, rate_per_s, count, {"linger.ms": 0}, wait)
    for linger_ms in LINGERS_MS:
        one_latency(broker, rate_per_s, count, {"linger.ms": linger_ms, **NO_NAGLE}, {**short, **NO_NAGLE})
    for extra in ({"fetch.error.backoff.ms": 0}, {"fetch.queue.backoff.ms": 0}):
        one_latency(broker, rate_per_s, count, {"linger.ms": 1, **NO_NAGLE}, {**short, **NO_NAGLE, **extra})


def one_latency(broker: Target, rate_per_s: int, count: int, produce: Settings, consume: Settings) -> None:
    """Send `count` messages that carry their send time, poll them one by one, report percentiles in ms."""
    partitions = 4
    topic = broker.topic(partitions)
    consumer = assigned(broker, topic, partitions, consume)
    sender = threading.Thread(target=send_paced, args=(broker.producer(produce), topic, rate_per_s, count))
    before_s, started_s = broker.cpu_s(), time.monotonic()
    sender.start()
    took_ms = sorted(hop_times_ms(consumer, count))
    sender.join()
    consumer.close()
    report(
        "latency",
        rate_per_s=rate_per_s,
        producer=produce,
        consumer=consume,
        p50_ms=statistics.median(took_ms),
        p99_ms=took_ms[int(len(took_ms) * 0.99)],
        max_ms=took_ms[-1],
        broker_cpu_percent=100 * (broker.cpu_s() - before_s) / (time.monotonic() - started_s),
    )


def send_paced(producer: Producer, topic: str, rate_per_s: int, count: int) -> None:
    """Send at a fixed pace; the value is the send time on the monotonic clock in ns."""
    first_s = time.monotonic() + 0.5
    for index in range(count):
        time.sleep(max(0.0, first_s + index / rate_per_s - time.monotonic()))
        producer.produce(topic, str(time.monotonic_ns()).encode(), key=str(index).encode())
        producer.poll(0)
    producer.flush()


def hop_times_ms(consumer: Consumer, count: int) -> Iterator[float]:
    """Milliseconds from send to poll of `count` messages."""
    for message in itertools.islice(messages(lambda: [consumer.poll(1.0)]), count):
        yield (time.monotonic_ns() - int(message.value())) / 1e6


def messages(read: Callable[[], list[Any]]) -> Iterator[Any]:
    """Messages of repeated reads, without the empty ones; the first error is raised."""
    while True:
        for message in read():
            if message is None:
                continue
            if message.error():
                raise RuntimeError(message.error())
            yield message


def idle(broker: Target, seconds: float = 3.0) -> None:
    """CPU of broker and client while one consumer waits at the end of its partitions."""
    for partitions, wait in itertools.product((4, 24), WAITS):
        topic = broker.topic(partitions)
        consumer = assigned(broker, topic, partitions, wait)
        consumer.poll(1.0)
        broker_s, client_s = broker.cpu_s(), time.process_time()
        consumer.poll(seconds)
        report(
            "idle",
            consumer=wait,
            partitions=partitions,
            broker_cpu_percent=100 * (broker.cpu_s() - broker_s) / seconds,
            client_cpu_percent=100 * (time.process_time() - client_s) / seconds,
        )
        consumer.close()


# --- throughput ----------------------------------------------------------------------------------------

BATCHES: tuple[Settings, ...] = (
    {"linger.ms": 5},
    {"linger.ms": 20, "batch.size": 1_000_000},
    {"linger.ms": 50, "batch.size": 1_000_000, "batch.num.messages": 50_000},
)
FETCHES: tuple[Settings, ...] = ({}, {"fetch.min.bytes": 100_000, "fetch.wait.max.ms": 50})


def throughput(broker: Target, count: int) -> None:
    """`count` messages in and out for each size and compression with plain and large batches."""
    for size, codec in itertools.product((300, 600), ("none", "lz4", "zstd")):
        for batch in BATCHES if size == 300 else BATCHES[1:2]:
            one_throughput(broker, count, size, {**batch, "compression.type": codec})


def one_throughput(broker: Target, count: int, size: int, settings: Settings, partitions: int = 24) -> None:
    """Fill one topic, read it with each fetch setting; rates in messages/s, CPU in s per million messages."""
    topic = broker.topic(partitions)
    producer = broker.producer({**settings, "queue.buffering.max.messages": 1_000_000})
    base = {"size": size, "producer": settings}
    with measured("in", broker, count, **base):
        fill(producer, topic, count, size)
    for fetch in FETCHES:
        consumer = assigned(broker, topic, partitions, fetch)
        with measured("out", broker, count, **base, consumer=fetch):
            drain(consumer, count)
        consumer.close()


def fill(producer: Producer, topic: str, count: int, size: int) -> None:
    """Produce `count` JSON-like values with 997 different keys."""
    values = json_like(size)
    for index in range(count):
        value, key = values[index % len(values)], b"%d" % (index % 997)
        try:
            producer.produce(topic, value, key)
        except BufferError:
            producer.poll(0.1)
            producer.produce(topic, value, key)
        if index % 1000 == 0:
            producer.poll(0)
    producer.flush()


def json_like(size: int, different: int = 5003) -> list[bytes]:
    """Values of `size` bytes that compress about as a read does: fixed names, changing ids and numbers."""
    head = '{"read_id":"%s","camera_id":"BXL-%03d","plate":"1ABC%03d","confidence":0.%04d,"candidates":"'
    numbers = random.Random(1)
    heads = (
        head % (uuid.UUID(int=numbers.getrandbits(128)), n % 400, n % 1000, numbers.randrange(10_000))
        for n in range(different)
    )
    # Half of the rest is the same in each message, half is digits that nobody can guess.
    return [
        (text + "x" * ((size - len(text) - 2) // 2) + str(numbers.getrandbits(2500)))[: size - 2].encode() + b'"}'
        for text in heads
    ]


def drain(consumer: Consumer, count: int) -> None:
    """Read `count` messages in batches."""
    got = 0
    while got < count:
        got += sum(1 for message in consumer.consume(10_000, 0.1) if not message.error())


@contextmanager
def measured(direction: str, broker: Target, count: int, **values: object) -> Iterator[None]:
    """Report rate and CPU of the block, for the broker and for this process."""
    started_s, broker_s, client_s = time.monotonic(), broker.cpu_s(), time.process_time()
    yield
    scale = 1e6 / count
    report(
        "throughput",
        direction=direction,
        **values,
        messages_per_s=int(count / (time.monotonic() - started_s)),
        broker_cpu_s_per_million=(broker.cpu_s() - broker_s) * scale,
        client_cpu_s_per_million=(time.process_time() - client_s) * scale,
        broker_rss_mb=broker.rss_mb(),
    )


# --- paced ---------------------------------------------------------------------------------------------

SLICE_S = 0.005


def paced(broker: Target, rate_per_s: int = 20_000, seconds: float = 4.0) -> None:
    """CPU at a steady rate well below the limit: small batches, the common case of a running system."""
    for partitions, linger_ms, wait_ms in itertools.product((1, 2, 4, 24), (1, 5, 20), (10, 50)):
        produce = {"linger.ms": linger_ms, "batch.size": 1_000_000, "compression.type": "lz4"}
        consume = {"fetch.wait.max.ms": wait_ms}
        one_paced(broker, partitions, produce, consume, rate_per_s=rate_per_s, count=int(rate_per_s * seconds))


def one_paced(
    broker: Target, partitions: int, produce: Settings, consume: Settings, *, rate_per_s: int, count: int
) -> None:
    """Send and read at the same time in this process; CPU in s per million messages, both ways together."""
    topic = broker.topic(partitions)
    consumer = assigned(broker, topic, partitions, consume)
    sender = threading.Thread(target=send_slices, args=(broker.producer(produce), topic, rate_per_s, count))
    base = {"rate_per_s": rate_per_s, "partitions": partitions, "producer": produce, "consumer": consume}
    with measured("both", broker, count, **base):
        sender.start()
        drain(consumer, count)
        sender.join()
    consumer.close()


def send_slices(producer: Producer, topic: str, rate_per_s: int, count: int) -> None:
    """Send `count` messages, a slice every 5 ms."""
    values, size = json_like(300), int(rate_per_s * SLICE_S)
    first_s = time.monotonic()
    for start in range(0, count, size):
        time.sleep(max(0.0, first_s + start / rate_per_s - time.monotonic()))
        for index in range(start, start + size):
            producer.produce(topic, values[index % len(values)], key=b"%d" % (index % 997))
        producer.poll(0)
    producer.flush()


# --- groups --------------------------------------------------------------------------------------------

JOINS: tuple[Settings, ...] = (
    {},
    {"session.timeout.ms": 6000, "heartbeat.interval.ms": 500},
    {"session.timeout.ms": 4000, "heartbeat.interval.ms": 500},
    {"session.timeout.ms": 2000, "heartbeat.interval.ms": 500},
    {"session.timeout.ms": 1000, "heartbeat.interval.ms": 200},
    {
        "session.timeout.ms": 6000,
        "heartbeat.interval.ms": 500,
        "partition.assignment.strategy": "cooperative-sticky",
    },
)


def group(broker: Target) -> None:
    """Seconds from subscribe to the assignment: first member, second member, and re-join after a close."""
    for settings in JOINS:
        topic = broker.topic(4)
        name = {"group.id": f"g-{uuid.uuid4().hex[:8]}"}
        first = broker.consumer({**settings, **name})
        first_s = join_s(first, topic, [])
        second = broker.consumer({**settings, **name})
        second_s = join_s(second, topic, [first])
        first.close()
        second.close()
        again = broker.consumer({**settings, **name})
        again_s = join_s(again, topic, [])
        again.close()
        report("group", consumer=settings, first_s=first_s, second_s=second_s, again_s=again_s)


def join_s(consumer: Consumer, topic: str, others: list[Consumer], limit_s: float = 60.0) -> float:
    """Seconds until `consumer` has partitions; the others are polled meanwhile, as their own loops would."""
    started_s = time.monotonic()
    consumer.subscribe([topic])
    while not consumer.assignment():
        if time.monotonic() - started_s > limit_s:
            return -1.0
        consumer.poll(0.05)
        for other in others:
            other.poll(0.05)
    return time.monotonic() - started_s


# --- small batches for long ----------------------------------------------------------------------------

STEPS = (200, 2_200, 5_200, 10_200, 20_200, 40_200)
PROBES = 200


def small(broker: Target) -> None:
    """Batches of one message into one partition; at each step the cost of a batch that is sent and read at once."""
    topic = broker.topic(1)
    producer = broker.producer({"linger.ms": 0, "acks": "all"})
    consumer = assigned(broker, topic, 1, {"fetch.wait.max.ms": 10})
    batches = 0
    for step in STEPS:
        while batches < step - PROBES:
            one_batch(producer, topic)
            batches += 1
        while consumer.consume(10_000, 0.3):
            pass
        before_s, waited_s = broker.cpu_s(), 0.0
        for _ in range(PROBES):
            one_batch(producer, topic)
            sent_s = time.monotonic()
            consumer.poll(2.0)
            waited_s += time.monotonic() - sent_s
        batches += PROBES
        report(
            "small",
            batches=batches,
            broker_cpu_ms_per_batch=(broker.cpu_s() - before_s) / PROBES * 1e3,
            wait_ms=waited_s / PROBES * 1e3,
            broker_rss_mb=broker.rss_mb(),
        )
    consumer.close()


def one_batch(producer: Producer, topic: str) -> None:
    """Send one message and wait for its acknowledgement."""
    producer.produce(topic, b"x" * 300)
    producer.flush()


# --- memory --------------------------------------------------------------------------------------------


def memory(broker: Target, count: int) -> None:
    """Memory of the broker while a topic with one second of retention and a compacted one are filled."""
    for config in ({"retention.ms": "1000"}, {"cleanup.policy": "compact"}):
        topic = broker.topic(4, **config)
        producer = broker.producer({"linger.ms": 20, "batch.size": 1_000_000})
        for part in range(4):
            fill(producer, topic, count // 4, 300)
            report("memory", config=config, messages=(part + 1) * count // 4, broker_rss_mb=broker.rss_mb())
        kept_after(broker, topic, config, wait_s=60)


def kept_after(broker: Target, topic: str, config: Settings, *, wait_s: float) -> None:
    """How many messages are still readable once retention has had `wait_s` seconds to act."""
    time.sleep(wait_s)
    consumer = assigned(broker, topic, 4, {"enable.partition.eof": True})
    ended, kept = 0, 0
    while ended < 4:
        for message in consumer.consume(10_000, 1.0):
            ended, kept = (ended + 1, kept) if message.error() else (ended, kept + 1)
    consumer.close()
    report("memory", config=config, kept=kept, after_s=wait_s, broker_rss_mb=broker.rss_mb())


def main() -> None:
    """Run the named cases, all by default."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("cases", nargs="*", help="latency idle throughput paced group small memory (all by default)")
    parser.add_argument("--bootstrap", help="measure this broker instead of an embedded one")
    parser.add_argument("--count", type=int, default=500_000, help="messages per throughput and memory case")
    parser.add_argument("--paced", type=int, default=1000, help="messages per latency case")
    parser.add_argument("--rate", type=int, default=100, help="messages per second of the latency case")
    options = parser.parse_args()
    cases: dict[str, Callable[[Target], None]] = {
        "latency": lambda broker: latency(broker, options.rate, options.paced),
        "idle": idle,
        "throughput": lambda broker: throughput(broker, options.count),
        "paced": paced,
        "group": group,
        "small": small,
        "memory": lambda broker: memory(broker, options.count),
    }
    for case in options.cases or cases:
        with target(options.bootstrap) as broker:
            cases[case](broker)


if __name__ == "__main__":
    main()
