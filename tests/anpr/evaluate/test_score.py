"""Boxes and texts compared, on cases whose figures were worked out by hand."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from anpr.evaluate.score import (
    Box,
    Dropped,
    Found,
    FrameScore,
    Label,
    Pair,
    character_errors,
    figures,
    fold,
    iou,
    lost_plates,
    match_boxes,
    no_plates,
    pair_texts,
    verdict,
)

PLACE, ELSEWHERE = Box(100, 100, 100, 20), Box(400, 300, 100, 20)
lengths = st.floats(0.5, 500)
boxes = st.builds(Box, st.floats(0, 1000), st.floats(0, 1000), lengths, lengths)
texts = st.text("AB018OI", min_size=1, max_size=8)
labels = st.builds(Label, boxes, texts)
reads = st.builds(Found, boxes, texts, st.floats(0, 1))


def label(text: str | None, box: Box = PLACE) -> Label:
    return Label(box, text)


def read(text: str, box: Box = PLACE, confidence: float = 0.9) -> Found:
    return Found(box, text, confidence)


def scored(
    labelled: list[Label], found: list[Found], *dropped: Dropped, ms: float = 10, cpu_s: float = 0.01
) -> FrameScore:
    """A frame, as the runner would have it but for the crops, which gave nothing."""
    pairs = pair_texts(labelled, found)
    crops = tuple(Pair(one, None) for one in labelled if one.text)
    return FrameScore(
        labels=tuple(labelled),
        reads=tuple(found),
        full=pairs,
        boxes=crops,
        detections=tuple(found),
        detected=match_boxes(labelled, found),
        stray=no_plates(labelled, found),
        dropped=tuple(dropped),
        ms=ms,
        cpu_s=cpu_s,
    )


@pytest.mark.parametrize(
    ("other", "share"),
    [
        (PLACE, 1),
        (ELSEWHERE, 0),
        (Box(150, 100, 100, 20), 1 / 3),
        (Box(100, 110, 100, 20), 1 / 3),
        (Box(125, 105, 50, 10), 1 / 4),
        (Box(200, 100, 100, 20), 0),
        (Box(100, 100, 0, 20), 0),
    ],
)
def test_overlap(other: Box, share: float) -> None:
    assert iou(PLACE, other) == pytest.approx(share)


@given(boxes, boxes)
def test_overlap_is_a_share_and_the_same_both_ways(one: Box, other: Box) -> None:
    assert 0 <= iou(one, other) <= 1 + 1e-9
    assert iou(one, other) == pytest.approx(iou(other, one))


def test_a_box_counts_from_one_half() -> None:
    assert match_boxes([label(None)], [read("X", Box(100, 100, 50, 20))])
    assert not match_boxes([label(None)], [read("X", Box(100, 100, 49, 20))])


def test_a_plate_found_twice_is_found_once_and_the_surest_read_takes_first() -> None:
    beside = Box(110, 100, 100, 20)
    found = [read("A", PLACE, 0.5), read("B", beside, 0.9)]
    assert len(match_boxes([label(None)], found)) == 1
    assert match_boxes([label(None), label(None, beside)], found) == (label(None), label(None, beside))


def test_two_plates_with_the_same_label_are_two() -> None:
    assert len(match_boxes([label(None), label(None)], [read("A")])) == 1


@given(st.lists(labels, max_size=4), st.lists(reads, max_size=4))
def test_no_more_is_found_than_there_is(labelled: list[Label], found: list[Found]) -> None:
    assert len(match_boxes(labelled, found)) <= min(len(labelled), len(found))


@pytest.mark.parametrize(
    ("box", "stray"),
    [
        (ELSEWHERE, True),
        (Box(140, 105, 10, 5), False),  # small, but inside
        (Box(150, 100, 100, 20), False),  # beside, but overlapping by a third
        (Box(190, 115, 200, 40), True),  # touches a corner
    ],
)
def test_what_is_no_plate(box: Box, stray: bool) -> None:
    assert bool(no_plates([label(None)], [read("2011", box)])) == stray


def test_what_was_dropped_at_a_labelled_plate_is_lost_the_rest_is_not() -> None:
    word, lost = Dropped(read("TAXI", ELSEWHERE), "sign"), Dropped(read("FRTX"), "word")
    assert lost_plates([label(None)], [word, lost]) == (lost,)
    assert lost_plates([], [word, lost]) == ()


def test_without_labels_every_read_is_no_plate() -> None:
    assert len(no_plates([], [read("2011"), read("SW722")])) == 2


def test_texts_are_paired_by_text_before_place() -> None:
    wanted = [label("1ABC234"), label("2HJK905", ELSEWHERE)]
    swapped = [read("2HJK905", PLACE), read("1ABC234", ELSEWHERE)]
    assert [p.read and p.read.text for p in pair_texts(wanted, swapped)] == ["1ABC234", "2HJK905"]


def test_texts_are_paired_by_place_where_they_differ() -> None:
    wanted = [label("1ABC234"), label("2HJK905", ELSEWHERE)]
    pairs = pair_texts(wanted, [read("XXXX", ELSEWHERE), read("9999", Box(900, 600, 50, 10))])
    assert [verdict(p) for p in pairs] == ["missed", "wrong"]


def test_one_read_serves_one_label() -> None:
    fleet = [label("1ABC234"), label("1ABC234", ELSEWHERE)]
    assert [verdict(p) for p in pair_texts(fleet, [read("1ABC234", ELSEWHERE)])] == ["missed", "right"]


@given(st.lists(labels, max_size=4), st.lists(reads, max_size=4))
def test_pairs_keep_the_labels_and_use_no_read_twice(labelled: list[Label], found: list[Found]) -> None:
    pairs = pair_texts(labelled, found)
    assert [p.label for p in pairs] == labelled
    used = [p.read for p in pairs if p.read is not None]
    assert all(used.count(one) <= found.count(one) for one in used)


@pytest.mark.parametrize(
    ("text", "judged"),
    [("RK099AN", "right"), ("RKO99AN", "alike"), ("RK09AN", "wrong")],
)
def test_a_look_alike_is_told_from_a_mistake(text: str, judged: str) -> None:
    assert verdict(Pair(label("RK099AN"), read(text))) == judged
    assert fold("OIBSZ") == "01852"


@pytest.mark.parametrize(
    ("wanted", "text", "errors"),
    [("1ABC234", "1ABC234", 0), ("1ABC234", "ABC234", 1), ("1ABC234", "1A8C23", 2), ("", "AB", 2), ("AB", "", 2)],
)
def test_character_errors(wanted: str, text: str, errors: int) -> None:
    assert character_errors(wanted, text) == errors


@given(texts, texts, texts)
def test_character_errors_are_a_distance(one: str, other: str, third: str) -> None:
    assert (character_errors(one, other) == 0) == (one == other)
    assert character_errors(one, other) == character_errors(other, one)
    assert character_errors(one, third) <= character_errors(one, other) + character_errors(other, third)


def test_figures_by_hand() -> None:
    right = scored([label("1ABC234")], [read("1ABC234"), read("2011", ELSEWHERE)], ms=10)
    alike = scored([label("RKO99AN")], [read("RK099AN", Box(100, 100, 40, 20))], ms=20)
    missed = scored([label("GT456ZZ")], [], Dropped(read("FRTX"), "word"), ms=30, cpu_s=0.04)
    empty = scored([], [], Dropped(read("TAXI"), "sign"), Dropped(read("BUS"), "sign"), ms=40)
    crop_right = replace(right, boxes=(Pair(right.labels[0], read("1ABC234")),))
    assert figures([crop_right, alike, missed, empty]) == {
        "frames": 4,
        "plates": 3,
        "reads": 3,
        "detection": {"recall": 0.3333, "precision": 0.3333},
        "full": {"exact": 0.3333, "folded": 0.6667},
        "boxes": {"exact": 0.3333, "folded": 0.3333},
        "character_error_rate": round((0 + 1 + 7) / 21, 4),
        "label_doubtful": 1,
        "not_plates": 0.3333,
        "dropped": {"readings": 3, "on_labels": 1, "reasons": {"sign": 2, "word": 1}},
        "ms_per_frame": {"p50": 25.0, "p95": 38.5},
        "cpu_s_per_frame": 0.0175,
    }


def test_what_the_labels_cannot_tell_is_null() -> None:
    told = figures([scored([label(None)], [read("1ABC234")])])
    assert told["detection"] == {"recall": 1.0, "precision": 1.0}
    unknown = ("full", "boxes", "character_error_rate", "label_doubtful")
    assert all(told[name] is None for name in unknown)
    nothing = figures([scored([], [])])
    assert nothing["detection"] == {"recall": None, "precision": None}
    assert nothing["not_plates"] is None
