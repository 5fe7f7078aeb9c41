"""Clones and false anomalies of the stage `watch` in a country's rush hours with truth, no broker: one JSON line.

    python bench/clones.py [--passages N] [--clones N] [--misreads SHARE] [--seed N]

Nine towns of 450 cameras each; of a day of N passages the hours from 15 to 17.30 UTC. Vehicles stay in their town. So
many of them wear the plate of a vehicle that is out as well. The invented reader misreads, our own stage consolidates;
of what was read rightly, what consolidation makes of it is drawn from a pool.

Cases: `state` (speed and memory, everything read rightly), `read_right`, `misread`, `clocks` (misread, and one fixed
camera in 200 and one patrol car in 5 are ten minutes behind). Curves: by the probability from which an anomaly is told,
the share of clones found, of those that passed where one car can not have been, and false anomalies per million
passages.
"""

from __future__ import annotations

import argparse
import json
import random
import time
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID

import numpy as np
import psutil
from country import DAY, Driven, Reader, behind, cameras_of, detectable, drive, towns

from anpr.bench.machine import busy_cores, machine
from anpr.worker import calm_collector
from pipeline.clones.judgement import assumptions
from pipeline.messages import Batch, Message
from pipeline.stages.watch import Watch
from replay.history.plates import spell
from schemas.anomaly import Anomaly
from schemas.camera import Camera
from schemas.codec import decoder

AT_ONCE = 2_000
STATE = 1_500_000
"""Passages by which speed and memory are measured."""
CASES = ("state", "read_right", "misread", "clocks")
THRESHOLDS = (0.02, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.7, 0.9, 0.99)


def main() -> None:
    """Measure all cases and print them."""
    args, load = _arguments(), busy_cores()
    cities = towns(args.seed)
    cameras = cameras_of(cities)
    driven = drive(cities, cameras, args.passages, args.clones, args.seed)
    report: dict[str, Any] = {"passages": len(driven.vehicle), "clones": len(driven.wears)}
    report["clones_where_no_car_could_be"] = len(detectable(driven, cameras))
    report["teleports_left_out"] = driven.teleports
    cases = {"read_right": (0.0, set()), "misread": (args.misreads, set()), "clocks": (args.misreads, behind(cameras))}
    for name in args.cases:
        rate, wrong = cases.get(name, (0.0, set()))
        reader = Reader(cameras, rate, wrong, random.Random(args.seed))
        report[name] = _state(driven, reader) if name == "state" else _case(driven, cameras, reader)
    print(json.dumps({**report, "assumptions": assumptions()._asdict(), "machine": machine(load)}))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--passages", type=int, default=18_000_000, help="of a whole day")
    parser.add_argument("--clones", type=int, default=3_000)
    parser.add_argument("--misreads", type=float, default=0.03, help="share of reads that are wrong")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--cases", nargs="+", choices=CASES, default=CASES)
    return parser.parse_args()


def _state(driven: Driven, reader: Reader) -> dict[str, Any]:
    """Speed and memory of the stage alone, all read rightly."""
    stage, tally = Watch({one.camera_id: one for one in reader.cameras}), Tally()
    calm_collector()
    before = psutil.Process().memory_info().rss
    for first in range(0, min(STATE, len(driven.vehicle)), AT_ONCE):
        tally.add(stage, reader.messages(_rows(driven, first)))
    held, grown = stage.open_tracks(), psutil.Process().memory_info().rss - before
    return {**tally.speed(), "plates_held": held, "bytes_per_plate": round(grown / held), "mb": round(grown / 1e6)}


def _rows(driven: Driven, first: int) -> list[tuple[str, int, int]]:
    """Plate, camera and time of the next passages."""
    some = slice(first, first + AT_ONCE)
    plates = _plates([driven.wears.get(one, one) for one in driven.vehicle[some].tolist()])
    return list(zip(plates, driven.camera[some].tolist(), driven.at_ms[some].tolist(), strict=True))


