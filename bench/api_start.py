"""How long a process of the platform takes from its start until it serves, on Apache Kafka or the embedded broker.

    python bench/api_start.py [--broker kafka|embedded] [--parts api,door,…] [--times N] [--json]

A store and a broker of their own, with all topics, on Apache Kafka with as many partitions as their files say; cameras,
lists and vehicles are registered, all other topics have no message. Each part is started N times, one after the other,
and ended in order: by itself, as in a container, and forked from a process that has its libraries already, as a
supervisor of several does it (decision 0043). Told are seconds until it says that it is ready (the door: until it lets
devices in), and how much of them was processor time, imports above all: the rest was waiting.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.request import urlopen

import psutil
from cases_quick import with_broker

from anpr.bench.machine import busy_cores, machine
from anpr.bench.store_times import cpu_s
from anpr.chaos.traffic import references
from anpr.embedded.child import Child, start_child, wait_ready
from anpr.embedded.forking import OF_THE_API, load_ahead, start_anpr
from anpr.platform import create_topics, open_platform
from anpr.registering import register
from anpr.settings import Settings
from anpr.wiring import FLOWS
from pipeline.runtime.kafka import KafkaConfig

COMMANDS = {"api": ("serve", "--port", "0"), "door": ("door",)} | {flow: ("worker", flow) for flow in FLOWS}
LONGEST_S = 120.0
OK = 200


@dataclass(frozen=True, slots=True)
class Started:
    """One start, seconds."""

    ready: float
    processor: float


def main() -> None:
    """Measure and print."""
    load_ahead(OF_THE_API)
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--broker", choices=("kafka", "embedded"), default="kafka")
    parser.add_argument("--parts", default="api", help=f"of {', '.join(COMMANDS)}; with commas between")
    parser.add_argument("--times", type=int, default=3)
    parser.add_argument("--json", action="store_true", help="nothing but the JSON line")
    args = parser.parse_args()
    load = busy_cores()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with open_platform(Settings(data_dir=folder), broker="none") as platform:
            named = platform.settings
            found = with_broker(folder, args.broker, lambda kafka: _measure(_settings(named, kafka), args))
    told = {"broker": args.broker, "times": args.times, **found, "machine": machine(load)}
    if not args.json:
        _say(told)
    print(json.dumps(told))


def _settings(named: Settings, kafka: KafkaConfig) -> Settings:
    static = kafka.assignment == "static"
    more = {
        "kafka_bootstrap": kafka.bootstrap,
        "kafka_assignment": kafka.assignment,
        "topics_max_partitions": 1 if static else None,
        "topics_replication": 1,
        "door_port": 0,
    }
    return Settings.model_validate({**named.model_dump(), **more})


def _measure(settings: Settings, args: argparse.Namespace) -> dict[str, Any]:
    create_topics(settings)
    register(settings.kafka(), references(datetime.now(UTC)))
    parts = args.parts.split(",")
    _start(parts[0], settings, forked=True)  # who comes first waits for the libraries
    ways = {"alone": False, "forked": True}
    started = {
        way: {part: [_start(part, settings, forked=forked) for _ in range(args.times)] for part in parts}
        for way, forked in ways.items()
    }
    return {
        "ready_s": {way: _told(started[way], lambda one: one.ready) for way in ways},
        "processor_s": {way: _told(started[way], lambda one: one.processor) for way in ways},
    }


def _told(started: Mapping[str, list[Started]], of: Callable[[Started], float]) -> dict[str, list[float]]:
    return {part: [round(of(one), 2) for one in every] for part, every in started.items()}


def _start(part: str, settings: Settings, *, forked: bool) -> Started:
    ready = settings.data_dir / f"{part}.ready"
    ready.unlink(missing_ok=True)
    words = (*COMMANDS[part], "--ready-file", str(ready))
    log, environ = settings.data_dir / f"{part}.log", settings.environment()
    began = time.monotonic()
    if forked:
        child = start_anpr(part, words, log, environ=environ)
    else:
        child = start_child(part, [sys.executable, "-m", "anpr", *words], log, environ=environ)
    try:
        wait_ready(child, lambda: ready.exists() and (part != "door" or _lets_in(ready)), timeout_s=LONGEST_S)
        return Started(time.monotonic() - began, _processor_s(child))
    finally:
        child.stop(60)


def _lets_in(ready: Path) -> bool:
    try:
        with urlopen(f"http://127.0.0.1:{json.loads(ready.read_text())['port']}/health", timeout=1) as answer:
            return bool(answer.status == OK)
    except (URLError, TimeoutError):
        return False


def _processor_s(child: Child) -> float:
    return cpu_s(psutil.Process(child.pid))


def _say(told: Mapping[str, Any]) -> None:
    for part in told["ready_s"]["alone"]:
        said = []
        for way in ("alone", "forked"):
            ready, processor = (statistics.median(told[of][way][part]) for of in ("ready_s", "processor_s"))
            said.append(f"{way}: ready after {ready:4.1f} s, {processor:4.2f} s of it processor time")
        print(f"{part:12} {'; '.join(said)}")


if __name__ == "__main__":
    main()
