"""What the guarantees cost: sustained reads a second with and without them, by turns on one machine.

    python bench/guarantees.py [--rounds 3] [--seconds 15] [--broker embedded|kafka] [--each] [--json]

The pipeline of `anpr bench pipeline`, each time on a fresh platform, with the real workers and with those of
`bench/loose_worker.py`, which leave away acknowledgement by all replicas and idempotent producing, waiting for delivery
before a commit, and the tokens of blocks. --each: also without one of them alone.
A figure is told beside the median of its kind: the noise of the machine is larger than some of the costs.
Exit code 1: with all guarantees a read was lost or stored twice.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from anpr.bench.machine import busy_cores, machine
from anpr.bench.pipeline.bench import own_platform
from anpr.bench.pipeline.plan import PipelineBench
from anpr.bench.pipeline.run import Run
from anpr.cli.bench.group import end_in_order
from anpr.cli.console import say
from anpr.settings import Settings

LOOSE = Path(__file__).with_name("loose_worker.py")
ALL = ("acks", "flush", "tokens")
BROKEN = ("lost", "duplicated")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=15)
    parser.add_argument("--broker", choices=("embedded", "kafka"), default="embedded")
    parser.add_argument("--each", action="store_true", help="also without one guarantee alone")
    parser.add_argument("--json", action="store_true", help="nothing but the JSON line")
    args = parser.parse_args()
    end_in_order()
    load = busy_cores()
    cases: list[tuple[str, ...]] = [(), ALL, *([(one,) for one in ALL] if args.each else [])]
    taken: dict[str, list[dict[str, Any]]] = {_name(case): [] for case in cases}
    for number in range(args.rounds):
        for case in cases:
            say(f"round {number + 1} of {args.rounds}: {_name(case)}")
            taken[_name(case)].append(_measure(case, args))
    result = {"broker": args.broker, "cases": {name: _figures(runs) for name, runs in taken.items()}}
    result |= {"with_to_without": _ratios(taken), "machine": machine(load)}
    print(json.dumps(result) if args.json else _in_words(result))
    if any(run[what] for run in taken[_name(())] for what in BROKEN):
        sys.exit(1)


def _name(without: Sequence[str]) -> str:
    return "with all" if not without else "without any" if without == ALL else f"without {without[0]}"


def _measure(without: Sequence[str], args: argparse.Namespace) -> dict[str, Any]:
    plan = PipelineBench(args.seconds, broker=args.broker)
    with own_platform(Settings(log_level="warning"), plan, lambda _: None) as platform:
        if without:
            platform.program = (sys.executable, str(LOOSE), ",".join(without))
        run = Run(platform, plan, lambda _: None)
        run.prepare()
        with run.watched():
            found = run.sustained()
            run.drain()
            return {**found, **run.truth()}


def _figures(runs: Sequence[dict[str, Any]]) -> dict[str, Any]:
    return {
        name: {"median": statistics.median(values), "runs": values}
        for name in ("reads_per_s", "cpu_s_per_million")
        for values in [[run[name] for run in runs]]
    } | {what: sum(run[what] for run in runs) for what in BROKEN}


def _ratios(taken: dict[str, list[dict[str, Any]]]) -> dict[str, dict[str, float]]:
    """Case → of reads a second and of processor time, with all over this one: the median over rounds, pair by pair."""
    return {
        name: {
            what: round(statistics.median(a[what] / b[what] for a, b in zip(taken["with all"], runs, strict=True)), 3)
            for what in ("reads_per_s", "cpu_s_per_million")
        }
        for name, runs in taken.items()
        if name != "with all"
    }


def _in_words(result: dict[str, Any]) -> str:
    about = result["machine"]
    busy = ", BUSY: figures are worth little" if about["busy"] else ""
    lines = [f"{about['at']}, {about['cpu']}, {about['cores']} cores{busy}; broker: {result['broker']}"]
    for name, case in result["cases"].items():
        rate, cpu = case["reads_per_s"], case["cpu_s_per_million"]
        lines.append(
            f"{name:16} {rate['median']:>8,.0f} reads/s {rate['runs']}, {cpu['median']:.1f} s of processor a million; "
            f"lost {case['lost']}, twice {case['duplicated']}"
        )
    for name, ratio in result["with_to_without"].items():
        rate, cpu = ratio["reads_per_s"], ratio["cpu_s_per_million"]
        lines.append(f"with all over {name}: {rate:.3f} of the rate, {cpu:.3f} of the processor")
    return "\n".join(lines)


if __name__ == "__main__":
    main()
