"""Passings: vehicles that move through the picture as the truth says, in frames, reads and videos."""

from __future__ import annotations

import itertools
import random
from collections import defaultdict
from datetime import UTC, datetime
from pathlib import Path

import cv2
import pytest

from replay.passing import LOOKS, Moment, draw_scenes, moments, reads_of, render_request
from replay.render import render_picture
from replay.video import write_video

START = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)
SCENES = draw_scenes(200, 3)
FRAMES = list(moments(SCENES, START, 4.0))


def test_the_same_seed_gives_the_same_scenes_of_every_kind() -> None:
    assert draw_scenes(200, 3) == SCENES
    assert draw_scenes(200, 4) != SCENES
    assert {scene.kind for scene in SCENES} == set(LOOKS)
    assert sum(len(scene.passings) for scene in SCENES) >= 200


def test_frames_are_in_order_and_every_passing_is_in_several() -> None:
    assert [frame.sequence for frame in FRAMES] == list(range(len(FRAMES)))
    assert all(a.captured_at < b.captured_at for a, b in itertools.pairwise(FRAMES))
    seen: defaultdict[int, int] = defaultdict(int)
    for frame in FRAMES:
        for look in frame.looks:
            seen[look.passing.number] += 1
    assert set(seen) == {passing.number for scene in SCENES for passing in scene.passings}
    assert min(seen.values()) >= 4


def test_an_approaching_plate_grows_and_a_departing_one_shrinks() -> None:
    widths: defaultdict[int, list[int]] = defaultdict(list)
    directions = {passing.number: passing.direction for scene in SCENES for passing in scene.passings}
    for frame in FRAMES:
        for look in frame.looks:
            widths[look.passing.number].append(look.box.w)
    for number, seen in widths.items():
        assert seen == sorted(seen, reverse=directions[number] == "departing")


def test_a_fleet_differs_in_one_character_and_a_jam_stands() -> None:
    for scene in SCENES:
        if scene.kind == "fleet":
            first, second = (passing.plate.text for passing in scene.passings)
            assert sum(a != b for a, b in zip(first, second, strict=True)) == 1
        if scene.kind == "jam":
            assert scene.ends_s - scene.passings[0].starts_s > 60


def test_reads_are_mostly_right_and_never_two_of_one_plate_in_a_frame() -> None:
    rng = random.Random(1)
    made = [reads_of(frame, "cam", rng) for frame in FRAMES]
    pairs = [pair for reads in made for pair in reads]
    right = sum(read.plate_raw == passing.plate.text for read, passing in pairs) / len(pairs)
    assert 0.8 < right < 0.95
    assert all(len({passing.number for _, passing in reads}) == len(reads) for reads in made)
    assert len({read.read_id for read, _ in pairs}) == len(pairs)


def _busy() -> Moment:
    return max(FRAMES, key=lambda frame: sum(look.box.w for look in frame.looks))


def test_plates_are_drawn_where_the_truth_says() -> None:
    frame = _busy()
    picture = render_picture(render_request(frame, "cam"), 3).astype(int)
    for look in frame.looks:
        box = look.box
        inside = picture[box.y + 2 : box.y + box.h - 2, box.x + 2 : box.x + box.w - 2]
        assert inside.max(axis=2).mean() > 150


@pytest.mark.parametrize("name", ["ride.avi", "ride.mp4"])
def test_a_video_holds_the_pictures(tmp_path: Path, name: str) -> None:
    pictures = [render_picture(render_request(frame, "cam"), 3) for frame in FRAMES[:5]]
    assert write_video(tmp_path / name, pictures, 4.0) == 5
    video = cv2.VideoCapture(str(tmp_path / name))
    count = 0
    while video.grab():
        count += 1
    video.release()
    assert count == 5


def test_a_video_that_cannot_be_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"ends in \.avi or \.mp4"):
        write_video(tmp_path / "ride.txt", [], 4.0)
    with pytest.raises(ValueError, match="at least one picture"):
        write_video(tmp_path / "ride.avi", [], 4.0)
