"""The engine "anpr" on rendered frames, and its steps with parts that answer as told."""

from collections.abc import Sequence

import numpy as np
import pytest

from anpr.evaluate.score import iou
from pipeline.vision.engines import load_engine
from pipeline.vision.plate_engine import (
    NAME,
    PlateEngine,
    PlateEngineSettings,
    inset,
    is_cut,
    scaled_to,
    text_lines,
    without_emblem,
)
from pipeline.vision.protocols import Engine
from pipeline.vision.types import CharReading, Image, LineReading, Quad
from tests.pipeline.vision.pictures import plate
from tests.pipeline.vision.scenes import rendered, true_box, vehicle


@pytest.fixture(scope="module")
def anpr() -> Engine:
    return load_engine(NAME, threads=1)


@pytest.mark.parametrize("text", ["1-ABC-234", "GT-456-ZZ", "2-HJK-905"])
def test_a_rendered_plate_is_read(anpr: Engine, text: str) -> None:
    car = vehicle(text)
    (reading,) = anpr.read(rendered(car))
    assert reading.text == text.replace("-", "")
    assert reading.confidence > 0.8
    assert iou(reading.box, true_box(car)) > 0.5


def test_frames_without_plates_are_never_read() -> None:
    recogniser = Says({})
    engine = PlateEngine(Sees(), Sees(), recogniser)
    assert engine.read(rendered()) == ()
    assert recogniser.crops == 0


def test_an_empty_street_and_a_black_frame_have_none(anpr: Engine) -> None:
    assert anpr.read(rendered()) == ()
    assert anpr.read(np.zeros((48, 64, 3), np.uint8)) == ()


def test_many_frames_read_as_one_by_one(anpr: Engine) -> None:
    frames = [rendered(vehicle("1-ABC-234")), rendered(), rendered(vehicle("GT-456-ZZ"))[200:, 300:1000]]
    together, single = anpr.read_many(frames), [anpr.read(f) for f in frames]
    assert [[(p.text, p.box) for p in one] for one in together] == [[(p.text, p.box) for p in one] for one in single]
    assert [len(one) for one in single] == [1, 0, 1]
    for a, b in zip(together, single, strict=True):  # a batch of another size rounds otherwise
        assert [p.confidence for p in a] == pytest.approx([p.confidence for p in b], abs=1e-4)
    assert anpr.read_many([]) == ()


@pytest.mark.parametrize("shape", [(1, 1), (1, 500), (300, 2), (160, 160)])
def test_frames_of_odd_shapes_are_no_error(anpr: Engine, shape: tuple[int, int]) -> None:
    assert anpr.read(np.full((*shape, 3), 127, np.uint8)) == ()


def test_a_frame_with_forty_plates(anpr: Engine) -> None:
    frame = np.full((900, 1600, 3), 60, np.uint8)
    texts = [f"{n + 1}-ABC-{100 + n}" for n in range(40)]
    for n, text in enumerate(texts):
        picture = plate(text, 36)
        x, y = 20 + n % 5 * 315, 20 + n // 5 * 110
        frame[y : y + picture.shape[0], x : x + picture.shape[1]] = picture
    read = {p.text for p in anpr.read(frame)}
    assert len(read & {t.replace("-", "") for t in texts}) >= 36


def quad(x: float, y: float, w: float, h: float, score: float = 0.9) -> Quad:
    return Quad(((x, y), (x + w, y), (x + w, y + h), (x, y + h)), score)


class Sees:
    """A detector that always sees the same."""

    def __init__(self, *quads: Quad) -> None:
        self.quads = quads

    def detect(self, frame: Image) -> tuple[Quad, ...]:  # noqa: ARG002 - the protocol's name
        return self.quads


