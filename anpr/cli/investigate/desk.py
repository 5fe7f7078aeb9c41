"""What questions of investigators share besides the desk: their group, and how plates and scenes are understood."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Annotated

import typer

from anpr.cli.app import app
from anpr.cli.desk import utc_now
from anpr.cli.times import time_range
from schemas.search import Scene
from sinks.clickhouse.plate_search.patterns import is_plate, pattern_of
from sinks.clickhouse.refusal import SearchRefused
from sinks.clickhouse.searches import SearchRequest

group = typer.Typer(
    help="Questions of investigators: ways, places, who was at several scenes, who travels with whom, where next.",
    no_args_is_help=True,
    rich_markup_mode="rich",
)
app.add_typer(group, name="investigate")

PlatesLike = Annotated[str, typer.Option(help="Only plates like this: part of one, ? and * as in `anpr search`.")]
LAST_HOUR = timedelta(hours=1)
MOST_CAMERAS = 10_000
"""Of a scene: the contract's bound (schemas.search)."""


def span_asked(days: int | None, since: str | None, until: str | None, usual_days: int) -> tuple[datetime, datetime]:
    """From when until when; the last `usual_days`, unless said."""
    return time_range(utc_now(), days or (None if since else usual_days), since, until)


def hour_before(until: str | None) -> tuple[datetime, datetime]:
    """The hour that ends there; the last one, unless said."""
    end = time_range(utc_now(), 1, None, until)[1] if until else utc_now()
    return end - LAST_HOUR, end


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
