"""Camera health on simulated weeks: how soon troubles are told, how often there was none, what it costs.

    python bench/camera_health.py --cameras 450 --weeks 6 --json

Counts are drawn by Poisson about a believable week of each camera: two rush hours, quiet nights, a weekend; hours,
days, zones and the whole city differ beyond chance; a holiday falls on a working day. The first weeks only teach. In
the last two, troubles are planted, one at a time on a third of the cameras, and all that is told of the other two
thirds, or outside what was planted, is a false alarm.
"""

from __future__ import annotations

import argparse
import json
import platform
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from pipeline.health.limits import Limits
from pipeline.health.records import TallyRecord
from pipeline.health.watcher import Watcher
from pipeline.health.week import hour_of_week
from pipeline.messages import Message
from pipeline.outcome import Emit
from pipeline.stages.tally import Tally
from schemas.anomaly import Anomaly
from schemas.camera import Camera
from schemas.codec import compiled, decoder, encode
from schemas.health_file import HealthFile
from schemas.read import Read

BEGIN = datetime(2026, 8, 31, tzinfo=UTC)  # a Monday
TEACHES_S, MEASURES_S = 600, 60
MEASURED = timedelta(days=14)
ZONES = ("brussels-capital", "brussels-west", "midi", "uccle", "brussels-north", "montgomery")
KINDS = ("silent", "half", "double", "unreadable", "ahead", "behind", "line", "turned", "closed")
TELLS = {
    "silent": {"camera_silent"},
    "half": {"camera_rate_low", "camera_silent"},
    "double": {"camera_rate_high"},
    "unreadable": {"camera_unreadable"},
    "ahead": {"camera_clock_ahead"},
    "behind": {"camera_clock_behind"},
    "line": {"camera_line_slow", "camera_clock_behind"},
    "turned": {"camera_turned"},
    "closed": {"camera_silent", "camera_rate_low"},
}
"""Planted → what may be told of it."""
LASTS_H = {"silent": 12, "closed": 30, "half": 60, "double": 60, "unreadable": 60, "turned": 60}
AFTERWARDS = timedelta(hours=30)
"""What is told so soon after a planted trouble is still of it."""
SENDS = compiled(Camera)
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Planted:
    """One trouble of one camera."""

    kind: str
    camera: int
    begins: datetime
    ends: datetime


class Shelf:
    """Files as bytes, as the worker's table holds them."""

    def __init__(self) -> None:
        self._files: dict[str, bytes] = {}
        self._decode = decoder(HealthFile)

    def get(self, subject: str) -> HealthFile | None:
        """As the worker does."""
        value = self._files.get(subject)
        return None if value is None else self._decode(value)

    def subjects(self) -> AbstractSet[str]:
        """All."""
        return self._files.keys()

    def save(self, changes: dict[str, HealthFile | None]) -> None:
        """As the worker does."""
        for subject, file in changes.items():
            if file is not None:
                self._files[subject] = encode(file)

    def bytes_each(self) -> float:
        """Mean size of a file."""
        return sum(map(len, self._files.values())) / max(len(self._files), 1)


