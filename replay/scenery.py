"""What a picture shows besides vehicles and light: weather, lamps that glare, and how each plate looks."""

from __future__ import annotations

from dataclasses import dataclass

from replay.observation import VisibleVehicle
from replay.plate_forms import Shape, shape_of

__all__ = ["PLAIN", "PlateLook", "Scenery"]


@dataclass(frozen=True, slots=True)
class PlateLook:
    """How one plate looks."""

    shape: Shape = "long"
    dirt: float = 0.0
    """0: clean … 1: hardly legible."""


@dataclass(frozen=True, slots=True)
class Scenery:
    """Weather and light of one picture."""

    rain: float = 0.0
    """0: dry … 1: a shower."""
    sun: bool = False
    """A low sun shines into the lens."""
    lamps: bool = False
    """Headlights shine into the lens."""
    looks: tuple[PlateLook, ...] = ()
    """Of the visible vehicles, in their order; fewer: the others look as usual on their kind of vehicle."""

    def look(self, number: int, vehicle: VisibleVehicle) -> PlateLook:
        """Of the vehicle with this number."""
        return self.looks[number] if number < len(self.looks) else PlateLook(shape_of(vehicle.vehicle_class))


PLAIN = Scenery()
"""Dry, clean, nothing shines."""
