"""How cameras are, for who climbs up to them: words, a table, a day as a line of bars."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from rich.markup import escape
from rich.table import Table

from anpr.cli.console import OUT
from pipeline.health.troubles import span
from sinks.clickhouse.queries.camera_health import CameraHour, CameraNow, CameraTrouble

__all__ = ["bars", "show_camera", "show_cameras", "summary"]

BARS = "▁▂▃▄▅▆▇█"
WORDS = {
    "camera_silent": "silent",
    "camera_rate_low": "too few reads",
    "camera_rate_high": "too many reads",
    "camera_unreadable": "plates unreadable",
    "camera_clock_ahead": "clock ahead",
    "camera_clock_behind": "clock behind",
    "camera_line_slow": "line slow",
    "camera_turned": "turned round",
    "camera_clock": "clock wrong, by what passes elsewhere",
    "cameras_silent": "many silent at once",
    "cameras_rate_low": "all have too few reads",
    "cameras_rate_high": "all have too many reads",
}
"""Kind → what a technician calls it."""


def words_of(kinds: Sequence[str]) -> str:
    """Troubles in words; empty: none."""
    return ", ".join(WORDS.get(kind, kind) for kind in kinds)


def summary(found: Sequence[CameraNow]) -> str:
    """One sentence about all of them."""
    ill = sum(bool(one.troubles) for one in found)
    silent = sum("camera_silent" in one.troubles for one in found)
    unheard = sum(one.told_until is None for one in found)
    parts = [f"{len(found)} cameras", f"{ill} with a trouble ({silent} silent)"]
    return ", ".join([*parts, f"{unheard} never heard of" if unheard else "all heard of"]) + "."


def show_cameras(found: Sequence[CameraNow], limit: int) -> None:
    """A table, those with a trouble first."""
    table = Table(box=None, pad_edge=False)
    widest = max((len(one.camera_id) for one in found[:limit]), default=0)
    for name, width in (("camera", widest), ("last read", 9), ("reads", 6), ("usual", 6), ("delay", 8), ("unread", 6)):
        table.add_column(name, no_wrap=True, min_width=width, justify="left" if name == "camera" else "right")
    table.add_column("what is wrong", min_width=14)
    table.add_column("name", no_wrap=True, overflow="ellipsis", max_width=40)
    for one in found[:limit]:
        table.add_row(
            escape(one.camera_id),
            "never" if one.last_read_at is None else _last_read(one.last_read_at, one.silent_s),
            "" if one.told_until is None else str(one.reads),
            "" if one.told_until is None else _number(one.expected),
            "" if one.delay_p50_s is None else f"{one.delay_p50_s:.1f} s",
            "" if one.unreadable is None else f"{one.unreadable:.0%}",
            f"[red]{words_of(one.troubles)}[/red]" if one.troubles else "",
            escape(one.name),
        )
    OUT.print(table)
    OUT.print(summary(found), highlight=False)
    if len(found) > limit:
        OUT.print(f"Only {limit} are shown: raise --limit.", highlight=False)


def _last_read(at: datetime, silent_s: float) -> str:
    """The clock, UTC, and the day where it was another one."""
    return f"{at:%H:%M:%S}" if silent_s < 43_200 else f"{at:%Y-%m-%d %H:%M}"


def show_camera(one: CameraNow, hours: Sequence[CameraHour], troubles: Sequence[CameraTrouble]) -> None:
    """One camera: what is wrong, its hours against their usual, what was wrong."""
    OUT.print(f"[bold]{escape(one.camera_id)}[/bold] {escape(one.name)}", highlight=False)
    for line in _state_of(one):
        OUT.print(line, highlight=False)
    if hours:
        _show_hours(hours)
    if troubles:
        table = Table("since", "until", "what", "in words")
        for told in troubles:
            until = "[red]now[/red]" if told.ended_at is None else _clock(told.ended_at)
            table.add_row(_clock(told.observed_at), until, words_of([told.kind]), escape(told.detail))
        OUT.print(table)


def _state_of(one: CameraNow) -> list[str]:
    if one.told_until is None:
        return ["Nothing was heard of it within two days: is it connected, does the worker `health` run?"]
    lines = [f"What is wrong: [red]{words_of(one.troubles)}[/red]" if one.troubles else "All is as usual."]
    if one.last_read_at is not None:
        lines.append(
            f"Last read {_clock(one.last_read_at)} UTC, {span(timedelta(seconds=one.silent_s))} before this was told."
        )
    if one.expected is None:
        lines.append("What is usual is not learnt yet: that takes a day, and a week to know the weekend.")
    return lines


def _show_hours(hours: Sequence[CameraHour]) -> None:
    """Two lines of bars on one scale, newest at the right."""
    last = hours[-48:]
    most = max([*(one.reads for one in last), *(one.expected or 0 for one in last), 1])
    begin, end = _clock(last[0].hour), _clock(last[-1].hour)
    OUT.print(f"reads {bars([one.reads for one in last], most)}  {begin} to {end} UTC, by the hour", highlight=False)
    OUT.print(f"usual {bars([one.expected for one in last], most)}  highest bar: {most:.0f} reads", highlight=False)
    odd = [one for one in last if one.low is not None and one.high is not None and not one.low <= one.reads <= one.high]
    if odd:
        named = ", ".join(f"{one.hour:%d %H h} {one.reads} instead of {_number(one.expected)}" for one in odd[-5:])
        OUT.print(f"Unusual hours: {named}", highlight=False)


def bars(values: Sequence[float | None], most: float) -> str:
    """One character each; a dot where nothing is known."""
    return "".join("·" if one is None else BARS[min(int(one / most * len(BARS)), len(BARS) - 1)] for one in values)


def _number(value: float | None) -> str:
    return "?" if value is None else f"{value:.0f}"


def _clock(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M}"
