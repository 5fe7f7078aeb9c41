"""How soon a hit is a case, how fast a backlog is worked off, what a file costs: one JSON line.

    python bench/cases_quick.py [--hits N] [--broker embedded|kafka]

A real worker on a broker started for it: seconds until it is ready, and until its successor is after a kill with the
files of all vehicles to recover; hit → case one at a time (p50, p99, ms); a backlog of N hits of N/5 vehicles, a sixth
of them taken back (hits/s); microseconds and bytes per input of the pure function alone.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
import uuid
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from confluent_kafka import Producer, TopicPartition

from anpr.bench.machine import busy_cores, machine
from anpr.embedded.broker import start_broker
from anpr.embedded.child import Child, start_child, wait_ready
from anpr.embedded.kafka import start_kafka
from anpr.embedded.kafka_jars import fetch_kafka_jars, jar_cache
from anpr.settings import Settings
from pipeline.cases.file import handle
from pipeline.cases.records import InputRecord, OriginRecord
from pipeline.runtime.kafka import KafkaConfig, admin_client, consumer_client, producer_client
from schemas.case import Case
from schemas.codec import compiled, decoder, encode
from schemas.hit import Hit
from topics.admin import create
from topics.spec import all_topics

HitRecord = compiled(Hit)
PARTITIONS = {"embedded": 1, "kafka": 4}
ONE_BY_ONE = 200
DEADLINE_S = 300.0


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--hits", type=int, default=20_000)
    parser.add_argument("--broker", choices=PARTITIONS, default="embedded")
    args = parser.parse_args()
    load = busy_cores()
    with tempfile.TemporaryDirectory() as folder:
        found = with_broker(Path(folder), args.broker, lambda config: _measure(Path(folder), config, args))
    print(json.dumps({"broker": args.broker, "hits": args.hits, **found, **_pure(args.hits), "machine": machine(load)}))


def with_broker(folder: Path, kind: str, use: Callable[[KafkaConfig], dict[str, Any]]) -> dict[str, Any]:
    """What is measured on a broker of its own."""
    if kind == "embedded":
        broker = start_broker(log_path=folder / "broker.log")
        try:
            return use(KafkaConfig(broker.bootstrap, "static", 10))
        finally:
            broker.kill()
    cluster = start_kafka(fetch_kafka_jars(jar_cache()), folder / "kafka")
    try:
        return use(KafkaConfig(cluster.bootstrap))
    finally:
        cluster.kill()


def _measure(folder: Path, config: KafkaConfig, args: argparse.Namespace) -> dict[str, Any]:
    create(admin_client(config), all_topics(), max_partitions=PARTITIONS[args.broker], replication=1)
    child, start_s = start(folder, config, "cases")
    reader = _Reader(config, PARTITIONS[args.broker])
    producer = producer_client(config, linger_ms=0)
    _latency_ms(producer, reader)  # signs in at the broker, which takes half a second
    one_by_one = sorted(_latency_ms(producer, reader) for _ in range(ONE_BY_ONE))
    backlog = _backlog(config, reader, args.hits)
    child.kill()
    child, again_s = start(folder, config, "cases")
    child.stop(30)
    return {
        "start_s": start_s,
        "start_after_kill_s": again_s,
        "hit_to_case_ms_p50": one_by_one[len(one_by_one) // 2],
        "hit_to_case_ms_p99": one_by_one[-len(one_by_one) // 100 - 1],
        "backlog_hits_per_s": backlog,
    }


def start(folder: Path, config: KafkaConfig, worker: str) -> tuple[Child, float]:
    """A worker, ready, and the seconds that it took."""
    ready = folder / "ready"
    ready.unlink(missing_ok=True)
    settings = Settings(
        data_dir=folder,
        kafka_bootstrap=config.bootstrap,
        kafka_assignment=config.assignment,
        kafka_fetch_wait_ms=config.fetch_wait_ms,
    )
    began = time.monotonic()
    command = [sys.executable, "-m", "anpr", "worker", worker, "--ready-file", str(ready)]
    child = start_child(worker, command, folder / f"{worker}.log", environ=settings.environment())
    wait_ready(child, ready.exists, timeout_s=60)
    return child, round(time.monotonic() - began, 1)


class _Reader:
    """Reads the topic of cases as it grows."""

    def __init__(self, config: KafkaConfig, partitions: int) -> None:
        self._consumer = consumer_client(config, "bench")
        self._consumer.assign([TopicPartition("cases", n, 0) for n in range(partitions)])
        self._decode = decoder(Case)

    def until(self, done: Callable[[Case], bool]) -> None:
        """Read until a case says that it is done. Raises TimeoutError."""
        deadline = time.monotonic() + DEADLINE_S
        while time.monotonic() < deadline:
            for raw in self._consumer.consume(1000, 0.01):
                if raw.error() is None and done(self._decode(raw.value() or b"")):
                    return
        raise TimeoutError("the worker does not keep up")


def _hit(plate: str, **changes: Any) -> Hit:
    now = datetime.now(UTC)
    fields: dict[str, Any] = {
        "hit_id": uuid.uuid4(),
        "revision": 1,
        "passage_id": uuid.uuid4(),
        "entry_id": "entry-1",
        "list_kind": "no_inspection",
        "priority": 80,
        "owner": "federal",
        "plate": plate,
        "listed_plate": plate,
        "match": "exact",
        "probability": 0.99,
        "alert_class": "alert",
        "instruction": "check_papers",
        "reason": "no inspection",
        "camera_id": "cam-1",
        "captured_at": now,
        "received_at": now,
    }
    return HitRecord(**fields | changes)


def _send(config: KafkaConfig, hits: Sequence[Hit]) -> None:
    producer = producer_client(config, linger_ms=0 if len(hits) == 1 else 20)
    for hit in hits:
        producer.produce("hits", encode(hit), hit.plate.encode())
    producer.flush()


def _latency_ms(producer: Producer, reader: _Reader) -> float:
    hit = _hit(f"9{uuid.uuid4().hex[:10].upper()}")
    began = time.monotonic()
    producer.produce("hits", encode(hit), hit.plate.encode())
    producer.flush()
    reader.until(lambda case: case.plate == hit.plate)
    return round((time.monotonic() - began) * 1000, 1)


def _traffic(count: int) -> list[Hit]:
    hits = []
    for n in range(count):
        hit = _hit(f"9B{n % max(1, count // 5):08d}")
        hits.append(hit)
        if n % 6 == 5:
            hits.append(_hit(hit.plate, hit_id=hit.hit_id, revision=2, withdrawn=True))
    return hits


def _backlog(config: KafkaConfig, reader: _Reader, count: int) -> float:
    hits = _traffic(count)
    last = _hit("9ZLAST")
    began = time.monotonic()
    _send(config, [*hits, last])
    left = {hit.plate for hit in hits}
    state = {"last": False}

    def done(case: Case) -> bool:
        left.discard(case.plate)
        state["last"] |= case.plate == "9ZLAST"
        return state["last"] and not left

    reader.until(done)
    return round(len(hits) / (time.monotonic() - began))


def _pure(count: int) -> dict[str, float]:
    """The function alone, with the encoding that the table asks for."""
    files: dict[str, Any] = {}
    sizes = []
    hits = _traffic(count)
    began = time.perf_counter()
    for offset, hit in enumerate(hits):
        origin = OriginRecord(log="log", partition=0, offset=offset)
        given = InputRecord(plate=hit.plate, at=hit.received_at, origin=origin, hit=hit)
        files[hit.plate] = handle(files.get(hit.plate), given).file
        sizes.append(len(encode(files[hit.plate])))
    spent = time.perf_counter() - began
    return {"us_per_input": round(spent / len(hits) * 1e6, 1), "file_bytes": round(sum(sizes) / len(sizes))}


if __name__ == "__main__":
    main()
