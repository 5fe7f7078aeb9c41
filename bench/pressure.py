"""Back-pressure on a running platform: one JSON line for each scenario, or a page for people.

    python bench/pressure.py [--scenario slow-store|store-down|broker-down|cut|disk-full-store|disk-full-broker|all]
                             [--seconds 600] [--rate 500] [--json]

Door, broker, workers and store as processes, a device that uploads from its spool at a steady rate. Then the store
answers after ten seconds, or is killed; the broker is killed; one worker's line to its broker is cut; the disk of the
store or the broker is filled to its last byte. After the given time an operator mends that, and nothing else. Printed
are what the door said, memory of each process before, at its highest and after, what waited where, what metrics and
`anpr doctor` said in mid-fault, how fast the platform caught up, and what is lost or there twice. Exit code 1 where
that is anything, or where a process ended by itself.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import logging
import sys
import tempfile
from pathlib import Path

from anpr.bench.machine import busy_cores, machine
from anpr.pressure.disk import NoSmallDisk
from anpr.pressure.plan import SCENARIOS, PressurePlan, Scenario
from anpr.pressure.run import Pressed, play
from anpr.settings import resolve


def main() -> int:
    """Play and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scenario", choices=(*SCENARIOS, "all"), default="all")
    parser.add_argument("--seconds", type=float, default=60.0, help="how long the fault lasts")
    parser.add_argument("--rate", type=float, default=500.0, help="reads/s of the device")
    parser.add_argument("--json", action="store_true", help="one JSON object a scenario")
    args = parser.parse_args()
    logging.getLogger("anpr.edge").setLevel(logging.CRITICAL)  # that it waits is counted
    whole = True
    for scenario in SCENARIOS if args.scenario == "all" else (args.scenario,):
        whole &= _play(scenario, args)
    return 0 if whole else 1


def _play(scenario: Scenario, args: argparse.Namespace) -> bool:
    load = busy_cores()
    with tempfile.TemporaryDirectory(prefix="anpr-pressure-") as folder:
        settings = resolve({}, data_dir=Path(folder) / "data")
        plan = PressurePlan(scenario, args.seconds, args.rate)
        try:
            pressed = play(settings, plan, lambda words: print(words, file=sys.stderr))
        except NoSmallDisk as why:
            print(f"{scenario}: skipped, {why}", file=sys.stderr)
            return True
    if args.json:
        print(json.dumps({**dataclasses.asdict(pressed), "whole": pressed.whole, "machine": machine(load)}), flush=True)
    else:
        _show(pressed)
    return pressed.whole


def _show(pressed: Pressed) -> None:
    for name, value in dataclasses.asdict(pressed).items():
        if isinstance(value, dict | list) and value:
            print(f"{name}:")
            lines = value if isinstance(value, list) else [f"{key}  {one}" for key, one in value.items()]
            print("".join(f"    {line}\n" for line in lines), end="")
        else:
            print(f"{name}: {value}")
    print(f"whole: {pressed.whole}\n", flush=True)


if __name__ == "__main__":
    sys.exit(main())
