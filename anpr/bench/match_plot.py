"""What probabilities of hits were worth: claimed against found, as a picture."""

from __future__ import annotations

import math
from collections.abc import Sequence

from anpr.bench.match_quality import Bin

__all__ = ["calibration_picture"]

SIZE, MARGIN = 420, 55
STYLE = """<style>text { fill: #24292f } .grid { stroke: #8886 }
@media (prefers-color-scheme: dark) { text { fill: #d0d7de } }</style>"""
TICKS = (0.001, 0.01, 0.1, 0.5, 0.9, 0.99, 0.999)
COLOUR = "#2f81c4"


def calibration_picture(bins: Sequence[Bin], day: str) -> str:
    """Dots on the line are right; their size tells how many hits they stand for. Both axes in log-odds."""
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {SIZE} {SIZE}" font-family="sans-serif" font-size="11">'
    )
    title = f'<text x="{MARGIN}" y="18" font-size="13">Hits: probability told, and share that were right ({day})</text>'
    low, high = _at(TICKS[0]), _at(TICKS[-1])
    line = f'<path d="M{low:.0f} {SIZE - low:.0f}L{high:.0f} {SIZE - high:.0f}" class="grid" stroke-dasharray="4 4"/>'
    dots = "".join(_dot(*one) for one in bins)
    return "\n".join([head, STYLE, title, _grid(), line, dots, "</svg>", ""])


def _grid() -> str:
    low, high = _at(TICKS[0]), _at(TICKS[-1])
    marks = []
    for share in TICKS:
        place, text = _at(share), f"{share:g}"
        marks.append(f'<path d="M{place:.0f} {SIZE - low:.0f}V{SIZE - high:.0f}" class="grid"/>')
        marks.append(f'<path d="M{low:.0f} {SIZE - place:.0f}H{high:.0f}" class="grid"/>')
        marks.append(f'<text x="{place:.0f}" y="{SIZE - low + 16:.0f}" text-anchor="middle">{text}</text>')
        marks.append(f'<text x="{low - 6:.0f}" y="{SIZE - place + 4:.0f}" text-anchor="end">{text}</text>')
    marks.append(f'<text x="{SIZE / 2:.0f}" y="{SIZE - 12}" text-anchor="middle">told</text>')
    marks.append(f'<text x="14" y="{SIZE / 2:.0f}" transform="rotate(-90 14 {SIZE / 2:.0f})">right</text>')
    return "\n".join(marks)


def _dot(claimed: float, found: float, count: int) -> str:
    radius = 2 + 1.5 * math.log10(count + 1)
    right = f"{found:.1%} of {count:,} hits told as {claimed:.1%}"
    place = f'cx="{_at(claimed):.1f}" cy="{SIZE - _at(found):.1f}" r="{radius:.1f}"'
    return f'<circle {place} fill="{COLOUR}" fill-opacity="0.7"><title>{right}</title></circle>'


def _at(share: float) -> float:
    """Log-odds, within the ticks."""
    inside = min(max(share, TICKS[0]), TICKS[-1])
    low, high = (math.log(tick / (1 - tick)) for tick in (TICKS[0], TICKS[-1]))
    return MARGIN + (SIZE - 2 * MARGIN) * (math.log(inside / (1 - inside)) - low) / (high - low)
