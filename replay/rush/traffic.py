"""Traffic of a plan as encoded reads in order of arrival, window of event time by window.

traffic = Traffic(TrafficPlan(cameras=450, seed=7, start=start, rate_per_s=1000, profile="flat"))
for batch in traffic.batches(start + timedelta(seconds=60)):
    ...  # batch.messages: key and value of a read each, batch.at_ms: when each reaches the platform
traffic.tally  # what was handed out, and what must come of it

Memory does not grow with the length of the run: what is kept is who is on the road, and what mobile cameras have not
uploaded yet.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import numpy as np

from replay.history.texts import Indices
from replay.placing import build_large_city, country_of
from replay.rush.demand import Demand
from replay.rush.driving import Passed
from replay.rush.encoding import Encoder, Messages
from replay.rush.geography import Geography
from replay.rush.network import Network
from replay.rush.onroad import OnRoad
from replay.rush.parked import Homes, Patrols
from replay.rush.plan import TrafficPlan
from replay.rush.reads import Reads
from replay.rush.sizing import SAMPLE, fleet_size, reads_of_passage, sampled
from replay.rush.tally import Tally
from replay.rush.truths import truth_lines
from replay.rush.vehicles import MEAN_ACTIVITY, Fleet
from replay.rush.watching import Watch
from replay.rush.windows import by_window
from replay.scenarios.planting import Planted
from schemas.camera import PatrolPosition

__all__ = ["Batch", "Traffic"]

WINDOW_MS = (100, 60_000)
"""A window of event time is not shorter or longer than this."""


@dataclass(frozen=True, slots=True)
class Batch:
    """Reads in order of arrival."""

    messages: Messages
    at_ms: Indices
    """When each reaches the platform, ms after the start; as its `received_at`."""
    truth: list[bytes]
    """Lines of the truth file for what became known meanwhile, if they were asked for."""


@dataclass(slots=True)
class _Due:
    """A window's reads, in order, and how far they were handed out."""

    reads: Reads
    truth_ms: Indices
    truth: list[bytes]
    messages: Messages = field(default_factory=list)
    done: int = 0
    truth_done: int = 0

    def row_at(self, at_ms: float) -> int:
        return int(np.searchsorted(self.reads.received_ms, at_ms))


