"""EasyOCR: what its detector returns, what its recogniser is shown, what is missing, and reading with its weights.

The last needs the extra `easyocr` (`make test-easyocr`); the tests before it do not.
"""

from __future__ import annotations

import importlib.util
import socket
import sys
import warnings
from pathlib import Path

import numpy as np
import pytest

from pipeline.vision import easyocr_engine
from pipeline.vision.crop import bounding_box
from pipeline.vision.easyocr_engine import WEIGHTS, check_weights, load_easyocr, quads_of, to_line
from pipeline.vision.engines import ENGINE_NAMES
from pipeline.vision.models import ModelMissing
from pipeline.vision.protocols import Engine
from tests.pipeline.vision.pictures import noise, street

PACKAGES = ("easyocr", "torch", "easyocr_en_models")
ABSENT = [name for name in PACKAGES if importlib.util.find_spec(name) is None]
needs_weights = pytest.mark.skipif(bool(ABSENT), reason=f"the extra easyocr is not installed: no {', '.join(ABSENT)}")


def test_it_can_be_chosen() -> None:
    assert "easyocr" in ENGINE_NAMES


def test_what_the_detector_returns_becomes_quads() -> None:
    """The shapes as `Reader.detect` 1.7.2 gives them: numpy integers, margins beyond the frame, floats if tilted."""
    upright = [[np.int32(-3), np.int32(336), np.int32(200), np.int32(228)]]
    tilted = [[[np.float64(10.5), 20.0], [90.0, 30.0], [88.0, 50.0], [8.5, 40.0]]]
    flat, leaning = quads_of(upright, tilted)
    assert flat.corners == ((-3.0, 200.0), (336.0, 200.0), (336.0, 228.0), (-3.0, 228.0))
    assert leaning.corners == ((10.5, 20.0), (90.0, 30.0), (88.0, 50.0), (8.5, 40.0))
    assert all(type(x) is float for corner in flat.corners for x in corner)
    assert bounding_box(flat, (210, 300)).w == 300
    assert quads_of([], []) == ()


@pytest.mark.parametrize(
    ("height", "width", "padded"), [(32, 128, 256), (20, 100, 320), (64, 64, 64), (10, 1000, 832), (40, 1, 64)]
)
def test_a_crop_becomes_a_line_of_the_networks_height(height: int, width: int, padded: int) -> None:
    line = to_line(noise(height, width))
    assert line.shape == (1, 1, 64, padded)
    assert line.dtype == np.float32
    assert -1 <= line.min() <= line.max() <= 1


def test_a_line_is_padded_with_its_last_column() -> None:
    crop = np.zeros((64, 100, 3), np.uint8)
    crop[:, 99] = 255
    line = to_line(crop)[0, 0]
    assert line.shape == (64, 128)
    assert (line[:, 99:] == 1).all()
    assert (line[:, :99] == -1).all()


def test_weights_that_are_absent_or_others_are_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(ModelMissing, match=r"craft_mlt_25k\.pth cannot be read: install the extra easyocr, or name a"):
        check_weights(tmp_path)
    for name in WEIGHTS:
        (tmp_path / name).write_bytes(b"cos\nsystem\n(S'true'\ntR.")
    with pytest.raises(ModelMissing, match=r"craft_mlt_25k\.pth is not the file that EasyOCR published"):
        check_weights(tmp_path)


def test_a_package_that_is_absent_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "easyocr", None)
    with pytest.raises(ModelMissing, match=r"^The package easyocr is not installed: pip install"):
        load_easyocr()


@pytest.fixture(scope="module")
def easyocr() -> Engine:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of torch and scikit-image, on import and of each other
        return load_easyocr(threads=2)


@needs_weights
@pytest.mark.parametrize("text", ["1-ABC-234", "2-HJK-905", "RK 573 AN"])
def test_a_drawn_plate_is_read(easyocr: Engine, text: str) -> None:
    (reading,) = easyocr.read(street((text, 300, 200), size=(360, 640)))
    assert reading.text == "".join(c for c in text if c.isalnum())
    assert abs(reading.box.x - 300) < 40
    assert abs(reading.box.y - 200) < 20


@needs_weights
def test_every_character_has_its_probability_and_doubts(easyocr: Engine) -> None:
    (reading,) = easyocr.read(street(("1-ABC-234", 300, 200), size=(360, 640)))
    assert "".join(c.char for c in reading.chars) == reading.text
    assert all(0 < c.confidence <= 1 and len(c.alternatives) <= 4 for c in reading.chars)
    assert any(c.alternatives for c in reading.chars)


@needs_weights
def test_no_plate_and_odd_frames_are_no_error(easyocr: Engine) -> None:
    assert easyocr.read(street(size=(200, 300))) == ()
    for shape in ((1, 1), (1, 300), (300, 2)):
        assert easyocr.read(np.full((*shape, 3), 127, np.uint8)) == ()


@needs_weights
def test_the_frame_stays_as_it_is(easyocr: Engine) -> None:
    frame = street(("1-ABC-234", 300, 200), size=(360, 640))
    before = frame.copy()
    frame.setflags(write=False)
    assert easyocr.read(frame) == easyocr.read(frame)
    assert np.array_equal(frame, before)


@needs_weights
@pytest.mark.usefixtures("easyocr")  # imported before, as torch itself looks for devices then
def test_loading_touches_no_network_and_no_import_path(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("network")

    monkeypatch.setattr(socket, "socket", refuse)
    before = sys.path[:]
    assert easyocr_engine.load_easyocr().name == "easyocr"
    assert sys.path == before
