"""Maps to quads, quads to crops: positions, order of corners, borders."""

import cv2
import numpy as np
import pytest

from pipeline.vision.crop import bounding_box, crop_quad, enclosing_quad, grown, side_lengths, tilt_deg
from pipeline.vision.detector import DetectorSettings, input_size
from pipeline.vision.recogniser import padded_width, to_batch
from pipeline.vision.textmap import MapSettings, quads_from_map
from pipeline.vision.types import BoxPx, Quad
from tests.pipeline.vision.pictures import noise

QUAD = Quad(((10, 20), (50, 20), (50, 30), (10, 30)), 0.9)


def test_a_line_that_falls_to_the_right_is_tilted_by_so_much() -> None:
    assert tilt_deg(QUAD) == 0
    assert tilt_deg(Quad(((10, 20), (50, 60), (40, 70), (0, 30)), 0.9)) == pytest.approx(45)
    assert tilt_deg(Quad(((10, 60), (50, 20), (60, 30), (20, 70)), 0.9)) == pytest.approx(-45)


def blob_map(*boxes: tuple[int, int, int, int], p: float = 0.9) -> np.ndarray:
    prob = np.zeros((100, 200), np.float32)
    for x, y, w, h in boxes:
        prob[y : y + h, x : x + w] = p
    return prob


def test_a_blob_is_grown_and_scaled_to_the_frame() -> None:
    (quad,) = quads_from_map(blob_map((50, 40, 60, 10)), (200, 400), MapSettings())
    box = bounding_box(quad, (200, 400))
    assert (box.x + box.w / 2, box.y + box.h / 2) == pytest.approx((160, 90), abs=2)
    assert side_lengths(quad)[1] == pytest.approx(2 * 10 * 2.5, rel=0.2)


def test_faint_and_thin_blobs_are_noise() -> None:
    assert quads_from_map(blob_map((50, 40, 60, 10), p=0.4), (100, 200), MapSettings()) == ()
    assert quads_from_map(blob_map((50, 40, 60, 1)), (100, 200), MapSettings()) == ()


def test_quads_stay_inside_the_frame() -> None:
    quads = quads_from_map(blob_map((0, 0, 60, 12), (150, 90, 50, 10)), (100, 200), MapSettings())
    assert len(quads) == 2
    assert all(0 <= x <= 199 and 0 <= y <= 99 for q in quads for x, y in q.corners)


@pytest.mark.parametrize("angle", [-30, -10, 0, 10, 30])
def test_corners_come_in_reading_order(angle: float) -> None:
    prob = np.zeros((300, 300), np.float32)
    corners = cv2.boxPoints(((150, 150), (120, 20), angle)).astype(np.int32)
    cv2.fillPoly(prob, [corners], (1.0,))
    (quad,) = quads_from_map(prob, (300, 300), MapSettings())
    ul, ur, lr, ll = quad.corners
    assert ul[0] < ur[0]
    assert ll[0] < lr[0]
    assert ul[1] < ll[1]
    assert ur[1] < lr[1]
    assert side_lengths(quad)[0] > 2 * side_lengths(quad)[1]


def test_an_upright_crop_is_the_pixels_and_the_frame_stays_as_it_is() -> None:
    frame = noise(60, 80)
    before = frame.copy()
    assert np.array_equal(crop_quad(frame, QUAD), before[20:30, 10:50])
    assert np.array_equal(frame, before)


def test_a_crop_beyond_the_frame_repeats_the_edge() -> None:
    assert crop_quad(noise(60, 80), grown(QUAD, 3.0)).shape == (70, 100, 3)


def test_growing_moves_every_side_by_heights() -> None:
    assert grown(QUAD, 0.5).corners == ((5, 15), (55, 15), (55, 35), (5, 35))
    assert grown(grown(QUAD, 0.5), -0.25) == QUAD


def test_a_degenerate_quad_gives_one_pixel() -> None:
    point = Quad(((5, 5), (5, 5), (5, 5), (5, 5)), 0.9)
    assert crop_quad(noise(), point).shape == (1, 1, 3)


def test_enclosing_takes_the_outer_corners_and_the_lower_score() -> None:
    right = Quad(((60, 20), (90, 20), (90, 30), (60, 30)), 0.6)
    quad = enclosing_quad([QUAD, right])
    assert bounding_box(quad, (100, 100)) == BoxPx(10, 20, 80, 10)
    assert quad.score == 0.6


@pytest.mark.parametrize(
    ("h", "w", "expected"),
    [(720, 1280, (1280, 704)), (432, 576, (672, 512)), (1080, 1920, (1312, 736)), (40, 4000, (1984, 32))],
)
def test_frames_are_scaled_only_where_needed(h: int, w: int, expected: tuple[int, int]) -> None:
    assert input_size(h, w, DetectorSettings()) == expected


@pytest.mark.parametrize(("h", "w"), [(1, 1), (48, 320), (48, 321), (10, 400), (400, 10)])
def test_batches_take_crops_of_any_shape(h: int, w: int) -> None:
    crop = noise(h, w)
    batch = to_batch([crop])
    assert batch.shape == (1, 3, 48, padded_width(crop))
    assert np.abs(batch).max() <= 1
