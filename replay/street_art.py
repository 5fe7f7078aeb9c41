"""The street behind the vehicles: one picture for each camera, drawn once."""

from __future__ import annotations

import random
from functools import lru_cache

import cv2
import numpy as np

from replay.plate_art import Picture
from replay.seeds import stream

__all__ = ["HEIGHT", "WIDTH", "street_picture"]

WIDTH, HEIGHT = 1280, 720
HORIZON = 250


@lru_cache(maxsize=256)
def street_picture(camera_id: str, seed: int) -> Picture:
    """Sky, houses, road with lanes. Do not write into it: it is shared."""
    rng = stream(seed, "street", camera_id)
    image = np.empty((HEIGHT, WIDTH, 3), np.uint8)
    _sky(image)
    _houses(image, rng)
    _road(image, rng)
    return cv2.GaussianBlur(image, (5, 5), 0).astype(np.uint8)


def _sky(image: Picture) -> None:
    shade = np.linspace(205, 175, HORIZON, dtype=np.float32)[:, None]
    image[:HORIZON] = (shade[:, :, None] * np.array((1.05, 1.0, 0.95), np.float32)).clip(0, 255)


def _houses(image: Picture, rng: random.Random) -> None:
    """A row of façades with windows, lower towards the middle, where the road leads away."""
    x = 0
    while x < WIDTH:
        width = rng.randrange(70, 160)
        far = 1 - abs(x + width / 2 - WIDTH / 2) / (WIDTH / 2)
        top = int(rng.randrange(10, 80) + 130 * far)
        tone = rng.randrange(70, 150)
        colour = (tone * 0.8, tone * 0.9, tone)
        cv2.rectangle(image, (x, top), (x + width - 2, HORIZON + 25), colour, -1)
        _windows(image, x, top, width, tone)
        x += width


def _windows(image: Picture, x: int, top: int, width: int, tone: int) -> None:
    colour = (tone * 0.55, tone * 0.5, tone * 0.45)
    for wy in range(top + 14, HORIZON - 15, 42):
        for wx in range(x + 12, x + width - 22, 32):
            cv2.rectangle(image, (wx, wy), (wx + 14, wy + 22), colour, -1)


def _road(image: Picture, rng: random.Random) -> None:
    """Pavement on both sides, asphalt with a grain, dashed middle line."""
    image[HORIZON + 20 :] = (118, 122, 124)
    middle = WIDTH // 2
    edge = np.array([(middle - 90, HORIZON), (middle + 90, HORIZON), (WIDTH + 260, HEIGHT), (-260, HEIGHT)], np.int32)
    tone = rng.randrange(78, 100)
    cv2.fillPoly(image, [edge], (tone, tone, tone))
    cv2.polylines(image, [edge], isClosed=True, color=(190, 190, 190), thickness=4, lineType=cv2.LINE_AA)
    for n in range(7):
        y, size = HORIZON + 14 + n * n * 11, 3 + n * 2
        cv2.rectangle(image, (middle - size // 2, y), (middle + size // 2, y + size * 4), (205, 205, 205), -1)
    grains = np.random.default_rng(rng.randrange(2**32))
    grain = grains.integers(0, 14, (HEIGHT - HORIZON, WIDTH, 1), np.uint8)
    image[HORIZON:] = cv2.subtract(image[HORIZON:], np.repeat(grain, 3, axis=2))
