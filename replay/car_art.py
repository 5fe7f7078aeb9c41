"""Simple vehicles around their plates: a body, windows, lights, a bumper, wheels, a shadow."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from replay.observation import VisibleVehicle
from replay.plate_art import PLATE_MM, Picture

__all__ = ["draw_lights", "draw_vehicle"]

Colour = tuple[int, int, int]

PAINTS: dict[str, Colour] = {
    "grey": (128, 126, 122),
    "black": (42, 40, 40),
    "white": (214, 216, 216),
    "blue": (128, 74, 40),
    "red": (44, 40, 158),
    "green": (72, 104, 62),
}
"""Colour name → BGR."""
GLASS: Colour = (70, 62, 52)
RUBBER: Colour = (22, 22, 22)
BUMPER: Colour = (48, 48, 48)
TAIL_LIGHT: Colour = (38, 30, 190)
HEAD_LIGHT: Colour = (235, 240, 240)


@dataclass(frozen=True, slots=True)
class Shape:
    """Measures of a kind of vehicle, mm. Heights count from the ground."""

    width: int
    roof: int
    shoulder: int
    """Where the windows begin."""
    roof_width: int
    plate: int
    """Middle of the plate."""


SHAPES = {
    "car": Shape(1790, 1460, 960, 1240, 600),
    "van": Shape(1950, 2050, 1150, 1700, 620),
    "truck": Shape(2500, 3300, 1500, 2450, 640),
    "bus": Shape(2500, 3000, 1300, 2450, 640),
    "motorcycle": Shape(760, 1300, 900, 420, 600),
}


class _Pen:
    """Draws in millimetres: x from the vehicle's middle to the right, y from the ground up."""

    def __init__(self, image: Picture, vehicle: VisibleVehicle, shape: Shape) -> None:
        self._image = image
        self._scale = vehicle.plate_width_px / PLATE_MM[0]
        self._x = vehicle.center_x * image.shape[1]
        self._ground = vehicle.center_y * image.shape[0] + shape.plate * self._scale

    def polygon(self, points: list[tuple[float, float]], colour: Colour) -> None:
        """Fill a polygon."""
        px = [self._px(x, y) for x, y in points]
        cv2.fillPoly(self._image, [np.array(px, np.int32)], colour, lineType=cv2.LINE_AA)

    def box(self, x: float, y: float, width: float, height: float, colour: Colour) -> None:
        """Fill an upright rectangle around (x, y)."""
        w, h = width / 2, height / 2
        self.polygon([(x - w, y - h), (x + w, y - h), (x + w, y + h), (x - w, y + h)], colour)

    def ellipse(self, x: float, y: float, width: float, height: float, colour: Colour) -> None:
        """Fill an ellipse around (x, y)."""
        size = (max(int(width / 2 * self._scale), 1), max(int(height / 2 * self._scale), 1))
        cv2.ellipse(self._image, self._px(x, y), size, 0, 0, 360, colour, -1, cv2.LINE_AA)

    def _px(self, x: float, y: float) -> tuple[int, int]:
        return round(self._x + x * self._scale), round(self._ground - y * self._scale)


def draw_vehicle(image: Picture, vehicle: VisibleVehicle) -> None:
    """Draw the vehicle into `image`, in place, without its plate."""
    shape = SHAPES.get(vehicle.vehicle_class, SHAPES["car"])
    pen = _Pen(image, vehicle, shape)
    paint = PAINTS.get(vehicle.colour, PAINTS["grey"])
    rear = vehicle.direction == "departing"
    pen.ellipse(0, 40, shape.width * 1.15, 220, (40, 40, 40))
    _wheels(pen, shape)
    _body(pen, shape, paint)
    if not (rear and vehicle.vehicle_class == "truck"):  # a box body has no rear window
        _window(pen, shape)
    draw_lights(image, vehicle)
    _bumper(pen, shape, paint, rear=rear)


def _shade(colour: Colour, factor: float) -> Colour:
    b, g, r = (min(int(c * factor), 255) for c in colour)
    return b, g, r


def _wheels(pen: _Pen, shape: Shape) -> None:
    if shape is SHAPES["motorcycle"]:
        pen.box(0, 300, 170, 600, RUBBER)
        return
    for side in (-1, 1):
        pen.box(side * (shape.width / 2 - 160), 190, 220, 380, RUBBER)


def _body(pen: _Pen, shape: Shape, paint: Colour) -> None:
    """Two parts: up to the shoulder in full paint, the roof part a little lighter."""
    half, roof = shape.width / 2, shape.roof_width / 2
    low, shoulder = 240, shape.shoulder
    pen.polygon(
        [(-half + 40, shoulder), (-roof, shape.roof), (roof, shape.roof), (half - 40, shoulder)],
        _shade(paint, 1.1),
    )
    pen.polygon(
        [
            (-half + 30, low), (-half, 420), (-half, shoulder - 120), (-half + 50, shoulder + 10),
            (half - 50, shoulder + 10), (half, shoulder - 120), (half, 420), (half - 30, low),
        ],
        paint,
    )  # fmt: skip
    pen.box(0, shoulder - 30, shape.width - 200, 16, _shade(paint, 0.75))


def _window(pen: _Pen, shape: Shape) -> None:
    bottom, top = shape.shoulder + 40, shape.roof - 90
    wide, narrow = shape.width / 2 - 140, shape.roof_width / 2 - 60
    pen.polygon([(-wide, bottom), (-narrow, top), (narrow, top), (wide, bottom)], GLASS)
    pen.polygon([(-narrow, top), (-narrow * 0.4, top), (-wide * 0.7, bottom), (-wide, bottom)], (92, 84, 74))


def draw_lights(image: Picture, vehicle: VisibleVehicle) -> None:
    """Draw the lamps, in place; after dark once more over the darkened picture, so that they shine."""
    shape = SHAPES.get(vehicle.vehicle_class, SHAPES["car"])
    pen, rear = _Pen(image, vehicle, shape), vehicle.direction == "departing"
    colour = TAIL_LIGHT if rear else HEAD_LIGHT
    y = shape.shoulder - 170 if shape.width < 2400 else 900
    for side in (-1, 1):
        x = side * (shape.width / 2 - 190 if shape.width > 800 else 150)
        if rear:
            pen.box(x, y, 230, 170, colour)
        else:
            pen.ellipse(x, y, 300, 160, colour)


def _bumper(pen: _Pen, shape: Shape, paint: Colour, *, rear: bool) -> None:
    """The bumper, and the recess (rear) or grille (front) where the plate sits."""
    if shape.width < 800:
        return
    pen.box(0, 340, shape.width - 40, 190, BUMPER)
    if rear:
        pen.box(0, shape.plate, 700, 210, _shade(paint, 0.7))
    else:
        pen.box(0, shape.plate + 40, shape.width * 0.55, 260, (34, 34, 34))
