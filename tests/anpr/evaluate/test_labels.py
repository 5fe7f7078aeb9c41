"""Labels from disk: both kinds, and files that are not as they should be."""

from __future__ import annotations

from pathlib import Path

import pytest

from anpr.evaluate.labels import LabelledFrame, LabelsFault, load_labels, spread
from anpr.evaluate.score import Box, Label

HEADER = "file,x,y,w,h,plate\n"


def annotation(name: str, *boxes: tuple[float, float, float, float], kind: str = "license-plate") -> str:
    objects = "".join(
        f"<object><name>{kind}</name><bndbox><xmin>{x0}</xmin><ymin>{y0}</ymin><xmax>{x1}</xmax><ymax>{y1}</ymax>"
        "</bndbox></object>"
        for x0, y0, x1, y1 in boxes
    )
    return f"<annotation><filename>{name}</filename>{objects}</annotation>"


def voc(folder: Path, name: str, content: str) -> None:
    """An annotation in annots/, and an (empty) picture of its name in images/."""
    for part, data in ((f"annots/{name}.xml", content), (f"images/{name}.jpg", "")):
        file = folder / part
        file.parent.mkdir(exist_ok=True)
        file.write_text(data, "utf-8")


def listed(folder: Path, content: str) -> Path:
    file = folder / "labels.csv"
    file.write_text(content, "utf-8")
    return file


def test_a_csv_by_file_or_by_folder(tmp_path: Path) -> None:
    file = listed(tmp_path, HEADER + "a.jpg,1,2,30.5,4,1-abc-234\nb.jpg,,,,,\na.jpg,5,6,70,8,\n")
    (tmp_path / "a.jpg").write_bytes(b"")
    frames = load_labels(file)
    assert frames == load_labels(tmp_path)
    assert frames == (
        LabelledFrame(
            "a.jpg", tmp_path / "a.jpg", (Label(Box(1, 2, 30.5, 4), "1ABC234"), Label(Box(5, 6, 70, 8), None))
        ),
        LabelledFrame("b.jpg", None, ()),
    )


def test_a_csv_as_a_spreadsheet_writes_it(tmp_path: Path) -> None:
    listed(tmp_path, "\ufeff" + HEADER.replace("\n", ",note\r\n") + 'a.jpg,1,2,3,4,"1ABC234","a, b"\r\n')
    assert load_labels(tmp_path)[0].labels == (Label(Box(1, 2, 3, 4), "1ABC234"),)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "line 1: the header is not file,x,y,w,h,plate"),
        ("file;x;y;w;h;plate\n", "line 1: the header is not"),
        ("file,plate\na.jpg,X\n", "line 1: the header is not"),
        (HEADER, "holds no labels"),
        (HEADER + "a.jpg,1,2,3,4,X\na.jpg,1,2\n", "line 3: fewer than 6 values"),
        (HEADER + ",1,2,3,4,X\n", "line 2: fewer than 6 values, or no file"),
        (HEADER + "a.jpg,1,2,1ABC234,4,X\n", "line 2: w is not a number"),
        (HEADER + "a.jpg,1,2,nan,4,X\n", "line 2: w is not a number"),
        (HEADER + "a.jpg,,,,,X\n", "line 2: x is not a number"),
        (HEADER + "a.jpg,1,2,3,0,X\n", "line 2: the box has no area"),
    ],
)
def test_a_csv_that_cannot_be_used_says_where(tmp_path: Path, content: str, said: str) -> None:
    file = listed(tmp_path, content)
    with pytest.raises(LabelsFault) as caught:
        load_labels(file)
    assert said in str(caught.value)
    assert "1ABC234" not in str(caught.value)


def test_a_picture_given_as_labels(tmp_path: Path) -> None:
    file = tmp_path / "a.jpg"
    file.write_bytes(b"\xff\xd8\xff\xe0 no text\n")
    with pytest.raises(LabelsFault, match="cannot be read as CSV"):
        load_labels(file)


