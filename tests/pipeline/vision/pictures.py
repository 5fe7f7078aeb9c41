"""Pictures made at test time: encoded bytes of every kind, and scenes with plates drawn into them."""

import io

import cv2
import numpy as np
from PIL import Image as Pil
from PIL import ImageDraw, ImageFont

from pipeline.vision.types import Image


def noise(height: int = 60, width: int = 80) -> Image:
    """A colour picture that compresses badly, so that cutting its bytes cuts its pixels."""
    return np.random.default_rng(7).integers(0, 255, (height, width, 3), dtype=np.uint8)


def encoded(picture: Pil.Image, kind: str, **options: object) -> bytes:
    """The bytes of a file of that kind."""
    buffer = io.BytesIO()
    picture.save(buffer, kind, **options)
    return buffer.getvalue()


def two_frames(kind: str) -> bytes:
    """A file with two different pictures in it."""
    first = Pil.fromarray(noise())
    return encoded(first, kind, save_all=True, append_images=[first.rotate(180)])


def plate(text: str, height: int = 44) -> Image:
    """A white plate with dark text and a border."""
    font = ImageFont.load_default(size=height * 0.75)
    width = int(font.getlength(text) + height * 0.8)
    picture = Pil.new("RGB", (width, height), (240, 240, 240))
    draw = ImageDraw.Draw(picture)
    draw.rectangle((1, 1, width - 2, height - 2), outline=(20, 20, 20), width=2)
    draw.text((width / 2, height / 2), text, font=font, fill=(20, 20, 20), anchor="mm", stroke_width=1)
    return np.asarray(picture)[:, :, ::-1].copy()


def street(*plates: tuple[str, int, int], size: tuple[int, int] = (540, 960), seed: int = 1) -> Image:
    """A grey, mildly noisy scene; each plate is (text, x, y) of its upper left corner on a dark car body."""
    grain = np.random.default_rng(seed).normal(0, 4, (*size, 3))
    scene = np.clip(np.full((*size, 3), 105.0) + grain, 0, 255).astype(np.uint8)
    for text, x, y in plates:
        drawn = plate(text)
        h, w = drawn.shape[:2]
        cv2.rectangle(scene, (x - 60, y - 90), (x + w + 60, y + h + 50), (50, 40, 35), -1)
        scene[y : y + h, x : x + w] = drawn
    return cv2.GaussianBlur(scene, (3, 3), 0).astype(np.uint8)
