"""Learning movements: the table against a learning by hand, and that nobody can be found in it."""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import cast

import pytest
from clickhouse_connect.driver.client import Client
from hypothesis import given, settings
from hypothesis import strategies as st

from sinks.clickhouse.investigation.travel_times import bin_of
from sinks.clickhouse.queries.ask import sql_of
from sinks.clickhouse.queries.learn import days_to_learn, learn_day
from sinks.clickhouse.queries.next_cameras import next_cameras, week_hour
from sinks.clickhouse.queries.travel import travel
from tests.sinks.queries.facts import (
    NOON,
    Fact,
    assert_pruned,
    at,
    explained,
    some_camera,
    some_plate,
    store_camera,
    store_facts,
)

pytestmark = pytest.mark.slow

DAY = NOON.date()
HOUR_MS = 3_600_000
Sight = tuple[int, int, int, str]
"""Vehicle, camera, second after NOON, direction."""
Row = tuple[str, str, str, str, int]
"""Kind, from, direction, to, hour of the week."""
Moved = list[tuple[int, int | None]]
"""Vehicle and travel time, ms; None: not seen within the hour."""


def _learn(client: Client) -> None:
    learn_day(client, DAY, datetime.now(UTC))


def _learnt(client: Client, cameras: list[str]) -> dict[Row, tuple[int, dict[int, int]]]:
    rows = client.query(
        """SELECT kind, from_camera, direction, to_camera, week_hour, moves, bins, counts FROM learnt_travel
        WHERE day = {day:Date} AND from_camera IN {cameras:Array(String)}""",
        parameters={"day": DAY, "cameras": cameras},
    ).result_rows
    return {tuple(row[:5]): (row[5], dict(zip(row[6], row[7], strict=True))) for row in rows}


def _convoy(client: Client, way: list[str], vehicles: int, begin_s: float = 0, gap_s: float = 300) -> list[str]:
    plates = [some_plate() for _ in range(vehicles)]
    times = [(n, place) for n in range(vehicles) for place in range(len(way))]
    store_facts(client, [Fact(plates[n], way[p], at(begin_s + n + p * gap_s)) for n, p in times])
    return plates


def test_next_cameras_and_journeys_with_times(client: Client) -> None:
    a, b, c = way = [some_camera() for _ in range(3)]
    _convoy(client, way, 4)
    _learn(client)
    hour = week_hour(NOON)
    assert _learnt(client, way) == {
        ("next", a, "approaching", b, hour): (4, {bin_of(300_000): 4}),
        ("next", b, "approaching", c, hour): (4, {bin_of(300_000): 4}),
        ("next", c, "approaching", "", hour): (4, {}),
        ("journey", a, "", c, hour): (4, {bin_of(600_000): 4}),
    }


@pytest.mark.parametrize("vehicles", [1, 2])
def test_fewer_than_three_vehicles_leave_no_trace(vehicles: int, client: Client) -> None:
    way = [some_camera(), some_camera()]
    _convoy(client, way, vehicles)
    _learn(client)
    assert _learnt(client, way) == {}


def test_one_vehicle_that_goes_often_is_still_one(client: Client) -> None:
    a, b = way = [some_camera(), some_camera()]
    plate = some_plate()
    store_facts(client, [Fact(plate, (a, b)[n % 2], at(300 * n)) for n in range(10)])
    _learn(client)
    assert _learnt(client, way) == {}


def test_few_in_an_hour_are_told_by_the_day(client: Client) -> None:
    a, b = way = [some_camera(), some_camera()]
    for hours in (0, 3, 6):
        _convoy(client, way, 1, hours * 3600)
    _learn(client)
    assert _learnt(client, [a])["next", a, "approaching", b, 255] == (3, {bin_of(300_000): 3})


def test_few_to_a_camera_are_told_without_it(client: Client) -> None:
    a = some_camera()
    for _ in range(3):
        _convoy(client, [a, some_camera()], 1)
    _learn(client)
    assert _learnt(client, [a])["next", a, "approaching", "*", 255] == (3, {bin_of(300_000): 3})


def test_no_plate_is_kept(client: Client) -> None:
    columns = client.query(
        "SELECT name FROM system.columns WHERE database = currentDatabase() AND table IN ('travel', 'learnt_days')"
    ).result_rows
    assert not {name for (name,) in columns} & {"plate", "plate_key", "vehicle", "few", "passage_id", "passage_tag"}


