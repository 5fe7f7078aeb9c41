"""Permits by plate: some ten thousand."""

from __future__ import annotations

from schemas.lez import LezPermits, Permit

__all__ = ["PermitBook"]


class PermitBook:
    """What was granted, by plate; the last record of a plate tells all of it."""

    def __init__(self) -> None:
        self._by_plate: dict[str, LezPermits] = {}

    def __len__(self) -> int:
        return len(self._by_plate)

    def __contains__(self, plate: str) -> bool:
        return plate in self._by_plate

    def put(self, _key: bytes, granted: LezPermits) -> None:
        """Record what a plate has."""
        self._by_plate[granted.plate] = granted

    def remove(self, key: bytes) -> None:
        """Forget what a plate has."""
        self._by_plate.pop(key.decode("utf-8", "replace"), None)

    def of(self, plate: str, country: str | None) -> tuple[Permit, ...]:
        """Permits of a plate of this country; None: nobody knows which."""
        granted = self._by_plate.get(plate)
        return granted.permits if granted is not None and country in (None, granted.country) else ()
