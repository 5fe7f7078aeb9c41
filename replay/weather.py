"""What weather, light and dirt do to a picture or a plate. Each takes a picture and gives another; chance comes in."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from replay.plate_art import Picture

__all__ = ["dirtied", "glaring_lamps", "rained_on", "sun_in_the_lens"]

Point = tuple[float, float]
"""x, y in px."""
FLARE_SCALE = 4
"""Soft light is drawn at a fourth of the size."""


def rained_on(image: Picture, rng: random.Random, strength: float = 1.0) -> Picture:
    """Streaks of rain, a grey veil, drops on the glass that bend what is behind them. strength: 1 = a shower."""
    height, width = image.shape[:2]
    veiled = cv2.addWeighted(image, 1 - 0.22 * strength, np.full_like(image, 150), 0.22 * strength, 0)
    streaks = np.zeros((height, width), np.uint8)
    slant = rng.uniform(-4, 4)
    for _ in range(int(420 * strength)):
        x, y, length = rng.uniform(0, width), rng.uniform(0, height), rng.uniform(12, 34)
        end = (round(x + slant * length / 20), round(y + length))
        cv2.line(streaks, (round(x), round(y)), end, rng.randrange(60, 150), 1, cv2.LINE_AA)
    wet = cv2.add(veiled, cv2.cvtColor(cv2.GaussianBlur(streaks, (3, 3), 0), cv2.COLOR_GRAY2BGR))
    soft = cv2.GaussianBlur(wet, (0, 0), 0.7 + 0.5 * strength).astype(np.uint8)
    for _ in range(int(9 * strength)):
        _drop(soft, rng)
    return soft


def _drop(image: Picture, rng: random.Random) -> None:
    """A drop on the glass shows what is behind it upside down and out of focus, in place."""
    height, width = image.shape[:2]
    radius = rng.randrange(7, 19)
    x, y = rng.randrange(radius, width - radius), rng.randrange(radius, height - radius)
    spot = image[y - radius : y + radius, x - radius : x + radius]
    inside = np.zeros(spot.shape[:2], np.uint8)
    cv2.circle(inside, (radius, radius), radius - 1, 255, -1, cv2.LINE_AA)
    cv2.copyTo(cv2.blur(cv2.flip(spot, 0), (5, 5)), inside, spot)


def glaring_lamps(image: Picture, lamps: Sequence[Point], size_px: float, rng: random.Random) -> Picture:
    """Lamps that shine into the lens: a core, a halo and a streak, added. size_px: width of a lamp."""
    light = np.zeros((image.shape[0] // FLARE_SCALE, image.shape[1] // FLARE_SCALE), np.float32)
    ys, xs = np.mgrid[: light.shape[0], : light.shape[1]].astype(np.float32)
    for x, y in lamps:
        across, down = xs - x / FLARE_SCALE, ys - y / FLARE_SCALE
        core = size_px / FLARE_SCALE
        distance = np.sqrt(across**2 + down**2)
        light += 260 * np.exp(-((distance / core) ** 2)) + 90 * np.exp(-distance / (2.4 * core))
        light += 55 * np.exp(-np.abs(down) / (0.35 * core) - np.abs(across) / (7 * core))
    return _lightened(image, light * rng.uniform(0.85, 1.15), (1.0, 0.98, 0.92))


def sun_in_the_lens(image: Picture, rng: random.Random) -> Picture:
    """A low sun beside or above the picture: a bright veil from there, colours and contrast washed out."""
    height, width = image.shape[0] // FLARE_SCALE, image.shape[1] // FLARE_SCALE
    ys, xs = np.mgrid[:height, :width].astype(np.float32)
    x, y = rng.uniform(0.1, 0.9) * width, rng.uniform(0.0, 0.25) * height
    distance = np.sqrt((xs - x) ** 2 + (ys - y) ** 2)
    angle = np.arctan2(ys - y, xs - x)
    rays = 1 + 0.12 * np.cos(angle * rng.randrange(9, 15))
    light = 235 * np.exp(-((distance / (0.16 * width)) ** 2)) + 120 * np.exp(-distance / (0.42 * width)) * rays
    washed = cv2.addWeighted(image, 0.85, np.full_like(image, 128), 0.15, 0).astype(np.uint8)
    return _lightened(washed, light, (0.78, 0.92, 1.0))


def _lightened(image: Picture, light: NDArray[np.floating[Any]], tint: tuple[float, float, float]) -> Picture:
    """Add light of a colour (BGR)."""
    whole = cv2.resize(light, (image.shape[1], image.shape[0]), interpolation=cv2.INTER_LINEAR)
    added = image.astype(np.float32) + whole[:, :, None] * np.array(tint, np.float32)
    lightened: Picture = added.clip(0, 255).astype(np.uint8)
    return lightened


def dirtied(plate: Picture, rng: random.Random, strength: float) -> Picture:
    """A plate with a film of dust, thicker below, and spots of mud. strength: 0 clean … 1 hardly legible."""
    height, width = plate.shape[:2]
    grains = np.random.default_rng(rng.randrange(2**32))
    coarse = grains.random((5, 12)).astype(np.float32)
    cloud = cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC).clip(0, 1)
    below = np.linspace(0.35, 1.0, height, dtype=np.float32)[:, None]
    film = strength * 0.75 * cloud * below
    mud = np.zeros((height, width), np.uint8)
    for _ in range(int(14 * strength)):
        at = (rng.randrange(width), round(height * rng.betavariate(2.2, 1.4)))
        axes = (round(height * rng.uniform(0.02, 0.09)), round(height * rng.uniform(0.02, 0.07)))
        cv2.ellipse(mud, at, axes, rng.uniform(0, 180), 0, 360, 215, -1, cv2.LINE_AA)
    cover = np.maximum(film, mud.astype(np.float32) / 255 * min(strength * 1.3, 0.92))[:, :, None]
    earth = np.array((48, 68, 86), np.float32)
    covered: Picture = (plate.astype(np.float32) * (1 - cover) + earth * cover).astype(np.uint8)
    return covered
