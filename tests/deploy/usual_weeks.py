"""Weeks of camera health for pictures: a run of four minutes knows no usual hour, so the weeks before it are simulated.

By the simulation of `bench/camera_health.py` and the watcher of the worker `health`; what comes of it is stored as the
worker's own rows are. Some cameras fall ill within the last day.
"""

from __future__ import annotations

import importlib.util
import json
import sys
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from clickhouse_connect.driver.client import Client

from pipeline.health.limits import Limits
from schemas.codec import encode
from tests.deploy.deployment import ROOT

__all__ = ["store_usual_weeks"]

WEEKS = 4
SHOWN = timedelta(days=3)
ILL = (("silent", 5), ("half", 20), ("unreadable", 9), ("ahead", 6), ("turned", 16))
"""What happens, and how many hours ago it began."""
BUSY = range(len(ILL) * 2)
"""Cameras by their traffic from which those that fall ill are taken: something can be said of these within hours."""


def store_usual_weeks(store: Client, cameras: Sequence[str]) -> None:
    """Put rows and anomalies of the last days into the store. Takes about a minute."""
    bench: Any = _bench()
    bench.BEGIN = datetime.now(UTC).replace(minute=0, second=0, microsecond=0) - timedelta(weeks=WEEKS, hours=-1)
    bench.MEASURED = SHOWN

    class Run(bench.Run):  # type: ignore[misc]
        """The simulation, with our troubles, keeping what is told."""

        rows_told: list[Any]

        def _plant(self, count: int) -> list[Any]:
            """The outage of a zone is left out, and all else but ours."""
            del count
            busiest = self.traffic.daily.argsort()[::-1][list(BUSY)]
            now = self.until
            return [
                bench.Planted(kind, int(busiest[2 * n]), now - timedelta(hours=ago), now + timedelta(days=1))
                for n, (kind, ago) in enumerate(ILL)
            ]

        def _step(self, at: datetime, expected: Any, step_s: int) -> None:
            taken = self.watcher.taken

            def keep() -> None:
                self.rows_told.extend(self.watcher.rows)
                taken()

            self.watcher.taken = keep
            super()._step(at, expected, step_s)
            self.watcher.taken = taken

    run = Run(len(cameras), WEEKS, 7, Limits())
    _rename(run, cameras)
    run.rows_told, run.outage = [], (bench.BEGIN, timedelta(0))
    run.go(lambda _: None)
    _store(store, "camera_health", [one for one in run.rows_told if run.until - SHOWN <= one.hour_from < run.until])
    _store(store, "anomalies", [one for at, one in run.told if at >= run.until - SHOWN])


def _bench() -> Any:
    spec = importlib.util.spec_from_file_location("camera_health_bench", ROOT / "bench" / "camera_health.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def _rename(run: Any, cameras: Sequence[str]) -> None:
    """The simulation's cameras are those of the city."""
    registered = run.watcher._cameras
    for old, new in zip(list(run.names), cameras, strict=True):
        registered[new] = registered.pop(old)
    run.names = list(cameras)


def _store(store: Client, table: str, told: Sequence[Any]) -> None:
    """As the worker does, but above what the short run itself told of the hour under way."""
    rows = [json.loads(encode(one)) for one in told]
    for row in rows:
        row["revision"] += 1_000_000
        row["_log"] = "simulated"
    block = "\n".join(json.dumps(row) for row in rows)
    settings = {"input_format_skip_unknown_fields": 1, "date_time_input_format": "best_effort"}
    if rows:
        store.raw_insert(table, insert_block=block.encode(), fmt="JSONEachRow", settings=settings)
