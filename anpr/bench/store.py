"""`anpr bench store`: a history into an embedded store through its protocol front, then the questions, timed."""

from __future__ import annotations

import os
import platform
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from importlib.metadata import version
from pathlib import Path
from typing import IO, Any

import psutil
from clickhouse_connect.driver.client import Client

from anpr.bench.machine import machine
from anpr.bench.store_feed import LiveFeed
from anpr.bench.store_fill import Keys, fill, replayed, send, spool
from anpr.bench.store_questions import Asking
from anpr.bench.store_sink import sink_rows_per_s
from anpr.bench.store_size import DAILY, FED, Size, columns_of, settled, sizes, whole_months
from anpr.bench.store_times import Show, Stopwatch, cpu_s
from anpr.embedded.store.launch import StoreProcess, start_store
from anpr.settings import Settings
from replay.history.passages import History, Passages
from replay.history.plan import HistoryPlan
from replay.history.plates import spell
from replay.history.trips import escorts
from sinks.clickhouse.client import connect
from sinks.clickhouse.migrate import migrate
from sinks.clickhouse.queries.learn import learn_day

__all__ = ["StoreBench", "run_store_bench"]

BLOCK = 200_000
"""Rows of one insert; of a small history a tenth of it."""
PATROLS = 500
MEASURED_MOST = 5_000_000
"""Rows of the timed insert, made beforehand: the generator must not take part."""
PACKAGES = ("chdb", "clickhouse-connect", "numpy")
Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class StoreBench:
    """What to measure."""

    rows: int
    """Passages; revisions come on top."""
    seed: int = 1
    feed_rows_per_s: int = 20_000
    """Rows that come in while questions are asked a second time."""
    columns: bool = False
    """Also tell bytes per row of each column."""
    samples: int | None = None
    """Of each question; None: 40 to 100, as the table of questions says."""


def run_store_bench(settings: Settings, bench: StoreBench, load: float, say: Say, show: Show) -> dict[str, Any]:
    """Measure on a fresh store in a folder that is removed afterwards. show: what, how far, of how much.

    load: average before the first of several sizes, which are work too.
    """
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=settings.data_dir, prefix="bench-") as folder:
        store = start_store(Path(folder) / "store")
        try:
            figures = _Run(store, Path(folder), bench, say, show).report()
        finally:
            store.stop()
    return {**figures, "machine": machine(load), "versions": _versions(store), "settings": _asked(bench)}


