"""Text keeps the contrast of WCAG 2.2 AA (4.5 to 1) on what it stands on, light and dark."""

from __future__ import annotations

import re

import pytest

from console.pages.shell import STATIC

COLOURS = {
    name: (light, dark)
    for name, light, dark in re.findall(
        r"--([\w-]+): light-dark\((#\w{6}), (#\w{6})\)", (STATIC / "css" / "app.css").read_text("utf-8")
    )
}
PAIRS = [
    (text, ground)
    for text in ("text", "muted", "accent", "danger", "warn", "ok")
    for ground in ("bg", "panel", "raised")
] + [
    ("on-accent", "accent"),
    ("on-danger", "danger"),
    ("warn", "warn-tint"),
    ("text", "warn-tint"),
    ("text", "danger-tint"),
]
LINES = [("strong-line", ground) for ground in ("bg", "panel")]


def _luminance(colour: str) -> float:
    """WCAG 2.2, relative luminance."""
    shares = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    r, g, b = (share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4 for share in shares)
    return 0.2126 * r + 0.7152 * g + 0.0722 * b


def _contrast(one: str, other: str) -> float:
    dark, light = sorted(map(_luminance, (one, other)))
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize(("text", "ground"), PAIRS)
def test_text_can_be_read(text: str, ground: str, theme: int) -> None:
    assert _contrast(COLOURS[text][theme], COLOURS[ground][theme]) >= 4.5


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize(("line", "ground"), LINES)
def test_fields_can_be_seen(line: str, ground: str, theme: int) -> None:
    assert _contrast(COLOURS[line][theme], COLOURS[ground][theme]) >= 3


def test_the_measure_is_right() -> None:
    assert _contrast("#000000", "#ffffff") == pytest.approx(21)
    assert _contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)
