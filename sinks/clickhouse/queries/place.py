"""Everything at some cameras in some time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from clickhouse_connect.driver.client import Client

from schemas.search import SearchRecord
from sinks.clickhouse.queries.ask import ask

__all__ = ["ANY", "Passed", "Wanted", "place"]


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is looked for at the place; an empty tuple: any. The value "" stands for what no reader told."""

    countries: tuple[str, ...] = ()
    """ISO 3166-1 alpha-2."""
    vehicle_classes: tuple[str, ...] = ()
    directions: tuple[str, ...] = ()
    """approaching, departing."""


ANY = Wanted()


@dataclass(frozen=True, slots=True)
class Passed:
    """One passage in the list of a place."""

    camera_id: str
    camera_name: str
    """Empty: a camera that is not registered."""
    captured_at: datetime
    """Camera clock, UTC."""
    plate: str
    country: str
    """Empty: not told."""
    vehicle_class: str
    """Empty: not told."""
    direction: str
    """Empty: not told."""
    confidence: float
    certainty: str
    late: bool
    """True: uploaded late."""


def place(
    client: Client, search: SearchRecord, wanted: Wanted = ANY, *, scene: int = 1, limit: int = 1000
) -> Sequence[Passed]:
    """Newest passages of a scene of the search (counted from 1). Raises SearchRefused."""
    return ask(
        client,
        "place",
        Passed,
        search_id=search.search_id,
        officer=search.officer,
        scene=scene,
        countries=list(wanted.countries),
        vehicle_classes=list(wanted.vehicle_classes),
        directions=list(wanted.directions),
        limit=limit,
    )
