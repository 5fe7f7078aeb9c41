"""`anpr bench pipeline`: reads in, passages, hits and verdicts in the store, on one machine, all processes counted."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Literal

import psutil
from clickhouse_connect.driver.client import Client

from anpr.bench.feeder import Feeder, FeedPlan
from anpr.bench.machine import machine
from anpr.hit_watch import HitWatch, quantile
from anpr.platform import Platform, open_platform
from anpr.registering import register
from anpr.settings import Settings
from anpr.wiring import drain_order
from pipeline.runtime.clock import SystemClock
from pipeline.runtime.drain import Drain
from replay.bulk import ReadFactory
from schemas.camera import Camera
from sinks.clickhouse.client import connect

__all__ = ["PipelineBench", "run_pipeline_bench"]

FLOWS = ("consolidate", "match", "judge", "store", "store-lez")
WINDOW = 40_000
"""Reads on their way in the sustained phase: enough that no stage waits, little enough to be no backlog."""
LATENCY_LISTED_SHARE = 0.05
LOOK_EVERY_S = 0.1
TENTHS = 10
Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class PipelineBench:
    """What to measure."""

    seconds: float
    """Length of each phase."""
    rate_per_s: float | None
    """Offered rate of the latency phase; None: 1,000/s after a phase that finds the sustained maximum."""
    cameras: int = 450
    lez_share: float = 0.4
    """Share of cameras that watch a low-emission zone: 184 of 450 in Brussels."""
    fleet: int = 1_000_000
    listed_share: float = 0.005
    seed: int = 1
    broker: Literal["embedded", "kafka"] = "embedded"
    """`kafka`: one node of Apache Kafka from its jars (needs Java and Maven)."""


def run_pipeline_bench(settings: Settings, bench: PipelineBench, say: Say) -> dict[str, Any]:
    """Measure on a fresh platform in a folder that is removed afterwards."""
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=settings.data_dir, prefix="bench-") as folder:
        own = settings.model_copy(update={"data_dir": Path(folder)})
        with open_platform(own, broker=bench.broker, workers=FLOWS, say=say) as platform:
            return _Run(platform, bench, say).report()


class _Run:
    def __init__(self, platform: Platform, bench: PipelineBench, say: Say) -> None:
        self._platform, self._bench, self._say = platform, bench, say
        self._kafka = platform.settings.kafka()
        self._client: Client = connect(platform.settings.dsn())
        self._lez: Client = connect(platform.settings.lez())
        self._cameras = [f"bench-{number:05d}" for number in range(bench.cameras)]
        self._produced = self._listed = 0
        self._load = os.getloadavg()[0]

    def report(self) -> dict[str, Any]:
        self._register()
        watch = HitWatch(self._kafka)
        try:
            result = self._sustained() if self._bench.rate_per_s is None else {}
            result |= self._latency(watch)
            self._drain()
            result |= self._truth(watch)
        finally:
            watch.close()
        return {**result, "rss_mb": self._platform.rss_mb(), "machine": machine(self._load), "settings": self._asked()}

    def _register(self) -> None:
        watching = round(self._bench.lez_share * len(self._cameras))
        cameras = [
            Camera(camera_id=name, name=name, kind="fixed", lez_zones=("brussels",) if number < watching else ())
            for number, name in enumerate(self._cameras)
        ]
        factory = ReadFactory(self._cameras, self._bench.fleet, self._bench.listed_share, self._bench.seed)
        register(self._kafka, [*cameras, *factory.hotlist(datetime.now(UTC))])

    def _sustained(self) -> dict[str, Any]:
        """Keep WINDOW reads on their way, and count what reaches the store in the measured time."""
        self._say(f"sustained rate, {self._bench.seconds:g} s")
        feeder = self._feeder(None, self._bench.listed_share, self._bench.seed)
        self._pump(feeder, self._bench.seconds / 4)  # start-up and first compilation are not the rate
        stored, cpu, rss, started = self._stored(), self._cpu(feeder), self._platform.rss_mb(), time.monotonic()
        self._pump(feeder, self._bench.seconds)
        seconds, count = time.monotonic() - started, self._stored() - stored
        spent = {name: used - cpu[name] for name, used in self._cpu(feeder).items()}
        grown = {name: round(now - rss[name], 1) for name, now in self._platform.rss_mb().items()}
        self._finish(feeder)
        return _sustained_figures(count, seconds, spent) | {"rss_growth_mb": grown}

    def _pump(self, feeder: Feeder, seconds: float) -> None:
        end = time.monotonic() + seconds
        before = self._produced
        while time.monotonic() < end:
            feeder.allow(self._stored() - before + WINDOW)
            self._tend()
            time.sleep(LOOK_EVERY_S)

    def _latency(self, watch: HitWatch) -> dict[str, Any]:
        rate = self._bench.rate_per_s or 1000.0
        self._say(f"latency at {rate:g} reads/s, {self._bench.seconds:g} s")
        self._drain()
        feeder = self._feeder(rate, LATENCY_LISTED_SHARE, self._bench.seed + 1)
        self._idle(min(3.0, self._bench.seconds / 4))
        first, cpu, started = len(watch.delays_ms), self._cpu(feeder), time.monotonic()
        memory = self._memory_while_idle()
        spent = {name: used - cpu[name] for name, used in self._cpu(feeder).items()}
        cores = {name: round(used / (time.monotonic() - started), 2) for name, used in spent.items()}
        self._finish(feeder)
        delays = watch.delays_ms[first:]
        figures = {"p50": quantile(delays, 0.5), "p99": quantile(delays, 0.99), "p999": quantile(delays, 0.999)}
        return {
            "read_to_hit_ms": {**figures, "hits": len(delays), "rate": rate},
            "cores_used_at_rate": cores,
            "rss_mb_by_tenth": memory,
            "rss_growth_second_half_mb": {name: round(mb[-1] - mb[len(mb) // 2], 1) for name, mb in memory.items()},
        }

    def _feeder(self, rate: float | None, listed_share: float, seed: int) -> Feeder:
        feeder = Feeder(self._kafka, FeedPlan(self._cameras, self._bench.fleet, listed_share, seed, rate))
        feeder.start()
        return feeder

    def _idle(self, seconds: float) -> None:
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self._tend()
            time.sleep(LOOK_EVERY_S)

    def _memory_while_idle(self) -> dict[str, list[float]]:
        """RSS in MB of each process at the begin and after each tenth: caches fill and then stay, a leak does not."""
        samples = [self._platform.rss_mb()]
        for _ in range(TENTHS):
            self._idle(self._bench.seconds / TENTHS)
            samples.append(self._platform.rss_mb())
        return {name: [round(sample.get(name, 0.0), 1) for sample in samples] for name in samples[-1]}

    def _finish(self, feeder: Feeder) -> None:
        feeder.stop()
        self._produced += feeder.produced
        self._listed += feeder.listed

    def _tend(self) -> None:
        for note in self._platform.tend():
            self._say(note)

    def _stored(self) -> int:
        """Rows of passages that the store has acknowledged. The bench's reads are one passage each."""
        return int(self._client.query("SELECT count() FROM passages").first_row[0])  # type: ignore[index]

    def _cpu(self, feeder: Feeder) -> dict[str, float]:
        used = psutil.Process(feeder.process.pid).cpu_times()
        return {**self._platform.cpu_s(), "feeder": used.user + used.system}

    def _drain(self) -> None:
        drain = Drain(self._kafka, SystemClock())
        drain.wait(drain_order(FLOWS, self._platform.settings), 120)
        drain.close()

    def _truth(self, watch: HitWatch) -> dict[str, Any]:
        """Everything that went in, against what is in the store."""
        passages, rows = self._client.query("SELECT uniqExact(passage_id), count() FROM passages").result_rows[0]
        hits = self._client.query("SELECT uniqExact(hit_id) FROM hits WHERE match = 'exact'").result_rows[0][0]
        verdicts = self._lez.query("SELECT uniqExact(verdict_id) FROM verdicts").result_rows[0][0]
        return {
            "reads": self._produced,
            "lost": self._produced - passages,
            "duplicated": rows - passages,
            "hits_missing": self._listed - hits,
            "hits_seen_by_subscriber": len(watch.ids),
            "lez_verdicts": verdicts,
            "verdicts_missing": self._at_lez_cameras() - verdicts,
            "restarts": self._platform.restarts,
        }

    def _at_lez_cameras(self) -> int:
        watching = self._cameras[: round(self._bench.lez_share * len(self._cameras))]
        query = "SELECT uniqExact(passage_id) FROM passages WHERE camera_id IN {cameras:Array(String)}"
        return int(self._client.query(query, parameters={"cameras": watching}).result_rows[0][0])

    def _asked(self) -> dict[str, Any]:
        bench = self._bench
        return {
            "seconds": bench.seconds,
            "cameras": bench.cameras,
            "lez_share": bench.lez_share,
            "fleet": bench.fleet,
            "listed_share": bench.listed_share,
            "store_reads": self._platform.settings.store_reads,
            "broker": bench.broker,
        }


def _sustained_figures(count: int, seconds: float, spent: Mapping[str, float]) -> dict[str, Any]:
    per_million = {name: round(used / count * 1e6, 1) for name, used in spent.items()} if count else {}
    ours = sum(value for name, value in per_million.items() if name != "feeder")
    return {
        "reads_per_s": round(count / seconds),
        "cpu_s_per_million": round(ours, 1),
        "cpu_s_per_million_by_process": per_million,
    }
