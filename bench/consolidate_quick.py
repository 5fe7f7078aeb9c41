"""Time per read of the stage `consolidate` in one process, no broker: one JSON line.

    python bench/consolidate_quick.py [--reads N] [--repeat N] [--against CHECKOUT]

Cases: `named` (the load generator's reads: each a track of its own, told at once), `unnamed` (the same without track
and at 450 cameras), `crowd` (without track, without box, 1,000 open tracks at one camera), `crowd_boxed` (the same with
boxes), `frames` (ten vehicles at a time before one camera, ten frames each, with boxes and characters).

`--against`: another checkout of this repository, timed in turn with this one; `ratio` is ours over theirs.

`--rebuild`: what a worker that starts does instead, with the count of each camera's reads: `us_per_read` where all is
followed again, `counted_us_per_read` where its predecessor noted that no track began there, and reads are counted only.
"""

from __future__ import annotations

import argparse
import gc
import json
import os
import random
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

from pipeline.messages import Batch, Message
from pipeline.stages.consolidate import Consolidate
from pipeline.stages.tally import Tally
from replay.bulk import ReadFactory

START = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)
BATCH = 1000
TRACK, BOX = re.compile(rb'"track_id":"[^"]*",'), re.compile(rb',"box":\{[^}]*\}')


def main() -> None:
    """Time all cases, alone or in turn with another checkout."""
    args = _arguments()
    if args.once:
        print(json.dumps({name: _time(_stage(), case(args.reads)) for name, case in CASES.items()}))
        return
    if args.rebuild:
        print(json.dumps(_rebuild(args.reads)))
        return
    folders = [Path(__file__).resolve().parent.parent, *([args.against.resolve()] if args.against else [])]
    runs = [[_run(folder, args.reads) for folder in folders] for _ in range(args.repeat)]
    best = [{name: min(run[n][name] for run in runs) for name in CASES} for n in range(len(folders))]
    report: dict[str, object] = {"reads": args.reads, "us_per_read": best[0]}
    if args.against:
        report["against"] = best[1]
        report["ratio"] = {name: round(best[0][name] / best[1][name], 3) for name in CASES}
    print(json.dumps(report))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--reads", type=int, default=200_000)
    parser.add_argument("--repeat", type=int, default=5)
    parser.add_argument("--against", type=Path)
    parser.add_argument("--rebuild", action="store_true", help="reads that are read again by a worker that starts")
    parser.add_argument("--once", action="store_true", help="this checkout only, once")
    return parser.parse_args()


def _run(folder: Path, reads: int) -> dict[str, float]:
    command = [sys.executable, __file__, "--once", "--reads", str(reads)]
    done = subprocess.run(
        command, env={**os.environ, "PYTHONPATH": str(folder)}, cwd=folder, check=True, capture_output=True
    )
    return {name: float(us) for name, us in json.loads(done.stdout).items()}


def _rebuild(reads: int) -> dict[str, object]:
    """Both ways in turn, case by case."""
    followed: dict[str, float] = {}
    counted: dict[str, float] = {}
    for name, case in CASES.items():
        for figures, note in ((followed, ""), (counted, f"tracks={reads}")):
            stage = _stage(Tally({"reads": "bench"}))
            stage.heed(("reads", 0), note, reads)
            figures[name] = _time(stage, case(reads), replayed=True)
    ratio = {name: round(counted[name] / followed[name], 3) for name in CASES}
    return {"reads": reads, "us_per_read": followed, "counted_us_per_read": counted, "ratio": ratio}


def _stage(tally: Tally | None = None) -> Consolidate:
    return Consolidate(dict.fromkeys(_cameras(450)), tally=tally)


def _time(stage: Consolidate, batches: Iterator[list[Message]], *, replayed: bool = False) -> float:
    """Processor time per read, µs; making the reads is not counted. The collector is calmed as in the worker."""
    gc.freeze()
    gc.set_threshold(200_000, 50, 100)
    spent_s, reads = 0.0, 0
    for messages in batches:
        now = datetime.fromtimestamp(messages[-1].timestamp_ms / 1000, UTC)
        started = time.process_time()
        stage(Batch(messages, now, replayed=replayed))
        spent_s += time.process_time() - started
        reads += len(messages)
    return round(spent_s / reads * 1e6, 2)


def _cameras(count: int) -> list[str]:
    return [f"bench-{number:05d}" for number in range(count)]


def _factory(
    cameras: int, reads_per_s: int, strip: Callable[[bytes], bytes], most: int = 10**9
) -> Callable[[int], Iterator[list[Message]]]:
    def batches(reads: int) -> Iterator[list[Message]]:
        factory = ReadFactory(_cameras(cameras))
        for first in range(0, min(reads, most), BATCH):
            when = START + timedelta(seconds=first / reads_per_s)
            stamp = round(when.timestamp() * 1000)
            made = factory.next_batch(BATCH, when, when)
            yield [Message("reads", 0, first + n, stamp, key, strip(value)) for n, (key, value) in enumerate(made)]

    return batches


def _frames(reads: int) -> Iterator[list[Message]]:
    """Ten vehicles at a time, ten frames each, five a second, one read in ten with a wrong character."""
    rng, factory = random.Random(1), ReadFactory(["none"])
    for group in range(reads // 100):
        vehicles = [json.loads(value) for _, value in factory.next_batch(10, START, START)]
        yield [
            _seen(vehicles[n % 10], group * 100 + n, lane=n % 10, frame=group * 10 + n // 10, rng=rng)
            for n in range(100)
        ]


def _seen(vehicle: dict[str, object], offset: int, *, lane: int, frame: int, rng: random.Random) -> Message:
    when = START + timedelta(seconds=frame // 10 * 6 + frame % 10 * 0.2)
    text = list(str(vehicle["plate_raw"]))
    if rng.random() < 0.1:
        text[rng.randrange(len(text))] = rng.choice("0123456789ABCDEFGH")
    size = 60 + frame % 10 * 8
    candidate = {
        "text": "".join(text),
        "confidence": 0.9,
        "char_confidences": [0.9] * len(text),
        "alternatives": [{"place": p, "char": "X", "confidence": 0.05} for p in range(3)],
    }
    record = {
        "schema_version": 1, "read_id": str(UUID(int=rng.getrandbits(128))), "camera_id": "bench-00000",
        "captured_at": when.isoformat(), "received_at": when.isoformat(), "plate_raw": "".join(text),
        "confidence": 0.9, "candidates": [candidate], "frame_id": str(UUID(int=frame + 1)),
        "box": {"x": 40 + lane * 180, "y": 200 + frame % 10 * 40, "w": size, "h": size // 4},
    }  # fmt: skip
    return Message("reads", 0, offset, round(when.timestamp() * 1000), b"bench-00000", json.dumps(record).encode())


CASES: dict[str, Callable[[int], Iterator[list[Message]]]] = {
    "named": _factory(450, 20_000, lambda value: value),
    "unnamed": _factory(450, 20_000, lambda value: TRACK.sub(b"", value)),
    "crowd": _factory(1, 250, lambda value: BOX.sub(b"", TRACK.sub(b"", value)), most=8000),
    "crowd_boxed": _factory(1, 250, lambda value: TRACK.sub(b"", value), most=8000),
    "frames": _frames,
}

if __name__ == "__main__":
    main()
