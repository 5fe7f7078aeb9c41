"""How long a search takes through the HTTP API: stated and recorded, then answered and recorded; one JSON line.

    python bench/console_search.py [--rows N] [--samples N] [--officers N] [--json]

A store of its own with N invented passages of 37 days, a broker, and the API as the process that people run. Officers
ask one after the other, by turns, for a whole plate with its misreads, a part of 4 characters, and `B or 8`. Timed are
POST /searches and GET /passages (100 rows), as a program on the same machine sees them, and both together; `own` is all
of it but the store's question: who asks, the record of the search and of what it showed, the answer as JSON.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import psutil

from anpr.bench.machine import busy_cores, machine
from anpr.bench.search import fill_history
from anpr.bench.server_timing import server_timing
from anpr.bench.store_fill import Keys
from anpr.bench.store_times import cpu_s
from anpr.embedded.broker import start_broker
from anpr.embedded.child import Child, start_child, wait_ready
from anpr.embedded.store.launch import StoreProcess, start_store
from anpr.hit_watch import quantile
from anpr.settings import Settings
from anpr.subscriber_key import credentials_of
from console.officer_tokens import officer_token
from pipeline.runtime.kafka import KafkaConfig, admin_client
from sinks.clickhouse.client import connect
from sinks.clickhouse.officers import FOREVER, Officer, Register
from topics.admin import create
from topics.spec import all_topics

OFFICER = "bench"
REASON = "Hit and run in the Rue Neuve"
KINDS: dict[str, Callable[[str], str]] = {
    "whole": lambda plate: plate,
    "part": lambda plate: f"{plate[:4]}*",
    "either": lambda plate: f"{plate[:-1]}[{plate[-1]}{'8' if plate[-1] != '8' else 'B'}]",
}
WARM_UP = 9


@dataclass(frozen=True, slots=True)
class Asked:
    """One search, milliseconds."""

    kind: str
    stated: float
    answered: float
    found: bool
    """The plate it began with is among the answers."""
    store: float
    """Of it, how long the store was asked."""

    @property
    def both(self) -> float:
        """From the first byte out to the last byte in."""
        return self.stated + self.answered


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--samples", type=int, default=150)
    parser.add_argument("--officers", type=int, default=1)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--folder", type=Path, default=None, help="for the store of large histories; else /tmp")
    parser.add_argument("--json", action="store_true", help="nothing but the JSON line")
    args = parser.parse_args()
    load = busy_cores()
    with tempfile.TemporaryDirectory(dir=args.folder) as folder, _platform(Path(folder), args) as (world, keys):
        world.ask_all(_work(keys, WARM_UP, 0), args.officers)  # what nobody has asked for is in nobody's memory
        before = world.cpu_s()
        asked = world.ask_all(_work(keys, args.samples, WARM_UP), args.officers)
        used = {name: (after - before[name]) / len(asked) * 1000 for name, after in world.cpu_s().items()}
    found = {
        "rows": args.rows,
        "officers": args.officers,
        "samples": len(asked),
        "not_found": sum(not one.found for one in asked),
        **_figures(asked),
        "cpu_ms": {name: round(ms, 1) for name, ms in used.items()},
        "machine": machine(load),
    }
    if not args.json:
        _say(found)
    print(json.dumps(found))


@dataclass(slots=True)
class World:
    """A platform, and one officer's token."""

    url: str
    token: str
    api: Child
    store: StoreProcess

    def ask_all(self, work: Sequence[tuple[str, str]], officers: int) -> list[Asked]:
        """Every search, so many at once."""
        shares = [work[at::officers] for at in range(officers)]
        with ThreadPoolExecutor(officers) as pool:
            return [one for share in pool.map(self._ask_share, shares) for one in share]

    def _ask_share(self, work: Sequence[tuple[str, str]]) -> list[Asked]:
        headers = {"Authorization": f"Bearer {self.token}"}
        with httpx.Client(base_url=self.url, headers=headers, timeout=60) as client:
            return [_ask(client, kind, plate) for kind, plate in work]

    def cpu_s(self) -> dict[str, float]:
        """Processor time so far."""
        return {
            "api": cpu_s(psutil.Process(self.api.pid)),
            "store": cpu_s(psutil.Process(self.store.pid)),
        }


