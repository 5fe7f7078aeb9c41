"""The benchmark as a whole: a platform of its own, the phases, the truth, the record's figures."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from anpr.bench.machine import busy_cores, machine
from anpr.bench.pipeline.log_bytes import log_bytes_per_read
from anpr.bench.pipeline.plan import PipelineBench, Say
from anpr.bench.pipeline.run import Run
from anpr.platform import Platform, open_platform
from anpr.settings import Settings

__all__ = ["own_platform", "run_pipeline_bench"]

USUAL_RATE = 1000.0


@contextmanager
def own_platform(settings: Settings, bench: PipelineBench, say: Say) -> Iterator[Platform]:
    """Broker and store in a folder that is removed afterwards; no worker yet."""
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=settings.data_dir, prefix="bench-") as folder:
        own = settings.model_copy(update={"data_dir": Path(folder)})
        with open_platform(own, broker=bench.broker, say=say) as platform:
            yield platform


def run_pipeline_bench(settings: Settings, bench: PipelineBench, say: Say) -> dict[str, Any]:
    """Measure on a fresh platform. Raises SettingsFault for what cannot be measured."""
    bench.check()
    load = busy_cores()
    with own_platform(settings, bench, say) as platform:
        run = Run(platform, bench, say)
        run.prepare()
        with run.watched():
            result = {} if bench.rates_per_s else run.sustained()
            phases = [run.latency(rate) for rate in bench.rates_per_s or (USUAL_RATE,)]
            run.drain()
            truth = run.truth()
        logs = _logs(platform, bench, truth["reads"])
        asked = bench.asked() | {"store_reads": platform.settings.store_reads}
        rates = {f"{phase['read_to_hit_ms']['rate']:g}": _delays(phase) for phase in phases}
        told = {**result, **phases[0], "at_rates": rates, **truth, **logs, "rss_mb": platform.rss_mb()}
    return {**told, "machine": machine(load), "settings": asked}


def _logs(platform: Platform, bench: PipelineBench, reads: int) -> dict[str, Any]:
    if bench.broker != "kafka":
        return {}
    return {"log_bytes_per_read": log_bytes_per_read(platform.settings.data_dir / "kafka", reads)}


def _delays(phase: dict[str, Any]) -> dict[str, Any]:
    names = (
        "read_to_hit_ms",
        "read_to_searchable_ms",
        "offered_per_s",
        "on_their_way_at_the_end",
        "cores_used_at_rate",
    )
    return {name: phase[name] for name in names}