def test_learning_again_replaces_what_was_learnt(client: Client) -> None:
    a, b = way = [some_camera(), some_camera()]
    _convoy(client, way, 3)
    _learn(client)
    before = _learnt(client, way)
    _learn(client)
    assert _learnt(client, way) == before
    client.command("ALTER TABLE passages_by_camera DELETE WHERE camera_id = {b:String}", parameters={"b": b},
                   settings={"mutations_sync": 1})  # fmt: skip
    _learn(client)
    assert _learnt(client, way) == {("next", a, "approaching", "", week_hour(NOON)): (3, {})}


def test_half_a_learning_changes_nothing(client: Client) -> None:
    """What stands in the table holds only once its day is named."""
    way = [some_camera(), some_camera()]
    _convoy(client, way, 3)
    _learn(client)
    before = _learnt(client, way)
    row = ["next", way[0], "approaching", way[1], 7, DAY, datetime.now(UTC), 99]
    client.insert(
        "travel",
        [row],
        column_names=["kind", "from_camera", "direction", "to_camera", "week_hour", "day", "version", "moves"],
    )
    assert _learnt(client, way) == before


def test_withdrawn_passages_and_twins_teach_nothing(client: Client) -> None:
    brussels, antwerp, liege = some_camera(), some_camera(), some_camera()
    store_camera(client, brussels, 50.85, 4.35)
    store_camera(client, antwerp, 51.22, 4.40)
    plates = [some_plate() for _ in range(3)]
    store_facts(client, [Fact(plate, brussels, at(n)) for n, plate in enumerate(plates)])
    store_facts(client, [Fact(plate, antwerp, at(n + 100)) for n, plate in enumerate(plates)])
    store_facts(client, [Fact(plate, liege, at(n + 50), {"withdrawn": True}) for n, plate in enumerate(plates)])
    _learn(client)
    learnt = _learnt(client, [brussels, antwerp, liege])
    assert list(learnt) == [("next", antwerp, "approaching", "", week_hour(NOON))]


