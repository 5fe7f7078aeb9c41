"""`anpr bench match`: a list of millions against traffic whose truth is known, and a real worker with that list."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import psutil

from anpr.bench.machine import busy_cores, machine
from anpr.bench.match_quality import Quality, bins_of, judged
from anpr.bench.match_traffic import LIST_MIX, SOUGHT, Traffic, TruePassage, entries, patterns
from anpr.bench.match_worker import worker_figures
from anpr.settings import Settings
from anpr.worker import calm_collector
from pipeline.hotlist.entries import decode_listed
from pipeline.hotlist.evidence import plates_right
from pipeline.hotlist.index import HotlistIndex
from pipeline.hotlist.matching import kinds_in_question
from pipeline.hotlist.spelling import rows_of
from pipeline.messages import Batch
from pipeline.stages.match import Match, tells_nothing

__all__ = ["MatchBench", "run_match_bench"]

ROUNDS = 3
Say = Callable[[str], None]
Show = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True)
class MatchBench:
    """What to measure."""

    entries: int = 3_000_000
    patterns: int = 10_000
    passages: int = 100_000
    """Of the traffic; a fifth as many more are all misread."""
    listed_share: float = 0.005
    misread_rate: float = 0.03
    """Share of reads that are wrong."""
    seed: int = 1
    worker: bool = True
    """Also start a worker with the list, on the embedded broker."""


def run_match_bench(settings: Settings, bench: MatchBench, say: Say, show: Show) -> dict[str, Any]:
    """Measure; a folder for the worker's platform is made and removed."""
    load = busy_cores()
    run = _Run(bench, say, show)
    figures = run.index_figures() | run.quality_figures() | run.speed_figures()
    if bench.worker:
        settings.data_dir.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(dir=settings.data_dir, prefix="bench-") as folder:
            own = settings.model_copy(update={"data_dir": Path(folder)})
            figures |= worker_figures(own, bench.entries, run.listed(), say, show)
    return figures | {"machine": machine(load), "settings": asdict(bench)}


class _Run:
    """The index in this process, and what goes through the stage."""

    def __init__(self, bench: MatchBench, say: Say, show: Show) -> None:
        self._bench, self._say, self._show = bench, say, show
        self._index = HotlistIndex()
        self._traffic: list[Sequence[TruePassage]] = []

    def listed(self) -> Iterator[tuple[bytes, bytes]]:
        """Key and value of every entry."""
        yield from entries(self._bench.entries)
        yield from patterns(self._bench.patterns, self._bench.seed)

    def index_figures(self) -> dict[str, Any]:
        """How long it takes to build, and what it holds in memory."""
        process = psutil.Process()
        before, began, total = process.memory_info().rss, time.monotonic(), self._bench.entries + self._bench.patterns
        for number, (key, value) in enumerate(self.listed()):
            self._index.put(key, decode_listed(value))
            if number % 10_000 == 0:
                self._show("entries", number, total)
        taken = time.monotonic()
        self._index.settle()
        built = time.monotonic()
        self._say(f"{len(self._index):,} entries in {built - began:.1f} s")
        return {
            "index_mb": round((process.memory_info().rss - before) / 1e6),
            "index_arrays_mb": round(self._index.nbytes / 1e6),
            "build_s": {"made_and_taken": round(taken - began, 1), "arranged": round(built - taken, 1)},
        }

    def quality_figures(self) -> dict[str, Any]:
        """Who is found and who is stopped for nothing; and how often claims were right."""
        bench = self._bench
        traffic = Traffic(bench.entries, bench.misread_rate, bench.seed)
        self._traffic = self._made(traffic, bench.passages, bench.listed_share)
        misread = self._made(Traffic(bench.entries, 1.0, bench.seed + 1), bench.passages // 5, 1.0)
        usual, wrong = self._judged("traffic", self._traffic), self._judged("misread", misread)
        confirms, alerts = usual.count("confirm"), usual.count("alert")
        return {
            "recall_exact": round(usual.recall("exact"), 4),
            "recall_one_misread": round(wrong.recall("one"), 4),
            "recall_one_misread_sought": round(wrong.recall("one", *SOUGHT), 4),
            "recall_one_misread_by_kind": {kind: round(wrong.recall("one", kind), 4) for kind in sorted(set(LIST_MIX))},
            "wrong_alert_share": round(usual.wrong_share("alert"), 4),
            "confirm_share": round(confirms / max(confirms + alerts, 1), 4),
            "quality": {"traffic": usual.report(), "all_misread": wrong.report()},
            "calibration": {
                "hits": bins_of(usual.claims),
                "one_read": bins_of(_claims(self._traffic, several=False)),
                "several_reads": bins_of(_claims(self._traffic, several=True)),
            },
        }

    def _made(self, traffic: Traffic, count: int, listed_share: float) -> list[Sequence[TruePassage]]:
        made = []
        for batch in traffic.batches(count, listed_share):
            made.append(batch)
            self._show("passages made", len(made) * len(batch), count)
        return made

    def _judged(self, what: str, batches: Sequence[Sequence[TruePassage]]) -> Quality:
        return judged(Match(self._index, {}, {}), batches, lambda done: self._show(f"{what} judged", done, 0))

    def speed_figures(self) -> dict[str, Any]:
        """Passages a second through the stage on one core, and where the time goes."""
        batches = [Batch([one.message for one in batch], batch[-1].passage.received_at) for batch in self._traffic]
        texts = [rows_of([message.key or b"" for message in batch.messages]) for batch in batches]
        count = sum(len(batch.messages) for batch in batches)
        calm_collector()  # as the worker does
        whole = [self._timed(lambda: _through(Match(self._index, {}, {}), batches)) for _ in range(ROUNDS)]
        exact = self._timed(lambda: [self._index.find(rows, near=False) for rows in texts])
        near = self._timed(lambda: [self._index.find(rows) for rows in texts])
        wild = self._timed(lambda: [list(self._index.find_patterns(rows)) for rows in texts])
        seconds = sorted(whole)[ROUNDS // 2]
        return {
            "reads_per_s": round(count / seconds),
            "tolerant_share": round(sum(map(self._doubtful, self._traffic)) / count, 4),
            "us_per_read": {
                "whole_stage": round(seconds / count * 1e6, 2),
                "exact_look": round(exact / count * 1e6, 2),
                "tolerant_look": round(near / count * 1e6, 2),
                "patterns": round(wild / count * 1e6, 2),
            },
        }

    def _doubtful(self, batch: Sequence[TruePassage]) -> int:
        """Passages for which near entries are looked up, too: who takes the tolerant path."""
        texts = rows_of([one.message.key or b"" for one in batch])
        untold = np.array([tells_nothing(one.message) for one in batch])
        kinds = kinds_in_question(self._index, texts, plates_right([one.passage for one in batch]), untold)
        return int(np.count_nonzero(kinds.any(axis=1)))

    def _timed(self, work: Callable[[], object]) -> float:
        began = time.process_time()
        work()
        return time.process_time() - began


def _through(stage: Match, batches: Iterable[Batch]) -> None:
    for batch in batches:
        stage(batch)


def _claims(batches: Iterable[Sequence[TruePassage]], *, several: bool) -> Iterator[tuple[float, bool]]:
    """Confidence of passages, and whether their plate is right."""
    for one in itertools.chain.from_iterable(batches):
        if not one.passage.withdrawn and (one.passage.read_count > 1) is several:
            yield one.passage.confidence, one.passage.plate == one.plate
