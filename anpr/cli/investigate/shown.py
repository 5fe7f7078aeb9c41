"""What the answers share when people read them. Their times are those of Brussels."""

from __future__ import annotations

from collections.abc import Sequence

from rich.markup import escape

from anpr.cli.console import OUT
from anpr.cli.times import local_text
from pipeline.plates.shapes import displayed
from schemas.search import Scene, SearchRecord


def show_nothing(what: str, record: SearchRecord, *advice: str) -> None:
    """Nothing was found, and what else to try."""
    OUT.print(f"{escape(what)} {span_text(record)}.", highlight=False, soft_wrap=True)
    zone = f"Only cameras of {record.police_zone} were searched." if record.police_zone else ""
    for line in (*advice, zone):
        if line:
            OUT.print(f"  {escape(line)}", highlight=False, soft_wrap=True)


def span_text(searched: SearchRecord | Scene) -> str:
    """From when until when."""
    return f"{local_text(searched.captured_from)} to {local_text(searched.captured_until)}"


def length_text(seconds: float) -> str:
    """A length of time: 45 s, 12 min, 3 h 05."""
    if seconds < 60:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 100 else f"{minutes // 60} h {minutes % 60:02}"


def cameras_text(names: Sequence[str]) -> str:
    """The one camera, or how many."""
    return f"camera {names[0]}" if len(names) == 1 else f"{len(names)} cameras"


def plate_text(plate: str, written: Sequence[str]) -> str:
    """A plate, and how else it was read."""
    others = ", ".join(displayed(name) for name in written if name != plate)
    return f"[bold]{escape(displayed(plate))}[/bold]" + (f" (also {escape(others)})" if others else "")


def asked_text(record: SearchRecord) -> str:
    """The plates that a search names in full."""
    return " and ".join(map(displayed, record.pattern.split("|")))
