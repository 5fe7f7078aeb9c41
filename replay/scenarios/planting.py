"""Scenarios that happen: vehicles that drive the roads past the cameras, and cameras that fall silent.

Both simulations take what comes out of here: the passes are planned as `replay.driving` plans any trip, and are then
read, misread and missed like everybody else's.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

import numpy as np

from replay.brussels import ZONE_NAMES
from replay.city import City
from replay.driving import Pass, plan_trip
from replay.fleet import Car
from replay.geometry import distance_m
from replay.history.plates import spell
from replay.plates import Plate
from replay.roads import FEDERAL, RING
from replay.scenarios.asked import Asked, ScenarioError
from replay.seeds import stream
from replay.truth import TrueScenario
from replay.wanted import ESCAPE, STOLEN, listing
from schemas.hotlist import HotlistEntry

__all__ = ["Drive", "Planted", "Silence", "plant", "true_scenarios"]

FIRST_PLATE = 30_000_000
"""Plate number of the first invented car: no vehicle of a fleet bears one so high."""
FIRST_ENTRY = 900_000
BEGIN_SHARE, BEGIN_LATEST_S, BEGIN_APART_S = 0.05, 900.0, 7.0
"""Scenarios begin after this share of the run, not later than that, and so far apart."""
SILENT_FROM_SHARE = 1 / 3
CONVOY_GAP_S = (4.0, 12.0)
SEEN_LEAST = {"stolen_car": 2, "convoy": 3, "cloned_plate": 1}
"""Cameras that a way must pass, for the scenario to be found; a small city has none such from some places."""
GOALS_TRIED = 12
WAITS_S = 180.0
"""The car of an escape stands at the place for so long before the shots."""
BARRED = date(1999, 5, 1)
"""First registration of a diesel car that no low-emission zone lets in."""
LEGAL = date(2022, 5, 1)


@dataclass(frozen=True, slots=True)
class Drive:
    """A car past cameras."""

    car: Car
    passes: tuple[Pass, ...]


@dataclass(frozen=True, slots=True)
class Silence:
    """A camera that sends nothing."""

    camera_id: str
    from_s: float
    until_s: float


@dataclass(frozen=True, slots=True)
class Planted:
    """One scenario, decided in every detail."""

    asked: Asked
    begins_s: float
    detail: str
    drives: tuple[Drive, ...] = ()
    silence: Silence | None = None
    entries: tuple[HotlistEntry, ...] = ()

    @property
    def plates(self) -> tuple[str, ...]:
        """Different ones, the first car's first."""
        return tuple(dict.fromkeys(drive.car.plate.text for drive in self.drives))


def plant(asked: Sequence[Asked], city: City, seed: int, start: datetime, seconds: float) -> tuple[Planted, ...]:
    """Decide what is left open. seconds: length of the run. Raises ScenarioError for a place that is not there."""
    return tuple(_Planter(one, n, city, seed, start, seconds).planted() for n, one in enumerate(asked))


def true_scenarios(planted: Sequence[Planted], start: datetime, until_s: float) -> tuple[TrueScenario, ...]:
    """For the truth file: what of them happened before `until_s`."""
    return tuple(scenario for one in planted for scenario in _true(one, start, until_s))


def _true(one: Planted, start: datetime, until_s: float) -> Iterator[TrueScenario]:
    passes = sorted((p.at_s, p.site.camera.camera_id) for drive in one.drives for p in drive.passes if p.at_s < until_s)
    if one.silence is not None:
        passes = [(s, one.silence.camera_id) for s in (one.silence.from_s, one.silence.until_s)]
    if not passes or passes[0][0] >= until_s:
        return
    yield TrueScenario(
        kind=one.asked.kind,
        plates=one.plates,
        camera_ids=tuple(dict.fromkeys(camera for _, camera in passes)),
        begins=_moment(start, passes[0][0]),
        ends=_moment(start, min(passes[-1][0], until_s)),
        detail=one.detail,
    )


def _moment(start: datetime, at_s: float) -> datetime:
    return start + timedelta(milliseconds=round(at_s * 1000))


