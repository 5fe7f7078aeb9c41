"""Cameras that send pictures: when they take one, and what is on it."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from itertools import count

from replay.daylight import light_at
from replay.desk import Desk
from replay.fleet import Car
from replay.observation import RenderRequest, VisibleVehicle
from replay.seeds import stream
from replay.truth import TruePassage
from schemas.camera import Camera
from schemas.read import Direction

__all__ = ["FrameCamera"]

WINDOW_S = 0.25
"""From the first vehicle's passing to the exposure; who passes meanwhile is on the same picture."""
MOST_VISIBLE = 2
EMPTY_AFTER_S = 0.9


@dataclass(slots=True)
class _Shot:
    """A picture about to be taken."""

    vehicles: list[tuple[Car, Direction]] = field(default_factory=list)


class FrameCamera:
    """One camera with its own stream of chance and its own numbering of pictures."""

    def __init__(self, camera: Camera, desk: Desk) -> None:
        self._camera = camera
        self._desk = desk
        self._rng = stream(desk.seed, "frames", camera.camera_id)
        self._numbers = count()
        self._open: _Shot | None = None
        self._last_s = float("-inf")

    def see(self, car: Car, at_s: float, direction: Direction, *, certain: bool = False) -> None:
        """A vehicle passes: it opens a picture, joins the open one, or comes too soon after the last."""
        if self._open is not None and len(self._open.vehicles) < MOST_VISIBLE:
            self._open.vehicles.append((car, direction))
        elif self._open is None and (certain or at_s - self._last_s >= self._desk.conditions.frame_interval_s):
            self._open = _Shot([(car, direction)])
            self._desk.agenda.note(at_s + WINDOW_S, self._expose, at_s + WINDOW_S)
        else:
            self.miss(car, at_s)

    def miss(self, car: Car, at_s: float) -> None:
        """A vehicle passes that is on no picture."""
        self._desk.unseen(at_s, self._truth(car, at_s, received_s=None))

    def _expose(self, at_s: float) -> None:
        shot, self._open, self._last_s = self._open, None, at_s
        vehicles = shot.vehicles if shot else []
        received_s = at_s + self._rng.uniform(0.08, 0.3)
        request = self._request(vehicles, at_s, received_s)
        truths = [self._truth(car, at_s, received_s) for car, _ in vehicles]
        self._desk.deliver(received_s, request, *truths)
        if self._rng.random() < self._desk.conditions.empty_frame_rate:
            later_s = at_s + EMPTY_AFTER_S
            self._desk.deliver(later_s + 0.1, self._request([], later_s, later_s + 0.1))

    def _request(self, vehicles: list[tuple[Car, Direction]], at_s: float, received_s: float) -> RenderRequest:
        captured_at = self._desk.moment(at_s)
        light = self._desk.conditions.light or light_at(captured_at)
        return RenderRequest(
            camera_id=self._camera.camera_id,
            captured_at=captured_at,
            received_at=self._desk.moment(received_s),
            sequence=next(self._numbers),
            light=light,
            visible=tuple(_visible(v, n, len(vehicles), self._rng) for n, v in enumerate(vehicles)),
            blur_px=round(self._rng.uniform(0, 2.5 if light == "day" else 4.0), 2),
        )

    def _truth(self, car: Car, at_s: float, received_s: float | None) -> TruePassage:
        return TruePassage(
            plate=car.plate.text,
            country=car.plate.country,
            camera_id=self._camera.camera_id,
            captured_at=self._desk.moment(at_s),
            via="frame",
            seen=received_s is not None,
            listed=car.wanted,
            received_at=None if received_s is None else self._desk.moment(received_s),
        )


def _visible(vehicle: tuple[Car, Direction], number: int, total: int, rng: random.Random) -> VisibleVehicle:
    """Where on the picture: alone near the middle, two of them side by side and smaller."""
    car, direction = vehicle
    alone = total == 1
    return VisibleVehicle(
        plate=car.plate.text,
        display=car.plate.display,
        country=car.plate.country,
        colour=car.colour,
        vehicle_class=car.vehicle_class,
        direction=direction,
        plate_width_px=rng.randrange(130, 261) if alone else rng.randrange(120, 151),
        center_x=round(rng.uniform(0.4, 0.6) if alone else (0.27, 0.73)[number], 3),
        center_y=round(rng.uniform(0.55, 0.8), 3),
        yaw=round(rng.uniform(-0.12, 0.12), 3),
        roll_deg=round(rng.uniform(-3, 3), 2),
    )