def _ask(client: httpx.Client, kind: str, plate: str) -> Asked:
    body = {"pattern": KINDS[kind](plate), "reason": REASON, "purpose": "crime"}
    began = time.perf_counter()
    stated = client.post("/api/v1/searches", json=body)
    stated.raise_for_status()
    then = time.perf_counter()
    answer = client.get(f"/api/v1/searches/{stated.json()['search_id']}/passages")
    answer.raise_for_status()
    ended = time.perf_counter()
    plates = {one["plate"] for one in answer.json()["passages"]}
    full = answer.json()["more"]
    store = server_timing(answer.headers["server-timing"])["store"]
    return Asked(kind, (then - began) * 1000, (ended - then) * 1000, plate in plates or full, store)


def _work(keys: Keys, count: int, start: int) -> list[tuple[str, str]]:
    """Kinds by turns, each with a plate that was not asked for before."""
    kinds = list(KINDS)
    return [(kinds[at % len(kinds)], keys.seen[(start + at) % len(keys.seen)].plate) for at in range(count)]


@contextmanager
def _platform(folder: Path, args: argparse.Namespace) -> Iterator[tuple[World, Keys]]:
    store = start_store(folder / "store")
    broker = start_broker(log_path=folder / "broker.log")
    api: Child | None = None
    try:
        keys = fill_history(store, args.rows, args.seed, _shown(args.json))
        create(admin_client(KafkaConfig(broker.bootstrap)), all_topics(), max_partitions=1, replication=1)
        settings = Settings(
            data_dir=folder / "data",
            kafka_bootstrap=broker.bootstrap,
            kafka_assignment="static",
            store_dsn=store.dsn,
            officer=OFFICER,
            requests_per_s=10_000,
        )
        settings.data_dir.mkdir()
        api, url = _serve(folder, settings)
        yield World(url, _token(store, settings), api, store), keys
    finally:
        if api is not None:
            api.stop(30)
        broker.kill()
        store.stop()


def _serve(folder: Path, settings: Settings) -> tuple[Child, str]:
    ready = folder / "ready"
    command = [sys.executable, "-m", "anpr", "serve", "--port", "0", "--ready-file", str(ready)]
    child = start_child("api", command, folder / "api.log", environ=settings.environment())
    wait_ready(child, ready.exists, timeout_s=90)
    return child, f"http://127.0.0.1:{json.loads(ready.read_text())['port']}"


def _token(store: StoreProcess, settings: Settings) -> str:
    """The officer's, registered; cameras as the history has them are registered too."""
    now = datetime.now(UTC)
    register = Register(connect(store.dsn), lambda: datetime.now(UTC), OFFICER)
    register.add(Officer(OFFICER, "officer", "", now - timedelta(minutes=1), FOREVER))
    return officer_token(credentials_of(settings), OFFICER, now + timedelta(hours=12))


def _shown(quiet: bool) -> Callable[[str, int, int], None]:
    def show(what: str, done: int, of: int) -> None:
        if not quiet:
            print(f"\r{what} {done:,} of {of:,}   ", end="", file=sys.stderr, flush=True)

    return show


def _figures(asked: Sequence[Asked]) -> dict[str, Any]:
    """Milliseconds: stated, answered, both, of it the store's and our own; and both by kind."""
    return {
        "post_ms": _quantiles([one.stated for one in asked]),
        "passages_ms": _quantiles([one.answered for one in asked]),
        "both_ms": _quantiles([one.both for one in asked]),
        "store_ms": _quantiles([one.store for one in asked]),
        "own_ms": _quantiles([one.both - one.store for one in asked]),
        "by_kind_ms": {kind: _quantiles([one.both for one in asked if one.kind == kind]) for kind in KINDS},
    }


def _quantiles(taken: list[float]) -> dict[str, float | None]:
    return {"p50": quantile(taken, 0.5), "p95": quantile(taken, 0.95)}


def _say(found: dict[str, Any]) -> None:
    print(file=sys.stderr)
    for name in ("post_ms", "passages_ms", "both_ms", "store_ms", "own_ms"):
        print(f"{name:12} p50 {found[name]['p50']:6.1f}  p95 {found[name]['p95']:6.1f}")
    for kind, taken in found["by_kind_ms"].items():
        print(f"{kind:12} p50 {taken['p50']:6.1f}  p95 {taken['p95']:6.1f}")
    busy = ", busy machine" if found["machine"]["busy"] else ""
    print(f"{found['rows']:,} passages, {found['samples']} searches, processor {found['cpu_ms']} ms each{busy}")


if __name__ == "__main__":
    main()
