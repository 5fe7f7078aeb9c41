"""Everything at a place: what passed, and only that; and areas that are none are refused."""

from __future__ import annotations

from datetime import timedelta

import pytest
from clickhouse_connect.driver.client import Client

from sinks.clickhouse.investigation.areas import parse_area
from sinks.clickhouse.queries.ask import sql_of
from sinks.clickhouse.queries.cameras import cameras
from sinks.clickhouse.queries.place import Wanted, place
from sinks.clickhouse.refusal import SearchRefused
from tests.sinks.queries.facts import (
    NOON,
    Fact,
    assert_pruned,
    at,
    explained,
    open_one,
    scene,
    some_camera,
    some_plate,
    store_camera,
    store_facts,
)


def test_what_passed_the_cameras_in_the_time_newest_first(client: Client) -> None:
    here, there = some_camera(), some_camera()
    first, second, elsewhere, later, withdrawn = (some_plate() for _ in range(5))
    store_camera(client, here, 50.85, 4.35)
    store_facts(
        client,
        [
            Fact(first, here, at(-10)),
            Fact(second, here, at(10)),
            Fact(elsewhere, there, at(0)),
            Fact(later, here, at(7200)),
            Fact(withdrawn, here, at(5), {"withdrawn": True}),
        ],
    )
    found = place(client, open_one(client, scenes=[scene([here])]))
    assert [(one.plate, one.captured_at) for one in found] == [(second, at(10)), (first, at(-10))]
    assert found[0].camera_name == f"Name of {here}"


def test_the_end_of_the_time_is_outside_and_its_beginning_inside(client: Client) -> None:
    here = some_camera()
    store_facts(client, [Fact(some_plate(), here, at(s)) for s in (-1, 0, 9.999, 10)])
    found = place(client, open_one(client, scenes=[scene([here], 0, 10)]))
    assert [one.captured_at for one in found] == [at(9.999), at(0)]


@pytest.mark.parametrize(
    ("wanted", "plates"),
    [
        (Wanted(), {"A", "B", "C"}),
        (Wanted(countries=("FR",)), {"B"}),
        (Wanted(countries=("FR", "")), {"B", "C"}),
        (Wanted(vehicle_classes=("van",)), {"A"}),
        (Wanted(directions=("departing",)), {"B", "C"}),
        (Wanted(countries=("FR",), directions=("approaching",)), set()),
    ],
)
def test_filters_by_country_kind_and_direction(wanted: Wanted, plates: set[str], client: Client) -> None:
    here = some_camera()
    kinds = {
        "A": {"country": "BE", "vehicle_class": "van", "direction": "approaching"},
        "B": {"country": "FR", "vehicle_class": "car", "direction": "departing"},
        "C": {"country": "", "vehicle_class": "", "direction": "departing"},
    }
    store_facts(client, [Fact(name, here, at(0), more) for name, more in kinds.items()])
    assert {one.plate for one in place(client, open_one(client, scenes=[scene([here])]), wanted)} == plates


def test_part_of_a_plate_narrows_it(client: Client) -> None:
    here, core = some_camera(), some_plate()[:8]
    store_facts(client, [Fact(core + "1", here, at(0)), Fact(some_plate(), here, at(0))])
    assert [one.plate for one in place(client, open_one(client, f"{core}*", [scene([here])]))] == [core + "1"]


def test_only_the_newest_of_many(client: Client) -> None:
    here = some_camera()
    store_facts(client, [Fact(some_plate(), here, at(n)) for n in range(5)])
    found = place(client, open_one(client, scenes=[scene([here])]), limit=2)
    assert [one.captured_at for one in found] == [at(4), at(3)]


def test_another_scene_than_those_recorded_shows_nothing(client: Client) -> None:
    here = some_camera()
    store_facts(client, [Fact(some_plate(), here, at(0))])
    assert place(client, open_one(client, scenes=[scene([here])]), scene=2) == []


def test_a_zone_sees_its_own_cameras_only(client: Client) -> None:
    ours, theirs, core = some_camera(), some_camera(), some_plate()
    store_camera(client, ours, zone="BRU-NORTH")
    store_camera(client, theirs, zone="other")
    store_facts(client, [Fact(core, ours, at(0)), Fact(core, theirs, at(1))])
    search = open_one(client, scenes=[scene([ours, theirs])], officer="Z. Noord", police_zone="BRU-NORTH")
    assert [one.camera_id for one in place(client, search)] == [ours]


def test_a_search_that_has_ended_shows_nothing(client: Client) -> None:
    record = open_one(client, scenes=[scene([some_camera()])])
    foreign = record.model_copy(update={"officer": "B. Dupont"})
    with pytest.raises(SearchRefused) as refused:
        place(client, foreign)
    assert refused.value.code == "search_of_another"


def test_only_the_camera_and_the_month_are_read(client: Client) -> None:
    here = some_camera()
    store_facts(client, [Fact(some_plate(), here, at(0)), Fact(some_plate(), here, NOON - timedelta(days=45))])
    search = open_one(client, scenes=[scene([here])])
    given = {"search_id": search.search_id, "officer": search.officer, "scene": 1, "limit": 10}
    given |= {"countries": [], "vehicle_classes": [], "directions": []}
    plan = explained(client, sql_of("place"), given)
    assert_pruned(plan, "passages_by_camera", "camera_id", "captured_at")


def test_cameras_as_last_registered_and_those_that_move_without_a_place(client: Client) -> None:
    fixed, car = some_camera(), some_camera()
    store_camera(client, fixed, 50.85, 4.35, zone="5339")
    store_camera(client, car)
    found = {one.camera_id: one for one in cameras(client)}
    assert (found[fixed].name, found[fixed].police_zone) == (f"Name of {fixed}", "5339")
    assert found[fixed].position == (50.85, 4.35)
    assert found[car].position is None
    assert list(found) == sorted(found)
    assert parse_area("near:50.85,4.35,50").holds(found[fixed])