class Traffic:
    """Expected reads of each camera in any hour."""

    def __init__(self, cameras: int, seed: int) -> None:
        self.rng = np.random.default_rng(seed)
        rng = self.rng
        self.zone = rng.integers(0, len(ZONES), cameras)
        self.daily = np.exp(rng.uniform(np.log(150), np.log(30_000), cameras))
        self.profile = self._profiles(cameras)
        self.differs = rng.uniform(0.1, 0.3, cameras)
        self.approaching = np.where(rng.random(cameras) < 0.5, 0.96, 0.04)
        self.tells_direction = rng.random(cameras) < 0.6
        self.unreadable = rng.uniform(0.02, 0.1, cameras)
        self.delay_s = rng.uniform(0.2, 3.0, cameras)
        self._city = 0.0

    def _profiles(self, cameras: int) -> Floats:
        """(cameras, 168), means of a week: 1 in sum over a working day."""
        hours = np.arange(24.0)
        rng = self.rng
        rows = []
        for _ in range(cameras):
            am, pm, night = rng.normal(8, 0.5), rng.normal(17.3, 0.6), rng.uniform(0.05, 0.2)
            peak = rng.uniform(0.6, 1.6, 2)
            work = night + 1.0 / (1 + np.exp(-(hours - 6) * 1.5)) / (1 + np.exp(hours - 21.5))
            work += peak[0] * np.exp(-((hours - am) ** 2) / 3) + peak[1] * np.exp(-((hours - pm) ** 2) / 5)
            rest = night + rng.uniform(0.5, 1.1) * np.exp(-((hours - 15) ** 2) / 30)
            days = [work * rng.normal(1, 0.05) for _ in range(5)] + [rest * 1.1, rest * 0.8]
            rows.append(np.concatenate(days) / work.sum())
        return np.array(rows)

    def hour(self, at: datetime) -> Floats:
        """Expected reads of each camera in the hour that begins then."""
        rng, cell, count = self.rng, hour_of_week(at), len(self.daily)
        if at.hour == 0 or not hasattr(self, "_day"):
            self._day = np.exp(rng.normal(0, 0.1, count)) * np.exp(rng.normal(0, 0.07, len(ZONES)))[self.zone]
        self._city = 0.9 * self._city + rng.normal(0, 0.04)
        if (at - BEGIN).days % 28 == 23:  # a Wednesday on which all is closed
            cell = 6 * 24 + cell % 24
        shape = 1 / self.differs**2
        means: Floats = self.daily * self.profile[:, cell] * self._day * np.exp(self._city)
        return means * rng.gamma(shape, 1 / shape)


