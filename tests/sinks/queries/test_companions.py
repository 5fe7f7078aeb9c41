"""Companions from the store: its encounters against a count by hand, and an escort among strangers."""

from __future__ import annotations

from datetime import timedelta

import pytest
from clickhouse_connect.driver.client import Client
from hypothesis import given, settings
from hypothesis import strategies as st

from sinks.clickhouse.queries.ask import sql_of
from sinks.clickhouse.queries.companions import companions, encounters
from sinks.clickhouse.refusal import SearchRefused
from tests.sinks.company_by_hand import Passing, around
from tests.sinks.queries.facts import (
    NOON,
    Fact,
    assert_pruned,
    at,
    explained,
    open_one,
    some_camera,
    some_plate,
    store_facts,
)

SIGHTS = st.lists(st.tuples(st.integers(0, 4), st.integers(0, 2), st.integers(-120, 120)), max_size=40, unique=True)
"""Vehicle (0: the target), camera, second after NOON."""


@settings(max_examples=10, deadline=None)
@given(SIGHTS, st.integers(0, 30), st.integers(0, 60))
def test_encounters_are_those_counted_by_hand(
    client: Client, sights: list[tuple[int, int, int]], near_s: int, more_s: int
) -> None:
    cameras, plates = [some_camera() for _ in range(3)], [some_plate() for _ in range(5)]
    passings = [Passing(plates[v], cameras[c], at(s)) for v, c, s in sights]
    store_facts(client, [Fact(one.plate, one.camera_id, one.at) for one in passings])
    search = open_one(client, plates[0], kind="companions")
    rows = encounters(client, search, near_s, near_s + more_s)
    _target, met, traffic = around(passings, plates[0], near_s, near_s + more_s)
    nearest: dict[str, dict[tuple[str, str], float]] = {}
    for row in rows:
        for camera, moment, ms in zip(row.near_cameras, row.near_times, row.near_ms, strict=True):
            places = nearest.setdefault(row.plate, {})
            key = (camera, moment.isoformat())
            places[key] = min(places.get(key, 1e9), abs(ms) / 1000)
    assert nearest == {
        one.plate: {(p.camera_id, p.captured_at.isoformat()): abs(s) for p, s in one.near.items()} for one in met
    }
    assert {row.plate: row.ring for row in rows} == {one.plate: one.ring for one in met}
    assert {(row.all_ring, row.all_vehicles) for row in rows} <= {(traffic.ring, traffic.vehicles)}


def test_an_escort_is_found_and_its_misreads_are_it(client: Client) -> None:
    way, target, core = [some_camera() for _ in range(6)], some_plate(), some_plate()[:9]
    facts = [Fact(target, camera, at(300 * n)) for n, camera in enumerate(way)]
    written = (core + "B10", core + "8I0", core + "BIO")
    facts += [Fact(written[n % 3], camera, at(300 * n + 4)) for n, camera in enumerate(way)]
    facts += [Fact(some_plate(), camera, at(300 * n + 7 * k)) for n, camera in enumerate(way) for k in range(-60, 60)]
    facts += [Fact(written[0], way[0], at(2), {"withdrawn": True}), Fact(target[:11] + "9", way[0], at(1))]
    store_facts(client, facts)
    search = open_one(client, target, kind="companions")
    points, found = companions(client, search)
    assert [point.camera_id for point in points] == way
    assert [(one.passages, one.of, one.trips) for one in found] == [(6, 6, 1)]
    assert set(found[0].written) == set(written)
    assert found[0].after_s == 4
    assert found[0].expected < 0.01


def test_a_misread_of_the_target_itself_is_no_companion(client: Client) -> None:
    here, core = some_camera(), some_plate()[:9]
    store_facts(client, [Fact(core + "B10", here, at(200 * n)) for n in range(4)])
    store_facts(client, [Fact(core + "8IO", here, at(200 * n + 1)) for n in range(4)])
    assert companions(client, open_one(client, core + "B10", kind="companions"), least=1)[1] == []


def test_only_the_time_of_the_search(client: Client) -> None:
    here, target, other = some_camera(), some_plate(), some_plate()
    store_facts(client, [Fact(plate, here, at(200 * n)) for n in range(4) for plate in (target, other)])
    search = open_one(client, target, kind="companions", captured_from=at(200), captured_until=at(600))
    assert [one.passages for one in companions(client, search, least=1)[1]] == [2]


def test_nobody_near(client: Client) -> None:
    target = some_plate()
    store_facts(client, [Fact(target, some_camera(), at(0))])
    points, found = companions(client, open_one(client, target, kind="companions"))
    assert (len(points), found) == (1, [])


def test_a_search_for_a_plate_does_not_open_its_companions(client: Client) -> None:
    here, target = some_camera(), some_plate()
    store_facts(client, [Fact(target, here, at(0)), Fact(some_plate(), here, at(1))])
    with pytest.raises(SearchRefused) as refused:
        encounters(client, open_one(client, target), 60, 600)
    assert refused.value.code == "kind_closed"


def test_who_asks_can_not_widen_what_is_near(client: Client) -> None:
    search = open_one(client, some_plate(), kind="companions")
    with pytest.raises(SearchRefused) as refused:
        encounters(client, search, 60, 901)
    assert refused.value.code == "window_wide"


def test_the_index_finds_the_target_and_its_cameras(client: Client) -> None:
    here, target = some_camera(), some_plate()
    moments = (NOON, NOON - timedelta(days=45))
    store_facts(client, [Fact(plate, here, moment) for plate in (target, some_plate()) for moment in moments])
    search = open_one(client, target, kind="companions")
    given = {"search_id": search.search_id, "officer": search.officer, "near_s": 60, "within_s": 600}
    plan = explained(client, sql_of("companions"), given)
    assert_pruned(plan, "passages", "plate", "captured_at")
    assert_pruned(plan, "passages_by_camera", "camera_id", "captured_at")
