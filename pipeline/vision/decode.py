"""Picture bytes to frames. Whatever a camera or a user sends either becomes a BGR frame or says why not."""

import io
import struct
import zlib
from typing import Literal, TypeAlias, get_args

import cv2
import numpy as np
import numpy.typing as npt
from PIL import Image as Pil
from PIL import ImageOps, UnidentifiedImageError

from pipeline.vision.header import JPEG_MAGIC, PNG_MAGIC, declares_no_pixels
from pipeline.vision.types import Image

UndecodableReason: TypeAlias = Literal["empty", "not_an_image", "truncated", "too_large", "animated", "unsupported"]
UNDECODABLE_REASONS: tuple[UndecodableReason, ...] = get_args(UndecodableReason)

# Cameras and people send these. Pillow's other readers stay shut: some start other programs or are little tested.
# A phone's MPO opens as the JPEG it starts with.
FORMATS = ("JPEG", "PNG", "BMP", "TIFF", "WEBP", "GIF", "PPM")
_JPEG_END = b"\xff\xd9"
_PNG_END = b"IEND\xaeB`\x82"
# What Pillow lets out on damaged bytes: from the header, and from the pixels, whose readers catch less.
_BAD_HEADER = (OSError, SyntaxError, ValueError, EOFError, OverflowError, struct.error)
_BAD_PIXELS = (*_BAD_HEADER, IndexError, KeyError, TypeError, zlib.error)


class UndecodableImage(ValueError):
    """These bytes are no frame. reason: one of UNDECODABLE_REASONS, fit for a label. detail: for people."""

    def __init__(self, reason: UndecodableReason, detail: str) -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason = reason
        self.detail = detail


def decode_image(data: bytes, *, max_megapixels: float = 50.0) -> Image:
    """The picture in `data` as a frame, turned upright as its EXIF orientation says.

    Grey, 16-bit, palette, CMYK and transparent pictures become 8-bit BGR. The size is checked in the header,
    before any pixel is decoded. Raises UndecodableImage.
    """
    if not data:
        raise UndecodableImage("empty", "no bytes")
    if declares_no_pixels(data):
        raise UndecodableImage("empty", "the header says 0 pixels")
    with _opened(data) as picture:
        _check_header(picture, max_megapixels)
        fast = _decode_plain(data) if _is_plain(picture, data) else None
        return fast if fast is not None else _decode_strictly(picture)


def _opened(data: bytes) -> Pil.Image:
    """The header, read; no pixel yet. Pillow refuses by itself above 179 megapixels and warns above 89."""
    try:
        return Pil.open(io.BytesIO(data), formats=FORMATS)
    except UnidentifiedImageError as err:
        if data.startswith((JPEG_MAGIC, PNG_MAGIC)):
            raise UndecodableImage("truncated", f"{len(data)} bytes with a damaged or incomplete header") from err
        kinds = ", ".join(FORMATS)
        raise UndecodableImage("not_an_image", f"{len(data)} bytes that are none of {kinds}") from err
    except (Pil.DecompressionBombError, Pil.DecompressionBombWarning) as err:
        raise UndecodableImage("too_large", str(err)) from err
    except _BAD_HEADER as err:
        raise UndecodableImage(_reason_of(err), f"unreadable header: {err}") from err


def _reason_of(err: Exception) -> UndecodableReason:
    """Pillow has no error class for cut-off files, only its message."""
    return "truncated" if "truncated" in str(err).lower() else "unsupported"


def _check_header(picture: Pil.Image, max_megapixels: float) -> None:
    width, height = picture.size
    if width * height > max_megapixels * 1e6:
        raise UndecodableImage("too_large", f"{width} × {height} pixels, at most {max_megapixels} megapixels are read")
    # An MPO's further pictures are previews or the view of a second lens, not later moments.
    if picture.format != "MPO" and _is_animated(picture):
        raise UndecodableImage("animated", f"{picture.format} with more than one picture")
    if picture.mode == "F":
        raise UndecodableImage("unsupported", f"{picture.format} of floating point numbers, whose range is unknown")


def _is_animated(picture: Pil.Image) -> bool:
    """Pillow looks for the second picture only now, and whose beginning is cut off is not an image either."""
    try:
        return bool(getattr(picture, "is_animated", False))
    except _BAD_PIXELS as err:
        raise UndecodableImage(_reason_of(err), f"{picture.format} whose second picture is damaged: {err}") from err


def _is_plain(picture: Pil.Image, data: bytes) -> bool:
    """Whether OpenCV may decode it: 8-bit colour or grey, and whole, as OpenCV fills what is missing with grey."""
    tail = data[-64:].rstrip(b"\0")
    whole = tail.endswith(_JPEG_END if picture.format == "JPEG" else _PNG_END)
    return whole and picture.format in {"JPEG", "PNG"} and picture.mode in {"RGB", "L"}


def _decode_plain(data: bytes) -> Image | None:
    """The fast path; None where OpenCV gives up, so that Pillow says why."""
    frame = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    return None if frame is None else np.asarray(frame, np.uint8)


def _decode_strictly(picture: Pil.Image) -> Image:
    """By Pillow, which refuses damaged pixels."""
    try:
        picture.load()
        rgb = _to_rgb(ImageOps.exif_transpose(picture))
    except _BAD_PIXELS as err:
        raise UndecodableImage(_reason_of(err), f"{picture.format} of mode {picture.mode}: {err}") from err
    return np.ascontiguousarray(rgb[:, :, ::-1])


def _to_rgb(picture: Pil.Image) -> Image:
    if picture.mode == "I" or picture.mode.startswith("I;16"):
        grey = _to_eight_bits(np.asarray(picture))
        return np.repeat(grey[:, :, None], 3, axis=2)
    return np.asarray(picture.convert("RGB"), np.uint8)


def _to_eight_bits(deep: npt.NDArray[np.generic]) -> npt.NDArray[np.uint8]:
    """Deep grey, scaled by the power of two that just fits: 10- and 12-bit sensors stay bright."""
    values = np.clip(deep.astype(np.int64), 0, None)
    shift = max(0, int(values.max()).bit_length() - 8)
    return (values >> shift).astype(np.uint8)
