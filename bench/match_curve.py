"""From which probability on to tell a hit: what is found, and what there is to compare, for each.

The list, the traffic and the reader are those of `anpr bench match`; other seeds give other passages.

    python bench/match_curve.py [--entries 3000000] [--passages 100000] [--seed 1]
    python bench/match_curve.py --calibration --seed 101      what confidences are worth: no list is needed
"""

from __future__ import annotations

import argparse

from anpr.bench.match_curve import GROUPS, claims_of, curve, error_shares
from anpr.bench.match_traffic import Traffic, entries
from pipeline.hotlist.entries import decode_listed
from pipeline.hotlist.index import HotlistIndex

POINTS = (0.00002, 0.00005, 0.0001, 0.0002, 0.0003, 0.0005, 0.001, 0.002, 0.005, 0.01)
LISTED_SHARE, MISREAD_RATE = 0.005, 0.03


def main() -> None:
    """Make the traffic, build the list, print a line for each probability."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--entries", type=int, default=3_000_000)
    arguments.add_argument("--passages", type=int, default=100_000)
    arguments.add_argument("--seed", type=int, default=1)
    arguments.add_argument("--calibration", action="store_true")
    given = arguments.parse_args()
    usual = list(Traffic(given.entries, MISREAD_RATE, given.seed).batches(given.passages, LISTED_SHARE))
    if given.calibration:
        print("of wrong plates:", ", ".join(f"{name} {share:.1%}" for name, share in error_shares(usual).items()))
        for several in (False, True):
            print(f"\n{'passages of several reads' if several else 'passages of one read'}\nclaimed    right  passages")
            for claimed, right, count in claims_of(usual, several=several):
                print(f"{claimed:7.4f} {right:8.4f} {count:9,}")
        return
    misread = list(Traffic(given.entries, 1.0, given.seed + 1).batches(given.passages // 5, 1.0))
    print("from     " + "".join(f"  {group}: found, to compare" for group in GROUPS) + "  all: found, to compare")
    for point in curve(_index(given.entries), usual, misread, POINTS):
        groups = "".join(f"{point.found[group]:14.1%} {point.compared[group]:11,.0f}" for group in GROUPS)
        print(f"{point.least:<9g}{groups}{point.found_of_all:13.1%} {sum(point.compared.values()):11,.0f}")


def _index(count: int) -> HotlistIndex:
    index = HotlistIndex()
    for key, value in entries(count):
        index.put(key, decode_listed(value))
    index.settle()
    return index


if __name__ == "__main__":
    main()
