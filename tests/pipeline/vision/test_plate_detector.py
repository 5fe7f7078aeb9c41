"""The plate detector on rendered frames: it finds them, of any size, and nothing where there are none."""

import socket
from concurrent.futures import ThreadPoolExecutor

import cv2
import numpy as np
import pytest

from anpr.evaluate.score import Box, iou
from pipeline.vision.plate_detector import (
    WEIGHTS,
    PlateDetector,
    PlateDetectorSettings,
    calls_for_coarser,
    decoded,
    distinct,
    merged,
    overlap,
    scale_for,
    to_input,
)
from pipeline.vision.types import Image
from tests.pipeline.vision.scenes import box_of, rendered, true_box, vehicle

SETTINGS = PlateDetectorSettings()


@pytest.fixture(scope="module")
def detector() -> PlateDetector:
    return PlateDetector(threads=1)


@pytest.mark.parametrize("country", ["BE", "NL", "FR", "DE", "GB", "RO"])
@pytest.mark.parametrize("width_px", [90, 150, 260])
def test_a_rendered_plate_is_found(detector: PlateDetector, country: str, width_px: int) -> None:
    car = vehicle("1-ABC-234", country=country, width_px=width_px)
    found = detector.detect(rendered(car))
    assert found
    assert max(iou(box_of(q), true_box(car)) for q in found) > 0.5
    assert iou(box_of(found[0]), true_box(car)) > 0.5, "the likeliest comes first"


@pytest.mark.parametrize("light", ["day", "dusk", "night"])
def test_two_plates_in_any_light(detector: PlateDetector, light: str) -> None:
    cars = [vehicle("1-ABC-234", 0.27, width_px=130), vehicle("2-HJK-905", 0.73, width_px=140)]
    found = [box_of(q) for q in detector.detect(rendered(*cars, light=light))]  # type: ignore[arg-type]
    assert all(any(iou(box, true_box(car)) > 0.5 for box in found) for car in cars)


def test_an_empty_street_has_none_for_sure_and_a_plain_frame_none(detector: PlateDetector) -> None:
    assert all(q.score < 0.6 for q in detector.detect(rendered()))  # a row of windows may be a doubtful one
    for level in (0, 127, 255):
        assert detector.detect(np.full((720, 1280, 3), level, np.uint8)) == ()


@pytest.mark.parametrize("shape", [(1, 1), (1, 700), (300, 2), (33, 31), (160, 160), (2000, 1500), (64, 4000)])
def test_any_size_is_taken_and_quads_stay_inside(detector: PlateDetector, shape: tuple[int, int]) -> None:
    noise = np.random.default_rng(1).integers(0, 255, (*shape, 3), dtype=np.uint8)
    for quad in detector.detect(noise):
        assert all(0 <= x <= shape[1] and 0 <= y <= shape[0] for x, y in quad.corners)


def test_a_small_crop_and_a_grey_picture_will_do(detector: PlateDetector) -> None:
    car = vehicle("1-ABC-234", width_px=110)
    frame, box = rendered(car), true_box(car)
    left, top = box.x - 25, box.y - 60
    crop = frame[top : top + 160, left : left + 160]
    grey = cv2.cvtColor(cv2.cvtColor(crop, cv2.COLOR_BGR2GRAY), cv2.COLOR_GRAY2BGR)
    for picture in (crop, np.asarray(grey, np.uint8)):
        found = [box_of(q) for q in detector.detect(picture)]
        assert any(abs(b.x - 25) < 20 and abs(b.y - 60) < 12 for b in found)


def test_the_frame_stays_as_it_is_and_threads_may_share_it(detector: PlateDetector) -> None:
    frame = rendered(vehicle("1-ABC-234"))
    before = frame.copy()
    frame.setflags(write=False)
    with ThreadPoolExecutor(3) as pool:
        answers = list(pool.map(detector.detect, [frame] * 6))
    assert all(a == answers[0] for a in answers)
    assert np.array_equal(frame, before)


def test_it_needs_no_network_and_keeps_to_its_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("network")

    monkeypatch.setattr(socket, "socket", refuse)
    detector = PlateDetector(threads=1)
    assert detector._session.get_session_options().intra_op_num_threads == 1
    assert detector.detect(rendered(vehicle("1-ABC-234")))


def test_the_weights_are_small() -> None:
    assert WEIGHTS.stat().st_size < 2_000_000


