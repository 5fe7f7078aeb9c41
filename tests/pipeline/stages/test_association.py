"""Which track a read belongs to: text and place together, over frames, in any order, at any speed of frames."""

from __future__ import annotations

import time
from collections.abc import Iterable
from typing import Any
from uuid import UUID

import pytest

from pipeline.identity import fact_id
from pipeline.stages.consolidate import Consolidate
from schemas.base import GeoPoint
from schemas.codec import compiled
from schemas.passage import Passage
from schemas.read import Alternative, Box, Read
from tests.pipeline.builders import CandidateRecord, at, batch, log, ms, passages, read, read_message

PLACE = ("reads", 0)
CAMERAS = ("cam-1",)
BoxRecord = compiled(Box)


def box(x: float, y: float = 400, w: int = 120) -> Box:
    return BoxRecord(x=int(x), y=int(y), w=w, h=w // 4)


def seen(plate: str, seconds: float, x: float, y: float = 400, w: int = 120, **changes: Any) -> Read:
    """A read in the frame of that moment."""
    fields = {
        "read_id": fact_id("seen", plate, int(seconds * 1000), int(x)),
        "frame_id": fact_id("frame", int(seconds * 1000)),
        "box": box(x, y, w),
    }
    return read(plate, seconds, **fields | changes)


def ends(records: Iterable[Read]) -> list[Passage]:
    """The last revisions that hold, by first capture and plate."""
    stage = Consolidate(dict.fromkeys(CAMERAS))
    told = passages(stage(batch(log(records)))) + passages(stage(batch([], at(1e6), caught_up=[PLACE])))
    last: dict[UUID, Passage] = {p.passage_id: p for p in told if not p.withdrawn}
    return sorted(last.values(), key=lambda p: (p.captured_at, p.plate))


def counts(records: Iterable[Read]) -> list[tuple[str, int]]:
    return [(p.plate, p.read_count) for p in ends(records)]


LEFT, RIGHT = 200, 900


def test_a_fleet_side_by_side_is_told_apart_by_place_even_where_one_is_misread_as_the_other() -> None:
    looks = []
    for n in range(6):
        left, right = ("1ABC235" if n == 3 else "1ABC234"), ("1ABC234" if n == 4 else "1ABC235")
        looks += [seen(left, n * 0.2, LEFT + n * 5), seen(right, n * 0.2, RIGHT - n * 5)]
    assert counts(looks) == [("1ABC234", 6), ("1ABC235", 6)]


def test_a_fleet_whose_second_vehicle_appears_in_a_frame_without_the_first_is_two() -> None:
    looks = [seen("1ABC234", 0, LEFT), seen("1ABC234", 0.2, LEFT), seen("1ABC235", 0.4, RIGHT)]
    looks += [seen("1ABC234", 0.6, LEFT), seen("1ABC235", 0.6, RIGHT)]
    assert counts(looks) == [("1ABC234", 3), ("1ABC235", 2)]


def test_a_bad_read_stays_with_its_vehicle_by_its_place() -> None:
    looks = [seen("1ABC234", n * 0.2, 300 + n * 40, 300 + n * 30) for n in range(6)]
    looks[3] = seen("1A6C784", 0.6, 420, 390, confidence=0.4)
    assert counts(looks) == [("1ABC234", 6)]


def test_a_plate_that_is_cut_off_at_the_edge_stays_with_its_vehicle() -> None:
    looks = [seen("1ABC234", n * 0.2, 900 + n * 40) for n in range(5)]
    looks += [seen("1ABC", 1.0, 1105, w=70, confidence=0.6)]
    assert counts(looks) == [("1ABC234", 6)]


def test_another_vehicle_in_the_same_place_is_another_passage() -> None:
    looks = [seen("1ABC234", n * 0.2, 300) for n in range(3)] + [seen("2HJK905", 0.6 + n * 0.2, 300) for n in range(3)]
    assert counts(looks) == [("1ABC234", 3), ("2HJK905", 3)]


def test_a_like_plate_in_the_same_place_after_a_pause_is_another_vehicle() -> None:
    looks = [seen("1ABC234", n * 0.2, 300) for n in range(3)] + [seen("1ABC871", 3 + n * 0.2, 300) for n in range(3)]
    assert counts(looks) == [("1ABC234", 3), ("1ABC871", 3)]


def test_from_a_moving_camera_boxes_jump_and_the_text_decides() -> None:
    places = [(200, 300), (800, 500), (100, 450), (1000, 320), (420, 600)]
    looks = [seen("1ABC234", float(n), x, y) for n, (x, y) in enumerate(places)]
    assert counts(looks) == [("1ABC234", 5)]


@pytest.mark.parametrize("order", [(1, 0, 3, 2, 4), (4, 3, 2, 1, 0), (2, 0, 1, 4, 3)])
def test_frames_out_of_order_are_one_passage(order: tuple[int, ...]) -> None:
    looks = [seen("1ABC234", n * 0.3, 300 + n * 60) for n in range(5)]
    assert counts(looks[n] for n in order) == [("1ABC234", 5)]


def test_a_jam_beside_flowing_traffic_is_one_passage() -> None:
    looks = []
    for n in range(400):
        looks.append(seen("1ABC234", n * 0.5, LEFT))
        if n % 20 < 3:
            looks.append(seen(f"2HJ{n // 20:02}K5"[:7], n * 0.5, RIGHT, 300 + n % 20 * 60))
    found = counts(looks)
    assert ("1ABC234", 400) in found
    assert len(found) == 21


def test_many_plates_in_one_frame_stay_apart_and_together_over_frames() -> None:
    plates = [f"1AB{chr(65 + n)}2{n:02}" for n in range(20)]
    looks = [seen(p, f * 0.2, 60 * n, 100 + 25 * n, 50) for f in range(4) for n, p in enumerate(plates)]
    assert counts(looks) == [(plate, 4) for plate in plates]


def test_a_read_without_box_joins_by_its_text() -> None:
    looks = [seen("1ABC234", 0, 300), read("1ABC234", 0.5), seen("1ABC284", 1, 320)]
    assert counts(looks) == [("1ABC234", 3)]


def test_the_picture_shown_is_of_a_read_that_says_the_plate() -> None:
    looks = [
        seen("1ABC284", 0, 300, evidence="0.jpg", confidence=0.95),
        seen("1ABC234", 0.2, 300, evidence="1.jpg", confidence=0.7),
        seen("1ABC234", 0.4, 300, evidence="2.jpg", confidence=0.8),
    ]
    (passage,) = ends(looks)
    assert (passage.plate, passage.plate_raw, passage.evidence) == ("1ABC234", "1ABC234", "2.jpg")
    assert (passage.best_read_id, passage.frame_id) == (looks[2].read_id, looks[2].frame_id)


@pytest.mark.parametrize(("growth", "direction"), [(8, "approaching"), (-8, "departing"), (0, None)])
def test_a_plate_that_grows_or_shrinks_tells_the_direction(growth: int, direction: str | None) -> None:
    looks = [seen("1ABC234", n * 0.2, 300, w=120 + growth * n) for n in range(6)]
    assert [p.direction for p in ends(looks)] == [direction]


def test_what_the_reader_says_of_direction_and_lane_holds() -> None:
    looks = [seen("1ABC234", n * 0.2, 300, w=120 + 8 * n, direction="departing") for n in range(5)]
    assert [p.direction for p in ends(looks)] == ["departing"]
    late = [seen("1ABC234", 0, 300, confidence=0.99), seen("1ABC234", 0.2, 300, lane=2)]
    assert [p.lane for p in ends(late)] == [2]


def test_a_moving_camera_does_not_tell_the_direction() -> None:
    position = compiled(GeoPoint)(lat=50.8, lon=4.3)
    looks = [seen("1ABC234", n * 0.2, 300, w=120 + 8 * n, position=position) for n in range(5)]
    assert [p.direction for p in ends(looks)] == [None]


def test_syntax_repairs_the_consensus_and_the_raw_text_stays() -> None:
    (passage,) = ends([seen("1A8C234", n * 0.2, 300) for n in range(3)])
    assert (passage.plate, passage.plate_raw, passage.repaired) == ("1ABC234", "1A8C234", True)
    assert passage.plate_display == "1-ABC-234"


def test_what_syntax_cannot_tell_is_told_as_doubtful_with_all_it_may_be() -> None:
    (passage,) = ends([seen("1A0C234", 0, 300, confidence=0.95)])
    assert (passage.certainty, passage.repaired, passage.plate) == ("doubtful", False, "1A0C234")
    assert len(passage.candidates) > 1
    assert sum(c.confidence for c in passage.candidates) <= 1.01


def test_consensus_comes_before_syntax() -> None:
    """Repaired one by one, two of three reads would say 1ABC284; the votes say otherwise."""
    looks = [
        seen("1A8C284", 0, 300, confidence=0.5),
        seen("1ABC234", 0.2, 300, confidence=0.9),
        seen("1A8C284", 0.4, 300, confidence=0.3),
    ]
    (passage,) = ends(looks)
    assert (passage.plate, passage.repaired) == ("1ABC234", False)


def test_split_votes_are_doubtful_and_name_the_other_plate() -> None:
    looks = [seen("1ABC234", 0, 300), seen("1ABC284", 0.2, 300), seen("1ABC234", 0.4, 300, confidence=0.3)]
    (passage,) = ends(looks)
    assert (passage.plate, passage.certainty) == ("1ABC234", "doubtful")
    assert [c.text for c in passage.candidates] == ["1ABC234", "1ABC284"]


def test_a_jam_of_reads_that_differ_is_not_revised_without_end() -> None:
    looks = [seen("1ABC234" if n // 10 % 2 else "1ABC284", n * 0.2, 300) for n in range(400)]
    stage = Consolidate(dict.fromkeys(CAMERAS))
    told = passages(stage(batch(log(looks)))) + passages(stage(batch([], at(1e6), caught_up=[PLACE])))
    assert len({p.passage_id for p in told}) == 1
    assert len([p for p in told if not p.withdrawn]) <= 4 + 9 + 1


def test_alternatives_of_the_reads_reach_the_consensus() -> None:
    other = compiled(Alternative)(place=4, char="2", confidence=0.45)
    looks = []
    for n, text in enumerate(("1ABC734", "1ABC134")):
        doubts = (0.9, 0.9, 0.9, 0.9, 0.5, 0.9, 0.9)
        detail = CandidateRecord(text=text, confidence=0.5, char_confidences=doubts, alternatives=(other,))
        looks.append(seen(text, n * 0.2, 300, confidence=0.5, candidates=(detail,)))
    (passage,) = ends(looks)
    assert passage.plate == "1ABC234"


def test_the_cost_of_a_read_does_not_grow_with_the_open_tracks() -> None:
    """The linear look of before took over a millisecond; ten times the tracks may not take three times as long."""

    def us_per_read(open_tracks: int) -> float:
        stage = Consolidate(dict.fromkeys(CAMERAS))
        letters = "ABCDEFGHJKLNPRSTVXY"
        plates = [
            f"{1 + n % 2}{letters[n % 19]}{letters[n // 19 % 19]}{letters[n // 361 % 19]}{n * 7919 % 1000:03}"
            for n in range(open_tracks + 500)
        ]
        stage(batch(log([read(p, n * 1e-3) for n, p in enumerate(plates[:open_tracks])])))
        messages = log([read(p, 1.5 + n * 1e-3) for n, p in enumerate(plates[open_tracks:])])
        started = time.process_time()
        stage(batch(messages))
        return (time.process_time() - started) / len(messages) * 1e6

    us_per_read(10)
    few, many = (min(us_per_read(open_tracks) for _ in range(3)) for open_tracks in (100, 1000))
    assert many < 3 * few + 50


def test_a_recording_that_is_read_slowly_is_not_cut_into_pieces() -> None:
    """Five seconds of work lie between two frames that are a quarter of a second apart."""
    looks = [seen("1ABC234", n * 0.25, 300 + n * 20, received_at=at(0)) for n in range(8)]
    messages = [read_message(r, n, timestamp_ms=ms(at(3 + 5 * n))) for n, r in enumerate(looks)]
    stage = Consolidate(dict.fromkeys(CAMERAS))
    told = passages(stage(batch(messages))) + passages(stage(batch([], at(1e6), caught_up=[PLACE])))
    assert len({p.passage_id for p in told}) == 1
