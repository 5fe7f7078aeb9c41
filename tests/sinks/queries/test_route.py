"""The way of a vehicle: from the store, in order of capture."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest
from clickhouse_connect.driver.client import Client

from sinks.clickhouse.investigation.legs import legs_of
from sinks.clickhouse.queries.ask import sql_of
from sinks.clickhouse.queries.route import plate_of_passage, route
from tests.sinks.queries.facts import (
    NOON,
    Fact,
    assert_pruned,
    at,
    explained,
    open_one,
    some_camera,
    some_plate,
    store_camera,
    store_facts,
)


def test_passages_in_order_of_capture_late_ones_where_they_belong(client: Client) -> None:
    plate, here, there = some_plate(), some_camera(), some_camera()
    store_camera(client, here, 50.85, 4.35)
    late = {"received_at": at(90_000), "late": True}
    store_facts(client, [Fact(plate, here, at(600)), Fact(some_plate(), here, at(1))])
    store_facts(client, [Fact(plate, there, at(0)), Fact(plate, here, at(300), late)])
    way = route(client, open_one(client, plate), [plate])
    assert [(p.captured_at, p.camera_id, p.late) for p in way] == [
        (at(0), there, False),
        (at(300), here, True),
        (at(600), here, False),
    ]
    assert [p.camera_name for p in way] == ["", f"Name of {here}", f"Name of {here}"]
    assert [p.position for p in way] == [None, (50.85, 4.35), (50.85, 4.35)]


def test_a_moving_camera_is_where_the_passage_was(client: Client) -> None:
    plate, car = some_plate(), some_camera()
    store_camera(client, car)
    store_facts(client, [Fact(plate, car, at(n), {"position": (50.8 + n / 1e4, 4.3)}) for n in (0, 600)])
    (leg,) = legs_of(route(client, open_one(client, plate), [plate]))
    assert leg.straight_m == pytest.approx(6672, rel=0.01)


def test_a_twin_is_at_two_places_at_once(client: Client) -> None:
    plate, here, there = some_plate(), some_camera(), some_camera()
    store_camera(client, here, 50.85, 4.35)
    store_camera(client, there, 51.22, 4.40)
    store_facts(client, [Fact(plate, here, at(0)), Fact(plate, there, at(0))])
    assert [leg.flag for leg in legs_of(route(client, open_one(client, plate), [plate]))] == ["same_time"]


def test_only_the_time_of_the_search_and_the_newest_of_many(client: Client) -> None:
    plate, here = some_plate(), some_camera()
    store_facts(client, [Fact(plate, here, at(60 * n)) for n in range(6)])
    search = open_one(client, plate, captured_from=at(60), captured_until=at(300))
    assert [p.captured_at for p in route(client, search, [plate])] == [at(60 * n) for n in (1, 2, 3, 4)]
    assert [p.captured_at for p in route(client, search, [plate], limit=2)] == [at(180), at(240)]


def test_the_index_finds_the_plate(client: Client) -> None:
    plate = some_plate()
    store_facts(client, [Fact(plate, some_camera(), moment) for moment in (NOON, NOON - timedelta(days=45))])
    search = open_one(client, plate)
    given = {"search_id": search.search_id, "officer": search.officer, "plates": [plate], "limit": 10}
    assert_pruned(explained(client, sql_of("route"), given), "passages", "plate", "captured_at")


def test_whose_passage_it_is_as_far_as_the_search_opens_it(client: Client) -> None:
    plate, other, here = some_plate(), some_plate(), some_camera()
    store_facts(client, [Fact(plate, here, at(0)), Fact(plate, here, at(100_000)), Fact(other, here, at(5))])
    search = open_one(client, plate)
    (point,) = [one for one in route(client, search, [plate]) if one.captured_at == at(0)]
    assert plate_of_passage(client, search, [other, plate], point.passage_id) == plate
    assert plate_of_passage(client, search, [other], point.passage_id) is None, "not among these"
    (theirs,) = route(client, open_one(client, other), [other])
    assert plate_of_passage(client, search, [other, plate], theirs.passage_id) is None, "no plate of this search"
    many = [*(some_plate() for _ in range(1_100)), plate]
    assert plate_of_passage(client, search, many, point.passage_id) == plate
    assert plate_of_passage(client, search, [plate], uuid4()) is None
