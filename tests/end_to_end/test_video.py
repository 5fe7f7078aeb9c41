"""A video through the real program gives passages, not frames: one for each vehicle."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import cv2
import numpy as np
import pytest

from anpr.pictures import frames_of
from pipeline.identity import fact_id
from pipeline.messages import Batch, Message
from pipeline.plates.text import within_one_edit
from pipeline.stages.consolidate import Consolidate, ConsolidateRules
from pipeline.stages.read_plates import FRAME_HEADER, ReadPlates
from pipeline.vision.engines import load_engine
from pipeline.vision.types import Image
from replay.passing import Scene, draw_scenes, moments, render_request
from replay.render import render_picture
from replay.video import write_video
from schemas.codec import decoder
from schemas.frame import Frame
from schemas.passage import Passage
from tests.anpr.program import anpr

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]
RIDE = Path(__file__).resolve().parents[3] / "shared" / "data" / "ro-train" / "images"
START = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)
FPS = 4.0


def _film(path: Path) -> list[str]:
    """A short film of a few scenes, a fleet among them, and the plates in it. Scenes follow each other in seconds."""
    scenes = [scene for scene in draw_scenes(60, 5, jam_s=5.0) if scene.kind in ("pair", "fleet", "single", "jam")]
    kinds = {scene.kind: scene for scene in scenes}
    chosen = sorted(kinds.values(), key=lambda scene: scene.ends_s)
    pictures = (picture for scene in chosen for picture in _pictures(scene))
    write_video(path, pictures, FPS)
    return sorted(passing.plate.text for scene in chosen for passing in scene.passings)


def _pictures(scene: Scene) -> Iterator[Image]:
    for moment in moments([scene], START, FPS):
        yield render_picture(render_request(moment, "film"), 5)


def test_a_film_of_traffic_gives_one_passage_for_each_vehicle(tmp_path: Path) -> None:
    plates = _film(tmp_path / "film.avi")
    done = anpr(tmp_path / "data", "ingest", "film.avi", "--fps", str(FPS), "--json", timeout_s=500)
    assert done.code == 0, done.err
    report = done.json
    assert sorted(plate["plate"] for plate in report["plates"]) == plates
    assert report["passages"] == len(plates) < report["reads"]
    assert (report["dead_letters"], report["refused"]) == (0, [])


def _ride(path: Path, seconds: int) -> int:
    """The first frames of a ride as a film of one frame a second; black where a second is missing."""
    files = {int(re.findall(r"t=(\d+)", f.name)[0]): f for f in RIDE.glob("dayride_type1_001*")}
    first = min(files)
    dark: Image = np.zeros((720, 1280, 3), np.uint8)
    pictures = (
        np.asarray(cv2.imread(str(files[t])), np.uint8) if t in files else dark for t in range(first, first + seconds)
    )
    return write_video(path, pictures, 1.0)


@pytest.mark.skipif(not RIDE.is_dir(), reason=f"the ride is not here: {RIDE}")
def test_a_ride_behind_other_vehicles_gives_no_vehicle_twice(tmp_path: Path) -> None:
    frames = _ride(tmp_path / "ride.avi", 130)
    passages, reads = _through_the_stages(tmp_path / "ride.avi")
    assert frames == 130
    assert reads > len(passages) > 0
    gap = ConsolidateRules().gap
    for one, other in itertools.combinations(passages, 2):
        if within_one_edit(one.plate_key, other.plate_key):
            apart = max(one.captured_at, other.captured_at) - min(one.last_captured_at, other.last_captured_at)
            assert apart > gap, "one vehicle, told twice"


def _through_the_stages(film: Path) -> tuple[list[Passage], int]:
    reader = ReadPlates(load_engine(), {"car": None}, reader="ride")
    stage, decode = Consolidate({"car": None}), decoder(Passage)
    messages: list[Message] = []
    for found in frames_of(film, film, START, 1.0):
        frame = Frame(
            frame_id=fact_id("frame", found.file),
            camera_id="car",
            captured_at=found.captured_at,
            received_at=found.captured_at,
            sequence=found.sequence,
        )
        stamp_ms = round(found.captured_at.timestamp() * 1000)
        header = ((FRAME_HEADER, frame.model_dump_json(exclude_none=True).encode()),)
        outcome = reader(Batch([Message("frames", 0, 0, stamp_ms, b"car", found.data, header)], found.captured_at))
        messages += [
            Message("reads", 0, len(messages) + n, stamp_ms, b"car", emit.value)
            for n, emit in enumerate(outcome.emitted)
        ]
    told = stage(Batch(messages, START)).emitted
    told += stage(
        Batch([], datetime.fromtimestamp(messages[-1].timestamp_ms / 1000 + 300, UTC), [("reads", 0)])
    ).emitted
    last = {p.passage_id: p for p in map(decode, (emit.value for emit in told)) if not p.withdrawn}
    return list(last.values()), len(messages)
