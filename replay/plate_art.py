"""Pictures of plates, 520 × 110 mm, in national colours.

The letters are those of Aileron (CC0), the font inside Pillow, made bolder and narrower: a free substitute,
not the true fonts. Belgian characters are ruby red (RAL 3003) on white.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from math import cos, pi, sin

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

__all__ = ["PLATE_MM", "Picture", "plate_picture"]

Picture = NDArray[np.uint8]
"""Height × width × 3, BGR as OpenCV has it."""
Colour = tuple[int, int, int]

PLATE_MM = (520, 110)
PX_PER_MM = 2
BAND_MM = 42
CAP_HEIGHT_MM = 76
TEXT_MARGIN_MM = 14
BOLD_PX = 5
TRACK_PX = 12
"""Added between letters, as embossed plates have it."""
WIDEST = 1.0
"""Letters are made narrower if they must be, never wider than this share of the font's own width."""

RUBY: Colour = (141, 29, 44)
BLACK: Colour = (18, 18, 18)
WHITE: Colour = (245, 245, 242)
YELLOW: Colour = (246, 196, 30)
EURO_BLUE: Colour = (0, 51, 153)
STAR: Colour = (255, 204, 0)


@dataclass(frozen=True, slots=True)
class Style:
    """Colours and band of a country's plates."""

    ink: Colour = BLACK
    front: Colour = WHITE
    rear: Colour = WHITE
    band: str = ""
    """Letters in the blue band; empty: no band."""
    right_band: bool = False
    framed: bool = True


STYLES = {
    "BE": Style(ink=RUBY, band="B"),
    "NL": Style(front=YELLOW, rear=YELLOW, band="NL"),
    "FR": Style(band="F", right_band=True, framed=False),
    "DE": Style(band="D"),
    "LU": Style(front=YELLOW, rear=YELLOW, band="L", framed=False),
    "GB": Style(rear=YELLOW, framed=False),
    "PL": Style(band="PL"),
    "RO": Style(band="RO"),
}


@lru_cache(maxsize=512)
def plate_picture(display: str, country: str, *, rear: bool) -> Picture:
    """The plate seen straight on, 1040 × 220 px, shared: do not write into it. Unknown country: no band."""
    style = STYLES.get(country, Style())
    size = (PLATE_MM[0] * PX_PER_MM, PLATE_MM[1] * PX_PER_MM)
    image = Image.new("RGB", size, style.rear if rear else style.front)
    draw = ImageDraw.Draw(image)
    left, right = _bands(draw, style, size)
    if style.framed:
        draw.rounded_rectangle((2, 2, size[0] - 3, size[1] - 3), radius=16, outline=style.ink, width=6)
    _letters(image, display, style.ink, left, right)
    return np.ascontiguousarray(np.asarray(image)[:, :, ::-1])


def _bands(draw: ImageDraw.ImageDraw, style: Style, size: tuple[int, int]) -> tuple[int, int]:
    """Draw the blue bands and return the space between them, px."""
    band = BAND_MM * PX_PER_MM
    if not style.band:
        return 0, size[0]
    draw.rectangle((0, 0, band, size[1]), fill=EURO_BLUE)
    _stars(draw, band / 2, size[1] * 0.32, band * 0.3)
    font = _font(46 if len(style.band) == 1 else 40)
    draw.text((band / 2, size[1] * 0.78), style.band, font=font, fill=WHITE, anchor="mm", stroke_width=1)
    if style.right_band:
        draw.rectangle((size[0] - band, 0, size[0], size[1]), fill=EURO_BLUE)
    return band, size[0] - (band if style.right_band else 0)


def _stars(draw: ImageDraw.ImageDraw, x: float, y: float, radius: float) -> None:
    """Twelve dots: at any size in a frame a star is one."""
    for n in range(12):
        sx, sy = x + radius * cos(n * pi / 6), y + radius * sin(n * pi / 6)
        draw.ellipse((sx - 3, sy - 3, sx + 3, sy + 3), fill=STAR)


def _letters(image: Image.Image, display: str, ink: Colour, left: int, right: int) -> None:
    """Fit the text between left and right, cap height given by law, width by need."""
    mask = _text_mask(display)
    room = right - left - 2 * TEXT_MARGIN_MM * PX_PER_MM
    width = min(round(mask.width * WIDEST), room)
    mask = mask.resize((width, CAP_HEIGHT_MM * PX_PER_MM), Image.Resampling.LANCZOS)
    x = left + (right - left - width) // 2
    y = (image.height - mask.height) // 2
    image.paste(Image.new("RGB", mask.size, ink), (x, y), mask)


def _text_mask(display: str) -> Image.Image:
    """The text in white on black, cut to cap height."""
    font = _font(240)
    _, top, _, bottom = font.getbbox("H0", stroke_width=BOLD_PX)
    length = int(font.getlength(display)) + 4 * BOLD_PX + TRACK_PX * len(display)
    mask = Image.new("L", (length, int(bottom - top)), 0)
    _write_tracked(ImageDraw.Draw(mask), display, font, -top)
    return mask.crop(mask.getbbox())


def _write_tracked(draw: ImageDraw.ImageDraw, text: str, font: ImageFont.FreeTypeFont, y: float) -> None:
    x = 2.0 * BOLD_PX
    for char in text:
        draw.text((x, y), char, font=font, fill=255, stroke_width=BOLD_PX)
        x += font.getlength(char) + TRACK_PX


@lru_cache(maxsize=8)
def _font(size: int) -> ImageFont.FreeTypeFont:
    """Pillow's own font. Raises RuntimeError where Pillow was built without FreeType."""
    font = ImageFont.load_default(size=size)
    if not isinstance(font, ImageFont.FreeTypeFont):
        raise RuntimeError("Pillow was built without FreeType; install a wheel from PyPI")
    return font
