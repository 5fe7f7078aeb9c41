"""Small pictures of how figures went, one for each, drawn as SVG: time to the right, the figure upwards from 0."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape

from anpr.bench.records.targets import Target

__all__ = ["Point", "history_picture"]

COLUMNS, WIDTH, HEIGHT = 3, 300, 150
LEFT, TOP, PLOT_WIDTH, PLOT_HEIGHT = 14, 44, 210, 72
COLOUR = "#2f81c4"
STYLE = """<style>text { fill: #24292f } .grid { stroke: #8886 } .paper { fill: #fff }
@media (prefers-color-scheme: dark) { text { fill: #d0d7de } .paper { fill: #0d1117 } }</style>"""


@dataclass(frozen=True, slots=True)
class Point:
    """One run."""

    day: str
    value: float
    busy: bool
    """Others used the machine."""
    cpu: str = ""
    """Its processor."""


def history_picture(lines: Mapping[Target, Sequence[Point]]) -> str:
    """One panel for each figure, in the order given. lines: none is empty."""
    rows = -(-len(lines) // COLUMNS)
    width, height = WIDTH * min(COLUMNS, len(lines)), HEIGHT * rows
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" font-family="sans-serif">'
    places = [(number % COLUMNS * WIDTH, number // COLUMNS * HEIGHT) for number in range(len(lines))]
    panels = [
        f'<g transform="translate({x} {y})">{_panel(target, points)}</g>'
        for (x, y), (target, points) in zip(places, lines.items(), strict=True)
    ]
    return "\n".join([head, STYLE, *panels, "</svg>", ""])


def _panel(target: Target, points: Sequence[Point]) -> str:
    limits = [limit for limit in (target.least, target.goal) if limit is not None]
    top = max([*(point.value for point in points), *limits, 1e-9]) * 1.08
    low = min(0.0, *(point.value for point in points)) * 1.08
    xs = [LEFT + PLOT_WIDTH * (number + 0.5) / len(points) for number in range(len(points))]
    ys = [_y(point.value, low, top) for point in points]
    last = f"{_short(points[-1].value)} {target.unit}".strip()
    return "".join(
        (
            f'<text x="{LEFT}" y="18" font-size="12">{escape(target.label)}</text>',
            f'<text x="{LEFT}" y="34" font-size="12" font-weight="bold">{escape(last)}</text>',
            f'<path d="M{LEFT} {_y(0, low, top):.1f}h{PLOT_WIDTH}" class="grid"/>',
            _limit(target.least, "6 4", low, top),
            _limit(target.goal, "1 4", low, top),
            f'<polyline points="{" ".join(f"{x:.1f},{y:.1f}" for x, y in zip(xs, ys, strict=True))}" '
            f'fill="none" stroke="{COLOUR}" stroke-width="1.5"/>',
            *(_dot(x, y, point) for x, y, point in zip(xs, ys, points, strict=True)),
            _days(points),
        )
    )


def _y(value: float, low: float, top: float) -> float:
    return TOP + PLOT_HEIGHT * (1 - (value - low) / (top - low))


def _limit(value: float | None, dashes: str, low: float, top: float) -> str:
    if value is None:
        return ""
    y = _y(value, low, top)
    return (
        f'<path d="M{LEFT} {y:.1f}h{PLOT_WIDTH}" stroke="#8a8f94" stroke-dasharray="{dashes}"/>'
        f'<text x="{LEFT + PLOT_WIDTH + 5}" y="{y + 4:.1f}" font-size="10">{_short(value)}</text>'
    )


def _dot(x: float, y: float, point: Point) -> str:
    look = f'class="paper" stroke="{COLOUR}"' if point.busy else f'fill="{COLOUR}"'
    busy, cpu = ", busy machine" if point.busy else "", f", {point.cpu}" if point.cpu else ""
    told = escape(f"{point.day}: {_short(point.value)}{busy}{cpu}")
    return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" {look}><title>{told}</title></circle>'


def _days(points: Sequence[Point]) -> str:
    begin, end, y = points[0].day, points[-1].day, TOP + PLOT_HEIGHT + 18
    first = f'<text x="{LEFT}" y="{y}" font-size="10">{begin}</text>'
    if begin == end:
        return first
    return first + f'<text x="{LEFT + PLOT_WIDTH}" y="{y}" font-size="10" text-anchor="end">{end}</text>'


def _short(value: float) -> str:
    if value == int(value):
        return f"{int(value):,}"
    return f"{value:,.3g}" if abs(value) < 1000 else f"{value:,.0f}"