def _case(driven: Driven, cameras: Sequence[Camera], reader: Reader) -> dict[str, Any]:
    """Send all through the stage; what it told, against the truth."""
    stage = Watch({one.camera_id: one for one in cameras}, assumptions()._replace(tell_from=min(THRESHOLDS)))
    tally, out = Tally(), set[str]()
    calm_collector()
    for first in range(0, len(driven.vehicle), AT_ONCE):
        rows = _rows(driven, first)
        tally.add(stage, reader.messages(rows))
        out.update(plate for plate, *_ in rows)
    known = detectable(driven, cameras)
    least = dict(zip(_plates(list(known)), known.values(), strict=True))
    return {
        **tally.speed(),
        "clones_found": _curve([tally.score(plate) for plate in least]),
        "of_those_seen_once_at_one_side": _curve([tally.score(plate) for plate, count in least.items() if count == 1]),
        "false_per_million": tally.false(set(_plates(list(driven.wears.values()))), len(driven.vehicle)),
        **tally.clocks_report(reader.behind),
        "passages_with_a_misread": reader.misread,
        "misread_texts_that_are_out": round(sum(text in out for text in reader.texts) / max(len(reader.texts), 1), 4),
    }


def _plates(vehicles: Sequence[int]) -> list[str]:
    return spell(np.array(vehicles, dtype=np.int64)).plate.strings()


def _curve(scores: Sequence[float]) -> dict[str, float]:
    return {str(at): round(sum(score >= at for score in scores) / max(len(scores), 1), 4) for at in THRESHOLDS}


@dataclass(slots=True)
class Tally:
    """What the stage told, and how long it took."""

    messages: int = 0
    seconds: float = 0.0
    tellings: int = 0
    last: dict[UUID, Anomaly] = field(default_factory=dict)
    clocks: set[str] = field(default_factory=set)
    scores: defaultdict[str, float] = field(default_factory=lambda: defaultdict(float))

    def add(self, stage: Watch, messages: Sequence[Message]) -> None:
        """One batch."""
        batch, decode = Batch(messages, DAY + timedelta(days=2)), decoder(Anomaly)
        started = time.process_time()
        outcome = stage(batch)
        self.seconds += time.process_time() - started
        self.messages += len(messages)
        for anomaly in (decode(emit.value) for emit in outcome.emitted):
            if anomaly.plate is None:
                self.clocks.add(anomaly.camera_id or "")
            else:
                self.tellings += 1
                self.last[anomaly.anomaly_id] = anomaly

    def score(self, plate: str) -> float:
        """With which it stands in the end; 0: it does not."""
        if not self.scores:
            for one in self.last.values():
                if one.plate is not None and not one.withdrawn:
                    self.scores[one.plate] = max(self.scores[one.plate], one.score)
        return self.scores.get(plate, 0.0)

    def false(self, cloned: set[str], passages: int) -> dict[str, float]:
        """Anomalies on plates of which there is one, per million passages, by the threshold."""
        scores = [score for plate, score in self.scores.items() if plate not in cloned]
        return {str(at): round(sum(score >= at for score in scores) / passages * 1e6, 2) for at in THRESHOLDS}

    def speed(self) -> dict[str, Any]:
        """Of the stage alone."""
        return {
            "messages": self.messages,
            "us_per_message": round(self.seconds / self.messages * 1e6, 2),
            "messages_per_s": round(self.messages / self.seconds),
            "tellings_per_anomaly": round(self.tellings / max(len(self.last), 1), 2),
        }

    def clocks_report(self, wrong: set[str]) -> dict[str, int]:
        """Cameras whose clock was told to be wrong."""
        return {
            "clocks_wrong": len(wrong),
            "clocks_told": len(self.clocks),
            "clocks_told_for_nothing": len(self.clocks - wrong),
        }


if __name__ == "__main__":
    main()
