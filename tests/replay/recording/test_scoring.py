"""Figures of passages and hits, on a few facts whose answer is known."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import uuid4

from hypothesis import given
from hypothesis import strategies as st

from replay.recording.hits import StoredHit, score_hits
from replay.recording.scoring import (
    StoredPassage,
    match_passages,
    score_order,
    score_passages,
)
from replay.truth import TruePassage

AT = datetime(2026, 11, 24, 15, 0, tzinfo=UTC)


def passed(
    plate: str, after_s: float = 0, *, camera: str = "cam-1", seen: bool = True, listed: bool = False, read: str = ""
) -> TruePassage:
    return TruePassage(
        plate=plate,
        country="BE",
        camera_id=camera,
        captured_at=AT + timedelta(seconds=after_s),
        via="read",
        seen=seen,
        read_as=(read or plate) if seen else None,
        listed=listed,
    )


def stored(plate: str, after_s: float = 0, *, camera: str = "cam-1") -> StoredPassage:
    return StoredPassage(uuid4(), plate, camera, AT + timedelta(seconds=after_s))


def hit(plate: str, after_s: float = 0, *, camera: str = "cam-1", alert: str = "alert") -> StoredHit:
    return StoredHit(plate, camera, AT + timedelta(seconds=after_s), alert)


def test_each_kind_of_error_is_counted_apart() -> None:
    truth = [
        passed("1ABC234"),
        passed("2HJK905", 60),
        passed("1DEF567", 120),
        passed("1GHJ111", 180),
        passed("1KLM222", 240, seen=False),
    ]
    rows = [
        stored("1ABC234"),
        stored("2HJK9O5", 60),  # O for 0
        stored("1DXF567", 121),  # another plate
        stored("1ABC234", 2),  # again
        stored("9ZZZ999", 600),  # nothing passed
    ]
    matched = match_passages(truth, rows)
    score = score_passages(truth, rows, matched)
    assert (score.true, score.seen, score.stored) == (5, 4, 5)
    assert (score.exact, score.folded, score.read_otherwise, score.missing) == (1, 1, 1, 1)
    assert (score.duplicates, score.strange) == (1, 1)
    assert (score.recall_exact, score.recall_folded, score.recall_of_all) == (0.25, 0.5, 0.4)
    assert (score.precision_exact, score.precision_folded) == (0.2, 0.4)
    assert matched.missing == [3]


def test_a_passage_elsewhere_or_at_another_time_is_not_the_one() -> None:
    truth = [passed("1ABC234")]
    rows = [stored("1ABC234", camera="cam-2"), stored("1ABC234", 60)]
    score = score_passages(truth, rows, match_passages(truth, rows))
    assert (score.exact, score.missing, score.strange) == (0, 1, 2)


def test_one_vehicle_twice_past_a_camera_is_two_passages() -> None:
    truth = [passed("1ABC234"), passed("1ABC234", 3)]
    rows = [stored("1ABC234", 3), stored("1ABC234")]
    matched = match_passages(truth, rows)
    assert sorted(matched.exact) == [(0, 1), (1, 0)]


def test_recall_of_readable_looks_at_all_reads_of_the_track() -> None:
    misread = passed("1ABC234", read="1A8C234").model_copy(update={"reads": ("1A8C234", "1ABC234")})
    hopeless = passed("2HJK905", 60, read="2HJX905")
    rows = [stored("1ABC234")]
    score = score_passages([misread, hopeless], rows, match_passages([misread, hopeless], rows))
    assert (score.recall_of_readable, score.recall_exact) == (1.0, 0.5)


def test_order_is_by_neighbours_of_a_vehicle() -> None:
    truth = [passed("1ABC234", 60 * n, camera=f"cam-{n}") for n in range(4)]
    rows = [stored("1ABC234", 60 * n, camera=f"cam-{n}") for n in range(4)]
    assert score_order(truth, rows, match_passages(truth, rows)) == 1.0
    close = [passed("1ABC234", 2 * n, camera=f"cam-{n}") for n in range(3)]
    turned = [stored("1ABC234", 4 - 2 * n, camera=f"cam-{n}") for n in range(3)]
    assert score_order(close, turned, match_passages(close, turned)) == 0.0
    assert score_order([], [], match_passages([], [])) is None


def test_hits_are_held_against_place_and_time() -> None:
    truth = [
        passed("1ABC234", listed=True),
        passed("2HJK905", 60, listed=True),
        passed("1DEF567", 120, listed=True, read="1DXF567"),
        passed("1GHJ111", 180),
    ]
    hits = [
        hit("1ABC234", 1),
        hit("1DEF567", 120, alert="confirm"),
        hit("1GHJ111", 500),
        hit("7ZZZ777", alert="confirm"),
    ]
    score = score_hits(truth, hits)
    assert (score.listed, score.expected, score.found, score.found_misread) == (3, 2, 1, 1)
    assert (score.alerts, score.wrong_alerts, score.to_compare, score.wrong_to_compare) == (2, 1, 2, 1)
    assert (score.recall, score.precision, score.precision_of_all) == (0.5, 0.5, 0.5)
    assert score.missing == (1,)


plates = st.sampled_from(["1ABC234", "1ABC23A", "2HJK905", "2HJK9O5", "1DEF567"])
events = st.lists(st.tuples(plates, st.integers(0, 40), st.sampled_from(["cam-1", "cam-2"])), max_size=12)


@given(events, events)
def test_every_passage_is_counted_exactly_once(
    true: list[tuple[str, int, str]], held: list[tuple[str, int, str]]
) -> None:
    truth = [passed(plate, at, camera=camera) for plate, at, camera in true]
    rows = [stored(plate, at, camera=camera) for plate, at, camera in held]
    matched = match_passages(truth, rows)
    pairs = matched.exact + matched.folded + matched.otherwise
    assert sorted([one for one, _ in pairs] + matched.missing) == list(range(len(truth)))
    assert sorted([other for _, other in pairs] + matched.twice + matched.strange) == list(range(len(rows)))
    assert all(truth[one].plate == rows[other].plate for one, other in matched.exact)


@given(events)
def test_a_store_that_holds_the_truth_scores_full(true: list[tuple[str, int, str]]) -> None:
    truth = [passed(plate, at, camera=camera) for plate, at, camera in true]
    rows = [stored(plate, at, camera=camera) for plate, at, camera in true]
    score = score_passages(truth, rows, match_passages(truth, rows))
    assert score.recall_exact in (1.0, None)
    assert score.precision_exact in (1.0, None)
    assert (score.missing, score.duplicates, score.strange) == (0, 0, 0)
