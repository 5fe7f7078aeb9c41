"""One release of the program for another under load, worker by worker, on Apache Kafka: is a fact lost or doubled?

    python bench/upgrade.py --older REV [--rate 1000] [--partitions 4] [--json]

Run in a clone with its history. A platform of its own with one broker of Apache Kafka; all workers run at first from
the commit REV, two of `consolidate` and `match`. The order of `docs/contracts.md`, section "Upgrading": topics and
tables of this release, then each worker in turn ends and starts again from the working tree, readers first, while
reads come in. At the end every fact is compared with what one uninterrupted run of this release makes of the same
reads, so a REV whose stages tell other facts shows these as wrong. The pause is the longest time in which a partition
that has something to read commits nothing. Exit code 1: something is lost, doubled or wrong.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

from anpr.bench.machine import busy_cores, machine
from anpr.chaos.account import settle_accounts
from anpr.chaos.facts import is_whole, summed
from anpr.chaos.ground import Ground, open_ground
from anpr.chaos.pauses import Watch
from anpr.chaos.plan import ChaosPlan
from anpr.chaos.run import Run
from anpr.settings import Settings
from anpr.topic_versions import look_at_versions
from pipeline.runtime.drain import NotDrained
from topics.spec import all_topics

ROOT = Path(__file__).parents[1]
WORKERS = {"consolidate": 2, "match": 2, "judge": 1, "watch": 1, "cases": 1, "notices": 1, "store": 1, "store-lez": 1}
ORDER = ("api", "store-lez", "store", "notices", "cases", "watch", "judge", "match", "consolidate")
LOOK_EVERY_S, BETWEEN_S, READY_S = 0.1, 3.0, 60.0
WATCHED = ("consolidate", "match", "store")


@contextmanager
def tree_of(revision: str, folder: Path) -> Iterator[Path]:
    """The files of a commit in a folder of their own."""
    _git("worktree", "add", "--detach", "--force", str(folder), revision)
    try:
        yield folder
    finally:
        _git("worktree", "remove", "--force", str(folder))


def _git(*words: str) -> str:
    return subprocess.run(["git", "-C", str(ROOT), *words], check=True, capture_output=True, text=True).stdout.strip()


def _in_order(ground: Ground) -> list[str]:
    """Names of the workers, readers first."""
    flows = ground.plan.instances() | {"api": "api"}
    return [name for flow in ORDER for name, its in flows.items() if its == flow]


def _until(so: Callable[[], bool], watches: list[Watch], ground: Ground) -> None:
    deadline = time.monotonic() + READY_S
    while not so():
        if time.monotonic() > deadline:
            raise NotDrained(f"waited {READY_S:g} s for a worker")
        for watch in watches:
            watch.look()
        ground.tend()
        time.sleep(LOOK_EVERY_S)


def _wait(seconds: float, watches: list[Watch], ground: Ground) -> None:
    end = time.monotonic() + seconds
    _until(lambda: time.monotonic() > end, watches, ground)


def _exchange_all(ground: Ground, watches: list[Watch]) -> dict[str, dict[str, float]]:
    """The longest wait of each watched flow, by the worker that was exchanged meanwhile, s."""
    waits = {}
    for name in _in_order(ground):
        ground.exchange(name)
        _until(lambda: ground.runs(name), watches, ground)  # noqa: B023
        _wait(BETWEEN_S, watches, ground)
        waits[name] = {watch.flow: round(watch.take_longest(), 2) for watch in watches}
        _say(f"{name}: {waits[name]}")
    return waits


def measure(options: argparse.Namespace, folder: Path, older: Path) -> dict[str, Any]:
    """One run."""
    load = busy_cores()
    plan = ChaosPlan(
        kills=0, brokers=1, rate_per_s=options.rate, partitions=options.partitions, workers=WORKERS, seed=options.seed
    )
    with open_ground(Settings(data_dir=folder), plan, _say, older) as ground:
        run = Run(ground, plan, _say)
        watches = [Watch(run.progress, flow) for flow in WATCHED]
        run.traffic.start()
        _wait(2 * BETWEEN_S, watches, ground)
        before = {watch.flow: round(watch.take_longest(), 2) for watch in watches}
        waits = _exchange_all(ground, watches)
        run.traffic.finish()
        run.drain()
        versions = look_at_versions(ground.settings.kafka(), all_topics(), None)
        accounts = settle_accounts(ground.settings, run.traffic.acknowledged)
    return {
        "older": _git("rev-parse", "--short", options.older),
        "newer": _git("describe", "--always", "--dirty"),
        "reads": len(run.traffic.acknowledged),
        "longest_wait_s": {"before": before, **waits},
        **summed(accounts),
        "versions": {one.topic: [asdict(seen) for seen in one.seen] for one in versions},
        "ended_by_themselves": ground.ended_by_themselves,
        "machine": machine(load),
    }


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--older", required=True, metavar="REV", help="commit that the workers run from at first")
    parser.add_argument("--rate", type=float, default=1_000, help="reads a second")
    parser.add_argument("--partitions", type=int, default=4)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", action="store_true", help="one JSON object as the last line")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, tree_of(options.older, Path(folder) / "older") as older:
        result = measure(options, Path(folder) / "data", older)
    short = {name: result[name] for name in ("older", "newer", "reads", "lost", "duplicated", "wrong")}
    print(json.dumps(result if options.json else short, default=str))
    return 0 if is_whole(result) else 1


if __name__ == "__main__":
    sys.exit(main())
