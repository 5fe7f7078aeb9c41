"""Panels as SVG: lines, stacked bars, numbers, tables and points on a map. Plain, and in Grafana's order of colours."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from html import escape

__all__ = ["Box", "Line", "bars", "lines", "message", "number", "points", "shown", "table", "text"]

COLOURS = ("#3274d9", "#e0b400", "#37872d", "#c4162a", "#8f3bb8", "#fa6400", "#1f9bb5", "#6b7280", "#a352cc", "#5a9216")
GREY, INK, PALE = "#8a8f98", "#24292e", "#e3e6ea"
LEGEND_ROWS, LEGEND_H = 4, 13
MOST_LINES = 40


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle, px."""

    x: float
    y: float
    w: float
    h: float


@dataclass(frozen=True, slots=True)
class Line:
    """A series: its name, moments (Unix time, s) and values."""

    name: str
    moments: Sequence[float]
    values: Sequence[float]


def text(x: float, y: float, words: str, size: float = 11, colour: str = INK, anchor: str = "start") -> str:
    """A line of text; y: its baseline."""
    place = f'x="{x:.1f}" y="{y:.1f}" font-size="{size}" fill="{colour}" text-anchor="{anchor}"'
    return f"<text {place}>{escape(words)}</text>"


def shown(value: float, unit: str) -> str:
    """A value as Grafana shows it, or nearly."""
    if math.isnan(value):
        return "-"
    if unit == "percentunit":
        return f"{value:.1%}"
    if unit == "s":
        return _time(value)
    factor, steps = (1024, ("B", "KiB", "MiB", "GiB", "TiB")) if unit == "bytes" else (1000, ("", "K", "M", "G", "T"))
    place = 0
    while abs(value) >= factor and place < len(steps) - 1:
        value, place = value / factor, place + 1
    tail = {"cps": "/s"}.get(unit, "")
    return f"{value:.3g} {steps[place]}".strip() + tail if abs(value) < 1000 else f"{value:.0f} {steps[place]}{tail}"


def _time(value: float) -> str:
    size = abs(value)
    for least, factor, name in ((172_800, 86_400, "d"), (7_200, 3_600, "h"), (120, 60, "min"), (1, 1, "s")):
        if size >= least:
            return f"{value / factor:.3g} {name}"
    return f"{value * 1000:.3g} ms"


def message(box: Box, words: str) -> str:
    """Instead of a picture."""
    return text(box.x + box.w / 2, box.y + box.h / 2, words, 12, GREY, "middle")


def number(box: Box, value: float, unit: str, colour: str) -> Iterator[str]:
    """One large number on its colour."""
    yield f'<rect x="{box.x}" y="{box.y}" width="{box.w}" height="{box.h}" rx="3" fill="{colour}"/>'
    size = min(40.0, box.h * 0.5)
    yield text(box.x + box.w / 2, box.y + box.h / 2 + size / 3, shown(value, unit), size, "white", "middle")


@dataclass(frozen=True, slots=True)
class _Axes:
    box: Box
    start: float
    end: float
    low: float
    high: float

    def x(self, moment: float) -> float:
        return self.box.x + self.box.w * (moment - self.start) / max(1e-9, self.end - self.start)

    def y(self, value: float) -> float:
        return self.box.y + self.box.h * (1 - (value - self.low) / max(1e-9, self.high - self.low))

    def grid(self, unit: str) -> Iterator[str]:
        for part in range(5):
            value = self.low + (self.high - self.low) * part / 4
            y, right = self.y(value), self.box.x + self.box.w
            yield f'<line x1="{self.box.x}" y1="{y:.1f}" x2="{right}" y2="{y:.1f}" stroke="{PALE}"/>'
            yield text(self.box.x - 4, y + 3, shown(value, unit), 9, GREY, "end")
        for part in range(4):
            moment = self.start + (self.end - self.start) * part / 3
            anchor = ("start", "middle", "middle", "end")[part]
            told = datetime.fromtimestamp(moment, UTC)
            words = f"{told:%H:%M:%S}" if self.end - self.start < 7200 else f"{told:%m-%d %H:%M}"
            yield text(self.x(moment), self.box.y + self.box.h + 11, words, 9, GREY, anchor)


def _places(box: Box, count: int) -> tuple[Box, Box]:
    """Where the picture goes, and the legend below it."""
    legend = LEGEND_H * min(LEGEND_ROWS, math.ceil(count / 2)) + 2
    return Box(box.x + 46, box.y + 4, box.w - 54, box.h - 20 - legend), Box(
        box.x + 4, box.y + box.h - legend, box.w, legend
    )


