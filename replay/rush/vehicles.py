"""The fleet by number: plates and kinds as `replay.register` has them, and each vehicle's turns to drive.

Vehicle v bears plate number v of `replay.history.plates`. A Belgian one is number v // 100 · 80 + v % 100 of the
register (`register_number`), which leaves out one in a hundred; of foreign ones it knows those that registered.
Vehicles that were planted have numbers from PLANTED on, and plates of their own.

Every vehicle has one turn in each round of all vehicles. Two turns, there and back, are an outing, which it makes or
not.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from replay.fleet import CLASSES
from replay.history.plates import COUNTRIES, DISPLAY_WIDTH, PLATE_WIDTH, spell
from replay.history.texts import Bytes, Codes, Indices, Texts
from replay.plates import Plate
from replay.register import BELGIAN_OF_100, FOREIGN_OF_100, KINDS, MOST_VEHICLES, register_kinds
from replay.rush.chance import share_of
from schemas.read import VehicleClass

__all__ = ["CLASS_NAMES", "FRONTLESS", "PLANTED", "SHUFFLED", "Fleet", "Plates", "register_number"]

PLANTED = 1 << 40
"""First number of vehicles that a scenario brings."""
SHUFFLED = 256
"""Turns change places within so many neighbours from round to round."""
LAZIEST = 0.35
"""Share of outings that the vehicle which stays at home most makes; the busiest one makes all."""
MEAN_ACTIVITY = (1 + LAZIEST) / 2
ACTIVITY, OUTING = 20, 21
CLASS_NAMES: tuple[VehicleClass, ...] = ("car", "van", "truck", "bus", "motorcycle", "moped", "other")
FRONTLESS = ("motorcycle", "moped")
"""Kinds without a plate in front."""
_CLASS_OF_CATEGORY: dict[str, VehicleClass] = {**CLASSES, "L1": "moped", "T": "other"}


@dataclass(frozen=True, slots=True)
class Plates:
    """Of some vehicles."""

    compact: Texts
    display: Texts
    country: Codes


def register_number(vehicles: Indices) -> Indices:
    """Number in the register; −1: it does not know them, however long it is."""
    hundreds, within = np.divmod(vehicles, 100)
    belgian = hundreds * BELGIAN_OF_100 + within
    foreign = (hundreds * (100 - BELGIAN_OF_100) + within - BELGIAN_OF_100) * 100 + 100 - FOREIGN_OF_100
    known = (belgian % 100 < 100 - FOREIGN_OF_100) & (vehicles < PLANTED)
    found: Indices = np.where(within < BELGIAN_OF_100, np.where(known, belgian, -1), foreign)
    return found


class Fleet:
    """`count` vehicles, and those that scenarios plant."""

    def __init__(self, count: int, seed: int, listed_share: float) -> None:
        """count: a multiple of SHUFFLED, below 20 million. seed: of the traffic; the register's own is 1."""
        if count % SHUFFLED or not SHUFFLED <= count <= MOST_VEHICLES:
            raise ValueError(f"a fleet has a multiple of {SHUFFLED} vehicles up to {MOST_VEHICLES:,}")
        self.count, self._seed = count, seed
        self._listed_below = round(listed_share * 1000)
        classes = np.array([CLASS_NAMES.index(_CLASS_OF_CATEGORY[kind[1]]) for kind in KINDS], np.uint8)
        self._class = classes[register_kinds((count // 100 + 1) * BELGIAN_OF_100)]
        self._planted: list[tuple[Plate, bool]] = []

    @property
    def registered(self) -> int:
        """So long must the register be to know every vehicle of the fleet that it can know."""
        return (self.count // 100 + 1) * BELGIAN_OF_100

    def plant(self, plate: Plate, *, listed: bool) -> int:
        """Number for a vehicle of a scenario. It is a car."""
        self._planted.append((plate, listed))
        return PLANTED + len(self._planted) - 1

    def foreign(self, vehicles: Indices) -> NDArray[np.bool_]:
        """From abroad, by the plate."""
        found: NDArray[np.bool_] = (vehicles % 100 >= BELGIAN_OF_100) & (vehicles < PLANTED)
        return found

    def listed(self, vehicles: Indices) -> NDArray[np.bool_]:
        """On the hotlist for as long as the simulation runs."""
        found: NDArray[np.bool_] = (vehicles * 7919 % 1000 < self._listed_below) & (vehicles < PLANTED)
        for row in np.flatnonzero(vehicles >= PLANTED):
            found[row] = self._planted[int(vehicles[row]) - PLANTED][1]
        return found

    def classes(self, vehicles: Indices) -> NDArray[np.uint8]:
        """Places in CLASS_NAMES; foreign vehicles as the Belgian ones that are numbered next to them."""
        hundreds, within = np.divmod(vehicles, 100)
        near = np.where(within < BELGIAN_OF_100, within, within % 20)
        found: NDArray[np.uint8] = self._class[(hundreds * BELGIAN_OF_100 + near) % len(self._class)]
        return np.where(vehicles < PLANTED, found, np.uint8(0))

    def plates(self, vehicles: Indices) -> Plates:
        """As they are on the vehicles."""
        spelt = spell(np.where(vehicles < PLANTED, vehicles, 0))
        for row in np.flatnonzero(vehicles >= PLANTED):
            plate, _ = self._planted[int(vehicles[row]) - PLANTED]
            spelt.plate.chars[row] = _padded(plate.text, PLATE_WIDTH)
            spelt.display.chars[row] = _padded(plate.display, DISPLAY_WIDTH)
            spelt.country.codes[row] = COUNTRIES.index(plate.country)
        return Plates(spelt.plate, spelt.display, spelt.country)

    def turns(self, numbers: Indices) -> tuple[Indices, Indices]:
        """Vehicle and round of each turn."""
        rounds, place = np.divmod(numbers, self.count)
        block, within = np.divmod(place, SHUFFLED)
        factor = 2 * ((rounds * 40_503) % (SHUFFLED // 2)) + 1
        return block * SHUFFLED + (within * factor + rounds * 11_003) % SHUFFLED, rounds

    def out(self, vehicles: Indices, outings: Indices) -> NDArray[np.bool_]:
        """Whether each makes its outing."""
        activity = LAZIEST + (1 - LAZIEST) * share_of(vehicles, self._seed, ACTIVITY)
        found: NDArray[np.bool_] = share_of(vehicles + outings * 20_000_003, self._seed, OUTING) < activity
        return found


def _padded(text: str, width: int) -> Bytes:
    return np.frombuffer(text.encode().ljust(width, b"\0"), np.uint8)
