"""Frames of the simulator with known plates: the pictures that the detector's tests can do with."""

from datetime import UTC, datetime

import numpy as np

from pipeline.vision.types import BoxPx, Image, Quad
from replay.daylight import Light
from replay.observation import RenderRequest, VisibleVehicle
from replay.plate_art import PLATE_MM
from replay.render import render_picture

_MOMENT = datetime(2026, 3, 2, 12, tzinfo=UTC)


def vehicle(text: str, x: float = 0.5, *, country: str = "BE", width_px: int = 180) -> VisibleVehicle:
    """A car from the front whose plate stands at `x`, share of the width of the frame."""
    return VisibleVehicle(
        plate=text.replace("-", ""),
        display=text,
        country=country,
        colour="blue",
        vehicle_class="car",
        direction="approaching",
        plate_width_px=width_px,
        center_x=x,
        center_y=0.65,
        yaw=0.05,
        roll_deg=1.5,
    )


def rendered(*vehicles: VisibleVehicle, light: Light = "day") -> Image:
    """A frame, 1280 × 720, with these vehicles."""
    request = RenderRequest(
        camera_id="test",
        captured_at=_MOMENT,
        received_at=_MOMENT,
        sequence=1,
        light=light,
        visible=vehicles,
        blur_px=0.5,
    )
    return np.asarray(render_picture(request, 1), np.uint8)


def true_box(v: VisibleVehicle) -> BoxPx:
    """Where its plate is in a rendered frame, turn and yaw left out."""
    w, h = v.plate_width_px, v.plate_width_px * PLATE_MM[1] / PLATE_MM[0]
    return BoxPx(round(v.center_x * 1280 - w / 2), round(v.center_y * 720 - h / 2), w, round(h))


def box_of(quad: Quad) -> BoxPx:
    """An upright quad as a box."""
    (x0, y0), _, (x1, y1), _ = quad.corners
    return BoxPx(round(x0), round(y0), round(x1 - x0), round(y1 - y0))
