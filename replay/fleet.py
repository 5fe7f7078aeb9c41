"""The vehicles of the simulation: what they are, what the registry knows of them, which are wanted."""

from __future__ import annotations

import random
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from functools import cached_property
from zoneinfo import ZoneInfo

from replay.plates import Plate, PlatePress
from replay.seeds import Weighted, fact_id, stream
from replay.wanted import listing, unseen_listings
from schemas.hotlist import HotlistEntry
from schemas.lez import Category, Fuel, LezPass, N1Class, Vehicle
from schemas.read import VehicleClass

__all__ = ["Car", "Fleet", "build_fleet"]

CATEGORIES: Weighted[tuple[Category, N1Class | None]] = Weighted(
    [
        (("M1", None), 84.0),
        (("N1", "I"), 3.0),
        (("N1", "II"), 3.0),
        (("N1", "III"), 4.0),
        (("N2", None), 1.0),
        (("N3", None), 2.0),
        (("M3", None), 1.0),
        (("L3", None), 2.0),
    ]
)
CLASSES: dict[str, VehicleClass] = {
    "M1": "car", "N1": "van", "N2": "truck", "N3": "truck", "M3": "bus", "L3": "motorcycle"
}  # fmt: skip
CAR_FUELS: Weighted[Fuel] = Weighted(
    [
        ("petrol", 50.0),
        ("diesel", 31.0),
        ("petrol_hybrid", 7.0),
        ("petrol_plugin", 5.0),
        ("electric", 6.0),
        ("lpg", 1.0),
    ]
)
WORK_FUELS: Weighted[Fuel] = Weighted([("diesel", 88.0), ("petrol", 5.0), ("electric", 5.0), ("cng", 2.0)])
RECENT_FUELS = ("petrol_hybrid", "petrol_plugin", "electric")
EURO_FROM = (
    (date(2021, 1, 1), 6, "d"),
    (date(2019, 9, 1), 6, "d-TEMP"),
    (date(2015, 9, 1), 6, ""),
    (date(2011, 1, 1), 5, ""),
    (date(2006, 1, 1), 4, ""),
    (date(2001, 1, 1), 3, ""),
    (date(1997, 1, 1), 2, ""),
    (date(1993, 1, 1), 1, ""),
)
"""First registration from → Euro standard and suffix, cars; the approximation that the law itself uses."""
MAKES = {
    "car": (
        "Volkswagen Golf",
        "Renault Clio",
        "Peugeot 208",
        "BMW 3",
        "Audi A3",
        "Dacia Sandero",
        "Volvo V60",
    ),
    "van": ("Citroën Berlingo", "Ford Transit", "Mercedes Vito", "Renault Kangoo"),
    "truck": ("DAF XF", "Volvo FH", "MAN TGL"),
    "bus": ("Van Hool A330", "Mercedes Citaro"),
    "motorcycle": ("Yamaha Tracer", "BMW R 1250"),
}
COLOURS = Weighted([("grey", 26.0), ("black", 25.0), ("white", 22.0), ("blue", 14.0), ("red", 7.0), ("green", 6.0)])
MEAN_AGE_YEARS = 8.5
NEVER_SEEN = 500
"""Entries of the hotlist whose plates do not drive here."""


@dataclass(frozen=True, slots=True)
class Car:
    """A vehicle of any kind, as it is in truth."""

    plate: Plate
    category: Category
    n1_class: N1Class | None
    fuel: Fuel
    first_registered: date
    colour: str
    make: str
    wanted: bool = False
    """True: on the hotlist."""

    @property
    def vehicle_class(self) -> VehicleClass:
        """Kind in the words of a reader."""
        return CLASSES[self.category]

    @property
    def description(self) -> str:
        """Make, model, colour."""
        return f"{self.make}, {self.colour}"

    def registration(self) -> Vehicle:
        """What a registry that knows it would say."""
        euro, suffix = _euro(self.first_registered, self.fuel)
        return Vehicle(
            plate=self.plate.text,
            country=self.plate.country,
            category=self.category,
            n1_class=self.n1_class,
            fuel=self.fuel,
            euro=euro,
            euro_suffix=suffix,
            first_registered=self.first_registered,
            exemptions=("zero_emission",) if self.fuel == "electric" else (),
            description=self.description,
        )


