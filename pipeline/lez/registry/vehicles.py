"""The vehicle register in memory: millions of plates, changed one at a time while passages are judged.

What is put and removed holds from the next `settle` on: it becomes a part of its own, which is looked at before older
ones. A part that is no longer small beside the one before is merged with it, so there are a few at most. Used by one
thread.
"""

from __future__ import annotations

import functools
from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from pipeline.lez.facts import Facts
from pipeline.lez.registry.bearers import ABSENT, Bearer, Holding, bearer_at, second_of
from pipeline.lez.registry.columns import ALWAYS, EVER, GONE, NONE, Columns, arranged, merged
from pipeline.lez.registry.plates import NO_PLATE, Names, name_of, names_of
from pipeline.lez.registry.profiles import NO_DAY, Profiles
from schemas.lez import OtherVehicle, Vehicle

__all__ = ["ASK", "NOT_A_PLATE", "RegistryView", "Seen", "VehicleRegistry"]

ASK, NOT_A_PLATE = -3, -4
"""Instead of a profile: who bore the plate hangs on the moment, so `bearer` must be asked; the text is no plate."""
SMALL_BESIDE = 16
"""A part is merged with the one before that is not so many times as long: a merge of millions takes a second."""


class Seen(NamedTuple):
    """Plates that were looked up together."""

    profiles: list[int]
    """Number in `VehicleRegistry.profiles`; ABSENT: no vehicle ever bore the plate; ASK; NOT_A_PLATE."""
    days: list[int]
    """Number of the day of the first registration."""


@dataclass(frozen=True, slots=True)
class RegistryView:
    """A register as it was at one moment."""

    parts: tuple[Columns, ...]
    """A name in a later one counts for all of its rows in earlier ones."""
    profiles: tuple[Facts, ...]

    def merged(self) -> Columns:
        """All of it in one piece."""
        return functools.reduce(functools.partial(merged, removals=False), self.parts)


class VehicleRegistry:
    """Vehicles by plate, and who bore it when."""

    def __init__(self) -> None:
        self.profiles = Profiles()
        self._parts = [_Pending().arranged()]
        self._pending = _Pending()
        self._count = 0

    def __len__(self) -> int:
        return self._count

    def put(self, _key: bytes, vehicle: Vehicle) -> None:
        """Record a vehicle, or change the record of its plate. Found after `settle`."""
        name = name_of(vehicle.plate)
        if name:
            self._pending.begin(name)
            self._pending.add(*self._row(vehicle))
            for other in vehicle.others:
                self._pending.add(*self._row(other))

    def _row(self, one: Vehicle | OtherVehicle) -> tuple[int, int, int, int]:
        profile, day = self.profiles.number(one)
        return profile, day, second_of(one.registered_from, EVER), second_of(one.registered_until, ALWAYS)

    def remove(self, key: bytes) -> None:
        """Forget the plate that is this key; an unknown one changes nothing."""
        name = name_of(key.decode("utf-8", "replace"))
        if name:
            self._pending.begin(name)
            self._pending.add(GONE, NO_DAY, EVER, ALWAYS)

    def settle(self) -> None:
        """What was put and removed holds from now on. Cheap where nothing was."""
        if not self._pending:
            return
        latest, self._pending = self._pending.arranged(), _Pending()
        names = np.unique(latest.names)
        self._count += latest.count() - int(np.count_nonzero(self._profiles_of(names) != ABSENT))
        self._parts.append(latest)
        while len(self._parts) > 1 and len(self._parts[-1]) * SMALL_BESIDE > len(self._parts[-2]):
            newer, older = self._parts.pop(), self._parts.pop()
            self._parts.append(merged(older, newer, removals=bool(self._parts)))

    def _profiles_of(self, names: Names) -> NDArray[np.int64]:
        """Of the first vehicle of each; ABSENT where there is none."""
        profiles = np.full(len(names), ABSENT, dtype=np.int64)
        for part in self._parts:
            rows = part.first_rows(names)
            there = np.flatnonzero(rows != NONE)
            profiles[there] = part.profiles[rows[there]]
        return np.where(profiles == GONE, ABSENT, profiles)

    def look(self, plates: Sequence[str], oldest: datetime) -> Seen:
        """Whose these plates are, at moments none of which is before `oldest`."""
        names, since = names_of(plates), second_of(oldest, EVER)
        profiles, days = np.where(names == NO_PLATE, NOT_A_PLATE, ABSENT), np.zeros(len(names), dtype=np.uint16)
        for part in self._parts:
            rows = part.first_rows(names)
            there = np.flatnonzero(rows != NONE)
            profiles[there], days[there] = _simply(part, rows[there], since)
        return Seen(profiles.tolist(), days.tolist())

    def bearer(self, plate: str, country: str | None, at: datetime) -> Bearer:
        """The vehicle that bore a plate at a moment. country: best guess of the plate's, None if there is none."""
        return bearer_at(self._holdings(name_of(plate)), country, at)

    def _holdings(self, name: int) -> Iterator[Holding]:
        part = next((part for part in reversed(self._parts) if part.rows_of(name)), self._parts[0])
        for row in part.rows_of(name):
            if part.profiles[row] != GONE:
                bearer = Bearer(int(part.profiles[row]), int(part.days[row]))
                country = self.profiles.all[bearer.profile].country
                yield Holding(bearer, country, int(part.since[row]), int(part.until[row]))

    def view(self) -> RegistryView:
        """What holds now, to be written elsewhere while this one goes on. After `settle`."""
        return RegistryView(tuple(self._parts), tuple(self.profiles.all))

    def take_over(self, columns: Columns, profiles: Sequence[Facts]) -> None:
        """Begin with what was written. Raises ValueError where there is something yet."""
        if self._count or self._pending or self.profiles.all:
            raise ValueError("a snapshot can be taken over only by a register that holds nothing")
        self.profiles.take_over(profiles)
        self._parts, self._count = [columns], columns.count()

    @property
    def nbytes(self) -> int:
        """Size of its arrays."""
        return sum(part.nbytes for part in self._parts)


