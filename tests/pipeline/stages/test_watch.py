"""watch: one plate at two places that no car can reach in time."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.clones.memory import SLICE_MS
from pipeline.messages import Batch, Message
from pipeline.outcome import Outcome
from pipeline.stages.watch import Watch
from schemas.anomaly import Anomaly
from schemas.passage import Passage
from tests.pipeline.builders import T0, at, camera, ms, passage, passage_message
from tests.pipeline.clones.builders import (
    CAMERAS,
    LATER,
    LET_GO_S,
    PLATE,
    PointRecord,
    messages,
    point,
    run,
    seen,
    standing,
    told,
)

CLONE = [seen(0, 0), seen(60, 60)]


def outcome_of(*passages: Passage) -> Outcome:
    """All that a new stage says of these."""
    return Watch(CAMERAS)(Batch(messages(passages), LATER))


def test_two_places_that_no_car_reaches_in_time_with_all_that_an_officer_needs() -> None:
    first, second = CLONE
    (anomaly,) = told(first, second)
    assert (anomaly.kind, anomaly.plate, anomaly.camera_id) == ("impossible_travel", PLATE, "km-60")
    assert (anomaly.observed_at, anomaly.withdrawn, anomaly.revision) == (at(60), False, 1)
    assert anomaly.passage_ids == (first.passage_id, second.passage_id)
    assert [(one.camera_id, one.captured_at, one.evidence, one.confidence) for one in anomaly.sightings] == [
        ("km-0", at(0), "km-0/0.jpg", pytest.approx(0.999)),
        ("km-60", at(60), "km-60/60.jpg", pytest.approx(0.999)),
    ]
    shown = anomaly.sightings[1].position
    assert shown is not None
    assert (shown.lat, shown.lon) == (pytest.approx(point(60).lat), pytest.approx(4.4))
    assert anomaly.distance_m == pytest.approx(60_000, rel=1e-3)
    assert anomaly.elapsed_s == 60
    assert anomaly.needed_kmh == pytest.approx((60_000 - 300) / 65 * 3.6, rel=1e-3)
    assert 0.5 < anomaly.score < 1
    assert "60 s after km-0, 60.0 km away" in anomaly.detail
    assert PLATE not in anomaly.detail


@pytest.mark.parametrize(
    ("km", "seconds"),
    [
        (0, 5),  # the same camera again
        (0.25, 1),  # two cameras at one crossing
        (20, 600),
        (60, 860),  # 250 km/h, less what places and clocks may be off
        (100, 3600),
    ],
)
def test_what_a_car_can_do_is_no_anomaly(km: float, seconds: float) -> None:
    assert told(seen(0, 0), seen(km, seconds)) == []


def test_different_plates_are_different_vehicles() -> None:
    assert told(seen(0, 0), seen(60, 60, plate="1ABC235")) == []


def test_late_passages_of_a_patrol_car_are_compared_in_event_time() -> None:
    car = seen("car", 60, position=point(60), received_at=at(5400), late=True)
    (anomaly,) = told(seen(0, 0), car)
    assert [one.camera_id for one in anomaly.sightings] == ["km-0", "car"]
    assert told(seen(0, 0), seen("car", 60, position=point(60), received_at=at(LET_GO_S), late=True)) == []


def test_a_moving_camera_was_where_it_says_not_where_it_is_registered() -> None:
    cameras = {**CAMERAS, "car": camera("car", kind="patrol_car", position=point(0))}
    assert told(seen(0, 0), seen("car", 60, position=point(60)), cameras=cameras) != []


def test_a_sign_that_is_read_as_a_plate_has_no_twin() -> None:
    assert told(seen(0, 0, plate="TAXI"), seen(60, 60, plate="TAXI")) == []


def test_a_fixed_camera_that_tells_late_may_have_a_clock_that_is_behind() -> None:
    assert told(seen(0, 0), seen(60, 60, received_at=at(3660), late=True)) == []
    assert told(seen(0, 0), seen(60, 60, received_at=at(62))) != []


def test_a_picture_brought_by_hand_is_from_any_time_before() -> None:
    assert told(seen(0, 0), seen("upload", 60, received_at=at(7000))) == []


@pytest.mark.parametrize(
    ("one", "reason"),
    [
        (seen("nobody", 60), "camera_unknown"),
        (seen("lost", 60), "no_place"),
        (seen("car", 60), "no_place"),
        (seen("car", 60, position=PointRecord(lat=0.0, lon=0.0)), "no_place"),
        (seen(60, 60, received_at=at(54)), "clock_ahead"),
        (seen(60, 86_460, received_at=at(60)), "clock_ahead"),
        (seen(60, -30 * 365 * 86_400, last_captured_at=at(60)), "no_time"),
    ],
)
def test_what_can_not_be_judged_is_counted(one: Passage, reason: str) -> None:
    outcome = outcome_of(seen(0, 0), one)
    assert outcome.emitted == []
    assert outcome.dropped == {reason: 1}


@pytest.mark.parametrize(
    ("message", "reason"),
    [
        (passage_message(passage(), key=b""), "key_missing"),
        (passage_message(passage(), key=None), "key_missing"),
        (passage_message(passage(), key=b"1ABC235"), "key_mismatch"),
    ],
)
def test_a_passage_without_its_plate_as_key_is_refused(message: Message, reason: str) -> None:
    (rejection,) = Watch(CAMERAS)(Batch([message], LATER)).rejected
    assert (rejection.reason, rejection.message) == (reason, message)
    assert PLATE not in rejection.detail


def test_a_doubtful_read_is_a_misread_until_more_is_seen() -> None:
    doubtful = {"confidence": 0.9, "read_count": 1}
    assert told(seen(0, 0), seen(60, 60, **doubtful)) == []
    more = [seen(80, 60 + 600, **doubtful), seen(100, 60 + 1200, **doubtful)]
    (anomaly, *_) = told(seen(0, 0), seen(60, 60, **doubtful), *more)
    assert [one.camera_id for one in anomaly.sightings] == ["km-0", "km-60"]


def test_the_same_camera_again_tells_nothing_new() -> None:
    doubtful = {"confidence": 0.9, "read_count": 1}
    again = [seen(60, 60 + 60 * n, **doubtful) for n in range(10)]
    assert told(seen(0, 0), *again) == []


def test_a_withdrawn_passage_withdraws_what_was_built_on_it() -> None:
    first, second = CLONE
    gone = seen(60, 60, revision=2, withdrawn=True)
    before, after = told(first, second, gone)
    assert before.anomaly_id == after.anomaly_id
    assert [(one.revision, one.withdrawn) for one in (before, after)] == [(1, False), (2, True)]
    assert told(first, gone, second) == []


def test_a_revision_that_makes_it_doubtful_withdraws_too_and_one_that_makes_it_sure_tells_again() -> None:
    first, second = CLONE
    doubtful = seen(60, 60, revision=2, confidence=0.5, certainty="doubtful")
    sure = seen(60, 60, revision=3, confidence=1.0)
    tellings = told(first, second, doubtful, sure)
    assert [(one.revision, one.withdrawn) for one in tellings] == [(1, False), (2, True), (3, False)]


def test_a_better_picture_is_told() -> None:
    _, again = told(*CLONE, seen(60, 60, revision=2, evidence="better.jpg"))
    assert again.sightings[1].evidence == "better.jpg"


def test_an_earlier_passage_that_comes_late_is_shown_and_leaves_name_and_moment() -> None:
    """The store finds an anomaly by them again: were they others, it would be two."""
    car = seen("car", 0, position=point(60), received_at=at(1800), late=True)
    before, after = told(seen(0, 60), seen(60, 120), car)
    assert [one.camera_id for one in after.sightings] == ["car", "km-0"]
    assert (after.anomaly_id, after.observed_at, after.revision) == (before.anomaly_id, before.observed_at, 2)


def test_what_was_seen_is_not_counted_again() -> None:
    stage = Watch(CAMERAS)
    log = messages([*CLONE, *CLONE])
    outcome = stage(Batch(log, LATER))
    assert len(outcome.emitted) == 1
    assert outcome.dropped == {"already_seen": 2}


def drive(hours: float, plate: str = PLATE) -> list[Passage]:
    """Two cars with one plate, 40 km apart, up and down all day."""
    found = []
    for n in range(int(hours * 6)):
        there = (0, 20, 40, 20)[n % 4]
        found += [seen(there, 600 * n, plate=plate), seen(there + 60, 600 * n + 60, plate=plate)]
    return found


def test_a_clone_that_drives_all_day_is_one_anomaly_that_is_told_a_few_times() -> None:
    tellings = told(*drive(10))
    (anomaly,) = standing(tellings)
    assert len({one.anomaly_id for one in tellings}) == 1
    assert len(tellings) <= 12
    assert len(anomaly.passage_ids) > 50
    assert anomaly.score > 0.99


def test_after_half_a_day_another_one_begins() -> None:
    tellings = told(*drive(26))
    assert 2 <= len({one.anomaly_id for one in tellings}) <= 3


def test_after_a_silence_another_one_begins_and_the_end_of_the_first_is_told() -> None:
    more = [seen(20, 700), seen(80, 760), seen(40, 1400)]
    later = [seen(0, 6 * 3600), seen(60, 6 * 3600 + 60)]
    tellings = told(*CLONE, *more, *later)
    first, second = standing(tellings)
    assert first.passage_ids == tuple(one.passage_id for one in (*CLONE, *more))
    assert second.passage_ids == tuple(one.passage_id for one in later)


def test_a_camera_whose_clock_is_ahead_is_told_once_and_its_plates_are_not() -> None:
    plates = [f"1ABC{n:03d}" for n in range(100, 120)]
    ahead = [seen(60, 900 + n, plate=p, received_at=at(60 + n)) for n, p in enumerate(plates)]
    (anomaly,) = told(*(seen(0, n, plate=p) for n, p in enumerate(plates)), *ahead)
    assert (anomaly.kind, anomaly.camera_id, anomaly.plate) == ("camera_clock", "km-60", None)
    assert anomaly.elapsed_s == -840
    assert anomaly.score == 1
    assert anomaly.observed_at == T0.replace(hour=0)


def wrong_clock(count: int) -> list[Passage]:
    """Cars on their way north and south past a patrol car, whose clock is behind by the way from where they began."""
    found = []
    for n in range(count):
        plate, begin, way = f"1ABC{100 + n}", 120 * n, ((0, 20, 60), (100, 80, 60))[n % 2]
        found += [seen(here, begin + 36 * abs(here - way[0]), plate=plate) for here in way]
        passed = begin + 36 * abs(40 - way[0])
        found.append(seen("car", passed - 36 * 40, plate=plate, position=point(40), received_at=at(passed)))
    return sorted(found, key=lambda one: one.received_at)


def test_many_plates_that_do_not_fit_at_one_camera_point_at_the_camera() -> None:
    tellings = told(*wrong_clock(30))
    (clock,) = [one for one in tellings if one.kind == "camera_clock"]
    assert (clock.camera_id, clock.withdrawn) == ("car", False)
    assert "vehicles that passed it were elsewhere" in clock.detail
    assert [one for one in standing(tellings) if one.plate] == []
    assert len(tellings) <= 5


def test_a_clone_is_found_beside_a_camera_whose_clock_is_wrong() -> None:
    twins = [seen(0, 3000, plate="2XYZ789"), seen(60, 3060, plate="2XYZ789")]
    tellings = told(*sorted((*wrong_clock(30), *twins), key=lambda one: one.received_at))
    assert [one.plate for one in standing(tellings) if one.plate] == ["2XYZ789"]


def test_a_stamp_of_the_future_lets_nothing_go() -> None:
    first, second = CLONE
    stray = passage_message(seen(0, 0, plate="2XYZ789"), 1, timestamp_ms=ms(LATER) + 10 * 86_400_000)
    stage = Watch(CAMERAS)
    now = at(100)
    log = [*messages([first]), stray, passage_message(second, 2, timestamp_ms=ms(at(60)))]
    assert len(stage(Batch(log, now)).emitted) == 1


def test_what_is_remembered_is_bounded_by_log_time_and_says_from_where_it_can_be_read_again() -> None:
    stage = Watch(CAMERAS)
    place = ("passages", 0)
    assert stage.needed_from(place) is None
    log = [
        passage_message(seen(0, 600 * n, plate=f"1ABC{100 + n}"), n, timestamp_ms=ms(at(600 * n))) for n in range(60)
    ]
    run(stage, log)
    needed = stage.needed_from(place)
    assert needed is not None
    kept_s = 600 * (59 - needed)
    assert 2 * 3600 <= kept_s <= 2.5 * 3600
    assert stage.open_tracks() == 60 - needed
    stage.forget([place, ("passages", 7)])
    assert stage.needed_from(place) is None
    assert stage.open_tracks() == 0


def test_a_trouble_is_read_again_from_before_it_began() -> None:
    log = messages(drive(6))
    whole = Watch(CAMERAS)
    first = run(whole, log[:-10])
    needed = whole.needed_from(("passages", 0))
    assert needed is not None
    assert log[-10].timestamp_ms - log[needed].timestamp_ms > 3 * 3600 * 1000
    again = Watch(CAMERAS)
    run(again, log[needed:-10])
    assert run(again, log[-10:]) == run(whole, log[-10:])
    assert len({one.anomaly_id for one in first}) == 1


# ---- rules ----------------------------------------------------------------------------------------------------------

NAMES = (0, 0.25, 20, 60, 100, "car")


@st.composite
def passages(draw: st.DrawFn) -> list[Passage]:
    """Passages of two plates within forty minutes, some revised, some withdrawn; in order of revision."""
    found: list[Passage] = []
    for number in range(draw(st.integers(1, 8))):
        where = draw(st.sampled_from(NAMES))
        more: dict[str, Any] = {"plate": draw(st.sampled_from([PLATE, "2XYZ789"]))}
        if where == "car":
            more["position"] = point(draw(st.sampled_from([0, 50, 90])))
        seconds = draw(st.integers(0, 2400)) + number / 100
        for revision in range(1, draw(st.integers(1, 3)) + 1):
            sure = draw(st.sampled_from([(0.999, 3), (0.999, 1), (0.9, 1), (0.7, 2)]))
            worth = {"confidence": sure[0], "read_count": sure[1], "withdrawn": draw(st.booleans()) and revision > 1}
            received = at(seconds + draw(st.sampled_from([0, 1, 30])) + revision)
            found.append(seen(where, seconds, revision=revision, received_at=received, **more, **worth))
    return found


def held(log: list[Message]) -> list[tuple[Any, ...]]:
    """What stands when all is over, without the names that the order gives."""
    end = seen(0, LET_GO_S, plate="9ZZZ999")
    ended = passage_message(end, len(log), timestamp_ms=ms(at(LET_GO_S)))
    found = standing(run(Watch(CAMERAS), [*log, ended]))
    return sorted((one.plate, one.passage_ids, one.sightings, one.score, one.needed_kmh) for one in found if one.plate)


def stamped(order: list[Passage]) -> list[Message]:
    """In this order in the log, within half an hour."""
    return messages(order, [n * 20.0 for n in range(len(order))])


@settings(deadline=None, max_examples=150)
@given(seen_ones=passages(), data=st.data())
def test_whatever_order_they_come_in_the_same_stands_in_the_end(seen_ones: list[Passage], data: st.DataObject) -> None:
    shuffled = data.draw(st.permutations(seen_ones))
    assert held(stamped(list(shuffled))) == held(stamped(seen_ones))


@settings(deadline=None, max_examples=100)
@given(seen_ones=passages(), data=st.data())
def test_what_is_delivered_twice_changes_nothing(seen_ones: list[Passage], data: st.DataObject) -> None:
    log = stamped(seen_ones)
    cut = data.draw(st.integers(0, len(log)))
    again = data.draw(st.integers(0, cut))
    whole = run(Watch(CAMERAS), log)
    twice = run(Watch(CAMERAS), [*log[:cut], *log[again:cut], *log[cut:]])
    assert twice == whole


@settings(deadline=None, max_examples=100)
@given(first=passages(), second=passages(), gap=st.sampled_from([0, 1800, 5400, 9000, 20_000]), data=st.data())
def test_reading_again_from_where_it_is_needed_gives_the_same(
    first: list[Passage], second: list[Passage], gap: int, data: st.DataObject
) -> None:
    order = [*first, *second]
    stamps = [20.0 * n + (gap if n >= len(first) else 0) for n in range(len(order))]
    log = messages(order, stamps)
    cut = data.draw(st.integers(0, len(log)))
    stage = Watch(CAMERAS)
    run(stage, log[:cut])
    needed = stage.needed_from(("passages", 0))
    again, copied = Watch(CAMERAS), Watch(CAMERAS)
    run(again, log[cut if needed is None else needed : cut], size=3)
    copy = stage.state(("passages", 0))
    if copy is not None:
        copied.restore(("passages", 0), copy)
    assert run(again, log[cut:], size=2) == run(copied, log[cut:], size=3) == run(stage, log[cut:], size=5)
    for one in (again, copied):
        assert one.needed_from(("passages", 0)) == stage.needed_from(("passages", 0))
        assert one.open_tracks() == stage.open_tracks()
    assert copied.state(("passages", 0)) == stage.state(("passages", 0))


def test_a_long_trouble_and_a_wrong_clock_go_on_from_a_copy_wherever_it_is_taken() -> None:
    """Of two partitions, in which cameras came in another order."""
    log = messages(sorted((*drive(6), *wrong_clock(30)), key=lambda one: one.received_at))
    for cut in range(0, len(log), 7):
        whole = Watch(CAMERAS)
        run(whole, [one._replace(partition=3) for one in log[3:cut:2]])
        run(whole, log[:cut])
        copied = Watch(CAMERAS)
        for place in (("passages", 0), ("passages", 3)):
            copy = whole.state(place)
            if copy is not None:
                copied.restore(place, copy)
        assert run(copied, log[cut:]) == run(whole, log[cut:])


@given(rows=st.lists(st.tuples(st.sampled_from(NAMES[:5]), st.integers(0, 86_400)), max_size=30))
@settings(deadline=None, max_examples=60)
def test_one_car_that_drives_as_a_car_does_is_never_told(rows: list[tuple[float, int]]) -> None:
    """It waits as long as it needs at 200 km/h."""
    seconds, before, way = 0.0, 0.0, []
    for km, wait in rows:
        seconds += abs(km - before) / 200 * 3600 + wait % 1000
        before = km
        way.append(seen(km, round(seconds, 2)))
    assert told(*way) == []


def anomaly_ids(anomalies: list[Anomaly]) -> set[UUID]:
    """Which there are."""
    return {one.anomaly_id for one in anomalies}


def test_partitions_know_nothing_of_each_other() -> None:
    first, second = messages(CLONE)
    assert run(Watch(CAMERAS), [first, second._replace(partition=1)]) == []
    assert len(anomaly_ids(run(Watch(CAMERAS), [first, second]))) == 1


def test_slices_are_of_log_time_not_of_batches() -> None:
    assert SLICE_MS * 4 == 2 * 3_600_000