@dataclass(frozen=True)
class Fleet:
    """All vehicles and the reference data about them."""

    seed: int
    cars: tuple[Car, ...]
    hotlist: tuple[HotlistEntry, ...]
    """Entries of the wanted cars first, in the order of `wanted`, then the others."""
    lez_passes: tuple[LezPass, ...]

    @cached_property
    def vehicles(self) -> tuple[Vehicle, ...]:
        """The registry: all Belgian vehicles and few Dutch ones. Other foreigners have not registered."""
        known = (car for car in self.cars if car.plate.country == "BE" or _registered_guest(car))
        return tuple(car.registration() for car in known)

    @cached_property
    def wanted(self) -> tuple[Car, ...]:
        """The cars on the hotlist."""
        return tuple(car for car in self.cars if car.wanted)


def build_fleet(seed: int, start: datetime, size: int = 4000, *, wanted: int = 4, passes: int = 20) -> Fleet:
    """Invent `size` vehicles, `wanted` of them Belgian cars on the hotlist.

    start: aware; registrations, listings and passes are dated from it. Raises ValueError for a naive start or
    for more wanted vehicles or passes than vehicles.
    """
    if start.tzinfo is None:
        raise ValueError("start needs a time zone")
    if not 1 <= wanted <= size or passes > size:
        raise ValueError("a fleet has at least one wanted vehicle, and no more wanted ones or passes than vehicles")
    rng = stream(seed, "fleet")
    press = PlatePress(rng)
    cars = [_stolen(_car(press, rng, start.date(), "BE", "M1")) for _ in range(wanted)]
    cars += [_car(press, rng, start.date()) for _ in range(size - wanted)]
    entries = [listing(n, car.plate, car.description, start, seed=seed) for n, car in enumerate(cars[:wanted])]
    others = unseen_listings(press, NEVER_SEEN, wanted, start, seed)
    bought = tuple(_pass(car, start) for car in rng.sample(cars, passes))
    return Fleet(seed, tuple(cars), tuple(entries + others), bought)


def _stolen(car: Car) -> Car:
    return replace(car, wanted=True)


def _car(
    press: PlatePress,
    rng: random.Random,
    today: date,
    country: str | None = None,
    only: Category | None = None,
) -> Car:
    category, n1_class = (only, None) if only else CATEGORIES.draw(rng)
    kind = CLASSES[category]
    fuel = (CAR_FUELS if category in ("M1", "L3") else WORK_FUELS).draw(rng)
    if category == "L3":
        fuel = "petrol"
    return Car(
        plate=press.press(country, kind),
        category=category,
        n1_class=n1_class,
        fuel=fuel,
        first_registered=_first_registered(rng, today, fuel),
        colour=COLOURS.draw(rng),
        make=rng.choice(MAKES[kind]),
    )


def _first_registered(rng: random.Random, today: date, fuel: Fuel) -> date:
    """Ages fall off exponentially; what is new on the market cannot be old."""
    oldest = 6.0 if fuel in RECENT_FUELS else 34.0
    age_years = min(rng.expovariate(1 / MEAN_AGE_YEARS), oldest)
    return today - timedelta(days=int(age_years * 365.25) + 1)


def _euro(first_registered: date, fuel: Fuel) -> tuple[int | None, str]:
    if fuel in ("electric", "hydrogen"):
        return None, ""
    for since, euro, suffix in EURO_FROM:
        if first_registered >= since:
            return euro, suffix
    return 0, ""


def _registered_guest(car: Car) -> bool:
    """One Dutch vehicle in five, by its plate, so that the answer needs no stored draw."""
    return car.plate.country == "NL" and stream(0, "guest", car.plate.text).random() < 0.2


def _pass(car: Car, start: datetime) -> LezPass:
    """A day pass for the local day on which the simulation starts."""
    local_day = start.astimezone(ZoneInfo("Europe/Brussels")).date()
    return LezPass(
        pass_id=fact_id("lez-pass", car.plate.text, local_day),
        plate=car.plate.text,
        zone="brussels",
        day=local_day,
        bought_at=start - timedelta(minutes=30),
    )
