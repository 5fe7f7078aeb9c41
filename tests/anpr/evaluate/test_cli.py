"""`anpr evaluate` from outside, on a few rendered frames with their truth beside them."""

from __future__ import annotations

import csv
from pathlib import Path

import cv2
import pytest

from replay.observation import RenderRequest, VisibleVehicle
from replay.plate_art import PLATE_MM
from replay.render import render_picture
from replay.street_art import HEIGHT, WIDTH
from tests.anpr.program import anpr
from tests.replay.conftest import START

VEHICLES = (
    VisibleVehicle("1ABC234", "1-ABC-234", "BE", "blue", "car", "departing", 220, 0.4, 0.6, 0.0, 0.0),
    VisibleVehicle("GT456ZZ", "GT-456-ZZ", "FR", "red", "car", "approaching", 220, 0.55, 0.7, 0.0, 0.0),
)


def rows_of(name: str, visible: tuple[VisibleVehicle, ...]) -> list[list[object]]:
    """The truth of a rendered frame; one row without a box where nothing is to be seen."""
    rows: list[list[object]] = [[name, "", "", "", "", ""]] if not visible else []
    for one in visible:
        w, h = one.plate_width_px, one.plate_width_px * PLATE_MM[1] / PLATE_MM[0]
        rows.append([name, one.center_x * WIDTH - w / 2, one.center_y * HEIGHT - h / 2, w, h, one.plate])
    return rows


@pytest.fixture(scope="module")
def labelled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of three frames (two with a vehicle, one empty street), one broken picture, and labels.csv."""
    folder = tmp_path_factory.mktemp("labelled")
    with (folder / "labels.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["file", "x", "y", "w", "h", "plate"])
        for i, visible in enumerate((VEHICLES[:1], VEHICLES[1:], ())):
            request = RenderRequest("bxl-5339-001", START, START, i, "day", visible, 0.5)
            cv2.imwrite(str(folder / f"{i}.png"), render_picture(request, 7))
            writer.writerows(rows_of(f"{i}.png", visible))
        writer.writerow(["broken.jpg", 1, 1, 9, 9, "1ABC234"])
    (folder / "broken.jpg").write_bytes(b"\xff\xd8\xff")
    return folder


def test_figures_as_json_and_the_sheet(labelled: Path, tmp_path: Path) -> None:
    done = anpr(tmp_path / "data", "evaluate", str(labelled), "--json")
    assert done.code == 0, done.err
    told = done.json
    assert len(done.out.splitlines()) == 1
    assert (told["engine"], told["frames"], told["plates"], told["threads"]) == ("anpr", 3, 2, 1)
    assert told["full"] == told["boxes"] == {"exact": 1.0, "folded": 1.0}
    assert told["detection"]["recall"] == 1.0
    assert 0 < told["detection"]["precision"] <= 1  # spots too doubtful to be read count as found
    assert (told["character_error_rate"], told["label_doubtful"], told["not_plates"]) == (0.0, 0, 0.0)
    assert told["dropped"]["on_labels"] == 0
    assert 0 < told["ms_per_frame"]["p50"] <= told["ms_per_frame"]["p95"]
    assert told["cpu_s_per_frame"] > 0
    assert [one["file"] for one in told["unreadable"]] == ["broken.jpg"]
    assert [one["engine"] for one in told["engines"]] == ["anpr"]
    assert told["engines"][0].items() <= told.items()
    assert "0 frames with failures" in (tmp_path / "data" / "evaluate" / "failures.html").read_text("utf-8")
    assert told["sheet"] == str(tmp_path / "data" / "evaluate" / "failures.html")


@pytest.mark.slow
def test_for_people(labelled: Path, tmp_path: Path) -> None:
    words = ("--engine", "rapidocr,anpr,rapidocr", "--limit", "2", "--threads", "2", "--sheet", "out/of/it.html")
    done = anpr(tmp_path / "data", "evaluate", str(labelled / "labels.csv"), *words)
    assert done.code == 0, done.err
    assert "rapidocr" in done.out
    assert "anpr" in done.out
    assert "plates found (IoU 0.5)" in done.out
    assert "dropped as no plates" in done.out
    assert (tmp_path / "out" / "of" / "it.html").is_file()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("none",), 2, "none does not exist: name a folder of Pascal VOC annotations, or a CSV"),
        ((".",), 2, "holds no labels"),
        (("wrong.csv",), 2, "wrong.csv line 1: the header is not file,x,y,w,h,plate"),
        (("right.csv",), 2, "none of the 1 pictures can be read, the first is [/red].jpg"),
        (("right.csv", "--engine", "tesseract"), 2, "No engine 'tesseract'"),
        (("right.csv", "--sheet", "sheet.pdf"), 2, "name it .html"),
        (("right.csv", "--sheet", "wrong.csv/sheet.html"), 2, "wrong.csv/sheet.html cannot be written"),
    ],
)
def test_errors_are_one_sentence(words: tuple[str, ...], code: int, said: str, tmp_path: Path) -> None:
    (tmp_path / "wrong.csv").write_text("file;plate\n")
    (tmp_path / "right.csv").write_text("file,x,y,w,h,plate\n[/red].jpg,1,2,3,4,X\n")
    done = anpr(tmp_path / "data", "evaluate", *words)
    done.assert_clear(said)
    assert done.code == code


def test_an_engine_that_is_not_installed_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "right.csv").write_text("file,x,y,w,h,plate\na.jpg,1,2,3,4,X\n")
    models = tmp_path / "models"
    done = anpr(tmp_path / "data", "evaluate", "right.csv", "--engine", "easyocr", vision_models=str(models))
    done.assert_clear("easyocr")
    assert done.code == 1
