"""Where plates were last: newest first, with what a list shows, and no more than the search opens."""

from __future__ import annotations

from clickhouse_connect.driver.client import Client

from sinks.clickhouse.queries.ask import sql_of
from sinks.clickhouse.queries.latest import latest
from tests.sinks.queries.facts import (
    Fact,
    assert_pruned,
    at,
    explained,
    open_one,
    some_camera,
    some_plate,
    store_facts,
)


def test_the_newest_comes_first_and_a_moving_camera_says_where(client: Client) -> None:
    plate, fixed, moving = some_plate(), some_camera(), some_camera()
    store_facts(
        client,
        [
            Fact(plate, fixed, at(0)),
            Fact(plate, moving, at(60), {"position": (51.2, 4.4)}),
            Fact(plate, fixed, at(30), {"withdrawn": True}),
            Fact(some_plate(), fixed, at(90)),
        ],
    )
    newest, oldest = latest(client, open_one(client, plate), [plate])
    assert (newest.captured_at, newest.camera_id, newest.position) == (at(60), moving, (51.2, 4.4))
    assert (oldest.captured_at, oldest.camera_id, oldest.position) == (at(0), fixed, None)


def test_no_plate_takes_the_place_of_the_others(client: Client) -> None:
    stem = some_plate()[:8]
    often, once = stem + "A", stem + "C"
    store_facts(client, [*(Fact(often, "cam-1", at(s)) for s in range(10, 20)), Fact(once, "cam-1", at(0))])
    search = open_one(client, stem + "*")
    found = latest(client, search, [often, once], limit=4, per_plate=2)
    assert [(one.plate, one.captured_at) for one in found] == [(often, at(19)), (often, at(18)), (once, at(0))]
    assert {one.plate for one in latest(client, search, [often, once], limit=4)} == {often}


def test_a_repeated_passage_is_shown_once(client: Client) -> None:
    plate = some_plate()
    fact = Fact(plate, "cam-1", at(0), {"passage_id": "6b1d1e8e-3f0c-5a4b-9f57-0c8e1f0d2a11"})
    revised = Fact(plate, "cam-1", at(0), {**fact.more, "revision": 2, "confidence": 0.99})
    for facts in ([fact], [revised], [fact]):
        store_facts(client, facts)
    (found,) = latest(client, open_one(client, plate), [plate])
    assert round(found.confidence, 4) == 0.99


def test_it_goes_by_the_month_and_the_plate(client: Client) -> None:
    plate = some_plate()
    store_facts(client, [Fact(plate, "cam-1", at(0))])
    search = open_one(client, plate)
    given = {"search_id": search.search_id, "officer": search.officer, "plates": [plate], "limit": 9, "per_plate": 9}
    assert_pruned(explained(client, sql_of("latest"), given), "passages", "plate")


def test_all_columns_for_people_go_by_the_plate_too(client: Client) -> None:
    plate = some_plate()
    store_facts(client, [Fact(plate, "cam-1", at(0))])
    search = open_one(client, plate)
    sql = sql_of("latest").replace("sightings_of_search", "passages_of_search")
    sql = f"SELECT * {sql[sql.index('FROM') :]}"
    given = {"search_id": search.search_id, "officer": search.officer, "plates": [plate], "limit": 9, "per_plate": 9}
    assert_pruned(explained(client, sql, given), "passages", "plate")