class Traffic:
    """Equal plans give equal messages, whatever the batches are. Building one takes a second or a few."""

    def __init__(self, plan: TrafficPlan, planted: Sequence[Planted] = (), *, truth: bool = False) -> None:
        """planted: scenarios for `build_large_city(plan.seed, plan.cameras)`. truth: also make lines of the truth file.

        Raises ValueError for a number of cameras that no city has, or a rate beyond all vehicles.
        """
        self.plan = plan
        self.city = build_large_city(plan.seed, plan.cameras)
        self.network = Network.of(self.city)
        country = country_of(plan.cameras)
        geography = Geography(country, self.network, plan.seed)
        self._keeps_truth = truth
        self._size(geography)
        self._road = OnRoad(self.network, geography, self.fleet, self._demand, self._window_ms)
        self.watch = Watch(plan, self.network, self.fleet)
        homes = Homes(self.fleet, geography, self._demand, self._longest_s)
        self._patrols = Patrols(plan, self.city, self.network, homes)
        self._encoder = Encoder(self.network, self.watch.cameras, self.watch.make, plan.start)
        self.tally = Tally()
        self._passed: defaultdict[int, list[Passed]] = defaultdict(list)
        self._reads: defaultdict[int, list[Reads]] = defaultdict(list)
        self._truth: defaultdict[int, list[tuple[Indices, list[bytes]]]] = defaultdict(list)
        self._window, self._due = 0, _nothing()
        self._plant(planted)
        for passed in self._road.fill(self._longest_s, np.random.default_rng([plan.seed, 3])):
            self._keep_passed(passed)

    def _plant(self, planted: Sequence[Planted]) -> None:
        places = self.network.place_of
        number = {camera.camera_id: n for n, camera in enumerate(self.watch.cameras)}
        for drive in (drive for one in planted for drive in one.drives):
            vehicle = self.fleet.plant(drive.car.plate, listed=drive.car.wanted)
            place = [places[number[p.site.camera.camera_id], p.direction] for p in drive.passes]
            at_ms = [round(p.at_s * 1000) for p in drive.passes]
            rows = np.full(len(place), vehicle), np.array(place, np.int32), np.array(at_ms, np.int64)
            self._keep_passed(Passed(*rows))
        for silence in (one.silence for one in planted if one.silence):
            span = round(silence.from_s * 1000), round(silence.until_s * 1000)
            self.watch.silence.append((number[silence.camera_id], *span))

    def _size(self, geography: Geography) -> None:
        plan, conditions = self.plan, self.plan.conditions
        standing = len(self.city.mobile) / max(len(self.city.spots), 1)
        foreign = np.arange(SAMPLE) % 100 >= 80
        sample = sampled(self.network, geography, foreign, plan.seed, standing)
        self._longest_s = sample.longest_s
        trips_per_s = plan.reads_per_s / (sample.passages * reads_of_passage(conditions))
        flat = plan.profile == "flat"
        self._demand = Demand(plan.start, trips_per_s / MEAN_ACTIVITY, flat=flat)
        busiest = self._demand.busiest_per_s * MEAN_ACTIVITY
        self.fleet = Fleet(
            fleet_size(trips_per_s, busiest, sample.longest_s, plan.vehicles), plan.seed, plan.listed_share
        )
        window_ms = plan.window_reads / plan.reads_per_s * 1000
        self._window_ms = int(min(max(window_ms, WINDOW_MS[0]), WINDOW_MS[1]))

    def batches(self, until: datetime) -> Iterator[Batch]:
        """All that reaches the platform before `until`; a later call goes on from there."""
        until_ms = (until - self.plan.start) / timedelta(milliseconds=1)
        while True:
            due = self._due
            stop = due.row_at(until_ms)
            truth_stop = int(np.searchsorted(due.truth_ms, until_ms))
            if stop > due.done or truth_stop > due.truth_done:
                yield self._handed(due, stop, truth_stop)
            if self._window * self._window_ms >= until_ms:
                return
            self._due = self._next_window()

    @property
    def kept(self) -> int:
        """Rows in memory: trips under way, passages to come, reads that are not handed over yet."""
        later = sum(len(part) for kept in (self._passed, self._reads) for parts in kept.values() for part in parts)
        return later + self._road.count

    def positions(self, until: datetime) -> list[PatrolPosition]:
        """Where patrols were, as far as `batches` has come and before `until`; each is handed out once."""
        ready = self._patrols.positions
        count = sum(1 for one in ready if one.at < until)
        self._patrols.positions = ready[count:]
        return ready[:count]

    def take(self, count: int, at: datetime) -> Batch:
        """The next `count` reads, told so that the last of them reaches the platform at `at`.

        For a load generator that sends as much as is taken off it: the order and the gaps within a batch are those of
        the plan, and vehicles drive slower than they would if the plan's rate is higher than the real one.
        """
        while len(self._due.reads) - self._due.done == 0:
            self._due = self._next_window()
        due = self._due
        rows = slice(due.done, min(due.done + count, len(due.reads)))
        some = due.reads.take(rows)
        shift_ms = round((at - self.plan.start) / timedelta(milliseconds=1)) - int(some.received_ms[-1])
        due.done = rows.stop
        self.tally.add(some.marks)
        return Batch(self._encoder.messages(some, shift_ms), some.received_ms + shift_ms, [])

    def _handed(self, due: _Due, stop: int, truth_stop: int) -> Batch:
        if not due.messages and len(due.reads):
            due.messages = self._encoder.messages(due.reads)
        rows = slice(due.done, stop)
        batch = Batch(due.messages[rows], due.reads.received_ms[rows], due.truth[due.truth_done : truth_stop])
        self.tally.add(due.reads.marks[rows])
        due.done, due.truth_done = stop, truth_stop
        return batch

    def _next_window(self) -> _Due:
        window, plan = self._window, self.plan
        rng = np.random.default_rng([plan.seed, 4, window])
        for passed in self._road.advance(window, rng):
            self._keep_passed(passed)
        self._watch_window(window, rng)
        self._window += 1
        reads = self._reads.pop(window, None)
        truth_ms, truth = _sorted_truth(self._truth.pop(window, []))
        if reads is None:
            return _Due(Reads.none(), truth_ms, truth)
        due = Reads.joined(reads)
        return _Due(due.take(np.argsort(due.received_ms, kind="stable")), truth_ms, truth)

    def _watch_window(self, window: int, rng: np.random.Generator) -> None:
        parked, patrol = self._patrols.until((window + 1) * self._window_ms / 1000)
        driven = self._passed.pop(window, [])
        passed = Passed.joined([*driven, parked])
        camera = np.concatenate([*map(self.watch.camera_of, driven), patrol]).astype(np.int32)
        rows = np.argsort(passed.at_ms, kind="stable")
        rows = rows[camera[rows] >= 0]
        if not len(rows):
            return
        seen = self.watch.see(passed.take(rows), camera[rows], rng)
        reads = self.watch.with_duplicates(seen.reads, rng)
        for later, some in by_window(reads.received_ms, self._window_ms):
            self._reads[later].append(reads.take(some))
        if self._keeps_truth:
            self._keep_truth(*truth_lines(seen, self._encoder))

    def _keep_truth(self, known_ms: Indices, lines: list[bytes]) -> None:
        for window, rows in by_window(known_ms, self._window_ms):
            self._truth[window].append((known_ms[rows], [lines[n] for n in rows.tolist()]))

    def _keep_passed(self, passed: Passed) -> None:
        for window, rows in by_window(passed.at_ms, self._window_ms):
            self._passed[window].append(passed.take(rows))


def _sorted_truth(parts: list[tuple[Indices, list[bytes]]]) -> tuple[Indices, list[bytes]]:
    if not parts:
        return np.zeros(0, np.int64), []
    known_ms = np.concatenate([part[0] for part in parts])
    lines = [line for part in parts for line in part[1]]
    order = np.argsort(known_ms, kind="stable")
    return known_ms[order], [lines[n] for n in order.tolist()]


def _nothing() -> _Due:
    return _Due(Reads.none(), np.zeros(0, np.int64), [])
