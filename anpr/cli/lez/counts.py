"""What `anpr lez report` and `what-if` share: the days, the counts without plates, pictures."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Annotated, Any

import typer
from clickhouse_connect.driver.client import Client

from anpr.cli.app import settings_of
from anpr.cli.console import say
from anpr.lez.question import AskedWrongly, day_of
from anpr.platform import open_lez
from pipeline.lez.book import LawBook
from sinks.clickhouse.client import connect

__all__ = [
    "Plot",
    "Since",
    "Until",
    "check_plot",
    "days_asked",
    "draw",
    "head_json",
    "open_counts",
    "share_of",
    "span_of",
]

DAY = timedelta(days=1)
Since = Annotated[str, typer.Option("--from", help="First local day of passages.")]
Until = Annotated[str, typer.Option("--to", help="Last local day of passages.")]
Plot = Annotated[Path | None, typer.Option("--plot", help="Also draw it: a file that ends in .svg.")]


@contextmanager
def open_counts(context: typer.Context) -> Iterator[Client]:
    """The database of the zones. Counts are open to its analysts, without a recorded search."""
    with open_lez(settings_of(context), say) as settings:
        yield connect(settings.lez())


def days_asked(since: str, until: str) -> tuple[date, date]:
    """First and last local day. Raises AskedWrongly."""
    first, last = day_of(since, "--from"), day_of(until, "--to")
    if first > last:
        raise AskedWrongly(f"--from {since} is after --to {until}")
    return first, last


def span_of(law: LawBook, first: date, last: date) -> tuple[datetime, datetime]:
    """From the midnight that begins the first local day to the one that ends the last, UTC."""
    return law.end_of(first - DAY), law.end_of(last)


def head_json(law: LawBook, first: date, last: date) -> dict[str, Any]:
    """What was asked."""
    return {"zone": law.zone, "from": first.isoformat(), "to": last.isoformat()}


def share_of(part: int, whole: int) -> float:
    """0 of nothing."""
    return part / whole if whole else 0.0


def check_plot(plot: Path | None) -> None:
    """Raises AskedWrongly for a picture of another kind, before anything is asked."""
    if plot is not None and plot.suffix.lower() != ".svg":
        raise AskedWrongly(f"--plot {plot}: pictures are SVG, name a file that ends in .svg")


def draw(plot: Path, picture: str) -> None:
    """Write it. Raises AskedWrongly where the file cannot be written."""
    try:
        plot.write_text(picture, "utf-8")
    except OSError as error:
        raise AskedWrongly(f"--plot {plot} cannot be written: {error.strerror}") from error
