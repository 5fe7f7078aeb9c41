"""`anpr bench peers`: rounds in which each engine has its turn, on one broker, with the same reads."""

from __future__ import annotations

import json
import platform as system
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

from anpr.bench.failed import BenchFailed
from anpr.bench.machine import busy_cores, machine
from anpr.bench.peers.environment import quix_python, versions_in
from anpr.bench.peers.job import Job, Task
from anpr.bench.peers.measure import MODULES, Turn, make_topic, measure, put_out, task_for, this_python
from anpr.bench.pipeline.plan import BrokerName, Say
from anpr.embedded.broker import BrokerProcess, start_broker
from anpr.embedded.kafka import KafkaNode, start_kafka
from anpr.embedded.kafka_jars import fetch_kafka_jars, jar_cache
from anpr.settings import Settings, SettingsFault
from pipeline.runtime.kafka import KafkaConfig
from pipeline.runtime.output import KafkaOutput
from replay.bulk import ReadFactory, vehicle_plate

__all__ = ["ENGINES", "PeersBench", "run_peers_bench"]

ENGINES = tuple(MODULES)
SOURCE = "bench-reads"
SHARE_LISTED = 0.005
FED_AT_ONCE = 1_000
FLEET = 1_000_000


@dataclass(frozen=True, slots=True)
class PeersBench:
    """What to measure."""

    reads: int = 150_000
    entries: int = 100_000
    """Of the list: the first vehicles of a fleet of a million."""
    rounds: int = 5
    engines: tuple[str, ...] = ENGINES
    broker: BrokerName = "embedded"
    quixstreams: Path | None = None
    """A Python that has it; None: one in the user's cache, made the first time."""
    seed: int = 1

    def check(self) -> None:
        """Raises SettingsFault for what cannot be measured."""
        unknown = set(self.engines) - set(ENGINES)
        if unknown or "ours" not in self.engines:
            raise SettingsFault(f"--engines: there are {', '.join(ENGINES)}, and ours must be among those measured")


def run_peers_bench(settings: Settings, bench: PeersBench, say: Say) -> dict[str, Any]:
    """Measure. Raises BenchFailed where an engine does not put out what it must."""
    bench.check()
    load = busy_cores()
    pythons = {name: this_python() for name in bench.engines}
    if "quixstreams" in bench.engines:
        pythons["quixstreams"] = quix_python(bench.quixstreams, say)
    with _broker(settings, bench.broker, say) as (kafka, folder):
        turns = _Rounds(kafka, folder, bench, pythons, say).run()
    return _figures(turns) | {
        "versions": _versions(pythons),
        "machine": machine(load),
        "settings": _asked(bench),
    }


@contextmanager
def _broker(settings: Settings, kind: BrokerName, say: Say) -> Iterator[tuple[KafkaConfig, Path]]:
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=settings.data_dir, prefix="bench-") as name:
        folder = Path(name)
        say(f"starting {'Apache Kafka' if kind == 'kafka' else 'the embedded broker'}")
        broker = _started(kind, folder)
        try:
            yield KafkaConfig(broker.bootstrap), folder
        finally:
            broker.stop()


def _started(kind: BrokerName, folder: Path) -> BrokerProcess | KafkaNode:
    if kind == "kafka":
        return start_kafka(fetch_kafka_jars(jar_cache()), folder / "kafka", heap_mb=1024).nodes[0]
    return start_broker(log_path=folder / "broker.log")


