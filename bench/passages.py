"""Passages per true passing: one vehicle past one camera once must be one passage. One JSON line.

    python bench/passages.py simulated [--passings 10000]
    python bench/passages.py rendered  [--passings 100] [--engine rapidocr] [--threads 1]

Scenes of one camera: single vehicles, two side by side, fleets whose plates differ in one character, traffic jams,
vehicles that come back after a minute, and one vehicle right behind another.
"""

from __future__ import annotations

import argparse
import json
import time

from anpr.bench.passages import rendered_passings, simulated_passings
from pipeline.vision.engines import DEFAULT_ENGINE, load_engine


def main() -> None:
    """Parse, measure, print."""
    args = _arguments()
    started = time.perf_counter()
    if args.what == "simulated":
        figures = simulated_passings(args.passings or 10_000, seed=args.seed, fps=args.fps or 8.0)
    else:
        engine = load_engine(args.engine, threads=args.threads)
        figures = rendered_passings(args.passings or 100, engine, seed=args.seed, fps=args.fps or 4.0)
    print(json.dumps({**figures, "seed": args.seed, "seconds": round(time.perf_counter() - started, 1)}))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=("simulated", "rendered"))
    parser.add_argument("--passings", type=int, default=0)
    parser.add_argument("--fps", type=float, default=0.0, help="frames a second: 8 simulated, 4 rendered")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--engine", default=DEFAULT_ENGINE)
    parser.add_argument("--threads", type=int, default=1)
    return parser.parse_args()


if __name__ == "__main__":
    main()
