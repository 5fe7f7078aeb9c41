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
from collections.abc import Callable, Iterable
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
from pipeline.runtime.drain import NotDrained
from pipeline.runtime.kafka import admin_client

WORKERS = {"consolidate": 1, "match": 1, "judge": 1, "cases": 1, "notices": 1, "store": 1, "store-lez": 1}
LOOK_EVERY_S, TOGETHER_S, BEFORE_S, CHANGE_S, ASK_S = 0.1, 8.0, 8.0, 60.0, 5.0


def _for_a_while(ground: Ground, watch: Watch, seconds: float) -> None:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        watch.look()
        ground.tend()
        time.sleep(LOOK_EVERY_S)


def _grow(ground: Ground, watch: Watch, flow: str, most: int) -> dict[str, float]:
    """The worker that came → the longest wait until it was ready."""
    waits = {}
    for name in (f"{flow}-more-{number}" for number in range(2, most + 1)):
        ground.add_worker(name, flow)
        _until(lambda: ground.runs(name), watch, f"{name} to run")  # noqa: B023
        waits[name] = watch.take_longest()
    return waits


def _shrink(ground: Ground, watch: Watch, added: Iterable[str]) -> dict[str, float]:
    """The worker that went → the longest wait until it had ended."""
    waits = {}
    for name in added:
        ground.remove_worker(name)
        _until(lambda: ground.has_left(name), watch, f"{name} to end")  # noqa: B023
        waits[name] = watch.take_longest()
    return waits


def _shares(ground: Ground, flow: str) -> list[int]:
    """Partitions of each member of the group, the most first."""
    admin = admin_client(ground.settings.kafka())  # kept: without it the answer never comes
    group: Any = admin.describe_consumer_groups([flow], request_timeout=ASK_S)[flow].result(2 * ASK_S)
    shares = (len(member.assignment.topic_partitions) for member in group.members if member.assignment)
    return sorted(shares, reverse=True)


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
        told, shares = _there_and_back(ground, watch, options.flow, options.most)
        run.traffic.finish()
        run.drain()
        accounts = settle_accounts(ground.settings, run.traffic.acknowledged)
    return {
        "flow": options.flow,
        "most": options.most,
        "reads": len(run.traffic.acknowledged),
        "longest_wait_s": told,
        "partitions_of_members": shares,
        **summed(accounts),
        "ended_by_themselves": ground.ended_by_themselves,
        "machine": machine(load),
    }


def _there_and_back(
    ground: Ground, watch: Watch, flow: str, most: int
) -> tuple[dict[str, float], dict[str, list[int]]]:
    """Longest waits by phase, s, and who had how many partitions at the end of each."""
    _for_a_while(ground, watch, BEFORE_S)
    waits, shares = {"before": watch.take_longest()}, {"before": _shares(ground, flow)}
    grown = _grow(ground, watch, flow, most)
    waits["growing"] = max(grown.values())
    _for_a_while(ground, watch, TOGETHER_S)
    waits["together"], shares["together"] = watch.take_longest(), _shares(ground, flow)
    shrunk = _shrink(ground, watch, grown)
    _for_a_while(ground, watch, TOGETHER_S)
    waits["shrinking"] = max(*shrunk.values(), watch.take_longest())
    shares["after"] = _shares(ground, flow)
    _say(f"growing {grown}, shrinking {shrunk}")
    return {name: round(seconds, 2) for name, seconds in waits.items()}, shares


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
    return 0 if is_whole(result) else 1


if __name__ == "__main__":
    sys.exit(main())
