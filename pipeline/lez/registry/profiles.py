"""Kinds of vehicles: of millions, the law tells a few thousand apart, the day of first registration aside."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from datetime import date

from pipeline.lez.facts import Facts, facts_of
from schemas.lez import OtherVehicle, Vehicle

__all__ = ["NO_DAY", "Profiles", "date_of"]

NO_DAY = 0
_BEFORE = date(1899, 12, 31).toordinal()
MOST_DAY = 0xFFFF
"""Days that are told as a number are those of 1900 to June 2079; others are a part of the profile."""


class Profiles:
    """Facts by number. They only grow: what a register may say of a vehicle is limited."""

    def __init__(self) -> None:
        self.all: list[Facts] = []
        """By number; without the first registration, where that is a number of its own."""
        self._numbers: dict[Facts, int] = {}
        self._seen: dict[tuple[object, ...], int] = {}

    def number(self, vehicle: Vehicle | OtherVehicle) -> tuple[int, int]:
        """Its profile, and the day of its first registration as `date_of` takes it."""
        registered = vehicle.first_registered
        day = NO_DAY if registered is None else registered.toordinal() - _BEFORE
        apart = NO_DAY < day <= MOST_DAY
        told = (
            vehicle.country,
            vehicle.category,
            vehicle.n1_class,
            vehicle.body_code,
            vehicle.fuel,
            vehicle.euro,
            vehicle.euro_suffix,
            vehicle.exemptions,
            None if apart else registered,
        )
        number = self._seen.get(told)
        if number is None:
            facts = facts_of(vehicle)
            number = self._seen[told] = self._add(dataclasses.replace(facts, first_registered=None) if apart else facts)
        return number, day if apart else NO_DAY

    def take_over(self, told: Iterable[Facts]) -> None:
        """Begin with what `all` gave elsewhere."""
        for facts in told:
            self._add(facts)

    def _add(self, facts: Facts) -> int:
        number = self._numbers.setdefault(facts, len(self.all))
        if number == len(self.all):
            self.all.append(facts)
        return number

    def facts(self, number: int, day: int) -> Facts:
        """The facts of a vehicle."""
        facts = self.all[number]
        return facts if day == NO_DAY else dataclasses.replace(facts, first_registered=date_of(day))


def date_of(day: int) -> date:
    """The date of a number of a day, which is not NO_DAY."""
    return date.fromordinal(_BEFORE + day)
