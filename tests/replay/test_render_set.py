"""Drawn pictures under conditions: the same again from the same seed, and truth that is true."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import cv2
import numpy as np
import pytest

from anpr.evaluate.labels import load_labels
from replay.plate_art import Picture
from replay.plate_forms import form_of
from replay.render import render_picture
from replay.render_files import contact_sheet, passings, write_set, write_video_of_passings
from replay.render_set import CONDITIONS, Condition, PlannedPicture, ShownPlate, draw_set
from replay.scenery import PLAIN, Scenery
from tests.replay.conftest import START

SEED = 5
ONE_OF_EACH = list(draw_set(len(CONDITIONS), SEED))


def picture(planned: PlannedPicture, scenery: Scenery | None = None) -> Picture:
    return render_picture(planned.request, SEED, planned.scenery if scenery is None else scenery)


def of(condition: Condition) -> PlannedPicture:
    return next(planned for planned in ONE_OF_EACH if planned.condition == condition)


def test_the_same_seed_draws_the_same_and_another_one_others() -> None:
    assert list(draw_set(len(CONDITIONS), SEED)) == ONE_OF_EACH
    assert list(draw_set(len(CONDITIONS), SEED + 1)) != ONE_OF_EACH
    for condition in ("rain", "dirt"):
        assert np.array_equal(picture(of(condition)), picture(of(condition)))  # type: ignore[arg-type]


def test_every_condition_comes_in_turn() -> None:
    assert [planned.condition for planned in draw_set(6, SEED, ("night", "rain"))] == ["night", "rain"] * 3
    assert {planned.condition for planned in ONE_OF_EACH} == set(CONDITIONS)


@pytest.mark.parametrize("condition", ["rain", "sun", "dirt", "lamps"])
def test_each_condition_changes_the_picture(condition: Condition) -> None:
    planned = of(condition)
    clean = Scenery(looks=tuple(type(look)(look.shape) for look in planned.scenery.looks))
    with_it, without = picture(planned).astype(int), picture(planned, clean).astype(int)
    if condition == "dirt":
        x, y, w, h = (round(value) for value in planned.plates[0].box)
        with_it, without = with_it[y : y + h, x : x + w], without[y : y + h, x : x + w]
    assert np.abs(with_it - without).mean() > 4


def test_light_blur_and_place_are_as_the_condition_says() -> None:
    assert picture(of("night")).mean() < 0.5 * picture(of("day")).mean()
    assert of("blur").request.blur_px >= 5 > of("day").request.blur_px
    assert of("far").request.visible[0].plate_width_px < 100 < of("day").request.visible[0].plate_width_px
    assert abs(of("steep").request.visible[0].yaw) >= 0.2
    assert [len(of(name).plates) for name in ("pair", "empty", "day")] == [2, 0, 1]
    assert of("square").plates[0].shape == "square"


@pytest.mark.parametrize("planned", list(draw_set(15, SEED, ("day", "steep", "square"))), ids=lambda one: one.file)
def test_the_corners_hold_the_plate(planned: PlannedPicture) -> None:
    """Inside them is the plate's own ground, just outside them there is none of it."""
    shown, vehicle = planned.plates[0], planned.request.visible[0]
    form = form_of(shown.display, shown.country, rear=vehicle.direction == "departing", shape=shown.shape)
    ground = form.rear if vehicle.direction == "departing" else form.front
    image = picture(planned)[:, :, ::-1].astype(int)
    near = np.abs(image - np.array(ground)).max(axis=2) < 60
    inside = _mask(image.shape[:2], shown, 0.98)
    around = _mask(image.shape[:2], shown, 1.25) & ~_mask(image.shape[:2], shown, 1.04)
    assert near[inside].mean() > 0.35
    if vehicle.colour != "white":
        assert near[around].mean() < 0.08


def _mask(size: tuple[int, ...], shown: ShownPlate, scale: float) -> np.ndarray:
    corners = np.array(shown.corners)
    middle = corners.mean(axis=0)
    mask = np.zeros(size, np.uint8)
    cv2.fillPoly(mask, [np.round(middle + (corners - middle) * scale).astype(np.int32)], 1)
    return mask.astype(bool)


def test_the_files_are_what_evaluate_reads(tmp_path: Path) -> None:
    told: list[int] = []
    assert write_set(tmp_path, draw_set(4, SEED, ("day", "empty", "pair", "night")), SEED, told.append) == 4
    lines = [json.loads(line) for line in (tmp_path / "truth.jsonl").read_text().splitlines()]
    frames = {frame.name: frame for frame in load_labels(tmp_path)}
    assert told == [1, 2, 3, 4]
    assert [len(line["plates"]) for line in lines] == [1, 0, 2, 1]
    for line in lines:
        frame = frames[line["file"]]
        assert frame.picture is not None
        assert [label.text for label in frame.labels] == [plate["plate"] for plate in line["plates"]]
        for label, plate in zip(frame.labels, line["plates"], strict=True):
            xs = [x for x, _ in plate["corners"]]
            assert label.box.x == pytest.approx(min(xs), abs=0.2)
            assert label.box.w == pytest.approx(max(xs) - min(xs), abs=0.2)
    with (tmp_path / "labels.csv").open() as file:
        assert sum(row["plate"] == "" for row in csv.DictReader(file)) == 1


def test_a_video_of_passings_has_its_truth_frame_by_frame(tmp_path: Path) -> None:
    assert write_video_of_passings(tmp_path, passings(12, SEED, 8.0, START), SEED, 8.0) == 12
    lines = [json.loads(line) for line in (tmp_path / "truth.jsonl").read_text().splitlines()]
    assert [line["frame"] for line in lines] == list(range(12))
    assert any(line["plates"] for line in lines)
    video = cv2.VideoCapture(str(tmp_path / "passings.avi"))
    assert int(video.get(cv2.CAP_PROP_FRAME_COUNT)) == 12
    video.release()


def test_a_sheet_shows_them_all(tmp_path: Path) -> None:
    contact_sheet(tmp_path / "sheet.jpg", draw_set(5, SEED), SEED)
    sheet = cv2.imread(str(tmp_path / "sheet.jpg"))
    assert sheet is not None
    assert sheet.shape == (2 * 180, 4 * 320, 3)


def test_nothing_changes_where_nothing_is_asked_for() -> None:
    planned = of("day")
    assert np.array_equal(picture(planned, PLAIN), render_picture(planned.request, SEED))