class InTurn:
    """A recogniser that gives these readings one after the other."""

    def __init__(self, *readings: list[tuple[str, float]]) -> None:
        self.readings = list(readings)

    def recognise(self, crops: Sequence[Image]) -> tuple[LineReading, ...]:
        return tuple(
            LineReading("".join(c for c, _ in one), tuple(CharReading(c, p) for c, p in one))
            for one in (self.readings.pop(0) for _ in crops)
        )


class Says:
    """A recogniser that reads crops of these heights, px, as told, and others as nothing. Counts them."""

    def __init__(self, by_height: dict[int, tuple[str, float]]) -> None:
        self.by_height, self.crops = by_height, 0

    def recognise(self, crops: Sequence[Image]) -> tuple[LineReading, ...]:
        self.crops += len(crops)
        return tuple(self._line(*self.by_height.get(crop.shape[0], ("", 0.0))) for crop in crops)

    def _line(self, text: str, confidence: float) -> LineReading:
        return LineReading(text, tuple(CharReading(c, confidence) for c in text))


FRAME = np.zeros((200, 400, 3), np.uint8)
PLATE = quad(100, 100, 160, 40)


def test_a_sure_reading_is_not_looked_at_again() -> None:
    recogniser = Says({33: ("1ABC234", 0.99)})
    (reading,) = PlateEngine(Sees(PLATE), Sees(), recogniser).read(FRAME)
    assert (reading.text, recogniser.crops) == ("1ABC234", 1)
    assert (reading.box.x, reading.box.y, reading.box.w, reading.box.h) == (100, 100, 160, 40)


@pytest.mark.parametrize(("line", "whole", "text"), [(0.6, 0.9, "1ABC234"), (0.7, 0.6, "1A8C234")])
def test_a_doubtful_line_is_read_whole_and_the_surer_look_counts(line: float, whole: float, text: str) -> None:
    recogniser = Says({35: ("1A8C234", line), 33: ("1ABC234", whole)})
    (reading,) = PlateEngine(Sees(PLATE), Sees(quad(20, 15, 100, 33)), recogniser).read(FRAME)
    assert (reading.text, recogniser.crops) == (text, 2)


def test_what_was_read_whole_is_not_read_so_again() -> None:
    recogniser = Says({33: ("1ABC234", 0.6)})
    PlateEngine(Sees(PLATE), Sees(), recogniser).read(FRAME)
    assert recogniser.crops == 1


def test_a_spot_without_text_is_read_only_if_the_detector_is_sure() -> None:
    recogniser = Says({33: ("1ABC234", 0.99)})
    doubtful = quad(100, 100, 160, 40, score=0.4)
    assert PlateEngine(Sees(doubtful), Sees(), recogniser).read(FRAME) == ()
    assert recogniser.crops == 0


@pytest.mark.parametrize("text", ["", "A1", "ABC1234567"])
def test_what_is_too_short_or_too_long_is_no_plate(text: str) -> None:
    assert PlateEngine(Sees(PLATE), Sees(), Says({33: (text, 0.99)})).read(FRAME) == ()


@pytest.mark.parametrize("text", ["JAMES", "0000"])
def test_whatever_was_read_is_told_with_its_place_and_how_sure_it_is(text: str) -> None:
    unsure, line = quad(100, 100, 160, 40, score=0.5), quad(20, 15, 100, 33)
    says = Says(dict.fromkeys(range(60), (text, 0.97)))
    (reading,) = PlateEngine(Sees(unsure), Sees(line), says).read(FRAME)
    assert (reading.text, reading.score, len(reading.lines)) == (text, 0.5, 1)


@pytest.mark.parametrize(("text", "looks"), [("JAMES", 1), ("1ABC234", 2)])
def test_a_doubtful_word_is_not_worth_another_look(text: str, looks: int) -> None:
    unsure, line = quad(100, 100, 160, 40, score=0.5), quad(20, 15, 100, 33)
    recogniser = Says(dict.fromkeys(range(60), (text, 0.7)))
    PlateEngine(Sees(unsure), Sees(line), recogniser).read(FRAME)
    assert recogniser.crops == looks + (not text[0].isdigit())  # a doubtful first letter is looked at in any case


