"""Camera pictures of the simulated traffic: honest drawings with readable plates, as JPEG.

They exercise the way from frame to read; they say nothing about how well a reader does on real streets.
"""

from __future__ import annotations

import random
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from replay.car_art import draw_lights, draw_vehicle
from replay.daylight import Light
from replay.observation import RenderRequest, VisibleVehicle
from replay.plate_art import PLATE_MM, Picture, plate_picture
from replay.seeds import stream
from replay.street_art import HEIGHT, WIDTH, street_picture

__all__ = ["render_frame", "render_picture"]

Corners = NDArray[np.float64]
JPEG_QUALITY = 85
SCENE_GAIN: dict[Light, float] = {"day": 1.0, "dusk": 0.55, "night": 0.22}
PLATE_GAIN: dict[Light, float] = {"day": 0.97, "dusk": 0.85, "night": 0.8}
"""Plates reflect the camera's flash: they stay bright at night."""
NOISE: dict[Light, int] = {"day": 7, "dusk": 12, "night": 18}
"""Width of the noise, grey levels."""
NOISE_MARGIN = 64


def render_frame(request: RenderRequest, seed: int) -> bytes:
    """The picture as JPEG, 1280 × 720. The same request and seed give the same bytes (with the same OpenCV).

    Raises RuntimeError if OpenCV cannot encode.
    """
    done, data = cv2.imencode(".jpg", render_picture(request, seed), [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY])
    if not done:
        raise RuntimeError("OpenCV did not encode the picture")
    return bytes(data)


def render_picture(request: RenderRequest, seed: int) -> Picture:
    """The picture before encoding: street, vehicles, light, plates, blur, noise."""
    rng = stream(seed, "render", request.camera_id, request.sequence)
    image = street_picture(request.camera_id, seed).copy()
    for vehicle in request.visible:
        draw_vehicle(image, vehicle)
    image = _scaled(image, SCENE_GAIN[request.light] * rng.uniform(0.92, 1.06))
    for vehicle in request.visible:
        if request.light != "day":
            draw_lights(image, vehicle)
        _mount_plate(image, vehicle, PLATE_GAIN[request.light] * rng.uniform(0.94, 1.03))
    if request.visible:
        image = _motion_blurred(image, request.blur_px)
    return _noisy(image, NOISE[request.light], rng)


def _scaled(image: Picture, gain: float) -> Picture:
    return cv2.convertScaleAbs(image, alpha=gain).astype(np.uint8, copy=False)


def _mount_plate(image: Picture, vehicle: VisibleVehicle, gain: float) -> None:
    """Warp the plate to its place, in place. Parts outside the picture are lost."""
    width = vehicle.plate_width_px
    flat = plate_picture(vehicle.display, vehicle.country, rear=vehicle.direction == "departing")
    twice = (2 * width, 2 * width * PLATE_MM[1] // PLATE_MM[0])
    small = _scaled(cv2.resize(flat, twice, interpolation=cv2.INTER_AREA).astype(np.uint8), gain)
    corners = _corners(vehicle)
    low = np.floor(corners.min(axis=0)).astype(int).clip(0)
    high = np.minimum(np.ceil(corners.max(axis=0)).astype(int) + 1, (image.shape[1], image.shape[0]))
    if (high <= low).any():
        return
    source = np.array([(0, 0), (twice[0], 0), twice, (0, twice[1])], np.float32)
    turn = cv2.getPerspectiveTransform(source, (corners - low).astype(np.float32))
    size = (int(high[0] - low[0]), int(high[1] - low[1]))
    warped = cv2.warpPerspective(small, turn, size, flags=cv2.INTER_AREA)
    inside = cv2.warpPerspective(np.full(small.shape[:2], 255, np.uint8), turn, size)
    spot = image[low[1] : high[1], low[0] : high[0]]
    cv2.copyTo(warped, inside, spot)


def _corners(vehicle: VisibleVehicle) -> Corners:
    """The plate's corners in the picture, px, clockwise from top left: turned, one side shorter."""
    w, h = vehicle.plate_width_px / 2, vehicle.plate_width_px * PLATE_MM[1] / PLATE_MM[0] / 2
    left, right = h * (1 + vehicle.yaw), h * (1 - vehicle.yaw)
    w *= 1 - abs(vehicle.yaw) / 2
    square = np.array([(-w, -left), (w, -right), (w, right), (-w, left)])
    angle = np.radians(vehicle.roll_deg)
    turn = np.array([(np.cos(angle), np.sin(angle)), (-np.sin(angle), np.cos(angle))])
    middle = np.array((vehicle.center_x * WIDTH, vehicle.center_y * HEIGHT))
    corners: Corners = square @ turn + middle
    return corners


def _motion_blurred(image: Picture, length_px: float) -> Picture:
    """Smear along the way of travel, which is up and down in the picture."""
    if length_px < 0.3:
        return image
    whole = int(length_px // 2)
    kernel = np.ones(2 * whole + 3, np.float32)
    kernel[0] = kernel[-1] = (length_px - 2 * whole) / 2
    kernel /= kernel.sum()
    return cv2.sepFilter2D(image, -1, np.ones(1, np.float32), kernel).astype(np.uint8, copy=False)


def _noisy(image: Picture, width: int, rng: random.Random) -> Picture:
    """Add sensor noise: a window at a random place of a kept sheet."""
    x, y = rng.randrange(NOISE_MARGIN), rng.randrange(NOISE_MARGIN)
    sheet = _noise_sheet(width)[y : y + HEIGHT, x : x + WIDTH]
    brighter = cv2.add(image, sheet)
    return cv2.subtract(brighter, np.full_like(image, width // 2)).astype(np.uint8, copy=False)


@lru_cache(maxsize=8)
def _noise_sheet(width: int) -> Picture:
    """Noise of 0 … width, bell-shaped, the same on every run."""
    size = (HEIGHT + NOISE_MARGIN, WIDTH + NOISE_MARGIN, 3)
    noise = np.random.default_rng(width).normal(width / 2, width / 4, size)
    return noise.clip(0, width).astype(np.uint8)
