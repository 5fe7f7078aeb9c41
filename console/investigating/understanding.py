"""How plates and scenes of investigators' questions are understood; the same for the command line and the console."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from schemas.search import Scene
from sinks.clickhouse.plate_search.patterns import is_plate, pattern_of
from sinks.clickhouse.queries.scenes import check_order
from sinks.clickhouse.refusal import SearchRefused
from sinks.clickhouse.searches import SearchRequest

__all__ = ["check_scenes", "of_scenes", "plates_like", "scene_of", "whole_plates"]

MOST_CAMERAS = 10_000
"""Of a scene: the contract's bound (schemas.search)."""


def whole_plates(request: SearchRequest) -> SearchRequest:
    """With plates in full, compact. Raises SearchRefused for parts of a plate."""
    pattern = pattern_of(request.pattern, "exact")
    if not all(map(is_plate, pattern.split("|"))):
        raise SearchRefused("give the plate in full; `anpr search` finds it by a part", "pattern_partial")
    return replace(request, pattern=pattern)


def plates_like(plate: str) -> str:
    """The pattern of plates that are looked at, where others than a plate say what to find. Raises SearchRefused."""
    return plate if plate == "*" else pattern_of(plate, narrow=True)


def scene_of(names: Sequence[str], span: tuple[datetime, datetime], number: int) -> Scene:
    """Cameras and a time. Raises SearchRefused for what is no scene, by its number."""
    if span[0] >= span[1]:
        raise SearchRefused(f"scene {number}: the time ends before it begins: give a later end", "range_empty")
    if len(names) > MOST_CAMERAS:
        raise SearchRefused(f"scene {number} has {len(names):,} cameras: at most {MOST_CAMERAS:,}", "area_wide")
    return Scene(cameras=tuple(names), captured_from=span[0], captured_until=span[1])


def check_scenes(found: Sequence[Scene], least: int | None, *, in_order: bool) -> None:
    """Raises SearchRefused before anything is recorded as asked."""
    if not 2 <= (least or len(found)) <= len(found):
        raise SearchRefused(f"seen at {least or len(found)} of {len(found)} scenes: give two or more", "scenes_few")
    if in_order and least not in (None, len(found)):
        raise SearchRefused("--in-order means all scenes: leave out --least", "scenes_few")
    if in_order:
        check_order(found)


def of_scenes(request: SearchRequest, found: Sequence[Scene], pattern: str) -> SearchRequest:
    """The search, from the first begin of its scenes to the last end."""
    return replace(
        request,
        pattern=pattern,
        kind="scenes",
        scenes=tuple(found),
        captured_from=min(one.captured_from for one in found),
        captured_until=max(one.captured_until for one in found),
    )
