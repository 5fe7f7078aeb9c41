"""How long questions take: with caches dropped, with new keys, with the same keys again, and while rows come in.

Before new keys are timed, others are asked: a store that has just been filled has nobody's index and marks in memory,
one that officers ask all day has. What that first time costs, `cold` tells.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
from clickhouse_connect.driver.client import Client

from anpr.bench.store_questions import MORE_QUESTIONS, QUESTIONS, Answer, Ask, Asking, Question
from anpr.embedded.store.launch import StoreProcess
from anpr.hit_watch import quantile

__all__ = ["Stopwatch", "cpu_s"]

COLD_SAMPLES, WARM_UP = 10, 20
Show = Callable[[str, int, int], None]


@dataclass(slots=True)
class Stopwatch:
    """Times the questions on one store."""

    client: Client
    store: StoreProcess
    folder: Path
    """Of the store: its files are dropped from the system's memory for a cold sample."""
    asking: Asking
    show: Show
    samples: int | None = None
    """Of each question; None: as many as it says itself."""

    def alone(self) -> dict[str, dict[str, Any]]:
        """By question: quantiles for new keys, `cold` and `warm`; cold last, as it drops what the others find there."""
        for file in _files(self.folder):
            _into_memory(file)
        alone = {question.name: self._alone(question) for question in QUESTIONS}
        return {question.name: alone[question.name] | {"cold": self._cold(question)} for question in QUESTIONS}

    def more(self) -> dict[str, dict[str, Any]]:
        """By question, of those that do not grow with the passages: new keys, and the same again."""
        return {question.name: self._alone(question) for question in MORE_QUESTIONS}

    def _alone(self, question: Question) -> dict[str, Any]:
        """New keys, on files that the system has in memory; then the same keys."""
        count = self._count(question)
        others = range(3 * count, 3 * count + min(WARM_UP, count))
        self._time(f"{question.name}, to warm up", self._prepared(question.name, others))
        asks = self._prepared(question.name, range(count))
        new = self._time(question.name, asks)
        return new | {"warm": self._time(f"{question.name}, same again", asks)}

    def _cold(self, question: Question) -> dict[str, Any]:
        """Other keys, each with nothing in memory."""
        count = self._count(question)
        asks = self._prepared(question.name, range(2 * count, 2 * count + min(COLD_SAMPLES, count)))
        return self._time(f"{question.name}, cold", asks, cold=True)

    def busy(self) -> dict[str, dict[str, Any]]:
        """By question: quantiles for other new keys, for while rows come in."""
        return {question.name: self._busy(question) for question in QUESTIONS}

    def _busy(self, question: Question) -> dict[str, Any]:
        numbers = range(self._count(question), 2 * self._count(question))
        return self._time(f"{question.name}, rows coming", self._prepared(question.name, numbers))

    def _count(self, question: Question) -> int:
        return self.samples or question.samples

    def _prepared(self, name: str, numbers: range) -> list[Ask]:
        """Searches are recorded before: what is timed is the question alone."""
        asks: list[Ask] = []
        for number in numbers:
            self.show(f"{name}: searches recorded", len(asks), len(numbers))
            asks.append(self.asking.prepared(name, number))
        return asks

    def _time(self, what: str, asks: Sequence[Ask], *, cold: bool = False) -> dict[str, Any]:
        taken: list[float] = []
        answers: list[Answer] = []
        process = psutil.Process(self.store.pid)
        used = 0.0
        for ask in asks:
            self.show(what, len(taken), len(asks))
            if cold:
                self._forget()
            before, began = cpu_s(process), time.perf_counter()
            judge = ask()
            taken.append((time.perf_counter() - began) * 1000)
            used += cpu_s(process) - before
            answers.append(judge())
        return _figures(taken, answers, used)

    def _forget(self) -> None:
        """Drop the store's caches and its files from the system's memory."""
        for cache in ("MARK", "UNCOMPRESSED", "PRIMARY INDEX", "QUERY CONDITION"):
            self.client.command(f"SYSTEM DROP {cache} CACHE")
        for file in _files(self.folder):
            _drop_from_memory(file)


def cpu_s(process: psutil.Process) -> float:
    """Processor time that it has used, s."""
    used = process.cpu_times()
    return float(used.user + used.system)


def _figures(taken: Sequence[float], answers: Sequence[Answer], used_s: float) -> dict[str, Any]:
    """Milliseconds; `store_cpu_ms`: the store's processor time for one, which a busy machine hardly changes."""
    return {
        **{f"p{round(q * 100)}": quantile(list(taken), q) for q in (0.5, 0.95, 0.99)},
        "store_cpu_ms": round(used_s / len(taken) * 1000, 1),
        "samples": len(taken),
        "rows": round(sum(answer.rows for answer in answers) / len(answers), 1),
        "wrong": sum(not answer.right for answer in answers),
    }


def _files(folder: Path) -> Iterator[Path]:
    for place, _, names in os.walk(folder):
        yield from (Path(place, name) for name in names)


def _into_memory(file: Path) -> None:
    try:
        with file.open("rb", buffering=0) as opened:
            while opened.read(1 << 20):
                pass
    except FileNotFoundError:  # a merge has removed it
        return


def _drop_from_memory(file: Path) -> None:
    try:
        descriptor = os.open(file, os.O_RDONLY)
    except OSError:  # a merge has removed it
        return
    try:
        os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
    finally:
        os.close(descriptor)
