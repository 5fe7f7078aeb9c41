"""From measured sizes to a billion and twenty billion rows: what each question grows with, and a picture of it.

The model: a year is kept, partitions are months, and a question by plate looks at 31 days, so at most two of them.
Up to a billion rows it is Brussels that is kept longer (450 cameras, 2.7 million passages a day): a billion rows are a
year of it, with months as large as those of 100 million rows. Twenty billion are a year of 10,000 cameras: the
passages of one camera stay as many, a month has twenty times the rows and some forty million plates.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from anpr.bench.store_questions import QUESTIONS
from replay.history.plan import CAMERAS, MOST_DAYS, PASSAGES_PER_CAMERA_AND_DAY

__all__ = ["growth", "growth_picture"]

MONTH_DAYS = 31
COUNTRY_CAMERAS = 10_000
PLATES_PER_ROW = 0.2
MOST_PLATES = 40_000_000
"""Different texts of plates in a month of a country: its vehicles, its visitors, and misreads of both."""
FAR = {"at_1bn": 1_000_000_000, "at_20bn": 20_000_000_000}
WIDTH, HEIGHT, MARGIN = 900, 560, 70
COLOURS = ("#2f81c4", "#d0473a", "#2e9e57", "#9a5cb4", "#c4851c", "#1f9e8a", "#8a8f94")
"""Of middle brightness: on white and on black they are seen alike."""
STYLE = """<style>text { fill: #24292f } .grid { stroke: #8886 }
@media (prefers-color-scheme: dark) { text { fill: #d0d7de } }</style>"""
LABEL_HEIGHT = 15


@dataclass(frozen=True, slots=True)
class _Term:
    """What a question's time grows with, as a function of all rows."""

    name: str
    of: Callable[[float], float]


def _month_rows(rows: float) -> float:
    days = min(MOST_DAYS, max(1.0, rows / (CAMERAS * PASSAGES_PER_CAMERA_AND_DAY)))
    return rows * min(MONTH_DAYS, days) / days


def _month_plates(rows: float) -> float:
    return min(PLATES_PER_ROW * _month_rows(rows), MOST_PLATES)


def _camera_day(rows: float) -> float:
    """Passages of a camera on a day: those of a real one from 2.7 million rows on."""
    return min(rows / CAMERAS, PASSAGES_PER_CAMERA_AND_DAY)


BY_ROWS = _Term("log of the rows of a month", lambda rows: math.log2(_month_rows(rows)))
BY_PLATES = _Term("plates of a month", _month_plates)
BY_CAMERA = _Term("passages of a camera and day", _camera_day)
TERMS = {
    "exact": BY_ROWS,
    "partial": BY_PLATES,
    "misread": BY_ROWS,
    "route": BY_ROWS,
    "camera_hour": BY_CAMERA,
    "multi_scene": BY_CAMERA,
    "convoy": BY_CAMERA,
}


def growth(measured: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """p95 of each question at the sizes measured, in order, and what a straight line in its term says of more."""
    rows = [int(result["settings"]["rows"]) for result in measured]
    lines = {question.name: _line(question.name, rows, measured) for question in QUESTIONS}
    per_row = [result["bytes_per_row"] for result in measured]
    return {"rows": rows, "p95_ms": lines, "bytes_per_row": per_row, "model": (__doc__ or "").strip()}


def _line(name: str, rows: Sequence[int], measured: Sequence[dict[str, Any]]) -> dict[str, Any]:
    term = TERMS[name]
    took = [float(result["ms"][name]["p95"]) for result in measured]
    slope, base = _fit([term.of(size) for size in rows], took)
    far = {label: round(base + slope * term.of(size), 1) for label, size in FAR.items()}
    return {"measured": took, **far, "grows_with": term.name, "base_ms": round(base, 2), "slope": slope}


def _fit(xs: Sequence[float], ys: Sequence[float]) -> tuple[float, float]:
    """Slope and base by least squares through the largest size; nothing gets faster with more rows."""
    x, y = np.array(xs), np.array(ys)
    apart = x - x[-1]
    spread = float((apart**2).sum())
    slope = max(0.0, float((apart * (y - y[-1])).sum()) / spread) if spread else 0.0
    return slope, float(y[-1]) - slope * float(x[-1])


def growth_picture(measured: Sequence[dict[str, Any]], found: dict[str, Any]) -> str:
    """p95 against rows, both in powers of ten: measured as dots, extrapolated as dashes, targets as short lines."""
    rows = [*found["rows"], *FAR.values()]
    x = _scale(min(rows), max(rows), MARGIN, WIDTH - 250)
    y = _scale(1, 10_000, HEIGHT - MARGIN, MARGIN / 2)
    marks = [_axis(x, y, rows)]
    for question, colour in zip(QUESTIONS, COLOURS, strict=True):
        marks.append(_curve(found["rows"], found["p95_ms"][question.name], question.target_ms, colour, x, y))
    at = measured[-1]["machine"]["at"][:10]
    title = f'<text x="{MARGIN}" y="22" font-size="15">p95 of each question, alone, new keys ({at})</text>'
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif">'
    return "\n".join([head, STYLE, title, *marks, _labels(found["p95_ms"], y), "</svg>", ""])


Scale = Callable[[float], float]


def _scale(low: float, high: float, begin: float, end: float) -> Scale:
    span = math.log10(high / low)
    return lambda value: begin + (end - begin) * math.log10(max(value, low) / low) / span


def _axis(x: Scale, y: Scale, rows: Sequence[int]) -> str:
    out = []
    for size in rows:
        text = f"{size / 1e9:g} bn" if size >= 1e9 else f"{size / 1e6:g} M"
        out.append(
            f'<text x="{x(size):.0f}" y="{HEIGHT - MARGIN + 22}" font-size="12" text-anchor="middle">{text}</text>'
        )
    for ms in (1, 10, 100, 1000, 10_000):
        left, right, level = x(min(rows)), x(max(rows)), y(ms)
        out.append(f'<path d="M{left:.0f} {level:.0f}H{right:.0f}" class="grid"/>')
        out.append(f'<text x="{left - 8:.0f}" y="{level + 4:.0f}" font-size="12" text-anchor="end">{ms:,} ms</text>')
    return "\n".join(out)


def _curve(rows: Sequence[int], line: dict[str, Any], target_ms: float, colour: str, x: Scale, y: Scale) -> str:
    points = list(zip(rows, line["measured"], strict=True))
    far = [points[-1], *((size, line[label]) for label, size in FAR.items())]
    dots = "".join(f'<circle cx="{x(r):.0f}" cy="{y(ms):.1f}" r="3.5" fill="{colour}"/>' for r, ms in points)
    return (
        f'<polyline points="{_points(points, x, y)}" fill="none" stroke="{colour}" stroke-width="2"/>{dots}'
        f'<polyline points="{_points(far, x, y)}" fill="none" stroke="{colour}" stroke-dasharray="5 4"/>'
        f'<path d="M{x(rows[-1]) - 14:.0f} {y(target_ms):.1f}h28" stroke="{colour}" stroke-width="1"/>'
    )


def _labels(lines: dict[str, Any], y: Scale) -> str:
    """Each question's name where its curve ends, moved up where it would lie on the one below."""
    ends = [(y(lines[one.name]["at_20bn"]), one, colour) for one, colour in zip(QUESTIONS, COLOURS, strict=True)]
    out, below = [], float("inf")
    for end, question, colour in sorted(ends, key=lambda one: -one[0]):
        below = min(end + 4, below - LABEL_HEIGHT)
        text = f"{question.name} (at most {question.target_ms:,g} ms)"
        place = f'x="{WIDTH - 228}" y="{below:.1f}"'
        out.append(f'<circle cx="{WIDTH - 236}" cy="{below - 4:.1f}" r="3.5" fill="{colour}"/>')
        out.append(f'<text {place} font-size="12">{text}</text>')
    return "\n".join(out)


def _points(values: Sequence[tuple[float, float]], x: Scale, y: Scale) -> str:
    return " ".join(f"{x(size):.0f},{y(ms):.1f}" for size, ms in values)
