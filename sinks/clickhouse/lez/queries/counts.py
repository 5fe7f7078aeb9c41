"""How much passes, without plates: for reports, and for what another law would mean."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from importlib.resources import files
from typing import Any, Literal

from clickhouse_connect.driver.client import Client

from sinks.clickhouse.queries.ask import ask_sql

__all__ = ["By", "KindPassages", "KindVehicles", "Part", "passages_by", "passages_by_kind", "vehicles_by_kind"]

By = Literal["fuel", "standard", "category", "country", "camera", "hour", "day", "verdict", "action"]


@dataclass(frozen=True, slots=True)
class Part:
    """Passages that have one thing in common."""

    part: str
    """Empty: unknown."""
    passages: int
    barred: int
    """The vehicle may not be there: non-compliant, or unregistered."""
    acted_on: int
    """A warning or a fine was attached to it."""


@dataclass(frozen=True, slots=True)
class KindPassages:
    """Passages at one hour of the day of vehicles that are one to the law."""

    hour_of_day: int
    """On the zone's clocks."""
    fuel: str
    category: str
    n1_class: str
    standard: str
    country: str
    verdict: str
    passages: int


@dataclass(frozen=True, slots=True)
class KindVehicles:
    """Vehicles that are one to the law."""

    fuel: str
    category: str
    n1_class: str
    standard: str
    country: str
    vehicles: int
    """Different plates, as far as they are still held."""
    compliant_vehicles: int
    """Those that were compliant at least once."""
    nameless_passages: int
    """Passages whose plates were cleared."""


def passages_by(client: Client, zone: str, span: tuple[datetime, datetime], timezone: str, by: By) -> Sequence[Part]:
    """The most frequent first."""
    return ask_sql(client, _sql("passages_by"), Part, **_given(zone, span), timezone=timezone, by=by)


def passages_by_kind(
    client: Client, zone: str, span: tuple[datetime, datetime], timezone: str
) -> Sequence[KindPassages]:
    """By hour of the day on the zone's clocks."""
    return ask_sql(client, _sql("passages_by_kind"), KindPassages, **_given(zone, span), timezone=timezone)


def vehicles_by_kind(client: Client, zone: str, span: tuple[datetime, datetime]) -> Sequence[KindVehicles]:
    """A vehicle is counted once in each kind: in one, unless its record was corrected."""
    return ask_sql(client, _sql("vehicles_by_kind"), KindVehicles, **_given(zone, span))


def _given(zone: str, span: tuple[datetime, datetime]) -> dict[str, Any]:
    return {"zone": zone, "since": span[0], "until": span[1]}


def _sql(name: str) -> str:
    return files(__package__).joinpath(f"{name}.sql").read_text("utf-8")
