"""Simple vehicles around their plates: a body, windows, lights, a bumper, wheels, a shadow."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from replay.observation import VisibleVehicle
from replay.plate_art import PLATE_MM, Picture

__all__ = ["draw_lights", "draw_vehicle", "lamps_of"]

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
JACKET: Colour = (38, 36, 34)
HEAD_LIGHT: Colour = (235, 240, 240)
LAMP_MM = 300


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
        self.scale = vehicle.plate_width_px / PLATE_MM[0]
        self._x = vehicle.center_x * image.shape[1]
        self._ground = vehicle.center_y * image.shape[0] + shape.plate * self.scale

    def polygon(self, points: list[tuple[float, float]], colour: Colour) -> None:
        """Fill a polygon."""
        px = [self.place(x, y) for x, y in points]
        cv2.fillPoly(self._image, [np.array(px, np.int32)], colour, lineType=cv2.LINE_AA)

    def box(self, x: float, y: float, width: float, height: float, colour: Colour) -> None:
        """Fill an upright rectangle around (x, y)."""
        w, h = width / 2, height / 2
        self.polygon([(x - w, y - h), (x + w, y - h), (x + w, y + h), (x - w, y + h)], colour)

    def ellipse(self, x: float, y: float, width: float, height: float, colour: Colour) -> None:
        """Fill an ellipse around (x, y)."""
        size = (max(int(width / 2 * self.scale), 1), max(int(height / 2 * self.scale), 1))
        cv2.ellipse(self._image, self.place(x, y), size, 0, 0, 360, colour, -1, cv2.LINE_AA)

    def place(self, x: float, y: float) -> tuple[int, int]:
        """Millimetres → px."""
        return round(self._x + x * self.scale), round(self._ground - y * self.scale)


def draw_vehicle(image: Picture, vehicle: VisibleVehicle) -> None:
    """Draw the vehicle into `image`, in place, without its plate."""
    shape = SHAPES.get(vehicle.vehicle_class, SHAPES["car"])
    pen = _Pen(image, vehicle, shape)
    paint = PAINTS.get(vehicle.colour, PAINTS["grey"])
    rear = vehicle.direction == "departing"
    pen.ellipse(0, 40, shape.width * 1.15, 220, (40, 40, 40))
    if shape is SHAPES["motorcycle"]:
        _motorcycle(pen, paint)
        draw_lights(image, vehicle)
        return
    _wheels(pen, shape)
    _body(pen, shape, paint)
    if not (rear and vehicle.vehicle_class == "truck"):  # a box body has no rear window
        _window(pen, shape)
    draw_lights(image, vehicle)
    _bumper(pen, shape, paint, rear=rear)


def _shade(colour: Colour, factor: float) -> Colour:
    b, g, r = (min(int(c * factor), 255) for c in colour)
    return b, g, r


def _motorcycle(pen: _Pen, paint: Colour) -> None:
    """A wheel, a body in paint, handlebars, and who rides it."""
    pen.box(0, 300, 150, 600, RUBBER)
    pen.polygon([(-150, 560), (-210, 900), (210, 900), (150, 560)], paint)
    pen.box(0, 1000, 760, 45, (60, 60, 60))
    for side in (-1, 1):
        pen.box(side * 370, 1090, 110, 75, (60, 60, 60))
        pen.polygon([(side * 150, 880), (side * 330, 700), (side * 300, 560), (side * 110, 800)], JACKET)
    pen.polygon([(-200, 860), (-290, 1340), (-150, 1450), (150, 1450), (290, 1340), (200, 860)], JACKET)
    pen.ellipse(0, 1600, 260, 310, _shade(paint, 0.8))


def _wheels(pen: _Pen, shape: Shape) -> None:
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
    for x, y in _lamp_places(shape):
        if rear:
            pen.box(x, y, 230, 170, colour)
        else:
            pen.ellipse(x, y, LAMP_MM, 160, colour)


def _lamp_places(shape: Shape) -> list[tuple[float, float]]:
    """Middles of the lamps, mm as the pen has them."""
    if shape is SHAPES["motorcycle"]:
        return [(0, shape.shoulder - 60)]
    y = shape.shoulder - 170 if shape.width < 2400 else 900
    x = shape.width / 2 - 190
    return [(side * x, y) for side in (-1, 1)]


def lamps_of(image: Picture, vehicle: VisibleVehicle) -> tuple[list[tuple[int, int]], float]:
    """Where the lamps of a vehicle are in the picture, px, and how wide one is."""
    shape = SHAPES.get(vehicle.vehicle_class, SHAPES["car"])
    pen = _Pen(image, vehicle, shape)
    return [pen.place(x, y) for x, y in _lamp_places(shape)], LAMP_MM * pen.scale


def _bumper(pen: _Pen, shape: Shape, paint: Colour, *, rear: bool) -> None:
    """The bumper, and the recess (rear) or grille (front) where the plate sits."""
    pen.box(0, 340, shape.width - 40, 190, BUMPER)
    if rear:
        pen.box(0, shape.plate, 700, 210, _shade(paint, 0.7))
    else:
        pen.box(0, shape.plate + 40, shape.width * 0.55, 260, (34, 34, 34))
