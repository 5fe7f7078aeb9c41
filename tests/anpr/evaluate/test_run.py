"""The run over frames and the page of failures, with an engine whose answers are known."""

from __future__ import annotations

import re
from collections.abc import Sequence
from html.parser import HTMLParser
from pathlib import Path

import cv2
import numpy as np
import pytest

from anpr.evaluate.crop import crop_of
from anpr.evaluate.labels import LabelledFrame, LabelsFault
from anpr.evaluate.run import evaluate
from anpr.evaluate.score import Box, Label
from anpr.evaluate.sheet import Sheet
from pipeline.vision.types import BoxPx, Image, PlateReading

PLACE = Box(100, 60, 80, 20)


class Remembering:
    """Reads the same in every large frame, and one text in every crop; notes the sizes it was shown."""

    def __init__(self, *plates: PlateReading, in_crops: str = "1ABC234") -> None:
        self.plates, self.in_crops = plates, in_crops
        self.sizes: list[tuple[int, int]] = []

    @property
    def name(self) -> str:
        return "remembering"

    def read(self, frame: Image) -> tuple[PlateReading, ...]:
        self.sizes.append((frame.shape[1], frame.shape[0]))
        if frame.shape[1] > 300:
            return () if frame[0, 0, 0] == 127 else self.plates
        return (plate(self.in_crops, 0.6), plate("NOISE1", 0.5))

    def read_many(self, frames: Sequence[Image]) -> tuple[tuple[PlateReading, ...], ...]:
        return tuple(map(self.read, frames))


def plate(text: str, confidence: float = 0.9, box: BoxPx | None = None) -> PlateReading:
    return PlateReading(text, text, confidence, (), box or BoxPx(100, 60, 80, 20))


def frame(folder: Path, name: str, *labels: Label, grey: int = 90) -> LabelledFrame:
    picture = folder / name
    cv2.imwrite(str(picture), np.full((240, 400, 3), grey, np.uint8))
    return LabelledFrame(name, picture, labels)


def silent(_what: str, _done: int, _of: int) -> None:
    """No progress bar."""


def test_frames_are_read_compared_and_shown(tmp_path: Path) -> None:
    engine = Remembering(plate("1ABC234"), plate("2HJK905", box=BoxPx(300, 200, 40, 10)))
    frames = [frame(tmp_path, "a.png", Label(PLACE, "1ABC234")), frame(tmp_path, "b.png", Label(PLACE, "IABC234"))]
    sheet = Sheet()
    (result,) = evaluate([engine], frames, sheet, threads=1, progress=silent).results
    assert (result["engine"], result["frames"], result["plates"]) == ("remembering", 2, 2)
    assert result["full"] == result["boxes"] == {"exact": 0.5, "folded": 1.0}
    assert (result["detection"], result["not_plates"]) == ({"recall": 1.0, "precision": 0.5}, 0.5)
    assert engine.sizes[1:] == [(400, 240), (100, 40)] * 2
    sheet.write(tmp_path / "sheet.html", "a <title>")
    page = (tmp_path / "sheet.html").read_text("utf-8")
    HTMLParser().feed(page)
    assert "a &lt;title&gt;" in page
    assert len(re.findall('<code>2HJK905</code> <small>90%</small></td><td class="no-plate">', page)) == 2
    assert "truth</small> <code>IABC234</code><br><small>read</small> <code>1ABC234</code>" in page
    assert len(re.findall('src="data:image/jpeg;base64,', page)) == len(re.findall("<img", page)) == 5
    assert "http" not in page


def test_what_the_stage_leaves_out_is_no_read(tmp_path: Path) -> None:
    taxi, lost = plate("TAXI", box=BoxPx(300, 200, 40, 10)), plate("FRTX")
    label = Label(PLACE, "1ABC234")
    sheet, engine = Sheet(), Remembering(taxi, lost, in_crops="JAMES")
    (result,) = evaluate([engine], [frame(tmp_path, "a.png", label)], sheet, threads=1, progress=silent).results
    assert (result["reads"], result["not_plates"]) == (0, None)
    assert result["dropped"] == {"readings": 2, "on_labels": 1, "reasons": {"sign": 1, "word": 1}}
    assert result["full"] == result["boxes"] == {"exact": 0.0, "folded": 0.0}
    sheet.write(tmp_path / "sheet.html", "t")
    assert "<code>FRTX (word)</code>" in (tmp_path / "sheet.html").read_text("utf-8")


def test_broken_pictures_are_listed_and_the_rest_is_measured(tmp_path: Path) -> None:
    broken = frame(tmp_path, "broken.jpg")
    (tmp_path / "broken.jpg").write_bytes((tmp_path / "broken.jpg").read_bytes()[:-200])
    absent = LabelledFrame("absent.jpg", None, ())
    done = evaluate([Remembering()], [broken, absent, frame(tmp_path, "a.png")], Sheet(), threads=1, progress=silent)
    assert [one["file"] for one in done.unreadable] == ["broken.jpg", "absent.jpg"]
    assert done.unreadable[0]["reason"].startswith("truncated: ")
    assert done.results[0]["frames"] == 1
    with pytest.raises(LabelsFault, match=r"none of the 2 pictures can be read, the first is broken\.jpg"):
        evaluate([Remembering()], [broken, absent], Sheet(), threads=1, progress=silent)


def test_labels_without_text_are_only_looked_for(tmp_path: Path) -> None:
    engine, sheet = Remembering(), Sheet()
    (result,) = evaluate(
        [engine], [frame(tmp_path, "a.png", Label(PLACE, None))], sheet, threads=1, progress=silent
    ).results
    assert (result["full"], result["boxes"], result["detection"]) == (None, None, {"recall": 0.0, "precision": None})
    assert engine.sizes[1:] == [(400, 240)]
    sheet.write(tmp_path / "sheet.html", "t")
    assert "no box over it" in (tmp_path / "sheet.html").read_text("utf-8")


def test_a_label_outside_of_the_frame_is_missed_not_an_error(tmp_path: Path) -> None:
    outside = Label(Box(900, 900, 50, 10), "1ABC234")
    sheet = Sheet()
    (result,) = evaluate(
        [Remembering()], [frame(tmp_path, "a.png", outside)], sheet, threads=1, progress=silent
    ).results
    assert result["boxes"] == {"exact": 0.0, "folded": 0.0}
    assert sheet.failing_frames == 1


def test_opencv_keeps_its_threads(tmp_path: Path) -> None:
    before = cv2.getNumThreads()
    evaluate([Remembering()], [frame(tmp_path, "a.png")], Sheet(), threads=1, progress=silent)
    assert cv2.getNumThreads() == before


def test_a_crop_has_its_margin_and_ends_at_the_frame() -> None:
    image = np.zeros((100, 200, 3), np.uint8)
    assert crop_of(image, Box(50, 50, 40, 10), 0.5).shape == (20, 50, 3)
    assert crop_of(image, Box(-10, 95, 40, 10), 0.5).shape == (10, 35, 3)
    assert crop_of(image, Box(300, 50, 40, 10), 0.5).size == 0