def test_pascal_voc(tmp_path: Path) -> None:
    voc(tmp_path, "ride#t=10", annotation("ride#t=10.jpg", (1.5, 2, 11.5, 5)))
    voc(tmp_path, "ride#t=9", annotation("ride#t=9.jpg"))
    (tmp_path / "images" / "nobody-looked.jpg").write_bytes(b"")
    images = tmp_path / "images"
    assert load_labels(tmp_path) == (
        LabelledFrame("ride#t=9.jpg", images / "ride#t=9.jpg", ()),
        LabelledFrame("ride#t=10.jpg", images / "ride#t=10.jpg", (Label(Box(1.5, 2, 10, 3), None),)),
    )


def test_the_picture_is_found_by_the_annotations_own_name_too(tmp_path: Path) -> None:
    voc(tmp_path, "a", annotation("/home/somebody/x.jpg", (1, 2, 3, 4)))
    assert load_labels(tmp_path)[0].picture == tmp_path / "images" / "a.jpg"


def test_of_pictures_with_one_name_the_nearest_is_taken(tmp_path: Path) -> None:
    for ride in ("ride1", "ride2"):
        (tmp_path / ride).mkdir()
        voc(tmp_path / ride, "0001", annotation("0001.jpg"))
    assert {frame.picture for frame in load_labels(tmp_path)} == set(tmp_path.glob("*/images/0001.jpg"))


def test_an_annotation_without_its_picture_is_kept_as_such(tmp_path: Path) -> None:
    (tmp_path / "a.xml").write_text(annotation("a.jpg", (1, 2, 3, 4)))
    assert load_labels(tmp_path) == (LabelledFrame("a.xml", None, (Label(Box(1, 2, 2, 2), None),)),)


def test_only_plates_count_among_several_classes(tmp_path: Path) -> None:
    voc(tmp_path, "a", annotation("a.jpg", (1, 2, 3, 4)))
    voc(tmp_path, "b", annotation("b.jpg", (1, 2, 300, 400), kind="car"))
    assert [len(frame.labels) for frame in load_labels(tmp_path)] == [1, 0]


def test_a_single_class_counts_whatever_its_name(tmp_path: Path) -> None:
    voc(tmp_path, "a", annotation("a.jpg", (1, 2, 3, 4), kind="0"))
    assert len(load_labels(tmp_path)[0].labels) == 1


def test_several_classes_without_plates_are_refused(tmp_path: Path) -> None:
    voc(tmp_path, "a", annotation("a.jpg", (1, 2, 3, 4), kind="car"))
    voc(tmp_path, "b", annotation("b.jpg", (1, 2, 3, 4), kind="bus"))
    with pytest.raises(LabelsFault, match="none of the classes bus, car is named as a plate"):
        load_labels(tmp_path)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("<annotation>\n<object>", r"a\.xml line 2: no XML"),
        ("", r"a\.xml line 1: no XML"),
        ("<svg/>", "no Pascal VOC annotation, but <svg>"),
        (annotation("a.jpg", (3, 2, 1, 4)), "the box has no area"),
        ("<annotation><object><name>plate</name></object></annotation>", "a corner of a box is not a number"),
    ],
)
def test_an_annotation_that_cannot_be_used_says_which(tmp_path: Path, content: str, said: str) -> None:
    voc(tmp_path, "a", content)
    with pytest.raises(LabelsFault, match=said):
        load_labels(tmp_path)


def test_what_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(LabelsFault, match="does not exist"):
        load_labels(tmp_path / "none")
    with pytest.raises(LabelsFault, match="holds no labels"):
        load_labels(tmp_path)


def test_a_limit_spreads_over_the_whole() -> None:
    frames = [LabelledFrame(str(i), None, ()) for i in range(10)]
    assert [frame.name for frame in spread(frames, 3)] == ["0", "3", "6"]
    assert spread(frames, None) == spread(frames, 99) == tuple(frames)