class _Planter:
    """Plants one scenario with chance of its own: another one beside it changes nothing here."""

    def __init__(self, asked: Asked, number: int, city: City, seed: int, start: datetime, seconds: float) -> None:
        self._asked, self._number, self._city = asked, number, city
        self._seed, self._start, self._seconds = seed, start, seconds
        self._rng: random.Random = stream(seed, "scenario", number, asked.kind)
        early_s = min(BEGIN_SHARE * seconds, BEGIN_LATEST_S) + number * BEGIN_APART_S
        self._at_s = early_s if asked.at_s is None else asked.at_s
        self._crossings = city.roads.crossings

    def planted(self) -> Planted:
        """The scenario."""
        makers: Mapping[str, Callable[[], Planted]] = {
            "stolen_car": self._stolen_car,
            "escape": self._escape,
            "convoy": self._convoy,
            "cloned_plate": self._cloned_plate,
            "lez_offender": self._lez_offenders,
            "silent_camera": self._silent_camera,
        }
        return makers[self._asked.kind]()

    def _stolen_car(self) -> Planted:
        car = replace(self._cars()[0], wanted=True)
        start = self._crossing(self._asked.start, "from") or self._rng.choice(self._gates())
        goal, passes = self._seen_drive(start, self._goals(start))
        detail = f"Stolen car drives from {self._label(start)} to {self._label(goal)}"
        entry = listing(self._entry(0), car.plate, car.description, self._start, seed=self._seed, terms=STOLEN)
        return self._of([Drive(car, passes)], detail, entry)

    def _escape(self) -> Planted:
        """The car comes, stands, and flees; it is on the list from the shots on."""
        car = self._cars()[0]
        scene = self._crossing(self._asked.start, "from") or self._rng.choice(self._inner())
        goal = self._crossing(self._asked.goal, "to") or self._farthest(scene, self._gates())
        came = self._drive(self._rng.choice([one for one in self._inner() if one != scene]), scene, 0.0)
        shots_s = self._at_s + WAITS_S
        shift_s = self._at_s - (came[-1].at_s if came else 0.0)
        before = tuple(replace(p, at_s=p.at_s + shift_s) for p in came if p.at_s + shift_s >= 0)
        fled = Drive(replace(car, wanted=True), self._drive(scene, goal, shots_s))
        entry = listing(self._entry(0), car.plate, car.description, self._start, seed=self._seed, terms=ESCAPE)
        entry = entry.model_copy(update={"valid_from": _moment(self._start, shots_s)})
        detail = f"Shots at {self._label(scene)} at {entry.valid_from:%H:%M:%S}; a car flees to {self._label(goal)}"
        return self._of([Drive(car, before), fled], detail, entry)

    def _convoy(self) -> Planted:
        """All on the way of the first one, a few seconds apart."""
        cars = self._cars()
        start = self._crossing(self._asked.start, "from") or self._rng.choice(self._gates())
        goal, led = self._seen_drive(start, self._goals(start))
        behind_s, drives = 0.0, []
        for car in cars:
            drives.append(Drive(car, tuple(replace(p, at_s=p.at_s + behind_s) for p in led)))
            behind_s += self._rng.uniform(*CONVOY_GAP_S)
        return self._of(drives, f"{len(cars)} cars keep together from {self._label(start)} to {self._label(goal)}")

    def _cloned_plate(self) -> Planted:
        """Two cars under one plate, at the same time at the two ends of the city."""
        car = self._cars()[0]
        here = self._crossing(self._asked.start, "from") or self._rng.choice(self._gates())
        there = self._crossing(self._asked.goal, "to") or self._farthest(here)
        drives = [Drive(car, self._seen_drive(place, self._about(place))[1]) for place in (here, there)]
        detail = f"One plate on two cars, near {self._label(here)} and near {self._label(there)}"
        return self._of(drives, detail)

    def _lez_offenders(self) -> Planted:
        """Old diesel cars, each on a way of its own within one zone."""
        drives = []
        inner = self._inner()
        for n, car in enumerate(self._cars()):
            start = self._crossing(self._asked.start, "from") or self._rng.choice(inner)
            goal = self._crossing(self._asked.goal, "to") or self._farthest(start, inner)
            drives.append(
                Drive(
                    replace(car, fuel="diesel", first_registered=BARRED), self._drive(start, goal, self._at_s + 3 * n)
                )
            )
        return self._of(drives, f"{len(drives)} diesel cars of {BARRED.year} drive in the low-emission zone")

    def _silent_camera(self) -> Planted:
        asked = self._asked
        sites = {site.camera.camera_id: site for site in self._city.sites}
        if asked.camera is not None and asked.camera not in sites:
            raise ScenarioError(f"scenario silent_camera: camera {asked.camera} is not in this city")
        busy = [name for name, site in sites.items() if site.road.road_class in ("ring", "motorway", "tunnel")]
        name = asked.camera or self._rng.choice(busy or list(sites))
        from_s = self._seconds * SILENT_FROM_SHARE if asked.at_s is None else asked.at_s
        silence = Silence(name, from_s, from_s + (asked.seconds or self._seconds))
        detail = f"{sites[name].camera.name}: sends nothing from {_moment(self._start, from_s):%H:%M:%S}"
        return Planted(asked, from_s, detail, silence=silence)

    def _of(self, drives: Sequence[Drive], detail: str, *entries: HotlistEntry) -> Planted:
        return Planted(self._asked, self._at_s, detail, tuple(drives), entries=entries)

    def _cars(self) -> list[Car]:
        """Invented ones, with the plates asked for."""
        asked = self._asked
        first = FIRST_PLATE + self._number * 1000
        spelt = spell(np.array([first + 100 * n for n in range(asked.count)]))
        displays = [text.strip("\0") for text in spelt.display.strings()]
        plates = asked.plates or displays
        return [self._car(Plate(text, "BE", "BE_STD")) for text in plates]

    def _car(self, plate: Plate) -> Car:
        make, colour = self._rng.choice(("Audi A3", "BMW 3", "Volkswagen Golf")), self._rng.choice(("grey", "black"))
        return Car(plate, "M1", None, "petrol", LEGAL, colour, make)

    def _drive(self, start: str, goal: str, depart_s: float) -> tuple[Pass, ...]:
        way = self._city.roads.path(start, goal)
        if not way:
            raise ScenarioError(f"scenario {self._asked.kind}: a drive from {start} to {goal} goes nowhere")
        return plan_trip(self._city, start, way, depart_s, self._rng).passes

    def _crossing(self, name: str | None, field: str) -> str | None:
        if name is not None and name not in self._crossings:
            raise ScenarioError(f"scenario {self._asked.kind}: {field}: there is no crossing {name}")
        return name

    def _label(self, crossing: str) -> str:
        return self._crossings[crossing].label

    def _entry(self, number: int) -> int:
        return FIRST_ENTRY + self._number * 100 + number

    def _inner(self) -> list[str]:
        """Crossings of Brussels, in both simulations."""
        return sorted(name for name, one in self._crossings.items() if one.zone in ZONE_NAMES)

    def _gates(self) -> list[str]:
        return sorted(name for name, one in self._crossings.items() if one.zone == RING)

    def _farthest(self, start: str, among: Sequence[str] = ()) -> str:
        """By the straight line, within Brussels."""
        here = self._crossings[start].position
        return max(among or self._inner(), key=lambda name: distance_m(here, self._crossings[name].position))

    def _goals(self, start: str) -> Sequence[str]:
        """The one asked for; else those in Brussels, the farthest first."""
        asked = self._crossing(self._asked.goal, "to")
        return [asked] if asked else self._by_distance(start, self._inner())[::-1]

    def _about(self, crossing: str) -> Sequence[str]:
        """A few roads on, off the motorways, the nearest first."""
        nearby = [n for n, one in self._crossings.items() if n != crossing and one.zone != FEDERAL]
        return self._by_distance(crossing, nearby)[5:]

    def _by_distance(self, crossing: str, names: Iterable[str]) -> list[str]:
        here = self._crossings[crossing].position
        return sorted(names, key=lambda name: distance_m(here, self._crossings[name].position))

    def _seen_drive(self, start: str, goals: Sequence[str]) -> tuple[str, tuple[Pass, ...]]:
        """To the first of these goals on whose way cameras enough see the car; else to the one with most."""
        most: tuple[str, tuple[Pass, ...]] | None = None
        for goal in [one for one in goals if one != start][:GOALS_TRIED] or goals[:1]:
            passes = self._drive(start, goal, self._at_s)
            if most is None or len(passes) > len(most[1]):
                most = (goal, passes)
            if len(passes) >= SEEN_LEAST[self._asked.kind]:
                break
        assert most is not None  # there is a goal: an unknown one was refused, and no city has one crossing
        return most
