"""What the law asks about a vehicle, and nothing else: neither its plate nor its holder."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from pipeline.lez.standards import standard_of
from schemas.base import CountryCode
from schemas.lez import Category, Fuel, N1Class, OtherVehicle, Standard, Vehicle

__all__ = ["HEAVY", "Facts", "facts_of"]

HEAVY = frozenset({"N2", "N3", "M3"})
"""Categories whose certificates tell a heavy class (Euro I to VI), whose stage is no `6d`. M2 may have either."""


@dataclass(frozen=True, slots=True)
class Facts:
    """A vehicle in the eyes of the law. Two with the same facts get the same verdict, passes and permits aside."""

    country: CountryCode
    category: Category
    fuel: Fuel
    n1_class: N1Class | None = None
    body_code: str = ""
    standard: Standard | None = None
    """None: the certificate tells none."""
    first_registered: date | None = None
    exemptions: tuple[str, ...] = ()
    """Grounds that the register tells of the vehicle."""
    euro: int | None = None
    """Number on the certificate, for the record."""


def facts_of(vehicle: Vehicle | OtherVehicle) -> Facts:
    """The facts of a register's record."""
    heavy = vehicle.category in HEAVY
    standard = None if vehicle.euro is None else standard_of(vehicle.euro, vehicle.euro_suffix, heavy=heavy)
    return Facts(
        country=vehicle.country,
        category=vehicle.category,
        fuel=vehicle.fuel,
        n1_class=vehicle.n1_class,
        body_code=vehicle.body_code,
        standard=standard,
        first_registered=vehicle.first_registered,
        exemptions=vehicle.exemptions,
        euro=vehicle.euro,
    )