def _simply(part: Columns, rows: NDArray[np.int64], since: int) -> tuple[NDArray[np.int64], NDArray[np.uint16]]:
    """Profiles, ABSENT or ASK, and days of rows: the first ones of their plates."""
    profiles = part.profiles[rows].astype(np.int64)
    profiles[profiles == GONE] = ABSENT
    plain = (part.since[rows] <= since) & (part.until[rows] == ALWAYS) & ~part.go_on(rows)
    return np.where(plain, profiles, ASK), part.days[rows]


class _Pending:
    """Rows in the order in which they came; the last ones of a plate hold."""

    def __init__(self) -> None:
        self._turn = 0
        self._name = 0
        self._turns, self._names, self._days = array("I"), array("Q"), array("H")
        self._profiles, self._since, self._until = array("I"), array("I"), array("I")

    def __len__(self) -> int:
        return len(self._names)

    def begin(self, name: int) -> None:
        """The rows that follow are all of this plate."""
        self._turn, self._name = self._turn + 1, name

    def add(self, profile: int, day: int, since: int, until: int) -> None:
        self._turns.append(self._turn)
        self._names.append(self._name)
        self._profiles.append(profile)
        self._days.append(day)
        self._since.append(since)
        self._until.append(until)

    def arranged(self) -> Columns:
        """What is there now, removals too."""
        names = _numbers(self._names, np.uint64)
        return arranged(
            names,
            _numbers(self._profiles, np.uint32),
            _numbers(self._days, np.uint16),
            _numbers(self._since, np.uint32),
            _numbers(self._until, np.uint32),
            self._last_of_each(names),
        )

    def _last_of_each(self, names: Names) -> NDArray[np.int64]:
        """Rows of the last turn of each plate, by plate."""
        order = np.argsort(names, kind="stable")
        if not len(order):
            return order
        turns, sorted_names = _numbers(self._turns, np.uint32)[order], names[order]
        ends = np.append(np.flatnonzero(sorted_names[1:] != sorted_names[:-1]), len(order) - 1)
        latest = np.repeat(turns[ends], np.diff(ends, prepend=-1))
        last: NDArray[np.int64] = order[turns == latest]
        return last


def _numbers(held: array[int], kind: type[Any]) -> NDArray[Any]:
    """A view while the array lives."""
    return np.frombuffer(held, dtype=kind) if held else np.empty(0, dtype=kind)
