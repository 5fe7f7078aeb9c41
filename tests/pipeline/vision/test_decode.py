"""Every kind of picture becomes a BGR frame; every kind of rubbish says what it is."""

import struct
import zlib

import cv2
import numpy as np
import pytest
from PIL import Image as Pil

from pipeline.vision.decode import UNDECODABLE_REASONS, UndecodableImage, decode_image
from tests.pipeline.vision.pictures import encoded, noise, two_frames

PICTURE = Pil.fromarray(noise())
JPEG = encoded(PICTURE, "JPEG", quality=95, subsampling=0)
PNG = encoded(PICTURE, "PNG")


def jpeg_claiming(width: int, height: int) -> bytes:
    """A small JPEG whose header states another size."""
    return JPEG.replace(struct.pack(">HH", 60, 80), struct.pack(">HH", height, width), 1)


def png_claiming(width: int, height: int) -> bytes:
    """A small PNG whose header states another size, checksum in order."""
    chunk = b"IHDR" + struct.pack(">II", width, height) + PNG[24:29]
    return PNG[:12] + chunk + struct.pack(">I", zlib.crc32(chunk)) + PNG[33:]


BAD = {
    "zero bytes": (b"", "empty"),
    "0×0 JPEG": (jpeg_claiming(0, 0), "empty"),
    "0×0 PNG": (png_claiming(0, 0), "empty"),
    "text": (b"plate;time\n1ABC234;12:00\n" * 40, "not_an_image"),
    "SVG": (b'<svg xmlns="http://www.w3.org/2000/svg"/>', "not_an_image"),
    "PDF": (b"%PDF-1.7\n" + bytes(200), "not_an_image"),
    "JPEG cut in the header": (JPEG[:100], "truncated"),
    "JPEG cut after its magic": (JPEG[:4], "truncated"),
    "JPEG cut in half": (JPEG[: len(JPEG) // 2], "truncated"),
    "JPEG without its last byte": (JPEG[:-1], "truncated"),
    "PNG cut in half": (PNG[: len(PNG) // 2], "truncated"),
    "100-megapixel JPEG": (jpeg_claiming(10_000, 10_000), "too_large"),
    "100-megapixel PNG": (png_claiming(10_000, 10_000), "too_large"),
    "900-megapixel PNG": (png_claiming(30_000, 30_000), "too_large"),
    "GIF of two": (two_frames("GIF"), "animated"),
    "PNG of two": (two_frames("PNG"), "animated"),
    "WEBP of two": (two_frames("WEBP"), "animated"),
    "TIFF of two": (two_frames("TIFF"), "animated"),
    "float TIFF": (encoded(Pil.fromarray(np.ones((8, 8), np.float32)), "TIFF"), "unsupported"),
    "PNG of damaged pixels": (PNG[:80] + bytes(400) + PNG[480:], "unsupported"),
}

GOOD = {
    "JPEG": JPEG,
    "progressive JPEG": encoded(PICTURE, "JPEG", quality=95, subsampling=0, progressive=True),
    "JPEG with padding": JPEG + bytes(32),
    "JPEG with a maker's trailer": JPEG + b"maker" * 40,
    "JPEG of two lenses": encoded(PICTURE, "MPO", quality=95, subsampling=0, save_all=True, append_images=[PICTURE]),
    "CMYK JPEG": encoded(PICTURE.convert("CMYK"), "JPEG", quality=95, subsampling=0),
    "PNG": PNG,
    "RGBA PNG": encoded(PICTURE.convert("RGBA"), "PNG"),
    "16-bit colour PNG": cv2.imencode(".png", noise()[:, :, ::-1].astype(np.uint16) * 257)[1].tobytes(),
    "BMP": encoded(PICTURE, "BMP"),
    "TIFF": encoded(PICTURE, "TIFF"),
    "WEBP": encoded(PICTURE, "WEBP", lossless=True),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_bytes_say_why(name: str) -> None:
    data, reason = BAD[name]
    with pytest.raises(UndecodableImage) as caught:
        decode_image(data)
    assert caught.value.reason == reason
    assert caught.value.detail


def test_every_reason_is_tested() -> None:
    assert {reason for _, reason in BAD.values()} == set(UNDECODABLE_REASONS)


@pytest.mark.parametrize("name", GOOD)
def test_good_bytes_become_the_same_bgr_picture(name: str) -> None:
    frame = decode_image(GOOD[name])
    assert (frame.shape, frame.dtype) == ((60, 80, 3), np.uint8)
    assert frame.flags.c_contiguous
    assert np.abs(frame.astype(int) - noise()[:, :, ::-1]).mean() < 5  # 85 with a channel swapped


@pytest.mark.parametrize("mode", ["L", "LA", "1", "P"])
def test_grey_and_palette_pictures_become_three_channels(mode: str) -> None:
    grey = PICTURE.convert("L").convert(mode)
    frame = decode_image(encoded(grey, "PNG"))
    assert frame.shape == (60, 80, 3)
    assert (frame[:, :, 0] == frame[:, :, 2]).all()


@pytest.mark.parametrize(("kind", "scale"), [(".png", 16), (".png", 257), (".tiff", 16)])
def test_deep_grey_keeps_its_brightness(kind: str, scale: int) -> None:
    grey = noise()[:, :, 0]
    frame = decode_image(cv2.imencode(kind, grey.astype(np.uint16) * scale)[1].tobytes())
    assert np.abs(frame[:, :, 1].astype(int) - grey).max() <= 1


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "TIFF"])
def test_exif_orientation_is_applied(kind: str) -> None:
    upright = np.zeros((60, 80, 3), np.uint8)
    upright[:30] = 255
    exif = Pil.Exif()
    exif[0x0112] = 6  # stored turned left: to be turned right for viewing
    frame = decode_image(encoded(Pil.fromarray(upright).rotate(90, expand=True), kind, exif=exif))
    assert frame.shape == upright.shape
    assert frame[:25].mean() > 250
    assert frame[35:].mean() < 5


def test_the_limit_is_the_callers() -> None:
    assert decode_image(PNG, max_megapixels=0.0048).shape == (60, 80, 3)
    with pytest.raises(UndecodableImage, match="too_large"):
        decode_image(PNG, max_megapixels=0.0047)


def test_a_moving_picture_that_ends_anywhere_is_a_frame_or_a_reason() -> None:
    """Whether it moves is told by its second picture, whose beginning may be missing."""
    first = Pil.fromarray(noise(8, 12))
    data = encoded(first, "GIF", save_all=True, append_images=[first.rotate(180)])
    reasons = set()
    for length in range(1, len(data)):
        try:
            decode_image(data[:length])
        except UndecodableImage as bad:
            reasons.add(bad.reason)
    assert reasons >= {"animated", "unsupported", "not_an_image"}