def test_a_share_of_the_vehicles_is_taken_whole_and_counted_up(client: Client) -> None:
    a, _b = way = [some_camera(), some_camera()]
    _convoy(client, way, 300, gap_s=400)
    learnt = learn_day(client, DAY, datetime.now(UTC), most_passages=200)
    assert learnt.one_in == -(-learnt.passages // 200) > 2
    rows = client.query(
        "SELECT sum(moves), sum(estimated_moves) FROM learnt_travel WHERE from_camera = {a:String} AND kind = 'next'",
        parameters={"a": a},
    ).result_rows
    moves, estimated = rows[0]
    assert estimated == moves * learnt.one_in
    assert moves < 300
    _learn(client)


def test_days_are_learnt_once_and_again_when_passages_came_late(client: Client) -> None:
    now, way = NOON + timedelta(days=1), [some_camera(), some_camera()]
    _convoy(client, way, 3)
    assert DAY in days_to_learn(client, now, 5)
    _learn(client)
    assert DAY not in days_to_learn(client, now, 5)
    store_facts(client, [Fact(some_plate(), way[0], at(5), {"late": True, "received_at": at(90_000)})])
    assert DAY in days_to_learn(client, now, 5)
    _learn(client)
    assert DAY not in days_to_learn(client, now, 5)


def test_a_day_is_left_until_its_journeys_have_ended(client: Client) -> None:
    store_facts(client, [Fact(some_plate(), some_camera(), at(0))])
    midnight = datetime.combine(DAY + timedelta(days=1), datetime.min.time(), UTC)
    assert DAY not in days_to_learn(client, midnight + timedelta(hours=2, minutes=59), 5)
    assert DAY in days_to_learn(client, midnight + timedelta(hours=3), 5)
    assert days_to_learn(client, midnight + timedelta(days=30), 5) == []


SECONDS = (0, 20, 59, 60, 300, 1800, 3599, 3660, 3700, 7300, 7900, -43_200, -43_600, 43_199, 43_300, 46_700)
"""After noon: around the bounds of a double, of a trip, and of the day."""
SIGHTS = st.lists(
    st.tuples(
        st.integers(0, 6),
        st.integers(0, 2),
        st.sampled_from(SECONDS),
        st.sampled_from(["approaching", "departing"]),
    ),
    max_size=40,
    unique_by=lambda sight: sight[:3],
)  # fmt: skip


@settings(max_examples=8, deadline=None)
@given(SIGHTS)
def test_the_table_is_what_a_learning_by_hand_gives(client: Client, sights: list[Sight]) -> None:
    cameras, plates = sorted(some_camera() for _ in range(3)), [some_plate() for _ in range(7)]
    store_facts(client, [Fact(plates[v], cameras[c], at(s), {"direction": d}) for v, c, s, d in sights])
    _learn(client)
    assert _learnt(client, cameras) == _by_hand(cameras, sights)


def _by_hand(cameras: list[str], sights: list[Sight]) -> dict[Row, tuple[int, dict[int, int]]]:
    """The same rules as learn.sql, by loops."""
    moved: dict[Row, Moved] = defaultdict(list)
    for vehicle in range(7):
        way = _without_doubles(sorted((s, cameras[c], d) for v, c, s, d in sights if v == vehicle))
        for number, (second, camera, direction) in enumerate(way):
            if _is_that_day(second):
                to, ms = _next(way, number)
                moved["next", camera, direction, to, week_hour(at(second))].append((vehicle, ms))
        for trip in _trips(way):
            if len(trip) > 1 and _is_that_day(trip[0][0]):
                row = ("journey", trip[0][1], "", trip[-1][1], week_hour(at(trip[0][0])))
                moved[row].append((vehicle, (trip[-1][0] - trip[0][0]) * 1000))
    return _counted(_coarsened(_coarsened(moved, 4, 255), 3, "*"))


def _is_that_day(second: int) -> bool:
    return at(second).date() == DAY


def _without_doubles(way: list[tuple[int, str, str]]) -> list[tuple[int, str, str]]:
    doubles = {two for one, two in pairwise(way) if one[1] == two[1] and two[0] - one[0] < 60}
    begin = -43_200 - 3600  # a look back of an hour
    return [sight for sight in way if sight not in doubles and begin <= sight[0] < 43_200 + 3 * 3600]


def _next(way: list[tuple[int, str, str]], number: int) -> tuple[str, int | None]:
    if number + 1 < len(way) and (gap := way[number + 1][0] - way[number][0]) <= 3600:
        return way[number + 1][1], gap * 1000
    return "", None


def _trips(way: list[tuple[int, str, str]]) -> list[list[tuple[int, str, str]]]:
    trips: list[list[tuple[int, str, str]]] = []
    for sight in way:
        if not trips or sight[0] - trips[-1][-1][0] > 3600:
            trips.append([])
        trips[-1].append(sight)
    return trips


def _coarsened(moved: dict[Row, Moved], place: int, told: int | str) -> dict[Row, Moved]:
    """What fewer than three vehicles did, with one thing told less exactly."""
    coarse: dict[Row, Moved] = defaultdict(list)
    for row, moves in moved.items():
        values = list(row)
        if _vehicles(moves) < 3:
            values[place] = told
        coarse[cast(Row, tuple(values))] += moves
    return coarse


def _vehicles(moves: Moved) -> int:
    return len({vehicle for vehicle, _ms in moves})


def _counted(moved: dict[Row, Moved]) -> dict[Row, tuple[int, dict[int, int]]]:
    """Movements and bins of their times; what fewer than three vehicles did is dropped."""
    return {
        row: (len(moves), dict(Counter(bin_of(ms) for _vehicle, ms in moves if ms is not None)))
        for row, moves in moved.items()
        if _vehicles(moves) >= 3
    }


def test_prediction_from_what_was_learnt(client: Client) -> None:
    a, b, c = some_camera(), some_camera(), some_camera()
    store_camera(client, b, 50.86, 4.36)
    _convoy(client, [a, b], 30, gap_s=300)
    _convoy(client, [a, c], 10, gap_s=1500)
    _learn(client)
    seen_at = at(7 * 24 * 3600)
    now = next_cameras(client, a, seen_at, seen_at, "approaching")
    assert (now.observations, now.at_this_hour, now.names[b]) == (40, 40, f"Name of {b}")
    assert [(one.to_camera, round(one.probability, 2)) for one in now.outcomes] == [(b, 0.75), (c, 0.25)]
    assert now.outcomes[0].p50_s == pytest.approx(300, rel=0.16)
    later = next_cameras(client, a, seen_at, seen_at + timedelta(minutes=15), "approaching")
    assert [one.to_camera for one in later.outcomes] == [c, b]
    assert later.outcomes[1].overdue
    other_way = next_cameras(client, a, seen_at, seen_at, "departing")
    assert (other_way.observations, other_way.at_this_hour) == (40, 0)
    assert next_cameras(client, some_camera(), seen_at, seen_at).outcomes == ()


def test_flows_between_neighbours_and_from_origin_to_destination(client: Client) -> None:
    a, b, c = way = [some_camera() for _ in range(3)]
    _convoy(client, way, 5, gap_s=200)
    _convoy(client, [a, b], 4, begin_s=20, gap_s=200)
    _learn(client)
    neighbours = travel(client, "next", DAY, from_camera=a)
    assert [(flow.to_camera, flow.moves, flow.days) for flow in neighbours] == [(b, 9, 1)]
    assert neighbours[0].within_s(0.5) == pytest.approx(200, rel=0.16)
    journeys = travel(client, "journey", DAY, from_camera=a)
    assert [(flow.to_camera, flow.moves) for flow in journeys] == [(c, 5), (b, 4)]
    assert [flow.from_camera for flow in travel(client, "next", DAY, to_camera=c)] == [b]
    hour = week_hour(NOON)
    assert len(travel(client, "next", DAY, from_camera=a, week_hours=[hour])) == 1
    assert travel(client, "next", DAY, from_camera=a, week_hours=[(hour + 1) % 168]) == []
    assert travel(client, "next", DAY + timedelta(days=1), from_camera=a) == []


def test_a_prediction_reads_its_camera_only(client: Client) -> None:
    way = [some_camera(), some_camera()]
    _convoy(client, way, 3)
    _learn(client)
    given = {"camera_id": way[0], "direction": "", "week_hour": 0, "since": DAY}
    assert_pruned(explained(client, sql_of("next_cameras"), given), "travel", "kind", "from_camera")
    given = {"kind": "next", "since": DAY, "from_camera": way[0], "to_camera": "", "week_hours": [], "limit": 5}
    assert_pruned(explained(client, sql_of("travel"), given), "travel", "kind", "from_camera")


Trip = tuple[str, float]
"""Next camera (empty: none) and time to it, s."""
SHARES = {0: {"near": 0.5, "far": 0.3, "": 0.2}, 5: {"near": 0.15, "far": 0.7, "": 0.15}}
"""Where vehicles go at noon, and five hours later in the rush."""
USUAL_S = {"near": 300.0, "far": 900.0, "": 0.0}


def _trips_from(hour: int, count: int, rng: random.Random) -> list[Trip]:
    """Trips of a simulated town; times vary by a third, as with lights and traffic."""
    goals = rng.choices(list(SHARES[hour]), list(SHARES[hour].values()), k=count)
    return [(goal, USUAL_S[goal] * rng.lognormvariate(0, 0.33)) for goal in goals]


@pytest.fixture(scope="module")
def town(client: Client) -> dict[str, str]:
    """Names of the cameras of a town of which a day was learnt: 1,500 vehicles in each of two hours."""
    rng, names = random.Random(11), {name: some_camera() for name in ("here", "near", "far")}
    facts = []
    for hour in SHARES:
        for n, (goal, seconds) in enumerate(_trips_from(hour, 1500, rng)):
            plate, begin = some_plate(), hour * 3600 + n
            facts.append(Fact(plate, names["here"], at(begin)))
            facts += [Fact(plate, names[goal], at(begin + seconds))] if goal else []
    store_facts(client, facts)
    _learn(client)
    return names


@pytest.mark.parametrize("hour", list(SHARES))
@pytest.mark.parametrize("waited_s", [0, 240, 600])
def test_of_trips_never_seen_as_many_go_there_as_was_said(
    hour: int, waited_s: int, town: dict[str, str], client: Client
) -> None:
    """Calibration: other vehicles of the same town, of which nothing was seen since so many seconds."""
    trips = _trips_from(hour, 4000, random.Random(12))
    left = [(goal, seconds) for goal, seconds in trips if not goal or seconds > waited_s]
    seen_at = at(7 * 86_400 + hour * 3600)
    said = next_cameras(client, town["here"], seen_at, seen_at + timedelta(seconds=waited_s), "approaching")
    for outcome in said.outcomes:
        goal = next((name for name, camera in town.items() if camera == outcome.to_camera), "")
        times = [seconds - waited_s for one, seconds in left if one == goal]
        assert outcome.probability == pytest.approx(len(times) / len(left), abs=0.05)
        if goal and len(times) > 200:
            assert outcome.p10_s is not None
            assert outcome.p90_s is not None
            within = sum(outcome.p10_s <= seconds <= outcome.p90_s for seconds in times) / len(times)
            assert within == pytest.approx(0.8, abs=0.08)
