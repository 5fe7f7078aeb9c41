"""A set of drawn pictures under named conditions, each with its truth: to see where a reader begins to fail.

Every picture has one condition; all else is drawn by chance from the seed: country, kind of plate, vehicle, place.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Literal, get_args

from replay.daylight import Light
from replay.observation import RenderRequest, VisibleVehicle
from replay.plate_forms import Shape, shape_of
from replay.plates import Plate, PlatePress
from replay.render import plate_corners
from replay.scenery import PlateLook, Scenery
from replay.seeds import stream
from replay.street_art import HEIGHT, WIDTH
from schemas.read import VehicleClass

__all__ = ["CONDITIONS", "Condition", "PlannedPicture", "ShownPlate", "draw_set"]

Condition = Literal[
    "day", "dusk", "night", "lamps", "rain", "sun", "dirt", "blur", "steep", "far", "pair", "square", "empty"
]
CONDITIONS: tuple[Condition, ...] = get_args(Condition)
"""`lamps`: by night, headlights in the lens. `steep`: seen from far aside. `square`: plates of two rows. `empty`: no
vehicle. The others are what they say; what is not in the name is as by day."""

COUNTRIES = (("BE", 46), ("FR", 12), ("NL", 12), ("DE", 12), ("LU", 9), ("GB", 9))
"""Country → share; those abroad more often than in traffic, as what is to be seen is whether they are read."""
KINDS: tuple[tuple[VehicleClass, int], ...] = (("car", 68), ("van", 14), ("truck", 10), ("motorcycle", 8))
PAINTS = ("grey", "black", "white", "blue", "red", "green")
BELGIAN_SPECIAL = ("CD-{a}{b}-{n}", "Q-A{a}{b}-{n}", "O-B{a}{b}-{n}", "T-L{a}{b}-{n}", "Z-A{a}{b}-{n}")
"""Diplomats, trailers, old-timers, hire with driver, dealers."""
SPECIAL_SHARE = 0.2
SPECIAL_LETTERS = "ABCDEFGHJKLNPRSTVXY"
MOMENT = datetime(2026, 3, 2, 12, tzinfo=UTC)
Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class ShownPlate:
    """A plate in a picture, in truth."""

    plate: str
    """Compact."""
    display: str
    country: str
    series: str
    """Shape of the text, as `replay.plates` names it; `BE_SPECIAL` for those only drawn here."""
    shape: Shape
    corners: tuple[Point, Point, Point, Point]
    """px, clockwise from top left."""
    plate_height_px: float
    vehicle_class: VehicleClass

    @property
    def box(self) -> tuple[float, float, float, float]:
        """x, y, width, height of the upright box around it, px, cut off at the picture's edge."""
        xs, ys = zip(*self.corners, strict=True)
        left, top = max(min(xs), 0.0), max(min(ys), 0.0)
        right, bottom = min(max(xs), float(WIDTH)), min(max(ys), float(HEIGHT))
        return left, top, round(right - left, 1), round(bottom - top, 1)


@dataclass(frozen=True, slots=True)
class PlannedPicture:
    """A picture to draw, and what is in it."""

    file: str
    condition: Condition
    request: RenderRequest
    scenery: Scenery
    plates: tuple[ShownPlate, ...]

    def truth(self, seed: int) -> dict[str, Any]:
        """One line of the truth, as JSON takes it."""
        shown = [{**asdict(one), "box": dict(zip(("x", "y", "w", "h"), one.box, strict=True))} for one in self.plates]
        return {
            "file": self.file,
            "seed": seed,
            "condition": self.condition,
            "light": self.request.light,
            "blur_px": self.request.blur_px,
            "plates": shown,
        }


def draw_set(frames: int, seed: int, conditions: Sequence[Condition] = CONDITIONS) -> Iterator[PlannedPicture]:
    """So many pictures, the conditions in turn. The same arguments give the same pictures."""
    press = PlatePress(stream(seed, "render-set", "plates"))
    for number in range(frames):
        condition = conditions[number % len(conditions)]
        yield _planned(number, condition, press, stream(seed, "render-set", number))


