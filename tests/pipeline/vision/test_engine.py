"""The default engine on drawn scenes: read them, doubt honestly, change nothing, need no network."""

import re
import socket

import cv2
import numpy as np
import pytest

from pipeline.vision import models
from pipeline.vision.engines import ENGINE_NAMES, UnknownEngine, load_engine
from pipeline.vision.line_engine import LineEngine
from pipeline.vision.protocols import Engine
from pipeline.vision.types import Image, LineReading, Quad
from tests.pipeline.vision.pictures import street

PLATES = ["1-ABC-234", "2-HJK-905", "GT-456-ZZ", "RK 573 AN", "LD68 XYZ"]


@pytest.mark.parametrize("text", PLATES)
def test_a_drawn_plate_is_read(engine: Engine, text: str) -> None:
    (reading,) = engine.read(street((text, 400, 300)))
    assert reading.text == re.sub("[^A-Z0-9]", "", text)
    assert reading.confidence > 0.8
    assert abs(reading.box.x - 400) < 40
    assert abs(reading.box.y - 300) < 20


def test_every_character_has_its_probability(engine: Engine) -> None:
    (reading,) = engine.read(street(("1-ABC-234", 400, 300)))
    assert "".join(c.char for c in reading.chars) == reading.text
    for char in reading.chars:
        assert 0 <= char.confidence <= 1
        assert len(char.alternatives) <= 4
        assert sum(p for _, p in char.alternatives) + char.confidence <= 1.001
        assert all(re.fullmatch("[A-Z0-9]", c) and c != char.char for c, _ in char.alternatives)


def test_several_plates_come_most_confident_first(engine: Engine) -> None:
    readings = engine.read(street(("1-ABC-234", 100, 150), ("2-HJK-905", 600, 400)))
    assert {r.text for r in readings} == {"1ABC234", "2HJK905"}
    assert [r.confidence for r in readings] == sorted((r.confidence for r in readings), reverse=True)


def test_an_empty_street_and_a_black_frame_have_none(engine: Engine) -> None:
    assert engine.read(street()) == ()
    assert engine.read(np.zeros((48, 64, 3), np.uint8)) == ()


@pytest.mark.parametrize("shape", [(1, 1), (1, 500), (300, 2)])
def test_frames_of_odd_shapes_are_no_error(engine: Engine, shape: tuple[int, int]) -> None:
    assert engine.read(np.full((*shape, 3), 127, np.uint8)) == ()


def test_many_frames_read_as_one_by_one(engine: Engine) -> None:
    frames = [street(("1-ABC-234", 400, 300)), street(), street(("GT-456-ZZ", 50, 120), size=(400, 600))]
    together = engine.read_many(frames)
    assert [[p.text for p in one] for one in together] == [[p.text for p in engine.read(f)] for f in frames]
    assert engine.read_many([]) == ()


def test_the_frame_stays_as_it_is(engine: Engine) -> None:
    frame = street(("1-ABC-234", 400, 300))
    before = frame.copy()
    frame.setflags(write=False)
    first = engine.read(frame)
    assert np.array_equal(frame, before)
    assert engine.read(frame) == first


def test_a_view_is_as_good_as_a_copy(engine: Engine) -> None:
    wide = street(("1-ABC-234", 500, 300))
    assert [p.text for p in engine.read(wide[100:, 200:])] == ["1ABC234"]


def test_a_tilted_plate_is_set_upright(engine: Engine) -> None:
    scene = street(("1-ABC-234", 400, 250))
    turn = cv2.getRotationMatrix2D((480, 270), 8, 1)
    tilted = np.asarray(cv2.warpAffine(scene, turn, (960, 540), borderMode=cv2.BORDER_REPLICATE), np.uint8)
    assert [p.text for p in engine.read(tilted)] == ["1ABC234"]


def test_loading_and_reading_touch_no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("network")

    monkeypatch.setattr(socket, "socket", refuse)
    assert load_engine(threads=2).read(street(("1-ABC-234", 400, 300)))


def test_an_unknown_name_lists_the_known() -> None:
    with pytest.raises(UnknownEngine, match=", ".join(ENGINE_NAMES)):
        load_engine("tesseract")
    with pytest.raises(ValueError, match="at least 1"):
        load_engine(threads=0)


def test_missing_models_are_one_sentence() -> None:
    with pytest.raises(models.ModelMissing, match=r"^The package no_such_package is not installed: pip install"):
        models.packaged_model("no_such_package", "a.onnx")
    with pytest.raises(models.ModelMissing, match=r"without its model models/none\.onnx"):
        models.packaged_model("rapidocr", "models/none.onnx")


class FixedDetector:
    """Always the same line."""

    def detect(self, frame: Image) -> tuple[Quad, ...]:  # noqa: ARG002 - the protocol's name
        return (Quad(((10, 10), (90, 10), (90, 30), (10, 30)), 0.9),)


class SilentRecogniser:
    """Reads nothing, and notes the crops."""

    def __init__(self) -> None:
        self.seen = 0

    def recognise(self, crops: list[Image]) -> tuple[LineReading, ...]:
        self.seen += len(crops)
        return tuple(LineReading("", ()) for _ in crops)


def test_parts_can_be_replaced_and_no_candidate_is_no_second_look() -> None:
    recogniser = SilentRecogniser()
    assert LineEngine("fixed", FixedDetector(), recogniser).read(street()) == ()
    assert recogniser.seen == 1
