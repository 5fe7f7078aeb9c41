"""Registered cameras and where they hang."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from clickhouse_connect.driver.client import Client

from pipeline.geo import Point
from sinks.clickhouse.queries.ask import ask

__all__ = ["Registered", "cameras"]


@dataclass(frozen=True, slots=True)
class Registered:
    """One camera."""

    camera_id: str
    name: str
    kind: str
    """fixed, mobile, patrol_car or upload."""
    police_zone: str
    """Owner; empty: none."""
    road: str
    lat: float | None
    """WGS 84; None: it moves, or nobody told."""
    lon: float | None

    @property
    def position(self) -> Point | None:
        """Where it hangs; None: it moves, or nobody told."""
        return None if self.lat is None or self.lon is None else Point(self.lat, self.lon)


def cameras(client: Client) -> Sequence[Registered]:
    """All of them, by identifier."""
    return ask(client, "cameras", Registered)