def _legend(box: Box, drawn: Sequence[Line], unit: str) -> Iterator[str]:
    most = LEGEND_ROWS * 2
    for place, line in enumerate(drawn[:most]):
        x, y = box.x + (place % 2) * box.w / 2, box.y + (place // 2) * LEGEND_H + 9
        words = f"{line.name}  {shown(line.values[-1], unit)}"
        if place == most - 1 and len(drawn) > most:
            words = f"and {len(drawn) - most + 1} more"
        yield f'<rect x="{x}" y="{y - 6}" width="10" height="3" fill="{COLOURS[place % len(COLOURS)]}"/>'
        yield text(x + 14, y, _cut(words, box.w / 2 - 18), 9.5)


def _cut(words: str, width: float, size: float = 9.5) -> str:
    most = max(3, int(width / (size * 0.54)))
    return words if len(words) <= most else words[: most - 1] + "…"


def _by_height(given: Sequence[Line]) -> list[Line]:
    """The highest first; what is zero all the time last."""
    return sorted(given, key=lambda line: (-max((abs(v) for v in line.values), default=0), line.name))


def _span(given: Sequence[Line]) -> tuple[float, float]:
    moments = [at for line in given for at in line.moments]
    start, end = min(moments), max(moments)
    return (start, end) if end > start else (start - 60, end + 60)


def lines(box: Box, given: Sequence[Line], unit: str, *, most: float | None, limits: Sequence[float]) -> Iterator[str]:
    """Lines over time."""
    drawn = _by_height(given)[:MOST_LINES]
    inner, legend = _places(box, len(drawn))
    values = [value for line in drawn for value in line.values]
    high = most if most is not None else max(0.0, *values) * 1.08
    axes = _Axes(inner, *_span(drawn), min(0.0, *values), high or 1.0)
    yield from axes.grid(unit)
    for limit in (one for one in limits if axes.low < one <= axes.high):
        y = axes.y(limit)
        ends = f'x1="{inner.x}" y1="{y:.1f}" x2="{inner.x + inner.w}" y2="{y:.1f}"'
        yield f'<line {ends} stroke="#c4162a" stroke-dasharray="4"/>'
    for place, line in reversed(list(enumerate(drawn))):
        colour = COLOURS[place % len(COLOURS)]
        places = [(axes.x(at), axes.y(value)) for at, value in zip(line.moments, line.values, strict=True)]
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
        yield f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="1.5"/>'
        if len(places) < 3:
            yield from (f'<circle cx="{x:.1f}" cy="{y:.1f}" r="2.5" fill="{colour}"/>' for x, y in places)
    yield from _legend(legend, drawn, unit)


def bars(box: Box, given: Sequence[Line], unit: str) -> Iterator[str]:
    """Stacked bars over time."""
    drawn = _by_height(given)[:MOST_LINES]
    inner, legend = _places(box, len(drawn))
    moments = sorted({at for line in drawn for at in line.moments})
    totals = dict.fromkeys(moments, 0.0)
    for line in drawn:
        for at, value in zip(line.moments, line.values, strict=True):
            totals[at] += value
    start, end = moments[0], moments[-1]
    step = min((b - a for a, b in itertools.pairwise(moments)), default=60.0)
    axes = _Axes(inner, start - step / 2, end + step / 2, 0.0, max(totals.values()) * 1.08 or 1.0)
    yield from axes.grid(unit)
    width = max(1.0, min(40.0, inner.w * step / (end - start + step) * 0.8))
    below = dict.fromkeys(moments, 0.0)
    for place, line in enumerate(drawn):
        colour = COLOURS[place % len(COLOURS)]
        for at, value in zip(line.moments, line.values, strict=True):
            top, bottom = axes.y(below[at] + value), axes.y(below[at])
            x = axes.x(at) - width / 2
            yield f'<rect x="{x:.1f}" y="{top:.1f}" width="{width:.1f}" height="{bottom - top:.1f}" fill="{colour}"/>'
            below[at] += value
    yield from _legend(legend, drawn, unit)


def table(box: Box, columns: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """As many rows as there is room for."""
    room = int((box.h - 22) // 16)
    width = (box.w - 12) / len(columns)
    for place, column in enumerate(columns):
        yield text(box.x + 6 + place * width, box.y + 12, _cut(column, width, 11), 10, GREY)
    for line, row in enumerate(rows[:room]):
        y = box.y + 28 + line * 16
        yield f'<line x1="{box.x}" y1="{y - 12}" x2="{box.x + box.w}" y2="{y - 12}" stroke="{PALE}"/>'
        yield from (text(box.x + 6 + n * width, y, _cut(value, width, 11), 10) for n, value in enumerate(row))
    if len(rows) > room:
        yield text(box.x + box.w - 6, box.y + 12, f"{room} of {len(rows)} rows", 9, GREY, "end")


def points(box: Box, places: Sequence[tuple[float, float, bool]]) -> Iterator[str]:
    """Latitude, longitude, and whether something is wrong there; without the map below, which is not ours."""
    lats, lons = [p[0] for p in places], [p[1] for p in places]
    stretch = math.cos(math.radians(sum(lats) / len(lats)))
    wide, tall = (max(lons) - min(lons)) * stretch or 0.01, max(lats) - min(lats) or 0.01
    scale = min((box.w - 40) / wide, (box.h - 40) / tall)
    yield f'<rect x="{box.x}" y="{box.y}" width="{box.w}" height="{box.h}" fill="#eef2f5"/>'
    for lat, lon, wrong in sorted(places, key=lambda p: p[2]):
        x = box.x + box.w / 2 + (lon - (max(lons) + min(lons)) / 2) * stretch * scale
        y = box.y + box.h / 2 - (lat - (max(lats) + min(lats)) / 2) * scale
        yield f'<circle cx="{x:.1f}" cy="{y:.1f}" r="5" fill="{"#c4162a" if wrong else "#37872d"}" fill-opacity="0.8"/>'
    yield text(box.x + 8, box.y + box.h - 8, f"{len(places)} cameras; Grafana shows a base map below", 9, GREY)
