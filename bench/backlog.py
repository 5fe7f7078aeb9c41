"""A worker that was stopped for an hour of traffic: how long do reads of now wait for their hit while it catches up?

    python bench/backlog.py [--reads 3600000] [--rate 1000] [--flow consolidate] [--no-lanes] [--kill 10]
                            [--broker embedded] [--json]

A platform of its own. All workers run but one; an hour of reads (fewer, as dense, by --reads) lies in the topic,
stamped as it would have come in, and reads of now go on coming at --rate. Then the worker is started, and killed once
so many seconds later where --kill says so. Told are the times from read to hit of the reads that come in while the
backlog is worked off, the same after it, how fast the backlog goes, and what is lost, doubled or wrong at the end:
every telling of a passage against one uninterrupted run of the stage over the log, byte for byte; hits, verdicts and
rows by number. --no-lanes: in order alone, as it was. Exit code 1: something is lost, doubled or wrong.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import blake2b
from pathlib import Path
from typing import Any

import numpy as np
from confluent_kafka import Consumer, TopicPartition

from anpr.bench.feeder import Feeder, FeedPlan
from anpr.bench.machine import busy_cores, machine
from anpr.bench.pipeline.bench import own_platform
from anpr.bench.pipeline.plan import FLOWS, PipelineBench
from anpr.bench.pipeline.references import fill_references
from anpr.chaos.facts import Latest, is_whole
from anpr.chaos.truth import add_hit
from anpr.hit_watch import HitWatch, quantile
from anpr.platform import Platform
from anpr.settings import Settings
from anpr.wiring import drain_order, source_topics
from pipeline.messages import Batch, Message
from pipeline.runtime.kafka import KafkaConfig, at_end, consumer_client, producer_client, unpack
from pipeline.stages.consolidate import Consolidate
from replay.bulk import ReadFactory
from schemas.hit import Hit
from sinks.clickhouse.client import connect

AT_ONCE, LISTED_SHARE, LIVE_LISTED_SHARE, LOOK_S = 1_000, 0.02, 0.05, 0.25
CATCH_UP_S, DRAIN_S, SETTLE_S, START_S = 900.0, 420.0, 4.0, 120.0


@dataclass(slots=True)
class Live:
    """Hits of reads of now: when their read was received, and how long they took, ms."""

    delays: list[tuple[float, float]] = field(default_factory=list)

    def note(self, hit: Hit, delay_ms: float) -> None:
        """One hit, when it is first told."""
        self.delays.append((hit.received_at.timestamp(), delay_ms))

    def between(self, start: float, end: float) -> dict[str, Any]:
        """Of reads received within."""
        ms = [delay for received, delay in self.delays if start <= received < end]
        return {"p50": quantile(ms, 0.5), "p99": quantile(ms, 0.99), "most": quantile(ms, 1.0), "hits": len(ms)}


class Bench:
    """One run on one platform."""

    def __init__(self, platform: Platform, options: argparse.Namespace) -> None:
        self._platform, self._options = platform, options
        self._kafka = platform.settings.kafka()
        self._plan = PipelineBench(seconds=1, listed_share=LISTED_SHARE)
        self._cameras = [f"bench-{number:05d}" for number in range(self._plan.cameras)]
        self._live, self._listed, self._reads = Live(), 0, 0

    def run(self) -> dict[str, Any]:
        """Measure."""
        flow, others = self._options.flow, [name for name in FLOWS if name != self._options.flow]
        fill_references(self._kafka, self._plan, self._cameras, _say)
        self._platform.start_workers(others, START_S)
        self._fill()
        if flow != "consolidate":
            self._work_off(("consolidate",))
        told = self._catch_up(flow)
        self._work_off(FLOWS)
        return told | self._compare() | {"restarts": self._platform.restarts}

    def _fill(self) -> None:
        """An hour that ends now; a shorter one as dense."""
        count, now = self._options.reads, time.time()
        factory = ReadFactory(self._cameras, self._plan.fleet, LISTED_SHARE, seed=1)
        producer = producer_client(self._kafka, linger_ms=20)
        for start in range(0, count, AT_ONCE):
            at = now - (count - start) / self._options.density
            moment = datetime.fromtimestamp(at, UTC)
            for key, value in factory.next_batch(min(AT_ONCE, count - start), moment, moment):
                while True:
                    try:
                        producer.produce("reads", value, key, timestamp=int(at * 1000))
                        break
                    except BufferError:
                        producer.poll(0.1)
            producer.poll(0)
        while producer.flush(1.0):
            self._tend()
        self._reads, self._listed = count, factory.listed_reads
        _say(f"{count:,} reads lie in the topic, the first {count / self._options.density:.0f} s old")

    def _catch_up(self, flow: str) -> dict[str, Any]:
        watch = HitWatch(self._kafka, self._live.note)
        feeder = Feeder(
            self._kafka, FeedPlan(self._cameras, self._plan.fleet, 0.05, 2, self._options.rate, self._reads)
        )
        feeder.start()
        while not feeder.produced:
            self._idle(LOOK_S)
        self._idle(SETTLE_S)
        backlog, began = self._end_of(flow), time.time()
        self._platform.start_workers([flow], START_S)
        ready = time.time()
        _say(f"{flow} runs")
        self._until_done(flow, backlog, ready)
        done = time.time()
        _say(f"the backlog is worked off after {done - ready:.1f} s")
        self._idle(12.0)
        end = time.time()
        self._idle(6.0)
        feeder.stop()
        self._idle(1.0)
        watch.close()
        self._reads, self._listed = self._reads + feeder.produced, self._listed + feeder.listed
        return {
            "read_to_hit_ms": {
                "of reads while the worker starts": self._live.between(began, ready),
                "beside the backlog": self._live.between(ready, done),
                "without a backlog": self._live.between(done + 3, end),
            },
            "backlog": backlog,
            "catch_up_s": round(done - ready, 1),
            "catch_up_per_s": round(backlog / (done - ready)),
            "live_per_s": self._options.rate,
        }

    def _until_done(self, flow: str, backlog: int, ready: float) -> None:
        kill_at = ready + self._options.kill if self._options.kill else None
        deadline = ready + CATCH_UP_S
        with closing(consumer_client(self._kafka, flow)) as group:
            while self._committed(group, flow) < backlog:
                if time.time() > deadline:
                    raise SystemExit(f"{flow} has not worked off its backlog within {CATCH_UP_S:g} s")
                if kill_at is not None and time.time() > kill_at:
                    os.kill(self._platform.workers[flow].pid, signal.SIGKILL)
                    kill_at = None
                self._idle(LOOK_S)

    def _places(self, flow: str, asked: Consumer) -> list[TopicPartition]:
        topics = source_topics(flow, self._platform.settings)
        known = asked.list_topics(timeout=30).topics
        return [TopicPartition(topic, number) for topic in topics for number in known[topic].partitions]

    def _committed(self, group: Consumer, flow: str) -> int:
        return sum(max(place.offset, 0) for place in group.committed(self._places(flow, group), timeout=30))

    def _end_of(self, flow: str) -> int:
        with closing(consumer_client(self._kafka, "backlog-look")) as look:
            return sum(look.get_watermark_offsets(place, timeout=30)[1] for place in self._places(flow, look))

    def _tend(self) -> None:
        for note in self._platform.tend():
            _say(note)

    def _idle(self, seconds: float) -> None:
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self._tend()
            time.sleep(0.05)

    def _work_off(self, flows: tuple[str, ...]) -> None:
        """By what the broker says of the ends of topics: to read up to them, as `Drain` does, takes a minute here."""
        deadline = time.monotonic() + DRAIN_S
        for group, _topics in drain_order(flows, self._platform.settings):
            flow = group.removesuffix(".rewind")
            with closing(consumer_client(self._kafka, group)) as asked:
                while self._committed(asked, flow) < self._end_of(flow):
                    if time.monotonic() > deadline:
                        raise SystemExit(f"{group} has not worked off all within {DRAIN_S:g} s")
                    self._idle(LOOK_S)

    def _compare(self) -> dict[str, Any]:
        expected, found = _expected(self._kafka, self._cameras), _digests(self._kafka)
        wanted, told = np.unique(expected), np.unique(found)
        hits, exact = Latest(), set[str]()
        for message in _topic(self._kafka, "hits"):
            add_hit(hits, message.value)
            hit = json.loads(message.value)
            if hit["match"] == "exact":
                exact.add(hit["hit_id"])
        rows = self._rows()
        lost = int(np.setdiff1d(wanted, told).size)
        wrong = int(np.setdiff1d(told, wanted).size) + hits.contradictions
        return {
            "tellings": int(wanted.size),
            "lost": lost + self._listed - len(exact) + self._reads - rows["passages"] + rows["verdicts_missing"],
            "duplicated": rows["passages_final"] - rows["passages"] + rows["hits_final"] - rows["hits"],
            "wrong": wrong,
            "told_again": int(found.size - told.size),
            "reads": self._reads,
            "hits": len(exact),
            "rows": rows,
        }

    def _rows(self) -> dict[str, int]:
        with connect(self._platform.settings.dsn()) as client, connect(self._platform.settings.lez()) as lez:

            def ask(query: str, **bound: Any) -> int:
                return int(client.query(query, parameters=bound).result_rows[0][0])

            held = "SELECT count() FROM (SELECT {id} FROM {table} FINAL WHERE NOT withdrawn)"
            at_zones = "SELECT uniqExact(passage_id) FROM passages WHERE camera_id IN {cameras:Array(String)}"
            seen = ask(at_zones, cameras=self._cameras[: round(self._plan.lez_share * len(self._cameras))])
            verdicts = int(lez.query("SELECT uniqExact(verdict_id) FROM verdicts").result_rows[0][0])
            return {
                "passages": ask("SELECT uniqExact(passage_id) FROM passages"),
                "passages_final": ask(held.format(id="passage_id", table="passages")),
                "hits": ask("SELECT uniqExact(hit_id) FROM hits WHERE NOT withdrawn"),
                "hits_final": ask(held.format(id="hit_id", table="hits")),
                "verdicts_missing": seen - verdicts,
            }


def _topic(kafka: KafkaConfig, topic: str) -> Iterator[Message]:
    """All of it, partition by partition."""
    with closing(consumer_client(kafka, "backlog-compare", **{"enable.partition.eof": True})) as consumer:
        for number in consumer.list_topics(topic, timeout=30).topics[topic].partitions:
            consumer.assign([TopicPartition(topic, number, 0)])
            ended = False
            while not ended:
                for raw in consumer.consume(5_000, 1.0):
                    ended = ended or at_end(raw)
                    message = unpack(raw)
                    if message is not None:
                        yield message


def _digest(key: bytes | None, value: bytes) -> int:
    return int.from_bytes(blake2b((key or b"") + b"\0" + value, digest_size=8).digest(), "big")


def _digests(kafka: KafkaConfig) -> Any:
    return np.fromiter((_digest(one.key, one.value) for one in _topic(kafka, "passages")), np.uint64)


def _expected(kafka: KafkaConfig, cameras: list[str]) -> Any:
    """One uninterrupted run of the stage over the log of reads, all tracks closed at the end."""

    def told() -> Iterator[int]:
        stage, places = Consolidate(dict.fromkeys(cameras)), set[tuple[str, int]]()
        part: list[Message] = []
        now = datetime.now(UTC)

        def work() -> Iterator[int]:
            for emit in stage(Batch(part, now)).emitted:
                yield _digest(emit.key, emit.value)
            part.clear()

        for message in _topic(kafka, "reads"):
            places.add((message.topic, message.partition))
            part.append(message)
            if len(part) >= 10_000:
                yield from work()
        yield from work()
        later = datetime.fromtimestamp(now.timestamp() + 3600, UTC)
        for emit in stage(Batch((), later, frozenset(places))).emitted:
            yield _digest(emit.key, emit.value)

    return np.fromiter(told(), np.uint64)


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--reads", type=int, default=3_600_000, help="of the backlog")
    parser.add_argument("--density", type=float, default=1_000, help="reads a second in it")
    parser.add_argument("--rate", type=float, default=1_000, help="reads of now a second")
    parser.add_argument("--flow", default="consolidate", choices=("consolidate", "match"))
    parser.add_argument("--no-lanes", action="store_true", help="in order alone")
    parser.add_argument("--per-s", type=float, default=None, help="ANPR_LANE_BACKLOG_PER_S")
    parser.add_argument("--kill", type=float, default=None, help="kill the worker so many seconds after its start")
    parser.add_argument("--broker", default="embedded", choices=("embedded", "kafka"))
    parser.add_argument("--json", action="store_true", help="one JSON object as the last line")
    options = parser.parse_args()
    load = busy_cores()
    lane = {"lane_behind_s": 0.0} if options.no_lanes else {}
    lane |= {"lane_backlog_per_s": options.per_s} if options.per_s else {}
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(data_dir=Path(folder)).model_copy(update=lane)
        plan = PipelineBench(seconds=1, broker=options.broker)
        with own_platform(settings, plan, _say) as platform:
            result = Bench(platform, options).run()
    result |= {"lanes": not options.no_lanes, "flow": options.flow, "broker": options.broker, "machine": machine(load)}
    print(json.dumps(result) if options.json else json.dumps(result, indent=1))
    return 0 if is_whole(result) else 1


if __name__ == "__main__":
    sys.exit(main())
