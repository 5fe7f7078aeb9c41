"""Reports as pictures: SVG, readable on white and on black."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape

__all__ = ["Bar", "bars_picture"]

WIDTH, ROW, BAR, LABEL, HEAD, FOOT = 760, 34, 11, 150, 62, 40
COLOURS = ("#2f81c4", "#d0473a", "#c4851c")
"""Of middle brightness: on white and on black they are seen alike."""
STYLE = """<style>text { fill: #24292f } .grid { stroke: #8886 }
@media (prefers-color-scheme: dark) { text { fill: #d0d7de } }</style>"""
TICKS = 5


@dataclass(frozen=True, slots=True)
class Bar:
    """One row: its name, a share for each series, and the same in words."""

    name: str
    shares: tuple[float, ...]
    texts: tuple[str, ...]


def bars_picture(title: str, series: Sequence[str], bars: Sequence[Bar]) -> str:
    """Bars from left to right, one row under another. series: what each colour stands for."""
    most = max((share for bar in bars for share in bar.shares), default=0.0)
    scale = next(step for step in (0.01, 0.02, 0.05, 0.1, 0.2, 0.25, 0.5, 1.0) if most <= step)
    height = HEAD + ROW * max(1, len(bars)) + FOOT
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" font-family="sans-serif" '
        'font-size="12">'
    )
    parts = [head, STYLE, f'<text x="10" y="20" font-size="14">{escape(title)}</text>', _legend(series)]
    parts += [_grid(scale, height), *(_row(place, bar, scale) for place, bar in enumerate(bars)), "</svg>", ""]
    return "\n".join(parts)


def _legend(series: Sequence[str]) -> str:
    found, x = [], LABEL
    for colour, one in zip(COLOURS, series, strict=False):
        found.append(f'<rect x="{x}" y="34" width="11" height="11" fill="{colour}"/>')
        found.append(f'<text x="{x + 16}" y="44">{escape(one)}</text>')
        x += 40 + 7 * len(one)
    return "\n".join(found)


def _at(share: float, scale: float) -> float:
    return LABEL + (WIDTH - LABEL - 170) * share / scale


def _grid(scale: float, height: int) -> str:
    found = []
    for tick in range(TICKS + 1):
        share = scale * tick / TICKS
        x = _at(share, scale)
        found.append(f'<path d="M{x:.0f} {HEAD - 6}V{height - FOOT + 4}" class="grid"/>')
        found.append(f'<text x="{x:.0f}" y="{height - FOOT + 20}" text-anchor="middle">{100 * share:.4g} %</text>')
    return "\n".join(found)


def _row(place: int, bar: Bar, scale: float) -> str:
    y = HEAD + ROW * place
    found = [f'<text x="{LABEL - 8}" y="{y + 16}" text-anchor="end">{escape(bar.name)}</text>']
    for number, (share, text) in enumerate(zip(bar.shares, bar.texts, strict=True)):
        top, width = y + 2 + number * (BAR + 2), _at(share, scale) - LABEL
        colour = COLOURS[number % len(COLOURS)]
        found.append(f'<rect x="{LABEL}" y="{top}" width="{width:.1f}" height="{BAR}" fill="{colour}"/>')
        found.append(f'<text x="{LABEL + width + 6:.1f}" y="{top + BAR - 1}" font-size="11">{escape(text)}</text>')
    return "\n".join(found)
