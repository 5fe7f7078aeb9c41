"""How fast verdicts become notices, and what a file costs: one JSON line.

    python bench/notices_quick.py [--verdicts N] [--broker embedded|kafka]

A real worker on a broker started for it: seconds until it is ready, and until its successor is after a kill with all
files to recover; N/10 verdicts at 750/s, and what each of them costs the worker (microseconds of processor time); a
backlog of N verdicts, seven in a hundred of them offences of N/50 vehicles (verdicts/s); microseconds and bytes of the
pure function alone: a verdict that leads to nothing, the offences of a vehicle that passes four times a day for ten
days, and that vehicle's file then and a month later.
"""

from __future__ import annotations

import argparse
import itertools
import json
import tempfile
import time
import uuid
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psutil
from cases_quick import DEADLINE_S, PARTITIONS, start, with_broker
from confluent_kafka import TopicPartition

from anpr.bench.machine import busy_cores, machine
from anpr.bench.store_times import cpu_s
from pipeline.lez.facts import Facts
from pipeline.lez.judge import judge
from pipeline.lez.loading import load_law
from pipeline.notices.file import Given, handle
from pipeline.notices.records import InputRecord, OriginRecord, VerdictRecord
from pipeline.runtime.kafka import KafkaConfig, admin_client, consumer_client, producer_client
from schemas.codec import decoder, encode
from schemas.lez import LezVerdict
from schemas.lez_notice import LezInput, LezNotice
from topics.admin import create
from topics.spec import all_topics

LAWS = {"brussels": load_law("brussels")}
BARRED = Facts("BE", "M1", "diesel", standard="5")
OFFSETS = itertools.count()
PACKET, PACKET_S = 15, 0.02


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--verdicts", type=int, default=50_000)
    parser.add_argument("--broker", choices=PARTITIONS, default="embedded")
    args = parser.parse_args()
    load = busy_cores()
    with tempfile.TemporaryDirectory() as folder:
        found = with_broker(Path(folder), args.broker, lambda config: _measure(Path(folder), config, args))
    print(json.dumps({"broker": args.broker, "verdicts": args.verdicts, **found, **_pure(), "machine": machine(load)}))


def _measure(folder: Path, config: KafkaConfig, args: argparse.Namespace) -> dict[str, Any]:
    create(admin_client(config), all_topics(), max_partitions=PARTITIONS[args.broker], replication=1)
    child, start_s = start(folder, config, "notices")
    at_rate = _trickle(config, PARTITIONS[args.broker], args.verdicts // 10, psutil.Process(child.pid))
    backlog = _backlog(config, PARTITIONS[args.broker], args.verdicts)
    child.kill()
    child, again_s = start(folder, config, "notices")
    child.stop(30)
    return {
        "start_s": start_s,
        "start_after_kill_s": again_s,
        "worker_us_at_750_per_s": at_rate,
        "backlog_verdicts_per_s": backlog,
    }


def _verdict(plate: str, at: datetime, *, barred: bool) -> LezVerdict:
    facts = BARRED if barred else replace(BARRED, standard="6")
    found = judge(LAWS["brussels"], facts, country="BE", at=at, known_at=at)
    return VerdictRecord(
        verdict_id=uuid.uuid4(),
        revision=1,
        passage_id=uuid.uuid4(),
        zone="brussels",
        plate=plate,
        camera_id="cam-1",
        captured_at=at,
        known_at=at,
        verdict=found.verdict,
        rule=found.rule,
        reason=found.reason(),
        sure=True,
        country="BE",
        category="M1",
        fuel="diesel",
        standard=found.standard,
    )


def _traffic(count: int) -> list[LezVerdict]:
    now = datetime.now(UTC)
    vehicles = max(1, count // 50)
    barred = [n % 100 < 7 for n in range(count)]
    offences = itertools.count()
    plates = [f"9B{next(offences) % vehicles:08d}" if bad else f"9C{n:08d}" for n, bad in enumerate(barred)]
    return [_verdict(plate, now, barred=bad) for plate, bad in zip(plates, barred, strict=True)]


def _backlog(config: KafkaConfig, partitions: int, count: int) -> float:
    verdicts = _traffic(count)
    began = time.monotonic()
    _work_off(config, partitions, verdicts)
    return round(count / (time.monotonic() - began))


def _trickle(config: KafkaConfig, partitions: int, count: int, worker: psutil.Process) -> float:
    before_s = cpu_s(worker)
    _work_off(config, partitions, _traffic(count), PACKET_S)
    return round((cpu_s(worker) - before_s) / count * 1e6)


def _work_off(config: KafkaConfig, partitions: int, verdicts: list[LezVerdict], apart_s: float = 0.0) -> None:
    """Send and wait for what follows. apart_s: between packets, as a judge that is not behind sends them."""
    last = {one.plate: one.verdict_id for one in verdicts if one.verdict == "non_compliant"}
    producer = producer_client(config, linger_ms=20)
    for number, one in enumerate(verdicts):
        if number % PACKET == 0:
            time.sleep(apart_s)
        producer.produce("lez-verdicts", encode(one), one.plate.encode())
        producer.poll(0)
    producer.flush()
    _until_told(config, partitions, set(last.values()))


def _until_told(config: KafkaConfig, partitions: int, verdict_ids: set[uuid.UUID]) -> None:
    """Read notices until all these verdicts are told of. Raises TimeoutError."""
    consumer, decode = consumer_client(config, "bench"), decoder(LezNotice)
    consumer.assign([TopicPartition("lez-notices", n, 0) for n in range(partitions)])
    deadline = time.monotonic() + DEADLINE_S
    while verdict_ids and time.monotonic() < deadline:
        for raw in consumer.consume(1000, 0.01):
            if raw.error() is None:
                verdict_ids -= set(decode(raw.value() or b"").verdict_ids)
    if verdict_ids:
        raise TimeoutError("the worker does not keep up")


def _pure() -> dict[str, float]:
    """The function alone, with the decoding and encoding that the worker does."""
    first = datetime(2026, 3, 2, 7, 0, tzinfo=UTC)
    nothing = encode(_verdict("9C1", first, barred=False))
    moments = [first + timedelta(days=n // 4, hours=n % 4) for n in range(40)]
    offences = [encode(_verdict("9B1", at, barred=True)) for at in moments]
    nothing_us, _ = _handled([nothing] * 10_000)
    offence_us, file = _handled(offences)
    later_at = moments[-1] + timedelta(days=30)
    later = handle(LAWS, file, _given(InputRecord(plate="9B1", at=later_at), later_at))
    return {
        "us_per_verdict": nothing_us,
        "us_per_offence": offence_us,
        "file_bytes": len(encode(file)),
        "file_bytes_a_month_later": len(encode(later.file)),
    }


def _given(said: LezVerdict | LezInput, at: datetime) -> Given:
    return Given(said.plate, said, at, OriginRecord(log="log", partition=0, offset=next(OFFSETS)))


def _handled(values: Sequence[bytes]) -> tuple[float, Any]:
    decode, file = decoder(LezVerdict), None
    began = time.perf_counter()
    for value in values:
        said = decode(value)
        handled = handle(LAWS, file, _given(said, said.known_at))
        if handled.file is not file:
            encode(handled.file)
        file = handled.file
    return round((time.perf_counter() - began) / len(values) * 1e6, 1), file


if __name__ == "__main__":
    main()
