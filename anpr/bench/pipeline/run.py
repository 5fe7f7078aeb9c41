"""One platform under measurement: what is put into it, the phases, and what must have come out."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import psutil
from clickhouse_connect.driver.client import Client

from anpr.bench.failed import BenchFailed
from anpr.bench.feeder import Feeder, FeedPlan
from anpr.bench.pipeline.history import fill_history
from anpr.bench.pipeline.plan import FLOWS, LATENCY_LISTED_SHARE, PipelineBench, Say
from anpr.bench.pipeline.references import fill_references
from anpr.bench.pipeline.searchable import SearchProbe
from anpr.bench.pipeline.sustained import Sample, sustained_figures
from anpr.hit_watch import HitWatch, quantile
from anpr.platform import Platform
from anpr.snapshot_keeper import WORTH_IT
from anpr.wiring import drain_order
from pipeline.runtime.clock import SystemClock
from pipeline.runtime.drain import Drain
from pipeline.snapshots import META
from sinks.clickhouse.client import connect

__all__ = ["Run"]

LOOK_EVERY_S = 0.05
COUNT_EVERY_S = 0.2
"""How often the store is asked for its rows while the maximum is sought: each question is work that is not the job,
and rows come in blocks of a second or two."""
TENTHS = 10
DRAIN_S = 300.0
WORKER_START_S, PER_MILLION_ENTRIES_S = 120.0, 60.0
"""How long workers may take to start, and more for each million messages that they read first."""
NO_BLOCK_S = FEEDER_START_S = 60.0
SNAPSHOT_S = 300.0
OURS = "startsWith(camera_id, 'bench-') AND captured_at >= {since:DateTime64(3)}"


class Run:
    """Phases of one benchmark on one platform, in any order. Each leaves nothing under way for the next."""

    def __init__(self, platform: Platform, bench: PipelineBench, say: Say) -> None:
        self._platform, self._bench, self._say = platform, bench, say
        self._kafka = platform.settings.kafka()
        self._client: Client = connect(platform.settings.dsn())
        self._lez: Client = connect(platform.settings.lez())
        self._cameras = [f"bench-{number:05d}" for number in range(bench.cameras)]
        self._produced = self._listed = self._markers = self._phases = 0
        self._began, self._before = datetime.now(UTC), 0
        self._watch: HitWatch | None = None

    def prepare(self) -> None:
        """Fill store and reference topics, then start the workers: they are ready when this returns."""
        bench = self._bench
        if bench.history:
            fill_history(self._platform.settings.dsn(), bench.history, bench.seed, self._say)
        filled = fill_references(self._kafka, bench, self._cameras, self._say)
        self._say(f"starting workers: {', '.join(FLOWS)}")
        messages = bench.entries + bench.fleet
        self._platform.start_workers(FLOWS, WORKER_START_S + messages / 1e6 * PER_MILLION_ENTRIES_S)
        self._await_snapshots(topic for topic, count in filled.items() if count >= WORTH_IT)
        self._began, self._before = datetime.now(UTC), self._stored()

    def _await_snapshots(self, topics: Iterable[str]) -> None:
        """Workers put long references on disk once, beside their work, then hours later: not the cost of a read."""
        folders = [self._platform.settings.data_dir / topic for topic in topics]
        if folders:
            self._say("waiting for the snapshots of what the workers hold")
        deadline = time.monotonic() + SNAPSHOT_S
        while not all(any(folder.glob(f"[0-9]*/{META}")) for folder in folders):
            if time.monotonic() > deadline:
                raise BenchFailed(f"the workers have written no snapshot for {SNAPSHOT_S:g} s")
            self._idle(LOOK_EVERY_S)

    @contextmanager
    def watched(self) -> Iterator[HitWatch]:
        """Reads the topic `hits` for as long as the `with` lasts."""
        self._watch = HitWatch(self._kafka)
        try:
            yield self._watch
        finally:
            self._watch.close()
            if self._bench.profiler is not None:
                self._bench.profiler.abandon()

    def sustained(self) -> dict[str, Any]:
        """Keep a window of reads on their way, and count what reaches the store from one block to another."""
        seconds = self._bench.seconds
        self._say(f"sustained rate, {seconds:g} s")
        feeder, before = self._feeder(None, self._bench.listed_share), self._stored()
        self._pump(feeder, before, seconds / 4)  # start-up and first compilation are not the rate
        self._profile()
        first = self._at_a_block(feeder, before)
        rss, samples = self._platform.rss_mb(), [first, *self._pump(feeder, before, seconds)]
        if len(samples) < 2:
            samples.append(self._at_a_block(feeder, before))
        grown = {name: round(now - rss.get(name, 0), 1) for name, now in self._platform.rss_mb().items()}
        self._profiled()
        self._finish(feeder)
        return sustained_figures(samples) | {"rss_growth_mb": grown}

    def _pump(self, feeder: Feeder, before: int, seconds: float) -> list[Sample]:
        """Feed as the store takes in; a sample for each block of it."""
        end, samples, known = time.monotonic() + seconds, list[Sample](), -1
        while time.monotonic() < end:
            stored = self._allow(feeder, before)
            if stored != known and known >= 0:
                samples.append(self._sample(feeder, stored))
            known = stored
        return samples

    def _allow(self, feeder: Feeder, before: int) -> int:
        """One turn: let so many more reads be produced as were stored. Returns rows stored."""
        stored = self._stored()
        feeder.allow(stored - before + self._bench.window)
        self._tend()
        time.sleep(COUNT_EVERY_S)
        return stored

    def _at_a_block(self, feeder: Feeder, before: int) -> Sample:
        """Wait for the next block that the store takes in."""
        deadline, known = time.monotonic() + NO_BLOCK_S, self._allow(feeder, before)
        while (stored := self._allow(feeder, before)) == known:
            if time.monotonic() > deadline:
                raise BenchFailed(f"the store took in nothing for {NO_BLOCK_S:g} s")
        return self._sample(feeder, stored)

    def _sample(self, feeder: Feeder, stored: int) -> Sample:
        machine = psutil.cpu_times()
        busy = machine.user + machine.nice + machine.system + machine.irq + machine.softirq
        mine = psutil.Process().cpu_times()
        cpu = self._cpu(feeder) | {"bench": mine.user + mine.system, "machine": busy, "stolen": machine.steal}
        return Sample(time.monotonic(), stored, cpu)

    def latency(self, rate: float) -> dict[str, Any]:
        """Offer reads on a fixed schedule; from when each was due to its hit, and until it can be found."""
        assert self._watch is not None, "hits are timed while they are watched"
        self._say(f"latency at {rate:g} reads/s, {self._bench.seconds:g} s")
        self.drain()
        feeder = self._feeder(rate, LATENCY_LISTED_SHARE)
        self._await_first(feeder)
        self._idle(min(3.0, self._bench.seconds / 4))
        if self._bench.rates_per_s:
            self._profile()
        probe = SearchProbe(self._kafka, self._client, self._cameras, self._stored, self._markers)
        first, cpu, started = len(self._watch.delays_ms), self._cpu(feeder), time.monotonic()
        at_start = feeder.produced
        memory = self._memory_while(probe)
        spent = {name: used - cpu[name] for name, used in self._cpu(feeder).items()}
        seconds = time.monotonic() - started
        cores = {name: round(used / seconds, 2) for name, used in spent.items()}
        offered = feeder.produced
        on_their_way = self._produced + self._markers + offered + probe.sent - (self._stored() - self._before)
        self._profiled()
        self._finish(feeder)
        probe.finish(lambda: time.sleep(LOOK_EVERY_S))
        self._markers += probe.sent
        self.drain()
        delays = self._watch.delays_ms[first:]
        figures = {"p50": quantile(delays, 0.5), "p99": quantile(delays, 0.99), "p999": quantile(delays, 0.999)}
        return {
            "read_to_hit_ms": {**figures, "hits": len(delays), "rate": rate},
            "read_to_searchable_ms": {**probe.figures(), "rate": rate},
            "offered_per_s": round((offered - at_start) / seconds),
            "on_their_way_at_the_end": on_their_way,
            "cores_used_at_rate": cores,
            "rss_mb_by_tenth": memory,
            "rss_growth_second_half_mb": {name: round(mb[-1] - mb[len(mb) // 2], 1) for name, mb in memory.items()},
        }

    def _feeder(self, rate: float | None, listed_share: float) -> Feeder:
        """Of a seed of its own for each phase: the same one would make the same reads again."""
        bench, self._phases = self._bench, self._phases + 1
        seed = bench.seed * 1000 + self._phases
        feeder = Feeder(self._kafka, FeedPlan(self._cameras, bench.fleet, listed_share, seed, rate, self._produced))
        feeder.start()
        return feeder

    def _await_first(self, feeder: Feeder) -> None:
        """A process takes seconds to start, in which nothing is offered."""
        deadline = time.monotonic() + FEEDER_START_S
        while not feeder.produced:
            if time.monotonic() > deadline:
                raise BenchFailed(f"the feeder has sent nothing for {FEEDER_START_S:g} s")
            self._idle(LOOK_EVERY_S)

    def _idle(self, seconds: float, probe: SearchProbe | None = None) -> None:
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self._tend()
            if probe is not None:
                probe.step()
            time.sleep(LOOK_EVERY_S)

    def _memory_while(self, probe: SearchProbe) -> dict[str, list[float]]:
        """RSS in MB of each process at the begin and after each tenth: caches fill and then stay, a leak does not."""
        samples = [self._platform.rss_mb()]
        for _ in range(TENTHS):
            self._idle(self._bench.seconds / TENTHS, probe)
            samples.append(self._platform.rss_mb())
        return {name: [round(sample.get(name, 0.0), 1) for sample in samples] for name in samples[-1]}

    def _finish(self, feeder: Feeder) -> None:
        feeder.stop()
        self._produced += feeder.produced
        self._listed += feeder.listed

    def _profile(self) -> None:
        """The first phase alone: a second one would draw over its graphs."""
        if self._bench.profiler is not None and self._phases == 1:
            workers = {name: child.pid for name, child in self._platform.workers.items()}
            self._bench.profiler.start(workers, self._platform.settings.data_dir / "logs")

    def _profiled(self) -> None:
        if self._bench.profiler is not None:
            for file in self._bench.profiler.finish():
                self._say(f"flame graph in {file}")

    def _tend(self) -> None:
        for note in self._platform.tend():
            self._say(note)

    def _stored(self) -> int:
        """Rows of passages that the store has acknowledged; it answers without reading any.

        The bench's reads are one passage each. What was there before is merged, so that the number only grows.
        """
        return int(self._client.query("SELECT count() FROM passages").first_row[0])  # type: ignore[index]

    def _ask(self, query: str, **parameters: object) -> tuple[Any, ...]:
        parameters = {"since": self._began, **parameters}
        return tuple(self._client.query(query, parameters=parameters).result_rows[0])

    def _cpu(self, feeder: Feeder) -> dict[str, float]:
        used = psutil.Process(feeder.process.pid).cpu_times()
        return {**self._platform.cpu_s(), "feeder": used.user + used.system}

    def drain(self) -> None:
        """Wait until all that was sent is in the store. Raises NotDrained."""
        drain = Drain(self._kafka, SystemClock())
        try:
            drain.wait(drain_order(FLOWS, self._platform.settings), DRAIN_S)
        finally:
            drain.close()

    def truth(self) -> dict[str, Any]:
        """Everything that went in, against what is in the store."""
        passages, rows = self._ask(f"SELECT uniqExact(passage_id), count() FROM passages WHERE {OURS}")
        hits = self._ask(f"SELECT uniqExact(hit_id) FROM hits WHERE match = 'exact' AND {OURS}")[0]
        verdicts = self._lez.query("SELECT uniqExact(verdict_id) FROM verdicts").result_rows[0][0]
        kinds = self._lez.query("SELECT verdict, uniqExact(verdict_id) FROM verdicts GROUP BY ALL ORDER BY ALL")
        reads = self._produced + self._markers
        return {
            "reads": reads,
            "lost": reads - passages,
            "duplicated": rows - passages,
            "hits_missing": self._listed - hits,
            "hits_seen_by_subscriber": len(self._watch.ids) if self._watch is not None else 0,
            "lez_verdicts": verdicts,
            "lez_verdicts_by_kind": {str(kind): int(count) for kind, count in kinds.result_rows},
            "verdicts_missing": self._at_lez_cameras() - verdicts,
            "restarts": self._platform.restarts,
        }

    def _at_lez_cameras(self) -> int:
        watching = self._cameras[: round(self._bench.lez_share * len(self._cameras))]
        query = f"SELECT uniqExact(passage_id) FROM passages WHERE camera_id IN {{cameras:Array(String)}} AND {OURS}"
        return int(self._ask(query, cameras=watching)[0])