@dataclass(slots=True)
class _Run:
    store: StoreProcess
    folder: Path
    bench: StoreBench
    say: Say
    show: Show
    client: Client = field(init=False)
    history: History = field(init=False)
    keys: Keys = field(init=False)

    def __post_init__(self) -> None:
        midnight = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
        plan = HistoryPlan(self.bench.rows, midnight, self.bench.seed)
        self.history = History(plan, min(BLOCK, max(1000, plan.rows // 10)))
        since = datetime.now(UTC) - timedelta(days=29)
        self.keys = Keys(round(since.timestamp() * 1000), self.bench.seed, _company(plan))
        # Off, or the second question for the same key would be answered from what the first one noted.
        self.client = connect(self.store.dsn, use_query_condition_cache=0)

    def report(self) -> dict[str, Any]:
        migrate(self.client)
        self._register_cameras()
        inserted = self._insert()
        at_rest = sizes(self.client)
        self.say(f"{at_rest.passages:,} passages at {at_rest.bytes_per_row} bytes each; now the questions")
        os.sync()  # a day later, nothing of it is still on its way to the disk
        watch = self._watch()
        alone = watch.alone()
        size = self._month_over()
        columns = columns_of(self.client, size.passages) if self.bench.columns else {}
        questions = self._while_inserting(watch, alone)
        learnt = self._learn()
        more = watch.more()
        result = {
            "rows": size.passages,
            "insert_rows_per_s": inserted["rows_per_s"],
            "bytes_per_row": size.bytes_per_row,
            "bytes_per_row_at_rest": at_rest.bytes_per_row,
            "ms": questions,
            "more_ms": more,
            "learnt": learnt,
            "wrong_answers": _wrong(questions | more),
            "insert": inserted | self._as_the_sink(),
            "size": size.report() | {"at_rest": at_rest.report()},
            "history": self._history(),
            "rss_mb": round(psutil.Process(self.store.pid).memory_info().rss / 1e6),
        }
        return result | ({"columns": columns} if columns else {})

    def _register_cameras(self) -> None:
        stamp = round(time.time() * 1000)
        rows = [camera.model_dump_json(exclude_none=True)[:-1] for camera in self.history.city.cameras]
        lines = "\n".join(f'{row},"_stamp_ms":{stamp}}}' for row in rows)
        settings = {"input_format_skip_unknown_fields": 1, "input_format_null_as_default": 1}
        self.client.raw_insert("cameras", insert_block=lines.encode(), fmt="JSONEachRow", settings=settings)

    def _insert(self) -> dict[str, Any]:
        """All rows; the last ones, of some days, are made before they are sent, and timed. What is older is merged as
        it is after a day."""
        blocks, rows = self.history.blocks(), self.bench.rows
        before = rows - min(MEASURED_MOST, rows // 2)
        began = time.monotonic()
        filled = 0
        for filled in fill(self.store.dsn, _until(blocks, before), self.keys):
            self.show("history into the store", filled, rows)
        seconds = time.monotonic() - began
        self._merge_months(DAILY)
        self.say(f"{filled:,} rows made and stored in {seconds:.0f} s; the rest is made before it is sent")
        with (self.folder / "spool").open("w+b") as file:
            timing = self._timed(file, spool(blocks, self.keys, file))
        (self.folder / "spool").unlink()
        self.keys = self.keys.shuffled()
        return timing | {"fill_rows_per_s": round(filled / seconds)}

    def _timed(self, file: IO[bytes], rest: int) -> dict[str, Any]:
        process = psutil.Process(self.store.pid)
        self._merge()
        cpu, began = cpu_s(process), time.monotonic()
        for done in send(self.store.dsn, replayed(file)):
            self.show("timed insert", done, rest)
        seconds, used = time.monotonic() - began, cpu_s(process) - cpu
        self.say(f"{rest:,} rows in {seconds:.1f} s: {rest / seconds:,.0f} rows/s; merges are waited for")
        self._merge()
        settled_s = time.monotonic() - began
        return {
            "format": "Native",
            "rows": rest,
            "rows_per_s": round(rest / seconds),
            "rows_per_s_until_merged": round(rest / settled_s),
            "store_cpu_s_per_million": round(used / rest * 1e6, 2),
            "store_cpu_s_per_million_until_merged": round((cpu_s(process) - cpu) / rest * 1e6, 2),
        }

    def _merge(self) -> None:
        for merges in settled(self.client):
            self.show("merges under way", merges, 0)

    def _merge_months(self, tables: Sequence[str]) -> None:
        """As the store does by itself with what is a day old, for which the benchmark does not wait."""
        for what in whole_months(self.client, tables):
            self.show(f"{what} to one part", 0, 0)

    def _month_over(self) -> Size:
        """Size as it is for all but the running month."""
        self._merge_months(FED)
        size = sizes(self.client)
        self.say(f"{size.bytes_per_row} bytes each once the month is over; asked again while rows come in")
        return size

    def _watch(self) -> Stopwatch:
        asking, folder = Asking(self.client, self.keys), self.folder / "store"
        return Stopwatch(self.client, self.store, folder, asking, self.show, self.bench.samples)

    def _while_inserting(self, watch: Stopwatch, alone: dict[str, Any]) -> dict[str, Any]:
        until, seed = self.history.plan.until, self.bench.seed
        with LiveFeed(self.store.dsn, self.bench.feed_rows_per_s, until, seed) as feed:
            busy = watch.busy()
        self.say(f"asked again while {feed.rows_per_s:,.0f} rows/s came in")
        coming = round(feed.rows_per_s)
        return {name: alone[name] | {"while_inserting": busy[name] | {"rows_per_s": coming}} for name in alone}

    def _learn(self) -> dict[str, Any]:
        """What the questions about travel rest on: the last whole day learnt, and patrols on duty."""
        now = datetime.now(UTC)
        rows = [(f"unit-{n}", now, (50.7 + n % 25 / 100, 4.2 + n // 25 / 100), "available") for n in range(PATROLS)]
        self.client.insert("patrols", rows, column_names=["patrol_id", "at", "position", "status"])
        began = time.monotonic()
        learnt = learn_day(self.client, (self.history.plan.until - timedelta(days=1)).date(), now)
        seconds = time.monotonic() - began
        self.say(f"a day of {learnt.passages:,} passages learnt in {seconds:.1f} s")
        return {
            "passages": learnt.passages,
            "one_in": learnt.one_in,
            "movements": learnt.movements,
            "s": round(seconds, 1),
        }

    def _as_the_sink(self) -> dict[str, Any]:
        """The sink's own ways, on passages of other vehicles; last, as they are not part of the history."""
        plan = HistoryPlan(min(400_000, self.bench.rows), self.history.plan.until, self.bench.seed + 500)
        return sink_rows_per_s(self.client, History(plan, min(20_000, plan.rows // 2)).blocks(), self.store.pid)

    def _history(self) -> dict[str, Any]:
        plan = self.history.plan
        return {"days": plan.days, "cameras": plan.cameras, "regulars": plan.regulars, "others": plan.others}


def _company(plan: HistoryPlan) -> dict[str, str]:
    led, behind = (spell(vehicles).plate.strings() for vehicles in escorts(plan))
    return dict(zip(led, behind, strict=True))


def _wrong(questions: dict[str, Any]) -> int:
    """Of all samples, over all ways of asking."""
    asked = [way for one in questions.values() for way in (one, *one.values()) if isinstance(way, dict)]
    return sum(int(way["wrong"]) for way in asked)


def _until(blocks: Iterator[Passages], rows: int) -> Iterator[Passages]:
    """Blocks until they are so many rows."""
    done = 0
    while done < rows:
        block = next(blocks, None)
        if block is None:
            return
        done += len(block)
        yield block


def _asked(bench: StoreBench) -> dict[str, Any]:
    return {
        "rows": bench.rows,
        "seed": bench.seed,
        "feed_rows_per_s": bench.feed_rows_per_s,
        "samples": bench.samples,
        "block": min(BLOCK, max(1000, bench.rows // 10)),
    }


def _versions(store: StoreProcess) -> dict[str, str]:
    packages = {name: version(name) for name in PACKAGES}
    return {"clickhouse": store.version, "python": platform.python_version(), **packages}
