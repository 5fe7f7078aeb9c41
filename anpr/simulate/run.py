"""Runs a simulation into a target: what is registered first, then the reads in their time, the truth at the end."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from itertools import repeat
from typing import Any

from anpr.registering import encoded
from anpr.replay.pace import RECORDS_SETTLE_S, Pace
from anpr.simulate.plan import Simulated
from anpr.simulate.targets import Target
from pipeline.runtime.clock import Clock
from replay.register import register
from replay.rush.listings import listed_entries
from replay.truth import TruthWriter
from schemas.base import Contract

__all__ = ["Ran", "run_simulation"]

STEP_S = 0.05
"""In real time, reads are sent so often."""
FAST_STEP_S = 5.0
"""Of event time, where nobody waits."""
Progress = Callable[[str, int, int], None]


@dataclass(slots=True)
class Ran:
    """What was sent."""

    complete: bool
    """False: it was stopped."""
    seconds: float
    """Of event time."""
    took_s: float
    most_behind_s: float
    sent: dict[str, int]
    """Messages by topic."""
    tally: dict[str, int]
    scenarios: list[dict[str, Any]]
    truth_passages: int | None


def run_simulation(
    simulated: Simulated, target: Target, clock: Clock, stop: Callable[[], bool], progress: Progress, *, vehicles: bool
) -> Ran:
    """Send it and return when the target has all. A run that was stopped leaves the truth of what was sent.

    vehicles: also the register of the fleet.
    """
    return _Run(simulated, target, clock, stop, progress).run(vehicles=vehicles)


class _Run:
    def __init__(
        self, simulated: Simulated, target: Target, clock: Clock, stop: Callable[[], bool], progress: Progress
    ) -> None:
        self._simulated, self._target, self._clock = simulated, target, clock
        self._stop, self._progress = stop, progress
        self._plan = simulated.plan
        self._pace = Pace(self._plan.speed, clock, stop)

    def run(self, *, vehicles: bool) -> Ran:
        with self._truth() as truth:
            self._register(vehicles=vehicles)
            began = self._clock.monotonic()
            reached = self._send_all(truth)
            self._target.flush()
            took_s = self._clock.monotonic() - began
            scenarios = self._simulated.scenarios(reached)
            written = None if truth is None else truth.finish(scenarios)
        return Ran(
            complete=reached >= self._plan.until,
            seconds=(reached - self._plan.start).total_seconds(),
            took_s=round(took_s, 3),
            most_behind_s=round(self._pace.most_behind_s, 3),
            sent=dict(self._target.sent),
            tally=asdict(self._simulated.traffic.tally),
            scenarios=[one.model_dump(mode="json") for one in scenarios],
            truth_passages=written,
        )

    def _truth(self) -> contextlib.AbstractContextManager[TruthWriter | None]:
        if self._plan.truth is None:
            return contextlib.nullcontext()
        return TruthWriter(self._plan.truth, self._plan.seed, self._simulated.parameters)

    def _register(self, *, vehicles: bool) -> None:
        """Cameras, the register and the lists before the first read."""
        traffic, planted = self._simulated.traffic, self._simulated.planted
        self._put("cameras", map(encoded, traffic.city.cameras), "cameras")
        drives = [drive.car for one in planted for drive in one.drives]
        facts = {car.plate.text: car.registration() for car in drives}
        self._put("vehicles", map(encoded, facts.values()), "cars of scenarios")
        if vehicles:
            for block in register(traffic.fleet.registered):
                if self._stop():
                    break
                self._put("vehicles", block, "vehicles")
        entries: Iterator[Contract] = (entry for one in planted for entry in one.entries)
        self._put("hotlist", map(encoded, entries), "hotlist")
        self._put("hotlist", map(encoded, listed_entries(traffic.fleet, self._plan.start, self._plan.seed)), "hotlist")
        self._target.flush()
        if self._plan.speed is not None:
            self._clock.sleep(RECORDS_SETTLE_S)

    def _put(self, topic: str, messages: Iterable[tuple[bytes, bytes]], what: str) -> None:
        rows = list(messages)
        self._target.put(topic, rows, repeat(_ms(self._plan.start), len(rows)))
        self._progress(f"registering {what}", self._target.sent[topic], 0)

    def _send_all(self, truth: TruthWriter | None) -> datetime:
        """Returns the moment before which all was sent."""
        plan, reached = self._plan, self._plan.start
        step = timedelta(seconds=FAST_STEP_S if plan.speed is None else STEP_S * plan.speed)
        while reached < plan.until and not self._stop():
            until = min(reached + step, plan.until)
            self._pace.wait(_ms(until), self._target.flush)
            if self._stop() and plan.speed is not None:
                break
            self._send(until, truth)
            reached = until
            self._progress("seconds of traffic", int((reached - plan.start).total_seconds()), int(plan.seconds))
        return reached

    def _send(self, until: datetime, truth: TruthWriter | None) -> None:
        traffic, start_ms = self._simulated.traffic, _ms(self._plan.start)
        for batch in traffic.batches(until):
            self._target.put("reads", batch.messages, (start_ms + batch.at_ms).tolist())
            if truth is not None:
                truth.encoded(batch.truth)
        positions = traffic.positions(until)
        self._target.put("patrols", map(encoded, positions), [_ms(one.at) for one in positions])
        if self._plan.speed is not None:
            self._target.flush()


def _ms(moment: datetime) -> int:
    return round(moment.timestamp() * 1000)
