"""`anpr bench search`: officers who ask the store at the same time, on an invented history.

Each officer asks one question after the other, by turns of all kinds, as a search with a reason; what is timed is the
answer to the question, not the recording of the search.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psutil

from anpr.bench.machine import busy_cores, machine
from anpr.bench.store_fill import Keys, fill
from anpr.bench.store_questions import QUESTIONS, Ask, Asking
from anpr.bench.store_size import DAILY, whole_months
from anpr.bench.store_times import cpu_s
from anpr.embedded.store.launch import StoreProcess, start_store
from anpr.hit_watch import quantile
from anpr.settings import Settings
from replay.history.passages import History
from replay.history.plan import HistoryPlan
from replay.history.plates import spell
from replay.history.trips import escorts
from sinks.clickhouse.client import connect
from sinks.clickhouse.migrate import migrate

__all__ = ["SearchBench", "fill_history", "run_search_bench"]

BLOCK = 200_000
KEYS_FROM = timedelta(days=29)
Say = Callable[[str], None]
Show = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True)
class SearchBench:
    """What to measure."""

    rows: int = 1_000_000
    """Passages of the history."""
    officers: tuple[int, ...] = (1, 4, 16)
    """At once, one number after the other."""
    samples: int = 140
    """Questions of each number of officers, of all kinds by turns."""
    seed: int = 1


@dataclass(frozen=True, slots=True)
class _Asked:
    question: str
    ms: float
    right: bool


def run_search_bench(settings: Settings, bench: SearchBench, say: Say, show: Show) -> dict[str, Any]:
    """Measure on a fresh store in a folder that is removed afterwards."""
    load = busy_cores()
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=settings.data_dir, prefix="bench-") as folder:
        store = start_store(Path(folder) / "store")
        try:
            keys = fill_history(store, bench.rows, bench.seed, show)
            say(f"{bench.rows:,} passages; now the officers")
            crew = _Crew(store, keys, bench, show)
            crew.turn(1)  # what nobody has asked for yet is in nobody's memory
            found = {str(count): crew.turn(count) for count in bench.officers}
        finally:
            store.stop()
    asked = {**asdict(bench), "officers": list(bench.officers)}
    return {"officers": found, "machine": machine(load), "settings": asked}


def fill_history(store: StoreProcess, rows: int, seed: int, show: Show) -> Keys:
    """An invented history into an empty store; returns what officers may ask for."""
    client = connect(store.dsn)
    migrate(client)
    midnight = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    plan = HistoryPlan(rows, midnight, seed)
    led, behind = (spell(vehicles).plate.strings() for vehicles in escorts(plan))
    since = round((datetime.now(UTC) - KEYS_FROM).timestamp() * 1000)
    keys = Keys(since, seed, dict(zip(led, behind, strict=True)))
    for done in fill(store.dsn, History(plan, min(BLOCK, max(1000, rows // 10))).blocks(), keys):
        show("history into the store", done, rows)
    for what in whole_months(client, DAILY):
        show(f"{what} to one part", 0, 0)
    return keys.shuffled()


class _Crew:
    """Officers, each with a connection of his own."""

    def __init__(self, store: StoreProcess, keys: Keys, bench: SearchBench, show: Show) -> None:
        self._store, self._bench, self._show, self._next = store, bench, show, 0
        clients = [connect(store.dsn, use_query_condition_cache=0) for _ in range(max(bench.officers))]
        self._desks = [Asking(client, keys) for client in clients]

    def turn(self, officers: int) -> dict[str, Any]:
        """So many ask at once; no plate that somebody asked for before."""
        share = -(-self._bench.samples // officers)
        work = [self._prepared(desk, share) for desk in self._desks[:officers]]
        process, began = psutil.Process(self._store.pid), time.perf_counter()
        used = cpu_s(process)
        with ThreadPoolExecutor(officers) as pool:
            answers = [one for done in pool.map(_ask_all, work) for one in done]
        seconds, used = time.perf_counter() - began, cpu_s(process) - used
        return _figures(answers, seconds, used)

    def _prepared(self, desk: Asking, count: int) -> list[tuple[str, Ask]]:
        prepared = []
        for number in range(count):
            self._show("searches recorded", number, count)
            name = QUESTIONS[self._next % len(QUESTIONS)].name
            prepared.append((name, desk.prepared(name, self._next)))
            self._next += 1
        return prepared


def _ask_all(work: Sequence[tuple[str, Ask]]) -> list[_Asked]:
    asked = []
    for name, ask in work:
        began = time.perf_counter()
        judge = ask()
        asked.append(_Asked(name, (time.perf_counter() - began) * 1000, judge().right))
    return asked


def _figures(answers: Sequence[_Asked], seconds: float, used_s: float) -> dict[str, Any]:
    """Milliseconds of all kinds mixed, and by kind; `store_cpu_ms`: the store's processor time for one."""
    kinds: Mapping[str, list[float]] = {
        question.name: [one.ms for one in answers if one.question == question.name] for question in QUESTIONS
    }
    return {
        "ms": _quantiles([one.ms for one in answers]),
        "by_question_ms": {name: _quantiles(taken) for name, taken in kinds.items() if taken},
        "answers_per_s": round(len(answers) / seconds, 1),
        "store_cpu_ms": round(used_s / len(answers) * 1000, 1),
        "samples": len(answers),
        "wrong_answers": sum(not one.right for one in answers),
    }


def _quantiles(taken: list[float]) -> dict[str, float | None]:
    return {"p50": quantile(taken, 0.5), "p95": quantile(taken, 0.95)}
