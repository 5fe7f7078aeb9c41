"""From one worker to eight and back under load, on Apache Kafka: is a read lost, and how long does a partition wait?

    python bench/rebalance.py [--flow consolidate] [--most 8] [--rate 2000] [--partitions 8] [--json]

A platform of its own with one broker of Apache Kafka, one worker of each flow, and reads on a schedule. Workers of the
flow are added one after the other, work together for a while, and are taken away one after the other. The pause is the
longest time in which a partition that has something to read commits nothing; commits are a second apart by
themselves, so the same is told of the time before. At the end every fact is compared with the truth. Exit code 1:
something is lost, doubled or wrong.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from anpr.bench.machine import busy_cores, machine
from anpr.chaos.account import settle_accounts
from anpr.chaos.ground import Ground, open_ground
from anpr.chaos.plan import ChaosPlan
from anpr.chaos.recovery import Progress
from anpr.chaos.run import Run
from anpr.settings import Settings
from pipeline.runtime.drain import NotDrained

WORKERS = {"consolidate": 1, "match": 1, "judge": 1, "cases": 1, "notices": 1, "store": 1, "store-lez": 1}
LOOK_EVERY_S, TOGETHER_S, BEFORE_S, CHANGE_S = 0.1, 8.0, 8.0, 60.0
Place = tuple[str, int]


@dataclass(slots=True)
class Watch:
    """When each partition was last committed further, and the longest wait of one that had something to read."""

    progress: Progress
    flow: str
    longest_s: float = 0.0
    _committed: dict[Place, int] = field(default_factory=dict)
    _since: dict[Place, float] = field(default_factory=dict)

    def look(self) -> None:
        """Once."""
        ends, now = self.progress.ends(self.flow), time.monotonic()
        for place, offset in self.progress.committed(self.flow, ends).items():
            if offset > self._committed.get(place, -1) or offset >= ends[place]:
                self._committed[place], self._since[place] = offset, now
            self.longest_s = max(self.longest_s, now - self._since.setdefault(place, now))

    def for_a_while(self, ground: Ground, seconds: float) -> float:
        """The longest wait in this time."""
        self.longest_s, end = 0.0, time.monotonic() + seconds
        while time.monotonic() < end:
            self.turn(ground)
        return self.longest_s

    def turn(self, ground: Ground) -> None:
        """Look, and start again what has ended."""
        self.look()
        ground.tend()
        time.sleep(LOOK_EVERY_S)


def _grow(ground: Ground, watch: Watch, flow: str, most: int) -> list[str]:
    added = [f"{flow}-more-{number}" for number in range(2, most + 1)]
    for name in added:
        ground.add_worker(name, flow)
        _until(lambda: ground.runs(name), watch, f"{name} to run")  # noqa: B023
    return added


def _shrink(ground: Ground, watch: Watch, added: list[str]) -> None:
    for name in added:
        ground.remove_worker(name)
        _until(lambda: ground.has_left(name), watch, f"{name} to end")  # noqa: B023


def _until(so: Callable[[], bool], watch: Watch, what: str) -> None:
    deadline = time.monotonic() + CHANGE_S
    while not so():
        if time.monotonic() > deadline:
            raise NotDrained(f"waited {CHANGE_S:g} s for {what}")
        watch.look()
        time.sleep(LOOK_EVERY_S)


def measure(options: argparse.Namespace, folder: Path) -> dict[str, Any]:
    """One run."""
    load = busy_cores()
    plan = ChaosPlan(
        kills=0, brokers=1, rate_per_s=options.rate, partitions=options.partitions, workers=WORKERS, seed=options.seed
    )
    with open_ground(Settings(data_dir=folder), plan, _say) as ground:
        run = Run(ground, plan, _say)
        watch = Watch(run.progress, options.flow)
        run.traffic.start()
        told = {"before_s": watch.for_a_while(ground, BEFORE_S)}
        watch.longest_s = 0.0
        added = _grow(ground, watch, options.flow, options.most)
        told["growing_s"] = watch.longest_s
        told["together_s"] = watch.for_a_while(ground, TOGETHER_S)
        watch.longest_s = 0.0
        _shrink(ground, watch, added)
        told["shrinking_s"] = max(watch.longest_s, watch.for_a_while(ground, TOGETHER_S))
        run.traffic.finish()
        run.drain()
        accounts = settle_accounts(ground.settings, run.traffic.acknowledged)
    every = [one for named in accounts.values() for one in named.values()]
    return {
        "flow": options.flow,
        "most": options.most,
        "reads": len(run.traffic.acknowledged),
        "longest_wait_s": {name: round(seconds, 2) for name, seconds in told.items()},
        "lost": sum(one.lost for one in every),
        "duplicated": sum(one.duplicated for one in every),
        "wrong": sum(one.wrong for one in every),
        "detail": {kind: {name: one.told() for name, one in named.items()} for kind, named in accounts.items()},
        "ended_by_themselves": ground.ended_by_themselves,
        "machine": machine(load),
    }


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--flow", default="consolidate", choices=sorted(WORKERS))
    parser.add_argument("--most", type=int, default=8, help="workers at once")
    parser.add_argument("--rate", type=float, default=2_000, help="reads a second")
    parser.add_argument("--partitions", type=int, default=8)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", action="store_true", help="one JSON object as the last line")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        result = measure(options, Path(folder))
    print(json.dumps(result if options.json else result["longest_wait_s"] | {"lost": result["lost"]}))
    return 1 if result["lost"] or result["duplicated"] or result["wrong"] else 0


if __name__ == "__main__":
    sys.exit(main())
