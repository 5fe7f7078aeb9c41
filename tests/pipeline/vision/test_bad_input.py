"""Pictures as they come from bad cameras and bad nights: through decoding and reading, without an error."""

from __future__ import annotations

import time
from collections.abc import Callable

import cv2
import numpy as np
import pytest
from PIL import Image as Pil

from pipeline.vision.decode import UndecodableImage, decode_image
from pipeline.vision.protocols import Engine
from pipeline.vision.types import Image
from replay.daylight import Light
from replay.observation import RenderRequest, VisibleVehicle
from replay.render import render_picture
from tests.pipeline.vision.pictures import encoded, plate, street
from tests.replay.conftest import START

TEXT = "1ABC234"


def rendered(light: Light = "day", blur_px: float = 0.5, *, width: int = 220) -> Image:
    """A Belgian car from behind, 1280 × 720."""
    car = VisibleVehicle(TEXT, "1-ABC-234", "BE", "blue", "car", "departing", width, 0.5, 0.65, 0.03, 1.0)
    return render_picture(RenderRequest("bxl-5339-001", START, START, 0, light, (car,), blur_px), 7)


FRAME = rendered()
PICTURE = Pil.fromarray(FRAME[:, :, ::-1])


def texts(engine: Engine, frame: Image) -> list[str]:
    return [one.text for one in engine.read(frame)]


def cv_png(image: np.ndarray) -> bytes:
    return bytes(cv2.imencode(".png", image)[1])


def turned(kind: str) -> bytes:
    """Stored lying on its side, with the note that says so."""
    exif = Pil.Exif()
    exif[0x0112] = 8
    return encoded(PICTURE.rotate(-90, expand=True), kind, exif=exif)


DEEP = (cv2.cvtColor(FRAME, cv2.COLOR_BGR2GRAY).astype(np.uint16) << 4) + 7
FILES: dict[str, Callable[[], bytes]] = {
    "grey JPEG": lambda: encoded(PICTURE.convert("L"), "JPEG", quality=85),
    "CMYK JPEG": lambda: encoded(PICTURE.convert("CMYK"), "JPEG", quality=85),
    "grey of 12 bits in 16": lambda: cv_png(DEEP),
    "colour of 16 bits": lambda: cv_png(FRAME.astype(np.uint16) * 257),
    "turned JPEG": lambda: turned("JPEG"),
    "turned PNG": lambda: turned("PNG"),
    "half-transparent PNG": lambda: encoded(PICTURE.convert("RGBA"), "PNG"),
    "256 colours": lambda: encoded(PICTURE.quantize(256), "PNG"),
    "GIF of one": lambda: encoded(PICTURE.quantize(256), "GIF"),
    "hard-pressed JPEG": lambda: encoded(PICTURE, "JPEG", quality=25),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", FILES)
def test_the_plate_is_read_from_every_kind_of_file(engine: Engine, name: str) -> None:
    frame = decode_image(FILES[name]())
    assert frame.shape == (720, 1280, 3)
    assert texts(engine, frame) == [TEXT]


@pytest.mark.parametrize("share", [0.02, 0.3, 0.9, 0.999])
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF", "GIF"])
def test_a_file_cut_anywhere_is_refused_never_guessed(kind: str, share: float) -> None:
    data = encoded(PICTURE.resize((320, 180)), kind)
    with pytest.raises(UndecodableImage) as caught:
        decode_image(data[: int(len(data) * share)])
    assert caught.value.reason in {"truncated", "unsupported", "not_an_image"}


@pytest.mark.parametrize("seed", range(8))
def test_damaged_bytes_give_a_frame_or_a_reason(seed: int) -> None:
    rng = np.random.default_rng(seed)
    for kind in ("JPEG", "PNG", "TIFF", "WEBP", "GIF", "BMP"):
        data = bytearray(encoded(PICTURE.resize((160, 90)), kind))
        for at in rng.integers(0, len(data), 12):
            data[at] = int(rng.integers(0, 256))
        try:
            frame = decode_image(bytes(data))
        except UndecodableImage:
            continue
        assert frame.dtype == np.uint8
        assert frame.ndim == 3


@pytest.mark.parametrize("light", ["dusk", "night"])
def test_night_is_read(engine: Engine, light: Light) -> None:
    assert texts(engine, rendered(light)) == [TEXT]


def test_headlamps_beside_the_plate_do_not_blind(engine: Engine) -> None:
    glare = np.zeros(FRAME.shape, np.float32)
    for x in (420, 860):
        cv2.circle(glare, (x, 430), 60, (255, 250, 235), -1)
    halo = cv2.GaussianBlur(glare, (0, 0), 40) * 2 + cv2.GaussianBlur(glare, (0, 0), 8)
    frame = np.clip(rendered("night").astype(np.float32) + halo, 0, 255).astype(np.uint8)
    assert texts(engine, frame) == [TEXT]


def test_a_plate_washed_out_by_glare_is_not_invented(engine: Engine) -> None:
    frame = FRAME.copy()
    cv2.circle(frame, (640, 468), 260, (255, 255, 255), -1)
    assert engine.read(cv2.GaussianBlur(frame, (0, 0), 6).astype(np.uint8)) == ()


def test_some_blur_is_read_and_much_is_not_invented(engine: Engine) -> None:
    assert texts(engine, rendered(blur_px=4)) == [TEXT]
    hopeless = cv2.GaussianBlur(FRAME, (0, 0), 14).astype(np.uint8)
    assert all(one.confidence < 0.9 for one in engine.read(hopeless))


@pytest.mark.parametrize("width", [160, 120])
def test_a_crop_of_a_smart_camera_is_read(engine: Engine, width: int) -> None:
    """Nothing but the plate and a little of the bumper."""
    margin = cv2.copyMakeBorder(plate("1-ABC-234"), 14, 14, 14, 14, cv2.BORDER_CONSTANT, value=(50, 40, 35))
    scale = width / margin.shape[1]
    crop = cv2.resize(margin, (width, round(margin.shape[0] * scale)), interpolation=cv2.INTER_AREA)
    assert texts(engine, np.asarray(crop, np.uint8)) == [TEXT]


@pytest.mark.slow
def test_a_lorry_of_plates_forty_in_one_frame(engine: Engine) -> None:
    wanted = [f"{1 + i % 7}-{'ABCDEFGH'[i % 8]}{'KLMNP'[i % 5]}R-{200 + 19 * i}" for i in range(40)]
    scene = np.full((1200, 1900, 3), 60, np.uint8)
    for i, text in enumerate(wanted):
        drawn = plate(text, 40)
        x, y = 60 + 370 * (i % 5), 50 + 142 * (i // 5)
        scene[y : y + drawn.shape[0], x : x + drawn.shape[1]] = drawn
    found = texts(engine, scene)
    compact = {text.replace("-", "") for text in wanted}
    assert len(found) <= 40
    assert len(compact & set(found)) >= 38


def test_a_frame_without_a_plate_is_the_cheapest(engine: Engine) -> None:
    empty = min(_seconds(engine, street()) for _ in range(3))
    full = min(_seconds(engine, street(("1-ABC-234", 100, 150), ("2-HJK-905", 600, 400))) for _ in range(3))
    assert empty < full


def _seconds(engine: Engine, frame: Image) -> float:
    start = time.thread_time()
    engine.read(frame)
    return time.thread_time() - start