class Run:
    """A whole run."""

    def __init__(self, cameras: int, weeks: int, seed: int, limits: Limits) -> None:
        self.names = [f"cam-{n:05d}" for n in range(cameras)]
        self.traffic = Traffic(cameras, seed)
        self.until = BEGIN + timedelta(weeks=weeks)
        self.measures_from = self.until - MEASURED
        self.shelf = Shelf()
        registered = {
            name: SENDS(camera_id=name, name=name, kind="fixed", police_zone=ZONES[zone])
            for name, zone in zip(self.names, self.traffic.zone, strict=True)
        }
        self.watcher = Watcher(registered, self.shelf, limits)
        self.planted = self._plant(cameras)
        self.outage = (self.measures_from + timedelta(days=5, hours=9), timedelta(minutes=40))
        self.told: list[tuple[datetime, Anomaly]] = []
        self.messages = self.rows = 0
        self.spent_s = 0.0
        self._offset = 0

    def _plant(self, cameras: int) -> list[Planted]:
        rng, found = self.traffic.rng, []
        for n, camera in enumerate(rng.permutation(cameras)[: cameras // 3]):
            kind = KINDS[n % len(KINDS)]
            begins = self.measures_from + timedelta(minutes=float(rng.uniform(0, 10 * 24 * 60)))
            found.append(Planted(kind, int(camera), begins, begins + timedelta(hours=LASTS_H.get(kind, 6))))
        return found

    def go(self, say: Any) -> None:
        """All of it."""
        at = BEGIN
        while at < self.until:
            expected = self.traffic.hour(at)
            step_s = TEACHES_S if at < self.measures_from else MEASURES_S
            for _ in range(3600 // step_s):
                self._step(at, expected * step_s / 3600, step_s)
                at += timedelta(seconds=step_s)
            if at.hour == 0:
                say(f"{(at - BEGIN).days} days, {self.messages:,} messages, {self.spent_s:.0f} s of processor time")

    def _step(self, at: datetime, expected: Floats, step_s: int) -> None:
        traffic = self.traffic
        factor, ill = np.ones(len(expected)), {one.camera: one for one in self._ill(at)}
        for camera, one in ill.items():
            factor[camera] = {"silent": 0.0, "closed": 0.0, "half": 0.5, "double": 2.0}.get(one.kind, 1.0)
        if self.outage[0] <= at < self.outage[0] + self.outage[1]:
            factor[traffic.zone == 0] = 0.0
        reads = traffic.rng.poisson(expected * factor)
        share = traffic.unreadable.copy()
        approaching = traffic.approaching.copy()
        for camera, one in ill.items():
            share[camera] = 0.35 if one.kind == "unreadable" else share[camera]
            approaching[camera] = 1 - approaching[camera] if one.kind == "turned" else approaching[camera]
        unreadable = traffic.rng.binomial(reads, share)
        ways = traffic.rng.binomial(reads, approaching)
        begun = time.process_time()
        for camera in np.flatnonzero(reads).tolist():
            self.watcher.take(self._tally(camera, at, step_s, int(reads[camera]), int(unreadable[camera]),
                                          int(ways[camera]), ill.get(camera)))  # fmt: skip
            self.messages += 1
        end = at + timedelta(seconds=step_s)
        self.watcher.take(TallyRecord(log="sim", partition=0, first_at=end, last_at=end))
        self.told += [(end, one) for one in self.watcher.anomalies]
        self.rows += len(self.watcher.rows)
        self.shelf.save(self.watcher.changes)
        self.watcher.taken()
        self.spent_s += time.process_time() - begun

    def _ill(self, at: datetime) -> Iterator[Planted]:
        return (one for one in self.planted if one.begins <= at < one.ends)

    def _tally(
        self, camera: int, at: datetime, step_s: int, reads: int, unreadable: int, ways: int, ill: Planted | None
    ) -> Any:
        traffic, first = self.traffic, self._offset
        self._offset += reads
        shift = {"ahead": -20.0, "behind": 95.0, "line": 60.0 + (first * 7919) % 400}.get(ill.kind if ill else "", 0.0)
        delay = float(traffic.delay_s[camera]) + shift
        told = bool(traffic.tells_direction[camera])
        return TallyRecord(
            camera_id=self.names[camera],
            log="sim",
            partition=0,
            first_offset=first,
            last_offset=first + reads - 1,
            first_at=at,
            last_at=at + timedelta(seconds=step_s * reads / (reads + 1)),
            reads=reads,
            unreadable=unreadable,
            approaching=ways if told else 0,
            departing=reads - ways if told else 0,
            delay_low_s=delay * 0.9 if delay > 0 else delay - 0.5,
            delay_p50_s=delay,
            delay_high_s=delay + 0.5,
        )

    # ---- what came of it ---------------------------------------------------------------------------------------

    def report(self) -> dict[str, Any]:
        """Figures."""
        number = {name: n for n, name in enumerate(self.names)}
        of_camera = defaultdict(list)
        for at, one in self.told:
            if one.camera_id is not None and one.revision == 1:
                of_camera[number[one.camera_id]].append((at, one))
        explained = {id(one) for p in self.planted for at, one in of_camera[p.camera] if self._is_of(p, at)}
        measured = [(at, one) for found in of_camera.values() for at, one in found if at >= self.measures_from]
        false = [one for at, one in measured if id(one) not in explained and not self._is_of_outage(at, one, number)]
        months = len(self.names) * MEASURED / timedelta(days=30)
        return {
            "cameras": len(self.names),
            "days_measured": MEASURED.days,
            "delay_min": {kind: self._delays(kind, of_camera) for kind in KINDS},
            "false_per_camera_month": round(len(false) / months, 4),
            "false_by_kind": {k: round(n / months, 4) for k, n in Counter(one.kind for one in false).items()},
            "told_together": [
                {"kind": one.kind, "at": at.isoformat(), "detail": one.detail}
                for at, one in self.told
                if one.camera_id is None and one.revision == 1 and at >= self.measures_from
            ],
            "told_singly_in_outage_of_a_zone": sum(self._is_of_outage(at, one, number) for at, one in measured),
            "cameras_of_that_zone": int((self.traffic.zone == 0).sum()),
            "us_per_message": round(self.spent_s / self.messages * 1e6, 1),
            "bytes_per_camera": round(self.shelf.bytes_each()),
            "messages": self.messages,
            "rows": self.rows,
        }

    def _is_of_outage(self, at: datetime, one: Anomaly, number: dict[str, int]) -> bool:
        of_zone = one.camera_id is not None and self.traffic.zone[number[one.camera_id]] == 0
        return bool(of_zone and self.outage[0] <= at <= self.outage[0] + self.outage[1])

    @staticmethod
    def _is_of(planted: Planted, at: datetime) -> bool:
        return planted.begins <= at <= planted.ends + AFTERWARDS

    def _delays(self, kind: str, of_camera: Any) -> dict[str, Any]:
        """Minutes from its beginning to the first word of it, by how busy the camera is."""
        found: defaultdict[str, list[float]] = defaultdict(list)
        for one in (p for p in self.planted if p.kind == kind):
            daily = self.traffic.daily[one.camera]
            busy = "under 1,000 a day" if daily < 1000 else "1,000 to 8,000" if daily < 8000 else "over 8,000"
            told = [at for at, a in of_camera[one.camera] if a.kind in TELLS[kind] and one.begins <= at <= one.ends]
            found[busy].append(min((at - one.begins) / timedelta(minutes=1) for at in told) if told else np.inf)
        return {busy: _spread(values) for busy, values in sorted(found.items())}


def _spread(values: Sequence[float]) -> dict[str, Any]:
    known = sorted(value for value in values if value < np.inf)
    return {
        "planted": len(values),
        "told": len(known),
        "p50": round(known[len(known) // 2], 1) if known else None,
        "p95": round(known[int(len(known) * 0.95)], 1) if known else None,
    }


def counting_us(cameras: int, rate_per_s: int = 4000, reads: int = 120_000) -> float:
    """Processor time of `Tally.add` for a read, all messages that it gives included, us; the best of five rounds."""
    begin_ms, record = int(BEGIN.timestamp() * 1000), compiled(Read)
    traffic = []
    for n in range(reads):
        stamp_ms, name = begin_ms + n * 1000 // rate_per_s, f"cam-{n * 7919 % cameras}"
        at = datetime.fromtimestamp(stamp_ms / 1000, UTC)
        read = record(
            read_id=UUID(int=n), camera_id=name, captured_at=at, received_at=at, plate_raw="-", confidence=0.9
        )
        traffic.append((Message("reads", n % 6, n, stamp_ms, name.encode(), b""), read))
    return min(_round(traffic) for _ in range(5))


def _round(traffic: Sequence[tuple[Message, Read]]) -> float:
    tally, told = Tally({"reads": "log"}), list[Emit]()
    begun = time.process_time()
    for message, read in traffic:
        tally.add(message, read, False, told)
    return round((time.process_time() - begun) / len(traffic) * 1e6, 2)


def main() -> None:
    """Run it and print what it found."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cameras", type=int, default=450)
    parser.add_argument("--weeks", type=int, default=6, help="at least 3; the last two are measured")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--limit", action="append", default=[], metavar="NAME=NUMBER", help="of pipeline.health.limits")
    parser.add_argument("--tally", action="store_true", help="only what counting costs the worker consolidate, a read")
    parser.add_argument("--json", action="store_true", help="one JSON object as the last line")
    options = parser.parse_args()
    if options.tally:
        print(json.dumps({"us_per_read": counting_us(options.cameras), "cameras": options.cameras}))
        return
    if options.cameras < 30 or options.weeks < 3:
        parser.error("give at least 30 cameras and 3 weeks")
    given = {name: type(getattr(Limits(), name))(float(value)) for name, value in (o.split("=") for o in options.limit)}
    limits = Limits(missed_at_most=2 * timedelta(seconds=TEACHES_S), **given)
    run = Run(options.cameras, options.weeks, options.seed, limits)
    run.go(lambda text: print(text, file=sys.stderr))
    report = run.report() | {"seed": options.seed, "weeks": options.weeks, "machine": platform.processor(), **given}
    print(json.dumps(report) if options.json else json.dumps(report, indent=2))


if __name__ == "__main__":
    main()
