"""Vehicles and day passes as the judging stage needs them, by plate."""

from __future__ import annotations

from uuid import UUID

from schemas.lez import LezPass, Vehicle

__all__ = ["PassBook", "VehicleRegistry"]


class VehicleRegistry:
    """Vehicle records by compact plate."""

    def __init__(self) -> None:
        self._by_plate: dict[str, Vehicle] = {}

    def __len__(self) -> int:
        return len(self._by_plate)

    def put(self, _key: bytes, vehicle: Vehicle) -> None:
        """Record a vehicle, or change its record."""
        self._by_plate[vehicle.plate] = vehicle

    def remove(self, key: bytes) -> None:
        """Forget the record with this key (the plate)."""
        self._by_plate.pop(key.decode("ascii", "replace"), None)

    def get(self, plate: str) -> Vehicle | None:
        """The record of a plate."""
        return self._by_plate.get(plate)


class PassBook:
    """Day passes by plate; a later record of the same pass replaces it."""

    def __init__(self) -> None:
        self._by_plate: dict[str, dict[UUID, LezPass]] = {}

    def __len__(self) -> int:
        return sum(map(len, self._by_plate.values()))

    def put(self, _key: bytes, bought: LezPass) -> None:
        """Record a pass, or its cancellation."""
        self._by_plate.setdefault(bought.plate, {})[bought.pass_id] = bought

    def remove(self, key: bytes) -> None:
        """Forget all passes of a plate."""
        self._by_plate.pop(key.decode("ascii", "replace"), None)

    def of(self, plate: str) -> tuple[LezPass, ...]:
        """All passes of a plate."""
        held = self._by_plate.get(plate)
        return tuple(held.values()) if held else ()
