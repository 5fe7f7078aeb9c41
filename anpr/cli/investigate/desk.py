"""What questions of investigators share besides the desk: their group, and the times that are meant."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated

import typer

from anpr.cli.app import app
from anpr.cli.desk import utc_now
from anpr.cli.times import time_range

group = typer.Typer(
    help="Questions of investigators: ways, places, who was at several scenes, who travels with whom, where next.",
    no_args_is_help=True,
    rich_markup_mode="rich",
)
app.add_typer(group, name="investigate")

PlatesLike = Annotated[str, typer.Option(help="Only plates like this: part of one, ? and * as in `anpr search`.")]
LAST_HOUR = timedelta(hours=1)


def span_asked(days: int | None, since: str | None, until: str | None, usual_days: int) -> tuple[datetime, datetime]:
    """From when until when; the last `usual_days`, unless said."""
    return time_range(utc_now(), days or (None if since else usual_days), since, until)


def hour_before(until: str | None) -> tuple[datetime, datetime]:
    """The hour that ends there; the last one, unless said."""
    end = time_range(utc_now(), 1, None, until)[1] if until else utc_now()
    return end - LAST_HOUR, end
