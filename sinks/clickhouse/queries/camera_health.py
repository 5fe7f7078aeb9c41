"""How cameras are, as the worker `health` told it: now, hour by hour, and what was wrong. No plates in it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from clickhouse_connect.driver.client import Client

from sinks.clickhouse.queries.ask import ask

__all__ = ["CameraHour", "CameraNow", "CameraTrouble", "camera_hours", "camera_troubles", "cameras_now"]


@dataclass(frozen=True, slots=True)
class CameraNow:
    """One camera as it was told last."""

    camera_id: str
    name: str
    kind: str
    """fixed, mobile, patrol_car or upload."""
    police_zone: str
    """Owner; empty: none."""
    told_until: datetime | None
    """What the rest is of; None: nothing was told of it within two days."""
    last_read_at: datetime | None
    silent_s: float
    """Since the last read, at `told_until`."""
    reads: int
    """In the hour, so far."""
    expected: float | None
    """Usual in as much of this hour; None: not enough is learnt."""
    delay_p50_s: float | None
    """From captured to received; negative: its clock is ahead."""
    unreadable: float | None
    """Share of this hour's reads."""
    troubles: list[str]
    """Kinds of anomalies that are open."""


@dataclass(frozen=True, slots=True)
class CameraHour:
    """One hour of a camera; fields as in `schemas.camera_health`."""

    hour: datetime
    told_until: datetime
    reads: int
    expected: float | None
    low: float | None
    high: float | None
    common: float
    unreadable: int
    usual_unreadable: float | None
    late: int
    delay_p50_s: float | None
    usual_delay_s: float | None
    approaching: int
    departing: int
    usual_approaching: float | None
    last_read_at: datetime | None
    silent_s: float
    troubles: list[str]


@dataclass(frozen=True, slots=True)
class CameraTrouble:
    """What is or was wrong."""

    kind: str
    camera_id: str
    """Empty: with a whole zone, or with all."""
    observed_at: datetime
    ended_at: datetime | None
    """None: it is not over."""
    score: float
    detail: str


def cameras_now(client: Client, zone: str = "") -> Sequence[CameraNow]:
    """All registered ones, or those of a police zone; those with a trouble first."""
    return ask(client, "cameras_now", CameraNow, zone=zone)


def camera_hours(client: Client, camera: str, since: datetime) -> Sequence[CameraHour]:
    """Hours of a camera since a moment, oldest first."""
    return ask(client, "camera_hours", CameraHour, camera=camera, since=since)


def camera_troubles(client: Client, since: datetime, camera: str = "", limit: int = 100) -> Sequence[CameraTrouble]:
    """What was wrong since a moment, or still is; of a camera, or (empty) of all."""
    return ask(client, "camera_troubles", CameraTrouble, since=since, camera=camera, limit=limit)
