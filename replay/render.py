"""Camera pictures of the simulated traffic: honest drawings with readable plates, as JPEG.

They exercise the way from frame to read; they say nothing about how well a reader does on real streets.
"""

from __future__ import annotations

import random
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from replay.car_art import draw_lights, draw_vehicle, lamps_of
from replay.daylight import Light
from replay.observation import RenderRequest, VisibleVehicle
from replay.plate_art import PLATE_MM, Picture, plate_picture
from replay.plate_forms import form_of
from replay.scenery import PLAIN, PlateLook, Scenery
from replay.seeds import stream
from replay.street_art import HEIGHT, WIDTH, street_picture
from replay.weather import dirtied, glaring_lamps, rained_on, sun_in_the_lens

__all__ = ["plate_corners", "render_frame", "render_picture"]

Corners = NDArray[np.float64]
JPEG_QUALITY = 85
SCENE_GAIN: dict[Light, float] = {"day": 1.0, "dusk": 0.55, "night": 0.22}
PLATE_GAIN: dict[Light, float] = {"day": 0.97, "dusk": 0.85, "night": 0.8}
"""Plates reflect the camera's flash: they stay bright at night."""
NOISE: dict[Light, int] = {"day": 7, "dusk": 12, "night": 18}
"""Width of the noise, grey levels."""
NOISE_MARGIN = 64


def render_frame(request: RenderRequest, seed: int, scenery: Scenery = PLAIN) -> bytes:
    """The picture as JPEG, 1280 × 720. The same request and seed give the same bytes (with the same OpenCV).

    Raises RuntimeError if OpenCV cannot encode.
    """
    picture = render_picture(request, seed, scenery)
    done, data = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY])
    if not done:
        raise RuntimeError("OpenCV did not encode the picture")
    return bytes(data)


def render_picture(request: RenderRequest, seed: int, scenery: Scenery = PLAIN) -> Picture:
    """The picture before encoding: street, vehicles, light, plates, weather, blur, noise."""
    rng = stream(seed, "render", request.camera_id, request.sequence)
    image = street_picture(request.camera_id, seed).copy()
    for vehicle in request.visible:
        draw_vehicle(image, vehicle)
    image = _scaled(image, SCENE_GAIN[request.light] * rng.uniform(0.92, 1.06))
    for number, vehicle in enumerate(request.visible):
        if request.light != "day":
            draw_lights(image, vehicle)
        gain = PLATE_GAIN[request.light] * rng.uniform(0.94, 1.03)
        _mount_plate(image, vehicle, gain, scenery.look(number, vehicle), rng)
    image = _in_weather(image, request, scenery, rng)
    if request.visible:
        image = _motion_blurred(image, request.blur_px)
    return _noisy(image, NOISE[request.light], rng)


def _in_weather(image: Picture, request: RenderRequest, scenery: Scenery, rng: random.Random) -> Picture:
    if scenery.lamps:
        for vehicle in request.visible:
            if vehicle.direction == "approaching":
                lamps, size_px = lamps_of(image, vehicle)
                image = glaring_lamps(image, lamps, size_px, rng)
    if scenery.rain:
        image = rained_on(image, rng, scenery.rain)
    return sun_in_the_lens(image, rng) if scenery.sun else image


def _scaled(image: Picture, gain: float) -> Picture:
    return cv2.convertScaleAbs(image, alpha=gain).astype(np.uint8, copy=False)


def _mount_plate(image: Picture, vehicle: VisibleVehicle, gain: float, look: PlateLook, rng: random.Random) -> None:
    """Warp the plate to its place, in place. Parts outside the picture are lost."""
    rear = vehicle.direction == "departing"
    flat = plate_picture(vehicle.display, vehicle.country, rear=rear, shape=look.shape)
    scale = 2 * vehicle.plate_width_px / PLATE_MM[0]
    mm = form_of(vehicle.display, vehicle.country, rear=rear, shape=look.shape).size
    twice = (max(int(mm[0] * scale), 1), max(int(mm[1] * scale), 1))
    small = cv2.resize(flat, twice, interpolation=cv2.INTER_AREA).astype(np.uint8)
    small = _scaled(dirtied(small, rng, look.dirt) if look.dirt else small, gain)
    corners = plate_corners(vehicle, look)
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


def plate_corners(vehicle: VisibleVehicle, look: PlateLook | None = None) -> Corners:
    """The plate's corners in the picture, px, clockwise from top left: turned, one side shorter."""
    shape = (look or PLAIN.look(0, vehicle)).shape
    mm = form_of(vehicle.display, vehicle.country, rear=vehicle.direction == "departing", shape=shape).size
    scale = vehicle.plate_width_px / PLATE_MM[0]
    w, h = mm[0] * scale / 2, mm[1] * scale / 2
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
