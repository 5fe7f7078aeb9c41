"""The simulation: vehicles drive, cameras see them, and everything comes out in order of time.

city = build_city(seed=7)
fleet = build_fleet(7, start)
simulation = Simulation(city, fleet, seed=7, start=start, rate_per_s=5.0)
for observation in simulation.events(start + timedelta(seconds=60)):
    ...  # observation.at, observation.item: Read | RenderRequest | PatrolPosition
write_truth(path, 7, simulation.parameters, simulation.truth)
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from datetime import datetime

from replay.city import City, Site
from replay.conditions import Conditions
from replay.desk import Desk
from replay.driving import Pass, Trip, plan_trip
from replay.fleet import Car, Fleet
from replay.observation import Observation
from replay.patrols import Patrol, PatrolCamera
from replay.roads import RING
from replay.scenarios.asked import named
from replay.scenarios.planting import Planted
from replay.seeds import Weighted, stream
from replay.smart import Look, SmartCamera
from replay.snapshots import FrameCamera
from replay.truth import Parameter, TruePassage

__all__ = ["Simulation"]

FIRST_WANTED_S = 3.0
"""The first wanted car passes a camera that sends frames so long after the start …"""
NEXT_WANTED_S = 4.0
"""… and each of the others this much later, by turns at a camera that reads plates."""
RING_WEIGHT = 2.0
"""Trips begin and end on the outer ring so many times as often as at another crossing."""
TRIES = 20


class Simulation:
    """Traffic from a seed. The same arguments give the same events, byte for byte."""

    def __init__(
        self,
        city: City,
        fleet: Fleet,
        seed: int,
        start: datetime,
        rate_per_s: float,
        *,
        conditions: Conditions | None = None,
        planted: Sequence[Planted] = (),
    ) -> None:
        """start: aware. rate_per_s: trips begun each second; a trip passes about two of 24 cameras.

        planted: scenarios for this very city.
        Raises ValueError for a naive start or a rate that is not positive.
        """
        if start.tzinfo is None or rate_per_s <= 0:
            raise ValueError("a simulation needs a start with a time zone and a positive rate")
        self._city, self._fleet, self._rate_per_s = city, fleet, rate_per_s
        self._planted = tuple(planted)
        self._silences = [one.silence for one in planted if one.silence]
        self._desk = Desk(seed, start, conditions or Conditions())
        self._rng = stream(seed, "trips")
        self._goals = Weighted(_goal_weights(city))
        self._smart = {s.camera.camera_id: SmartCamera(s.camera, self._desk) for s in city.sites}
        self._frames = {s.camera.camera_id: FrameCamera(s.camera, self._desk) for s in city.sites}
        self._driving: set[str] = set()
        self._parked: dict[str, dict[str, Car]] = {name: {} for name in city.roads.crossings}
        self._where: dict[str, str] = {}
        self.trips_refused = 0
        """Trips that did not begin because nearly every vehicle was on the road: the fleet is too small."""
        self._prepare()

    @property
    def truth(self) -> list[TruePassage]:
        """What passed the cameras, as far as handed out; those that nobody will ever see included."""
        return self._desk.truth

    @property
    def parameters(self) -> dict[str, Parameter]:
        """What, beside the seed, decides what happens: for the header of the truth file."""
        return {
            "start": self._desk.start.isoformat(),
            "rate_per_s": self._rate_per_s,
            "city_seed": self._city.seed,
            "cameras": len(self._city.sites),
            "frame_cameras": sum(not s.camera.reads_plates for s in self._city.sites),
            "fleet_seed": self._fleet.seed,
            "fleet_size": len(self._fleet.cars),
            "wanted": len(self._fleet.wanted),
            "scenarios": named([one.asked for one in self._planted]),
            **asdict(self._desk.conditions),
        }

    def events(self, until: datetime) -> Iterator[Observation]:
        """Everything that reaches the platform before `until`, in order; a later call goes on from there."""
        until_s = (until - self._desk.start).total_seconds()
        while self._desk.agenda.next_s() < until_s:
            self._desk.agenda.run_next()
            yield from self._desk.ready
            self._desk.ready.clear()

    def forget(self) -> None:
        """Let go of the truth as far as handed out: nobody will compare with it. A city that lives on grows no more."""
        self._desk.truth.clear()

    def _prepare(self) -> None:
        """Park everybody, plan the wanted cars' first trips, put patrols on duty, open the roads."""
        begin_s = -self._desk.conditions.warm_up_s
        for car in self._fleet.cars:
            self._park(car, self._goals.draw(self._rng))
        for number, car in enumerate(self._fleet.wanted):
            self._plant(car, number)
        for drive in (drive for one in self._planted for drive in one.drives):
            for p in drive.passes:
                self._desk.agenda.note(p.at_s, self._pass, drive.car, p, certain=False)
        for number in range(self._desk.conditions.patrols):
            self._patrol(number).begin(begin_s)
        self._desk.agenda.note(begin_s, self._open_roads, begin_s)

    def _patrol(self, number: int) -> Patrol:
        cars = self._city.patrol_cars
        if number >= len(cars):
            return Patrol(number, self._city, self._desk)
        camera = PatrolCamera(cars[number], self._desk, lambda name: list(self._parked[name].values()))
        return Patrol(number, self._city, self._desk, camera)

    def _open_roads(self, now_s: float) -> None:
        """Begin one trip and note the next, with the gaps of a Poisson process."""
        self._begin_any(now_s)
        next_s = now_s + self._rng.expovariate(self._rate_per_s)
        self._desk.agenda.note(next_s, self._open_roads, next_s)

    def _begin_any(self, now_s: float) -> None:
        """Send a random parked vehicle off; wanted ones keep their own time."""
        for _ in range(TRIES):
            car = self._rng.choice(self._fleet.cars)
            if not car.wanted and car.plate.text not in self._driving:
                self._begin(car, now_s)
                return
        self.trips_refused += 1

    def _begin(self, car: Car, now_s: float) -> None:
        """Drive from where the vehicle is parked to somewhere else."""
        here = goal = self._where[car.plate.text]
        while goal == here:
            goal = self._goals.draw(self._rng)
        way = self._city.roads.path(here, goal)
        self._drive(car, plan_trip(self._city, here, way, now_s, self._rng))

    def _drive(self, car: Car, trip: Trip, sure: str | None = None) -> None:
        """Note all that happens on a trip. sure: camera that sees the vehicle whatever the rates say."""
        self._unpark(car)
        for p in (p for p in trip.passes if p.at_s >= 0):  # before the start nobody looks
            self._desk.agenda.note(p.at_s, self._pass, car, p, certain=p.site.camera.camera_id == sure)
        self._desk.agenda.note(trip.arrival_s, self._end, car, trip)

    def _pass(self, car: Car, p: Pass, *, certain: bool) -> None:
        """A vehicle at a camera."""
        camera = p.site.camera
        watcher = self._smart[camera.camera_id] if camera.reads_plates else self._frames[camera.camera_id]
        blind = p.direction == "approaching" and car.vehicle_class == "motorcycle"  # has no plate in front
        if blind or self._is_silent(camera.camera_id, p.at_s):
            watcher.miss(car, p.at_s)
        elif isinstance(watcher, SmartCamera):
            watcher.see(car, p.at_s, Look(p.direction, p.lane, certain=certain))
        else:
            watcher.see(car, p.at_s, p.direction, certain=certain)

    def _is_silent(self, camera_id: str, at_s: float) -> bool:
        return any(s.camera_id == camera_id and s.from_s <= at_s < s.until_s for s in self._silences)

    def _end(self, car: Car, trip: Trip) -> None:
        """Park. A wanted car does not rest long."""
        self._park(car, trip.goal)
        if car.wanted:
            again_s = trip.arrival_s + self._rng.uniform(5, 30)
            self._desk.agenda.note(again_s, self._begin, car, again_s)

    def _plant(self, car: Car, number: int) -> None:
        """The first trip of a wanted car, timed so that it passes a certain camera soon after the start."""
        site = self._scene(number)
        road, pass_s = site.road, FIRST_WANTED_S + number * NEXT_WANTED_S
        goal = max(self._city.roads.crossings, key=lambda name: len(self._city.roads.path(road.b, name)))
        way = [road, *self._city.roads.path(road.b, goal)]
        depart_s = pass_s
        draft = plan_trip(self._city, road.a, way, depart_s, stream(self._desk.seed, "plant", number))
        reached = next(p.at_s for p in draft.passes if p.site is site)
        shifted_s = pass_s - (reached - depart_s)
        trip = plan_trip(self._city, road.a, way, shifted_s, stream(self._desk.seed, "plant", number))
        self._drive(car, trip, sure=site.camera.camera_id)

    def _scene(self, number: int) -> Site:
        """A frame camera for the 1st, 3rd … wanted car, a reading one for the others; any if none fits."""
        rng = stream(self._desk.seed, "scene", number)
        fitting = [s for s in self._city.sites if s.camera.reads_plates == bool(number % 2)]
        return rng.choice(fitting or list(self._city.sites))

    def _park(self, car: Car, crossing: str) -> None:
        self._where[car.plate.text] = crossing
        self._parked[crossing][car.plate.text] = car
        self._driving.discard(car.plate.text)

    def _unpark(self, car: Car) -> None:
        self._parked[self._where[car.plate.text]].pop(car.plate.text, None)
        self._driving.add(car.plate.text)


def _goal_weights(city: City) -> list[tuple[str, float]]:
    crossings = city.roads.crossings.values()
    return [(c.name, RING_WEIGHT if c.zone == RING else 1.0) for c in crossings]
