"""Vehicles seen at several places: at A, then B, then C; or at k of n."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from clickhouse_connect.driver.client import Client

from schemas.search import Scene, SearchRecord
from sinks.clickhouse.queries.ask import ask_sql, sql_of
from sinks.clickhouse.refusal import SearchRefused

__all__ = ["SeenInScenes", "check_order", "scenes", "scenes_sql"]

SCENE = """SELECT toUInt16({number}) AS scene, plate, captured_at, camera_id, confidence FROM passages_of_scene(
search_id = {{search_id:UUID}}, officer = {{officer:String}}, scene = {number})"""


@dataclass(frozen=True, slots=True)
class SeenInScenes:
    """One vehicle: all that share its confusion-class key, so that a misread does not lose it."""

    plate: str
    """As it was read most surely."""
    written: list[str]
    """All ways it was read, at most 8."""
    in_scenes: list[int]
    """Scenes that saw it, from 1."""
    sightings: int
    """Passages in all scenes: a bus has many."""
    alike: int
    """Vehicles seen in exactly these scenes: the fewer, the more it means."""
    times: list[datetime]
    """Its passages in order of time, at most 1,000 …"""
    scenes: list[int]
    """… the scene of each …"""
    cameras: list[str]
    """… and the camera."""


def scenes_sql(count: int) -> str:
    """The question for so many scenes: one branch each, so that each reads its own cameras and time only."""
    branches = [SCENE.format(number=number) for number in range(1, count + 1)]
    return sql_of("scenes").replace("(SIGHTINGS)", f"({' UNION ALL '.join(branches)})")


def check_order(scenes: Sequence[Scene]) -> None:
    """Raises SearchRefused where no vehicle can have been in all of them one after the other."""
    after = datetime.min.replace(tzinfo=UTC)
    for number, scene in enumerate(scenes, start=1):
        after = max(after, scene.captured_from)
        if after >= scene.captured_until:
            raise SearchRefused(
                f"scene {number} is over before the one in front of it begins: give them in order of time",
                "scenes_order",
            )


def scenes(
    client: Client, search: SearchRecord, least: int | None = None, *, in_order: bool = False, limit: int = 1000
) -> Sequence[SeenInScenes]:
    """Vehicles seen in at least `least` scenes (None: all) of the search; most scenes and rarest first.

    in_order: in all of them, each later than the one before. One passage may stand for two scenes that overlap, but
    not in order. Raises SearchRefused, also for fewer than two scenes, and for an order that cannot be.
    """
    count = len(search.scenes)
    wanted = count if in_order or least is None else least
    if not 2 <= wanted <= count:
        raise SearchRefused(f"seen in {wanted} of {count} scenes: give at least two scenes", "scenes_few")
    if in_order:
        check_order(search.scenes)
    return ask_sql(
        client,
        scenes_sql(count),
        SeenInScenes,
        search_id=search.search_id,
        officer=search.officer,
        least=wanted,
        in_order=in_order,
        limit=limit,
    )
