"""Keys of evidence pictures: from each one of a frame to the others."""

from __future__ import annotations

import pytest

from pipeline.evidence import crop_key, crops_of, frame_key, frame_of
from tests.pipeline.builders import frame


def test_from_a_plate_s_picture_to_its_frame_and_back() -> None:
    whole = frame_key(frame())
    for number in (0, 7, 42):
        crop = crop_key(frame(), number)
        assert frame_of(crop) == whole
        assert crop in set(crops_of(whole))


@pytest.mark.parametrize("key", ["", "gate-1/a.jpg", "cam-1/2026/03/02/7.jpg", "cam-1/2026/03/02/x-0.jpg"])
def test_a_key_of_somebody_else_s_making_has_no_frame(key: str) -> None:
    assert (frame_of(key), list(crops_of(key))) == (None, [])


def test_a_frame_is_no_plate_s_picture() -> None:
    assert frame_of(frame_key(frame())) is None
    assert list(crops_of(crop_key(frame(), 0))) == []
