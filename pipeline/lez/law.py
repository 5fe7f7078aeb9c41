"""The law book of a zone, read from its YAML file and checked."""

from __future__ import annotations

import functools
from datetime import UTC, date, datetime, time, tzinfo
from importlib.resources import files
from zoneinfo import ZoneInfo

import yaml
from pydantic import BaseModel, ConfigDict, model_validator

from schemas.lez import Category, Fuel

__all__ = ["Cell", "LawBook", "load_law"]


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Cell(_Strict):
    """One box of the calendar: a Euro class of a fuel group, banned from a local day on, as known in a period."""

    fuels: str
    euro: int
    banned_from: date
    known_from: date = date.min
    known_until: date = date.max
    warnings_only: bool = False
    """True: the law attaches a warning first; a fine depends on the vehicle's own warning, decided later."""
    warnings_from: date = date.max
    """Local day from which warnings are sent."""
    source: str
    verified: bool = True

    def rule_id(self, zone: str) -> str:
        """Stable name of the rule, shown with each verdict."""
        return f"{zone}:M1:{self.fuels}:euro{self.euro}:{self.banned_from}"

    def known_at(self, moment: datetime) -> bool:
        """True if this cell was law in the eyes of that moment (UTC days)."""
        return self.known_from <= _on_clocks(moment, UTC).date() < self.known_until


class _FirstRegistration(_Strict):
    before: date
    euro: int


class LawBook(_Strict):
    """All rules of one zone."""

    zone: str
    timezone: str
    fine_eur: int
    day_pass_ends_at_hour: int
    exempt_fuels: frozenset[Fuel]
    exempt_categories: frozenset[Category]
    fuel_groups: dict[str, frozenset[Fuel]]
    euro_by_first_registration: tuple[_FirstRegistration, ...]
    cells: tuple[Cell, ...]

    @model_validator(mode="after")
    def _no_overlap(self) -> LawBook:
        for this in self.cells:
            if this.fuels not in self.fuel_groups:
                raise ValueError(f"cell euro {this.euro}: unknown fuel group {this.fuels}")
            rivals = [c for c in self.cells if (c.fuels, c.euro) == (this.fuels, this.euro) and c is not this]
            if any(c.known_from < this.known_until and this.known_from < c.known_until for c in rivals):
                raise ValueError(f"two cells for {this.fuels} euro {this.euro} are known at the same time")
        return self

    @functools.cached_property
    def zone_info(self) -> ZoneInfo:
        """Local time of the zone."""
        return ZoneInfo(self.timezone)

    def local(self, moment: datetime) -> datetime:
        """The moment on the zone's clocks."""
        return _on_clocks(moment, self.zone_info)

    def fuel_group(self, fuel: Fuel) -> str | None:
        """Name of the calendar column; None: the law names no such fuel."""
        return next((name for name, fuels in self.fuel_groups.items() if fuel in fuels), None)

    def cell(self, group: str, euro: int, known_at: datetime) -> Cell | None:
        """The box of the calendar as known at a moment; None: never banned as far as known."""
        return next((c for c in self.cells if c.fuels == group and c.euro == euro and c.known_at(known_at)), None)

    def euro_from_registration(self, first_registered: date) -> int:
        """Euro class that the law assumes for a car first registered on that day."""
        rows = self.euro_by_first_registration
        return next((row.euro for row in rows if first_registered < row.before), rows[-1].euro)

    def covered_days(self, moment: datetime) -> tuple[date, ...]:
        """Local days whose day pass covers the moment: its own, and before 06:00 the one before."""
        local = self.local(moment)
        today = local.date()
        if local.time() < time(self.day_pass_ends_at_hour) and today > date.min:
            return (today, date.fromordinal(today.toordinal() - 1))
        return (today,)


def _on_clocks(moment: datetime, zone: tzinfo) -> datetime:
    try:
        return moment.astimezone(zone)
    except OverflowError:  # within a day of the years 1 and 9999, where no hour matters: a message may name them
        return moment.replace(tzinfo=zone)


@functools.cache
def load_law(zone: str) -> LawBook:
    """The law book of a zone. Raises FileNotFoundError or ValidationError naming what is wrong."""
    text = files(__package__).joinpath(f"{zone}.yaml").read_text("utf-8")
    return LawBook.model_validate(yaml.safe_load(text))
