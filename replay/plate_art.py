"""Pictures of plates in national colours and proportions: see `replay.plate_forms`.

The letters are those of Aileron (CC0), the font inside Pillow, made bolder and each as wide as the country's rules
have them: a free substitute, not the true fonts. What a reader makes of them says little about embossed FE-Schrift.
"""

from __future__ import annotations

from functools import lru_cache
from math import cos, pi, sin

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from replay.plate_forms import CAR_MM, FORMS, WHITE, Colour, PlateForm, Shape, form_of, rows_of

__all__ = ["PLATE_MM", "PX_PER_MM", "STYLES", "Picture", "plate_picture"]

Picture = NDArray[np.uint8]
"""Height × width × 3, BGR as OpenCV has it."""

PLATE_MM = CAR_MM
STYLES = FORMS
PX_PER_MM = 2
FONT_PX = 240
BOLD_PX = 5
NARROW = {"I": 0.42, "1": 0.62}
"""Characters that are not as wide as the others: share of the width."""

EURO_BLUE: Colour = (0, 51, 153)
STAR: Colour = (255, 204, 0)
SEAL: Colour = (196, 198, 196)


@lru_cache(maxsize=64)  # 0.7 MB each
def plate_picture(display: str, country: str, *, rear: bool, shape: Shape = "long") -> Picture:
    """The plate seen straight on, 2 px a mm, shared: do not write into it. Unknown country: no band."""
    form = form_of(display, country, rear=rear, shape=shape)
    size = (_px(form.size[0]), _px(form.size[1]))
    image = Image.new("RGB", size, form.rear if rear else form.front)
    draw = ImageDraw.Draw(image)
    left, right = _bands(draw, form)
    if form.edge:
        frame = (0, 0, size[0] - 1, size[1] - 1)
        draw.rounded_rectangle(frame, radius=_px(8), outline=form.ink, width=_px(form.edge))
    rows = rows_of(display, form)
    for number, row in enumerate(rows):
        # Beside the band of a plate with two rows only the upper one begins; the lower one has the whole width.
        begin = left if number == 0 or form.band_size[1] >= form.size[1] else 0
        middle = (number + 0.5) / len(rows) * size[1] + (0.5 - number) * (_px(4) if len(rows) > 1 else 0)
        _write(image, row, form, (begin, right), middle)
    return np.ascontiguousarray(np.asarray(image)[:, :, ::-1])


def _px(mm: float) -> int:
    return round(mm * PX_PER_MM)


def _bands(draw: ImageDraw.ImageDraw, form: PlateForm) -> tuple[int, int]:
    """Draw the blue bands and return the space between them, px."""
    width, height = _px(form.size[0]), _px(form.size[1])
    if not form.band:
        return 0, width
    inset = _px(form.edge) if form.band_size[1] < form.size[1] else 0
    band, tall = _px(form.band_size[0]), min(_px(form.band_size[1]), height)
    draw.rectangle((inset, inset, inset + band - 1, inset + tall - 1), fill=EURO_BLUE)
    _stars(draw, inset + band / 2, inset + tall * 0.32, band * 0.3)
    font = _font(round((0.5 if len(form.band) == 1 else 0.43) * band))
    at = (inset + band / 2, inset + tall * 0.78)
    draw.text(at, form.band, font=font, fill=WHITE, anchor="mm", stroke_width=1)
    if form.right_band:
        draw.rectangle((width - band, 0, width, height), fill=EURO_BLUE)
    return inset + band, width - (band if form.right_band else 0)


def _stars(draw: ImageDraw.ImageDraw, x: float, y: float, radius: float) -> None:
    """Twelve dots: at any size in a frame a star is one."""
    dot = max(radius / 9, 1.5)
    for n in range(12):
        sx, sy = x + radius * cos(n * pi / 6), y + radius * sin(n * pi / 6)
        draw.ellipse((sx - dot, sy - dot, sx + dot, sy + dot), fill=STAR)


def _write(image: Image.Image, row: str, form: PlateForm, room: tuple[int, int], middle: float) -> None:
    """One row of text, centred in its room: characters of the size that the form says, narrower if need be."""
    steps = _steps(row, form)
    edge = _px(form.edge + 3)
    widest = room[1] - room[0] - 2 * edge
    squeeze = min(1.0, widest / sum(_px(width) for _, width in steps))
    x = room[0] + (room[1] - room[0] - squeeze * sum(_px(width) for _, width in steps)) / 2
    tall = _px(form.char[1])
    for char, width in steps:
        wide = max(round(_px(width) * squeeze), 1)
        top = round(middle - tall / 2)
        if char == "-":
            thick = _px(form.char[1] * 0.16)
            box = (round(x), round(middle) - thick // 2, round(x) + wide, round(middle) + thick // 2)
            image.paste(form.ink, box)
        elif char == "o":
            _seal(image, x + wide / 2, middle, _px(15))
        elif char:
            mask = _glyph(char).resize((wide, tall), Image.Resampling.LANCZOS)
            image.paste(form.ink, (round(x), top), mask)
        x += width * PX_PER_MM * squeeze


def _steps(row: str, form: PlateForm) -> list[tuple[str, float]]:
    """What stands in a row, with its width, mm: characters, dashes, seals (`o`), and the gaps (empty) between."""
    steps: list[tuple[str, float]] = []
    first_gap = True
    for char in row:
        apart = char in "- "
        if apart and char == "-" and form.dash:
            steps += [("", form.gap), ("-", form.dash), ("", form.gap)]
        elif apart and form.seals and form.rows == 1 and first_gap:
            steps += [("", 4.0), ("o", 34.0), ("", 4.0)]
        elif apart:
            steps.append(("", form.group_gap))
        else:
            if steps and steps[-1][0] not in ("", "-", "o"):
                steps.append(("", form.gap))
            steps.append((char, form.char[0] * NARROW.get(char, 1.0)))
        first_gap = first_gap and not apart
    return steps


def _seal(image: Image.Image, x: float, y: float, radius: int) -> None:
    draw = ImageDraw.Draw(image)
    for side in (-1, 1):
        at = y + side * radius * 1.15
        draw.ellipse((x - radius, at - radius, x + radius, at + radius), fill=SEAL, outline=(120, 122, 120))


@lru_cache(maxsize=64)
def _glyph(char: str) -> Image.Image:
    """One character in white on black, cut to its width and to cap height."""
    font = _font(FONT_PX)
    _, top, _, bottom = font.getbbox("H0", stroke_width=BOLD_PX)
    length = int(font.getlength(char)) + 8 * BOLD_PX
    mask = Image.new("L", (length, int(bottom - top)), 0)
    ImageDraw.Draw(mask).text((4 * BOLD_PX, -top), char, font=font, fill=255, stroke_width=BOLD_PX)
    left, _, right, _ = mask.getbbox() or (0, 0, length, 1)
    return mask.crop((left, 0, right, mask.height))


@lru_cache(maxsize=8)
def _font(size: int) -> ImageFont.FreeTypeFont:
    """Pillow's own font. Raises RuntimeError where Pillow was built without FreeType."""
    font = ImageFont.load_default(size=size)
    if not isinstance(font, ImageFont.FreeTypeFont):
        raise RuntimeError("Pillow was built without FreeType; install a wheel from PyPI")
    return font