def _planned(number: int, condition: Condition, press: PlatePress, rng: random.Random) -> PlannedPicture:
    drawn = [_vehicle(condition, x, press, rng) for x in _places(condition, rng)]
    vehicles = tuple(vehicle for vehicle, _, _ in drawn)
    looks = tuple(look for _, look, _ in drawn)
    moment = MOMENT + timedelta(seconds=10 * number)
    request = RenderRequest(
        camera_id=f"drawn-{number % 7}",
        captured_at=moment,
        received_at=moment,
        sequence=number,
        light=_light(condition, rng),
        visible=vehicles,
        blur_px=round(rng.uniform(5, 9) if condition == "blur" else rng.uniform(0.3, 1.2), 2),
    )
    scenery = Scenery(
        rain=round(rng.uniform(0.5, 1.0), 2) if condition == "rain" else 0.0,
        sun=condition == "sun",
        lamps=condition == "lamps",
        looks=looks,
    )
    plates = tuple(_shown(vehicle, look, plate) for vehicle, look, plate in drawn)
    return PlannedPicture(f"{number:05d}-{condition}.jpg", condition, request, scenery, plates)


def _places(condition: Condition, rng: random.Random) -> list[float]:
    """Where vehicles are, share of the width."""
    if condition == "empty":
        return []
    if condition == "pair":
        return [rng.uniform(0.23, 0.29), rng.uniform(0.71, 0.77)]
    return [rng.uniform(0.33, 0.67)]


def _light(condition: Condition, rng: random.Random) -> Light:
    if condition in ("night", "lamps"):
        return "night"
    if condition == "empty":
        return rng.choice(("day", "dusk", "night"))
    return "dusk" if condition == "dusk" else "day"


def _vehicle(
    condition: Condition, x: float, press: PlatePress, rng: random.Random
) -> tuple[VisibleVehicle, PlateLook, Plate]:
    kind: VehicleClass = _drawn(KINDS, rng)
    front = condition == "lamps" or rng.random() < 0.5
    if kind == "motorcycle" and (front or condition == "square"):
        kind = "car"  # it has no plate in front, and a small one of its own
    plate = _plate(kind, press, rng)
    look = PlateLook(
        shape="square" if condition == "square" else shape_of(kind),
        dirt=round(rng.uniform(0.35, 0.9), 2) if condition == "dirt" else 0.0,
    )
    steep = condition == "steep"
    vehicle = VisibleVehicle(
        plate=plate.text,
        display=plate.display,
        country=plate.country,
        colour=rng.choice(PAINTS),
        vehicle_class=kind,
        direction="approaching" if front else "departing",
        plate_width_px=_width(condition, rng),
        center_x=x,
        center_y=rng.uniform(0.6, 0.78),
        yaw=round(rng.choice((-1, 1)) * (rng.uniform(0.2, 0.34) if steep else rng.uniform(0, 0.1)), 3),
        roll_deg=round(rng.choice((-1, 1)) * (rng.uniform(6, 13) if steep else rng.uniform(0, 3)), 2),
    )
    return vehicle, look, plate


def _width(condition: Condition, rng: random.Random) -> int:
    """Of a plate of 520 mm, px."""
    if condition == "far":
        return rng.randrange(64, 96)
    return rng.randrange(125, 160) if condition == "pair" else rng.randrange(150, 240)


def _plate(kind: VehicleClass, press: PlatePress, rng: random.Random) -> Plate:
    country = _drawn(COUNTRIES, rng)
    if country == "BE" and kind != "motorcycle" and rng.random() < SPECIAL_SHARE:
        a, b = rng.choice(SPECIAL_LETTERS), rng.choice(SPECIAL_LETTERS)
        return Plate(rng.choice(BELGIAN_SPECIAL).format(a=a, b=b, n=f"{rng.randrange(1000):03d}"), "BE", "BE_SPECIAL")
    return press.press(country, "motorcycle" if kind == "motorcycle" else "car")


def _drawn(table: Sequence[tuple[Any, int]], rng: random.Random) -> Any:
    return rng.choices([item for item, _ in table], [weight for _, weight in table])[0]


def _shown(vehicle: VisibleVehicle, look: PlateLook, plate: Plate) -> ShownPlate:
    corners = plate_corners(vehicle, look)
    a, b, c, d = ((round(float(x), 1), round(float(y), 1)) for x, y in corners)
    height = float(abs(corners[3] - corners[0]).max())
    return ShownPlate(
        plate.text, plate.display, plate.country, plate.series, look.shape, (a, b, c, d), round(height, 1),
        vehicle.vehicle_class,
    )  # fmt: skip
