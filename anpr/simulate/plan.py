"""What is simulated, and from when on."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from replay.placing import build_large_city
from replay.rush.plan import TrafficPlan
from replay.rush.traffic import Traffic
from replay.scenarios.asked import Asked, named
from replay.scenarios.planting import Planted, plant, true_scenarios
from replay.truth import Parameter, TrueScenario

__all__ = ["SimulatePlan", "Simulated", "SimulationRefused", "start_of"]

MOST_AHEAD = timedelta(minutes=10)
"""A read captured later than a quarter of an hour from now is a dead letter: so a run may not get there."""
AT_ONCE, AT_ONCE_IN_TIME = 25_000, 5_000
"""Reads made at a time; in real time, making more would hold those up that are due."""


class SimulationRefused(ValueError):
    """What was asked for cannot be simulated; one sentence that says what can."""


@dataclass(frozen=True, slots=True)
class SimulatePlan:
    """A run."""

    cameras: int
    seconds: float
    """Of event time."""
    seed: int
    start: datetime
    rate_per_s: float
    """Reads a second, the mean of a week; 0: as so many cameras send in a real city."""
    speed: float | None
    """Event time in times of real time; None: as fast as possible."""
    asked: tuple[Asked, ...] = ()
    truth: Path | None = None
    flat: bool = False
    """No rush hours: always the rate."""

    @property
    def until(self) -> datetime:
        """The end."""
        return self.start + timedelta(seconds=self.seconds)


class Simulated:
    """The traffic of a plan, and what goes with it."""

    def __init__(self, plan: SimulatePlan) -> None:
        """Raises SimulationRefused, and ScenarioError for a place that is not there."""
        self.plan = plan
        try:
            traffic = TrafficPlan(
                plan.cameras,
                plan.seed,
                plan.start,
                plan.rate_per_s,
                profile="flat" if plan.flat else "week",
                window_reads=AT_ONCE if plan.speed is None else AT_ONCE_IN_TIME,
            )
            city = build_large_city(plan.seed, plan.cameras)
            self.planted: tuple[Planted, ...] = plant(plan.asked, city, plan.seed, plan.start, plan.seconds)
            self.traffic = Traffic(traffic, self.planted, truth=plan.truth is not None)
        except ValueError as error:
            if type(error) is ValueError:
                raise SimulationRefused(str(error)) from error
            raise

    @property
    def parameters(self) -> dict[str, Parameter]:
        """For the header of the truth file, beside the seed."""
        own: dict[str, Parameter] = {"seconds": self.plan.seconds, "scenarios": named(self.plan.asked)}
        return {**self.traffic.plan.parameters, **own}

    def scenarios(self, until: datetime) -> tuple[TrueScenario, ...]:
        """What of them has happened."""
        return true_scenarios(self.planted, self.plan.start, (until - self.plan.start).total_seconds())


def start_of(asked: datetime | None, seconds: float, speed: float | None, now: datetime) -> datetime:
    """When a run begins: as asked, or so that it ends now, or, in real time, now.

    Raises SimulationRefused where it would get ahead of the clock.
    """
    now = now.replace(microsecond=0)  # messages tell milliseconds, and so do their truths
    if asked is None:
        return now if speed == 1 else now - timedelta(seconds=seconds)
    takes = timedelta(0) if speed is None else timedelta(seconds=seconds / speed)
    ahead = asked + timedelta(seconds=seconds) - (now + takes)
    if ahead > MOST_AHEAD or asked - now > MOST_AHEAD:
        latest = (now + takes - timedelta(seconds=seconds)).isoformat(timespec="minutes")
        raise SimulationRefused(f"reads of the future are refused by the platform: --start {latest} or earlier")
    return asked
