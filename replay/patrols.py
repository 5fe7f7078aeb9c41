"""Patrols that roam the city: they send positions, and some carry a camera that reads parked vehicles."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from replay.city import City
from replay.desk import Desk
from replay.driving import plan_trip
from replay.fleet import Car
from replay.geometry import bearing_deg, between, distance_m
from replay.roads import FEDERAL, RING
from replay.seeds import stream
from replay.smart import Look, SmartCamera
from schemas.base import GeoPoint
from schemas.camera import Camera, PatrolPosition

__all__ = ["PARKED_READS", "Looks", "Patrol", "PatrolCamera"]

PARKED_READS = 5
"""A patrol car reads at most so many parked vehicles at a crossing."""
AVAILABLE_RATE = 0.8
"""Share of drives on which a patrol is free for a call."""

Parked = Callable[[str], Sequence[Car]]
"""Crossing → the vehicles parked there now."""


@dataclass(frozen=True, slots=True)
class Leg:
    """The stretch of road that a patrol is on."""

    start_s: float
    end_s: float
    a: GeoPoint
    b: GeoPoint

    def at(self, now_s: float) -> GeoPoint:
        """Where it is now."""
        share = (now_s - self.start_s) / (self.end_s - self.start_s)
        return between(self.a, self.b, min(max(share, 0.0), 1.0))

    @property
    def speed_kmh(self) -> float:
        """Along the straight line, so a little under the true one."""
        return round(distance_m(self.a, self.b) / (self.end_s - self.start_s) * 3.6, 1)


class Looks(Protocol):
    """What a patrol car carries."""

    def arrive(self, crossing: str, position: GeoPoint, now_s: float) -> None:
        """The car is at a crossing."""
        ...


class PatrolCamera:
    """The camera of a patrol car. It reads what is parked at each crossing and uploads much later."""

    def __init__(self, camera: Camera, desk: Desk, parked: Parked) -> None:
        self._desk = desk
        self._parked = parked
        self._camera = SmartCamera(camera, desk)
        self._rng = stream(desk.seed, "patrol-camera", camera.camera_id)

    def arrive(self, crossing: str, position: GeoPoint, now_s: float) -> None:
        """Read up to `PARKED_READS` of the vehicles that stand at the crossing."""
        here = self._parked(crossing)
        look = Look(position=position, received_s=self._upload_s(now_s))
        for car in self._rng.sample(here, min(PARKED_READS, len(here))):
            self._camera.see(car, now_s, look)

    def _upload_s(self, now_s: float) -> float:
        """The next time at which the car hands its reads over."""
        first, every = self._desk.conditions.first_upload_s, self._desk.conditions.patrol_upload_s
        rounds = max(0, -(-(now_s + 1 - first) // every)) if now_s >= 0 else 0
        return first + rounds * every


class Patrol:
    """One unit on an endless drive through its zone."""

    def __init__(self, number: int, city: City, desk: Desk, camera: Looks | None = None) -> None:
        zones = sorted({one.zone for one in city.roads.crossings.values()} - {RING, FEDERAL})
        self._zone = zones[number % len(zones)]
        self._id = f"patrol-{self._zone}-{number // len(zones) + 1}"
        self._city = city
        self._desk = desk
        self._camera = camera
        self._rng: random.Random = stream(desk.seed, "patrol", self._id)
        self._beat = sorted(n for n, c in city.roads.crossings.items() if c.zone == self._zone)
        self._available = True

    def begin(self, at_s: float) -> None:
        """Come on duty."""
        self._enter(self._rng.choice(self._beat), at_s, ())
        first_s = self._rng.uniform(0.0, self._desk.conditions.patrol_fix_s)
        self._desk.agenda.note(first_s, self._fix, first_s)

    def _drive(self, here: str, now_s: float) -> None:
        """Plan a drive to another crossing of the zone, and the next drive from there."""
        self._available = self._rng.random() < AVAILABLE_RATE
        goal = self._rng.choice([name for name in self._beat if name != here])
        trip = plan_trip(self._city, here, self._city.roads.path(here, goal), now_s, self._rng)
        self._take(here, now_s, trip.legs)

    def _enter(self, here: str, now_s: float, ahead: tuple[tuple[float, str], ...]) -> None:
        """At a crossing: look around, then take the next road or plan the next drive."""
        if self._camera:
            self._camera.arrive(here, self._place(here), now_s)
        if ahead:
            self._take(here, now_s, ahead)
        else:
            self._drive_on(here, now_s)

    def _take(self, here: str, now_s: float, ahead: tuple[tuple[float, str], ...]) -> None:
        """Take the first road of what is ahead."""
        (end_s, there), rest = ahead[0], ahead[1:]
        self._leg = Leg(now_s, end_s, self._place(here), self._place(there))
        self._desk.agenda.note(end_s, self._enter, there, end_s, rest)

    def _place(self, crossing: str) -> GeoPoint:
        return self._city.roads.crossings[crossing].position

    def _drive_on(self, here: str, now_s: float) -> None:
        """A short stop first."""
        resume_s = now_s + self._rng.uniform(5, 40)
        self._leg = Leg(now_s - 1, now_s, self._place(here), self._place(here))
        self._desk.agenda.note(resume_s, self._drive, here, resume_s)

    def _fix(self, now_s: float) -> None:
        """Send where it is, and note the next time."""
        moving = now_s < self._leg.end_s
        self._desk.deliver(now_s, self._position(now_s, moving=moving))
        next_s = now_s + self._desk.conditions.patrol_fix_s
        self._desk.agenda.note(next_s, self._fix, next_s)

    def _position(self, now_s: float, *, moving: bool) -> PatrolPosition:
        return PatrolPosition(
            patrol_id=self._id,
            at=self._desk.moment(now_s),
            position=self._leg.at(now_s),
            heading_deg=bearing_deg(self._leg.a, self._leg.b) if moving else None,
            speed_kmh=self._leg.speed_kmh if moving else 0.0,
            status="available" if self._available else "busy",
            police_zone=self._zone,
        )
