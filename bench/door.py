"""How fast the ingest door takes reads over real sockets: one JSON line.

    python bench/door.py [--reads N] [--at-once N] [--devices N] [--broker embedded|kafka]

A broker and a door as processes; devices in threads of another process, each with a connection of its own and a spool's
count, sending uploads of so many reads one after the other. Reads acknowledged per second, p50 and p99 of an upload in
ms, processor time of the door per million reads, its memory at the end, and how many messages lie in the log.
"""

from __future__ import annotations

import argparse
import http.client
import json
import sys
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, datetime, timedelta
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import psutil
from cases_quick import with_broker
from confluent_kafka import TopicPartition

from anpr.bench.machine import busy_cores, machine
from anpr.door.tokens import hashed, make_token
from anpr.embedded.child import start_child, wait_ready
from anpr.registering import register
from anpr.settings import Settings
from pipeline.runtime.kafka import KafkaConfig, admin_client, consumer_client
from schemas.camera_key import CameraKey
from topics.admin import create
from topics.spec import all_topics

DEADLINE_S = 60.0
PARTITIONS = 4


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--reads", type=int, default=400_000)
    parser.add_argument("--at-once", type=int, default=500, help="reads of one upload")
    parser.add_argument("--devices", type=int, default=8)
    parser.add_argument("--broker", choices=("embedded", "kafka"), default="embedded")
    args = parser.parse_args()
    load = busy_cores()
    with tempfile.TemporaryDirectory() as folder:
        found = with_broker(Path(folder), args.broker, lambda config: _measure(Path(folder), config, args))
    told = {name: getattr(args, name) for name in ("broker", "at_once", "devices")}
    print(json.dumps({**told, **found, "machine": machine(load)}))


def _measure(folder: Path, kafka: KafkaConfig, args: argparse.Namespace) -> dict[str, Any]:
    made = create(admin_client(kafka), all_topics(), max_partitions=PARTITIONS, replication=1)
    assert not [one for one in made if one.outcome == "refused"]
    tokens = {f"car-{number}": make_token(f"car-{number}") for number in range(args.devices)}
    register(kafka, [_key(device, token) for device, token in tokens.items()])
    ready = folder / "door.ready"
    settings = Settings(
        data_dir=folder, kafka_bootstrap=kafka.bootstrap, door_port=0, door_reads_per_s=1_000_000, log_level="warning"
    )
    door = start_child(
        "the door",
        [sys.executable, "-m", "anpr", "door", "--ready-file", str(ready)],
        folder / "door.log",
        environ=settings.environment(),
    )
    try:
        wait_ready(door, ready.exists, timeout_s=DEADLINE_S)
        port = json.loads(ready.read_text())["port"]
        _await_keys(port)
        return _load(port, tokens, args, psutil.Process(door.pid)) | {"in_log": _count(kafka)}
    finally:
        door.stop()


def _key(device: str, token: str) -> CameraKey:
    return CameraKey(device=device, token_sha256=hashed(token), cameras=(device,), given_at=datetime.now(UTC))


def _await_keys(port: int) -> None:
    deadline = time.monotonic() + DEADLINE_S
    while True:
        with closing(http.client.HTTPConnection("127.0.0.1", port)) as line:
            line.request("GET", "/health")
            if line.getresponse().status == http.client.OK:
                return
        if time.monotonic() > deadline:
            raise TimeoutError("the door does not get ready")
        time.sleep(0.05)


def _load(port: int, tokens: dict[str, str], args: argparse.Namespace, door: psutil.Process) -> dict[str, Any]:
    uploads = max(1, args.reads // args.devices // args.at_once)
    before = sum(door.cpu_times()[:2])
    # Another process: the devices' own work must not wait for what this one does.
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as other:
        took_s, times_ms = other.submit(_devices, port, tokens, uploads, args.at_once).result()
    reads = uploads * args.at_once * len(tokens)
    times_ms = sorted(times_ms)
    return {
        "reads": reads,
        "reads_per_s": round(reads / took_s),
        "upload_ms": {"p50": _share(times_ms, 0.5), "p99": _share(times_ms, 0.99)},
        "door_cpu_s_per_million": round((sum(door.cpu_times()[:2]) - before) / reads * 1e6, 1),
        "door_mb": round(door.memory_info().rss / 1e6, 1),
    }


def _share(values: Sequence[float], share: float) -> float:
    return round(values[min(len(values) - 1, int(share * len(values)))], 1)


def _devices(port: int, tokens: dict[str, str], uploads: int, at_once: int) -> tuple[float, list[float]]:
    """Seconds for all, ms of each upload."""
    bodies = {device: [_body(device, number, at_once) for number in range(uploads)] for device in tokens}
    with ThreadPoolExecutor(len(tokens)) as pool:
        began = time.perf_counter()
        found = list(pool.map(lambda device: _device(port, device, tokens[device], bodies[device]), tokens))
        return time.perf_counter() - began, [one for times in found for one in times]


def _body(device: str, number: int, at_once: int) -> bytes:
    begin = datetime(2026, 11, 26, 8, tzinfo=UTC) + timedelta(seconds=number * at_once / 10)
    return b"\n".join(
        json.dumps(
            {
                "camera_id": device,
                "captured_at": (begin + timedelta(seconds=place / 10)).isoformat(),
                "plate_raw": f"1{chr(65 + place % 26)}BC{(number * at_once + place) % 1000:03}",
                "confidence": 0.93,
                "track_id": str(number * at_once + place),
                "lane": 1,
                "direction": "approaching",
                "reader": "bench/1",
            }
        ).encode()
        for place in range(at_once)
    )


def _device(port: int, device: str, token: str, bodies: Sequence[bytes]) -> list[float]:
    times_ms = []
    line = http.client.HTTPConnection("127.0.0.1", port, timeout=DEADLINE_S)
    for number, body in enumerate(bodies, start=1):
        headers = {"Authorization": f"Bearer {token}", "Anpr-Spool": device, "Anpr-Sequence": str(number)}
        began = time.perf_counter()
        line.request("POST", "/api/v1/reads", body, {**headers, "Content-Type": "application/x-ndjson"})
        answer = line.getresponse()
        said = answer.read()
        assert answer.status == http.client.OK, said
        times_ms.append((time.perf_counter() - began) * 1000)
    line.close()
    return times_ms


def _count(kafka: KafkaConfig) -> int:
    consumer = consumer_client(kafka, "bench.door")
    known = consumer.list_topics("reads", timeout=DEADLINE_S).topics["reads"].partitions
    ends = [consumer.get_watermark_offsets(TopicPartition("reads", number), timeout=DEADLINE_S) for number in known]
    consumer.close()
    return sum(high for _low, high in ends)


if __name__ == "__main__":
    main()
