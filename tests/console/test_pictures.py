"""Pictures carry the mark of who looks, over all of them, and what cannot be marked is not shown."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from console.pictures import NoPicture, _evidence_of, watermarked
from pipeline.cases.file import handle
from tests.pipeline.cases.builders import given_hit, hit

LINES = ["search 7d3f2c10-0000-4000-8000-000000000001", "A. Peeters", "2026-11-26 03:00:00"]


def jpeg(width: int, height: int, grey: int = 128) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (width, height), (grey, grey, grey)).save(out, "JPEG")
    return out.getvalue()


def shown(picture: bytes) -> np.ndarray:
    with Image.open(io.BytesIO(picture)) as image:
        return np.asarray(image.convert("L"), dtype=np.int16)


@pytest.mark.parametrize(("width", "height"), [(1280, 720), (320, 90), (640, 64)])
@pytest.mark.parametrize("grey", [10, 128, 245])
def test_the_mark_is_everywhere_and_faint(width: int, height: int, grey: int) -> None:
    change = np.abs(shown(watermarked(jpeg(width, height, grey), LINES)) - grey)
    for part in np.array_split(change, 4, axis=1):
        assert part.max() > 15, "no quarter is without it"
    assert np.median(change) < 12, "the plate stays readable"


def test_a_small_crop_is_drawn_larger_so_that_the_mark_can_be_read() -> None:
    assert shown(watermarked(jpeg(60, 20), LINES)).shape == (80, 240)


@pytest.mark.parametrize("data", [b"", b"no picture", jpeg(100, 50)[:200]])
def test_what_is_no_picture_is_not_shown(data: bytes) -> None:
    with pytest.raises(NoPicture):
        watermarked(data, LINES)


def test_the_sighting_that_opened_a_case_has_its_picture() -> None:
    (case,) = handle(None, given_hit(hit(evidence="gate/0.jpg"))).cases
    assert {event.kind for event in case.timeline if event.fact_id == case.hit_ids[0]} == {"opened", "sighted"}
    assert _evidence_of(case, case.hit_ids[0]) == "gate/0.jpg"
    with pytest.raises(NoPicture):
        _evidence_of(case, case.case_id)
