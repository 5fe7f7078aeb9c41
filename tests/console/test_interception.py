"""Who can be where before the vehicle is: the likeliest place where somebody is in time."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from console.interception import ROOM_S, Intercept, _proposed, _share_after, weighed
from pipeline.geo import Point
from sinks.clickhouse.investigation.forecast import ELSEWHERE, NOT_SEEN, Next
from sinks.clickhouse.queries.cameras import Registered
from sinks.clickhouse.queries.patrols import Patrol

NOW = datetime(2026, 11, 26, 2, 30, tzinfo=UTC)
KNOWN = {
    name: Registered(name, f"Rue {name}", "fixed", "Z", "", 50.8 + n / 100, 4.3) for n, name in enumerate("abcdefg")
} | {"moves": Registered("moves", "a van", "mobile", "Z", "", None, None)}


def outcome(camera: str, probability: float, p50_s: float | None = 300.0) -> Next:
    late = None if p50_s is None else p50_s * 2
    return Next(camera, probability, p50_s and p50_s / 2, p50_s, late, 100, False)


def patrol(name: str, distance_m: float) -> Patrol:
    return Patrol(name, "available", "Z", 50.8, 4.3, None, None, NOW, distance_m, 5.0, False)


def near(distance_m: float) -> Sequence[Patrol]:
    return [patrol("5340-1", distance_m)]


def test_pseudo_places_and_cameras_that_move_are_left_out() -> None:
    outcomes = [outcome(NOT_SEEN, 0.4), outcome(ELSEWHERE, 0.2), outcome("moves", 0.2), outcome("gone", 0.1)]
    assert [one.camera_id for one in weighed([*outcomes, outcome("a", 0.1)], KNOWN, lambda _: [], NOW)] == ["a"]


def test_the_likeliest_place_where_somebody_is_in_time_is_proposed() -> None:
    distances = {50.80: 9_000.0, 50.81: 500.0, 50.82: 100.0}
    ahead = weighed(
        [outcome("a", 0.5), outcome("b", 0.3), outcome("c", 0.1)],
        KNOWN,
        lambda place: near(distances[round(place.lat, 2)]),
        NOW,
    )
    assert [reach.in_time for one in ahead for reach in one.patrols] == ["no", "yes", "yes"]
    proposed = _proposed(ahead, "z")
    assert proposed is not None
    assert (proposed[0].camera_id, proposed[1].patrol.patrol_id) == ("b", "5340-1")


def test_nobody_is_sent_to_wait_where_it_has_just_left() -> None:
    """It may come back there in a quarter of an hour, and a patrol beside it is in time for that."""
    ahead = weighed([outcome("a", 0.5, 90.0), outcome("b", 0.1, 1_000.0)], KNOWN, lambda _: near(500.0), NOW)
    assert [reach.in_time for one in ahead for reach in one.patrols] == ["perhaps", "yes"]
    proposed = _proposed(ahead, "b")
    assert proposed is not None
    assert proposed[0].camera_id == "a"


def test_a_likely_place_where_somebody_perhaps_is_counts_more_than_a_far_fetched_one() -> None:
    ahead = weighed([outcome("a", 0.31, 90.0), outcome("b", 0.02, 2_000.0)], KNOWN, lambda _: near(500.0), NOW)
    assert [reach.in_time for one in ahead for reach in one.patrols] == ["perhaps", "yes"]
    proposed = _proposed(ahead, "z")
    assert proposed is not None
    assert proposed[0].camera_id == "a"


@given(st.floats(1, 20_000), st.floats(0, 5_000), st.floats(1, 3_600))
def test_who_is_there_sooner_meets_no_fewer(distance_m: float, more_m: float, p50_s: float) -> None:
    def share(metres: float) -> float:
        (one,) = weighed([outcome("a", 0.9, p50_s)], KNOWN, lambda _: near(metres), NOW)
        return _share_after(one, one.patrols[0])

    assert 0.1 <= share(distance_m + more_m) <= share(distance_m) <= 0.9


def test_nobody_near_means_no_proposal() -> None:
    ahead = weighed([outcome("a", 0.9)], KNOWN, lambda _place: [], NOW)
    assert _proposed(ahead, "z") is None
    assert Intercept(NOW, ahead, None, "nobody").why_none == "nobody"


@given(st.floats(1, 20_000), st.floats(1, 3_600))
def test_in_time_is_before_the_vehicle_with_room(distance_m: float, p50_s: float) -> None:
    (one,) = weighed([outcome("a", 0.9, p50_s)], KNOWN, lambda _: near(distance_m), NOW)
    (reach,) = one.patrols
    if reach.in_time == "yes":
        assert reach.there_at + timedelta(seconds=ROOM_S) <= one.expected + timedelta(milliseconds=1)
    elif reach.in_time == "perhaps":
        assert reach.there_at <= one.latest + timedelta(milliseconds=1)
    else:
        assert reach.there_at > one.latest


def test_no_more_places_are_looked_at_than_people_can_read() -> None:
    looked: list[Point] = []

    def asked(place: Point) -> Sequence[Patrol]:
        looked.append(place)
        return []

    assert len(weighed([outcome(name, 0.1) for name in "abcdefg"], KNOWN, asked, NOW)) == len(looked) == 5