def test_large_frames_are_shrunk_and_small_ones_are_not() -> None:
    limits = PlateDetectorSettings(scale=0.75, max_side_px=960, min_side_px=448)
    assert scale_for(720, 1280, limits) == 0.75
    assert scale_for(1536, 2048, limits) == 960 / 2048
    assert scale_for(400, 500, limits) == 448 / 500
    assert scale_for(100, 200, limits) == 1.0


def test_the_input_is_padded_to_whole_steps() -> None:
    grey = to_input(np.full((50, 70, 3), 255, np.uint8), 1.0)
    assert grey.shape == (1, 1, 64, 96)
    assert grey[0, 0, :50, :70].min() == pytest.approx(1.0)
    assert grey[0, 0, 50:].max() == grey[0, 0, :, 70:].max() == 0


def cells_with(*cells: tuple[int, int, float]) -> np.ndarray:
    """An answer of 10 × 10 cells: at (row, column) a box 40 px wide and 16 high of that probability."""
    out = np.zeros((5, 10, 10), np.float32)
    for row, column, score in cells:
        out[:, row, column] = (score, 20, 8, 20, 8)
    return out


def test_each_plate_is_told_once_and_likeliest_first() -> None:
    boxes = decoded(cells_with((2, 3, 0.6), (2, 4, 0.7), (8, 5, 0.9), (5, 5, 0.05)), SETTINGS)
    assert boxes[:, 4].tolist() == pytest.approx([0.9, 0.7])
    assert boxes[0, :4].tolist() == pytest.approx([24, 60, 64, 76])
    assert 8 < boxes[1, 0] < 16, "the boxes of one plate are averaged"


def test_no_cell_is_no_box_and_the_number_is_bounded() -> None:
    assert decoded(cells_with(), SETTINGS).shape == (0, 5)
    many = np.array([[x, 0, x + 5, 5, 0.9] for x in range(0, 3000, 10)], np.float32)
    assert len(distinct(many, SETTINGS)) == SETTINGS.most


def test_a_plate_that_takes_a_third_of_the_width_is_found(detector: PlateDetector) -> None:
    car = vehicle("1-ABC-234", 0.5, width_px=190)
    box = true_box(car)
    left, top = box.x - 175, box.y - 130
    crop = rendered(car)[top : top + 304, left : left + 540]
    close = np.asarray(cv2.resize(crop, (1280, 720), interpolation=cv2.INTER_CUBIC), np.uint8)
    found = [box_of(q) for q in detector.detect(close)]
    scale = 1280 / 540
    plate = Box(175 * scale, 130 * scale, box.w * scale, box.h * scale)
    assert max(iou(b, plate) for b in found) > 0.5


def boxes(*rows: tuple[float, float, float, float, float]) -> np.ndarray:
    return np.array(rows, np.float32).reshape(-1, 5)


def test_tall_boxes_and_doubt_call_for_a_coarser_look() -> None:
    assert calls_for_coarser(boxes(), 1.0)
    assert calls_for_coarser(boxes((0, 0, 80, 20, 0.5)), 1.0)
    assert not calls_for_coarser(boxes((0, 0, 80, 20, 0.9)), 1.0)
    tall = boxes((0, 0, 400, 100, 0.9))
    assert calls_for_coarser(tall, 1.0)
    assert not calls_for_coarser(tall, 0.5), "half as tall in the input"


def test_a_tall_box_of_the_coarser_look_takes_the_place_of_its_parts() -> None:
    part, elsewhere, low, whole = (
        (10, 10, 150, 90, 0.7),
        (600, 0, 680, 20, 0.8),
        (300, 0, 340, 12, 0.9),
        (0, 0, 400, 100, 0.6),
    )
    out = merged(boxes(part, elsewhere), boxes(low, whole), 1.0)
    assert out.tolist() == boxes(elsewhere, whole).tolist()


def test_overlap_is_intersection_over_union() -> None:
    box = np.array([0, 0, 10, 10, 1], np.float32)
    others = np.array([[0, 0, 10, 10, 1], [5, 0, 15, 10, 1], [20, 20, 30, 30, 1]], np.float32)
    assert overlap(box, others).tolist() == pytest.approx([1, 1 / 3, 0])


def test_a_view_is_as_good_as_a_copy(detector: PlateDetector) -> None:
    frame: Image = rendered(vehicle("1-ABC-234"))
    view = frame[100:, 200:]
    assert detector.detect(view) == detector.detect(view.copy())