@dataclass(slots=True)
class _Rounds:
    kafka: KafkaConfig
    folder: Path
    bench: PeersBench
    pythons: Mapping[str, Path]
    say: Say

    def run(self) -> dict[str, list[Turn]]:
        """By engine, a turn in each round; who begins changes from round to round."""
        task = self._task()
        expected = self._feed(task)
        turns: dict[str, list[Turn]] = {name: [] for name in self.bench.engines}
        for number in range(self.bench.rounds):
            for engine in _from(self.bench.engines, number):
                turn = self._turn(engine, task_for(task, engine, number), expected)
                turns[engine].append(turn)
                self.say(f"round {number + 1} of {self.bench.rounds}: {engine} {turn.reads_per_s:,.0f} reads/s")
        return turns

    def _task(self) -> Task:
        listed = self.folder / "listed.txt"
        listed.write_text("\n".join(vehicle_plate(n)[0].decode() for n in range(self.bench.entries)), encoding="ascii")
        return Task(self.kafka.bootstrap, SOURCE, "", "", str(listed), self.kafka.fetch_wait_ms)

    def _feed(self, task: Task) -> dict[bytes, bytes]:
        """Put the reads into their topic; returns what must follow from them: value → key."""
        make_topic(self.kafka, SOURCE)
        cameras = [f"bench-{number:03d}" for number in range(450)]
        factory = ReadFactory(cameras, FLEET, SHARE_LISTED, self.bench.seed)
        output, job, expected = KafkaOutput(self.kafka), Job(Path(task.listed)), {}
        now = datetime.now(UTC)
        while factory.reads < self.bench.reads:
            for key, value in factory.next_batch(min(FED_AT_ONCE, self.bench.reads - factory.reads), now, now):
                output.produce(SOURCE, key, value, ())
                plate, found = job(value)
                expected[found] = plate
        output.flush()
        self.say(f"{len(expected):,} reads in the topic; {self.bench.rounds} rounds of {', '.join(self.bench.engines)}")
        return expected

    def _turn(self, engine: str, task: Task, expected: Mapping[bytes, bytes]) -> Turn:
        make_topic(self.kafka, task.target)
        turn = measure(engine, self.pythons[engine], task, len(expected), self.folder)
        fault = put_out(self.kafka, task.target, expected)
        if fault:
            raise BenchFailed(f"{engine} did not do the job: {fault}")
        return turn


def _from(engines: Sequence[str], number: int) -> Sequence[str]:
    first = number % len(engines)
    return [*engines[first:], *engines[:first]]


def _figures(turns: Mapping[str, Sequence[Turn]]) -> dict[str, Any]:
    rates = {name: [round(turn.reads_per_s) for turn in done] for name, done in turns.items()}
    costs = {name: [round(turn.cpu_s_per_million, 2) for turn in done] for name, done in turns.items()}
    others = [name for name in turns if name != "ours"]
    return {
        "reads_per_s": {name: round(median(values)) for name, values in rates.items()},
        "reads_per_s_spread": {name: {"least": min(values), "most": max(values)} for name, values in rates.items()},
        "cpu_s_per_million": {name: round(median(values), 2) for name, values in costs.items()},
        "ours_times_as_fast": {name: _ratio(rates["ours"], rates[name]) for name in others},
        "ours_times_less_cpu": {name: _ratio(costs[name], costs["ours"]) for name in others},
        "rss_mb": {name: round(max(turn.rss_mb for turn in done)) for name, done in turns.items()},
        "rounds": {f"reads_per_s.{name}": values for name, values in rates.items()}
        | {f"cpu_s_per_million.{name}": values for name, values in costs.items()},
    }


def _ratio(ours: Sequence[float], theirs: Sequence[float]) -> dict[str, float]:
    """Round by round, as the machine's speed drifts: the median, the least and the most."""
    ratios = [a / b for a, b in zip(ours, theirs, strict=True)]
    return {"median": round(median(ratios), 2), "least": round(min(ratios), 2), "most": round(max(ratios), 2)}


def _versions(pythons: Mapping[str, Path]) -> dict[str, str]:
    found = {"python": system.python_version()}
    if "quixstreams" in pythons:
        told = json.loads(versions_in(pythons["quixstreams"], "quixstreams", "confluent-kafka"))
        found |= {"quixstreams": told["quixstreams"], "confluent-kafka of quixstreams": told["confluent-kafka"]}
    return found


def _asked(bench: PeersBench) -> dict[str, Any]:
    return {
        "reads": bench.reads,
        "entries": bench.entries,
        "rounds": bench.rounds,
        "engines": list(bench.engines),
        "broker": bench.broker,
        "seed": bench.seed,
    }