def surely(text: str) -> list[tuple[str, float]]:
    return [(c, 0.99) for c in text]


@pytest.mark.parametrize(
    ("first", "cut", "text"),
    [
        ([("P", 0.5), *surely("RK708AB")], surely("RK708AB"), "RK708AB"),  # an emblem: it goes
        ([("O", 0.5), *surely("Y09FEU")], surely("DY09FEU"), "OY09FEU"),  # a letter that belongs there
    ],
)
def test_an_emblem_read_as_a_letter_goes(
    first: list[tuple[str, float]], cut: list[tuple[str, float]], text: str
) -> None:
    (reading,) = PlateEngine(Sees(PLATE), Sees(), InTurn(first, cut)).read(FRAME)
    assert reading.text == text


def test_a_doubtful_first_digit_is_left_alone() -> None:
    (reading,) = PlateEngine(Sees(PLATE), Sees(), InTurn([("1", 0.5), *surely("ABC234")])).read(FRAME)
    assert reading.text == "1ABC234"


def test_find_tells_of_plates_that_cannot_be_read() -> None:
    engine = PlateEngine(Sees(PLATE), Sees(), Says({}))
    (found,) = engine.find(FRAME)
    assert found.corners[0] == (100, pytest.approx(102.4)), "a little lower than what is read"
    assert found.corners[2] == (260, pytest.approx(137.6))
    assert engine.read(FRAME) == ()


def test_without_its_emblem_a_line_begins_further_right() -> None:
    line = without_emblem(quad(98, 105, 160, 30), quad(100, 100, 200, 40))
    assert line.corners[0] == (122, 105)
    late = quad(130, 105, 100, 30)
    assert without_emblem(late, PLATE) == late


def test_two_lines_are_one_number_from_top_to_bottom() -> None:
    both = Sees(quad(30, 80, 90, 36), quad(30, 20, 90, 44))  # in the spot, enlarged to 128 px
    square = quad(100, 60, 80, 60)
    scale = 128 / (60 * (1 + 2 * PlateEngineSettings().around))
    heights = int(44 / scale), int(36 / scale)
    recogniser = Says({heights[0]: ("1AB", 0.9), heights[1]: ("C234", 0.9)})
    (reading,) = PlateEngine(Sees(square), both, recogniser).read(FRAME)
    assert reading.text == "1ABC234"
    assert reading.text_raw == "1AB C234"


def test_parts_of_a_row_are_one_line_and_what_is_outside_is_none() -> None:
    parts = [quad(190, 106, 60, 28), quad(105, 105, 70, 30)]
    (line,) = text_lines(PLATE, [*parts, quad(100, 150, 160, 30), quad(110, 101, 10, 6)])
    assert line.corners == ((105, 105), (250, 106), (250, 134), (105, 135))


def test_an_inset_quad_is_lower_and_a_scaled_picture_keeps_its_shape() -> None:
    assert inset(PLATE, 0.25) == quad(100, 110, 160, 20)
    picture, scale = scaled_to(np.zeros((20, 100, 3), np.uint8), 64)
    assert (picture.shape, scale) == ((64, 320, 3), 3.2)
    assert scaled_to(np.zeros((100, 1, 3), np.uint8), 10)[0].shape == (10, 1, 3)


def test_a_plate_cut_by_the_edge_of_the_frame_is_not_told() -> None:
    cut, crop = quad(280, 100, 120, 40), quad(0, 100, 400, 40)
    assert is_cut(cut, 400)
    assert is_cut(quad(0, 100, 120, 40), 400)
    assert not is_cut(PLATE, 400)
    assert not is_cut(crop, 400)
    assert not is_cut(quad(0, 100, 250, 40), 400), "a crop of the plate, off its middle"
    assert PlateEngine(Sees(cut), Sees(), Says({33: ("1ABC234", 0.99)})).read(FRAME) == ()
