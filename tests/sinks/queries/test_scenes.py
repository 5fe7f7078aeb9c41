"""Vehicles seen in several scenes: the store against a search by hand."""

from __future__ import annotations

import itertools
from collections import defaultdict
from datetime import datetime, timedelta

import pytest
from clickhouse_connect.driver.client import Client
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.plates.text import plate_key
from sinks.clickhouse.queries.scenes import scenes, scenes_sql
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
    store_facts,
)

Span = tuple[int, int, int]
"""Camera, first and last second of a scene."""
Sight = tuple[int, int, int]
"""Vehicle, camera, second."""


def test_at_a_then_b_within_their_times(client: Client) -> None:
    a, b = some_camera(), some_camera()
    both, only_a, backwards, too_late = (some_plate() for _ in range(4))
    store_facts(
        client,
        [
            Fact(both, a, at(0)),
            Fact(both, b, at(600)),
            Fact(only_a, a, at(0)),
            Fact(backwards, b, at(100)),
            Fact(backwards, a, at(200)),
            Fact(too_late, a, at(0)),
            Fact(too_late, b, at(5000)),
        ],
    )
    search = open_one(client, scenes=[scene([a], 0, 1800), scene([b], 0, 1800)])
    found = scenes(client, search, in_order=True)
    assert [(one.plate, one.in_scenes, one.sightings) for one in found] == [(both, [1, 2], 2)]
    assert (found[0].times, found[0].cameras, found[0].scenes) == ([at(0), at(600)], [a, b], [1, 2])
    assert {one.plate for one in scenes(client, search)} == {both, backwards}


def test_a_misread_does_not_lose_the_vehicle(client: Client) -> None:
    a, b, core = some_camera(), some_camera(), some_plate()[:9]
    store_facts(
        client,
        [Fact(core + "B8O", a, at(0), {"confidence": 0.95}), Fact(core + "8B0", b, at(60), {"confidence": 0.6})],
    )
    (found,) = scenes(client, open_one(client, scenes=[scene([a]), scene([b])]))
    assert (found.plate, found.written) == (core + "B8O", [core + "8B0", core + "B8O"])


def test_more_scenes_first_then_the_rarer_then_those_seldom_seen(client: Client) -> None:
    a, b, c = some_camera(), some_camera(), some_camera()
    all_three, rare, common, bus = (some_plate() for _ in range(4))
    facts = [Fact(all_three, camera, at(0)) for camera in (a, b, c)]
    facts += [Fact(rare, camera, at(1)) for camera in (b, c)]
    facts += [Fact(plate, camera, at(2)) for plate in (common, bus) for camera in (a, b)]
    facts += [Fact(bus, a, at(10 * n)) for n in range(5)]
    store_facts(client, facts)
    found = scenes(client, open_one(client, scenes=[scene([a]), scene([b]), scene([c])]), least=2)
    assert [one.plate for one in found] == [all_three, rare, common, bus]
    assert [one.alike for one in found] == [1, 1, 2, 2]


@pytest.mark.parametrize("least", [0, 1, 3])
def test_fewer_than_two_scenes_or_more_than_there_are_is_refused(least: int, client: Client) -> None:
    search = open_one(client, scenes=[scene([some_camera()]), scene([some_camera()])])
    with pytest.raises(SearchRefused, match="at least two scenes"):
        scenes(client, search, least)


def test_one_scene_is_refused(client: Client) -> None:
    with pytest.raises(SearchRefused, match="at least two scenes"):
        scenes(client, open_one(client, scenes=[scene([some_camera()])]))


@pytest.mark.parametrize(
    ("spans", "possible"),
    [
        ([(0, 60), (60, 120)], True),
        ([(0, 60), (30, 90)], True),
        ([(0, 60), (0, 60)], True),
        ([(60, 120), (0, 60)], False),
        ([(0, 60), (100, 200), (50, 100)], False),
        ([(100, 200), (0, 300), (90, 110)], True),
        ([(100, 200), (0, 300), (0, 100)], False),
    ],
)
def test_an_order_that_cannot_be_is_refused(spans: list[tuple[int, int]], possible: bool, client: Client) -> None:
    search = open_one(client, scenes=[scene([some_camera()], *span) for span in spans])
    if possible:
        assert scenes(client, search, in_order=True) == []
        return
    with pytest.raises(SearchRefused, match="order of time") as refused:
        scenes(client, search, in_order=True)
    assert refused.value.code == "scenes_order"


SPANS = st.lists(st.tuples(st.integers(0, 2), st.integers(0, 40), st.integers(1, 40)), min_size=2, max_size=4)
SIGHTS = st.lists(st.tuples(st.integers(0, 4), st.integers(0, 2), st.integers(0, 60)), max_size=25, unique=True)


@pytest.mark.slow
@settings(max_examples=25, deadline=None)
@given(SPANS.map(lambda spans: [(c, b, b + d) for c, b, d in spans]), SIGHTS, st.data())
def test_the_store_finds_what_a_search_by_hand_finds(
    client: Client, spans: list[Span], sights: list[Sight], data: st.DataObject
) -> None:
    in_order = data.draw(st.booleans())
    least = len(spans) if in_order else data.draw(st.integers(2, len(spans)))
    cameras, plates = [some_camera() for _ in range(3)], [some_plate() for _ in range(5)]
    store_facts(client, [Fact(plates[v], cameras[c], at(s)) for v, c, s in sights])
    search = open_one(client, scenes=[scene([cameras[c]], begin, end) for c, begin, end in spans])
    wanted = _by_hand(spans, sights, least, in_order)
    if in_order and not _can_be(spans):
        assert wanted == {}
        with pytest.raises(SearchRefused, match="order of time"):
            scenes(client, search, least, in_order=in_order)
        return
    found = scenes(client, search, least, in_order=in_order)
    assert {one.plate: one.in_scenes for one in found} == {plates[v]: seen for v, seen in wanted.items()}


def _can_be(spans: list[Span]) -> bool:
    """Whether a second in each scene can be chosen, each later than the one before or the same."""
    begins = [[other for _c, other, _e in spans if begin <= other < end] for _c, begin, end in spans]
    return any(list(chosen) == sorted(chosen) for chosen in itertools.product(*begins))


def _by_hand(spans: list[Span], sights: list[Sight], least: int, in_order: bool) -> dict[int, list[int]]:
    seen: dict[int, dict[int, list[int]]] = defaultdict(lambda: defaultdict(list))
    for vehicle, camera, second in sights:
        for number, (place, begin, end) in enumerate(spans, start=1):
            if camera == place and begin <= second < end:
                seen[vehicle][number].append(second)
    return {
        vehicle: sorted(by_scene)
        for vehicle, by_scene in seen.items()
        if len(by_scene) >= least and (not in_order or _chain(by_scene, len(spans)))
    }


def _chain(by_scene: dict[int, list[int]], count: int, number: int = 1, after: int = -1) -> bool:
    """Whether some choice of one sighting each goes through all scenes: tried out, all of them."""
    if number > count:
        return True
    return any(_chain(by_scene, count, number + 1, second) for second in by_scene.get(number, []) if second > after)


def test_each_scene_reads_its_cameras_and_its_time(client: Client) -> None:
    a, b = some_camera(), some_camera()
    earlier: datetime = NOON - timedelta(days=45)
    store_facts(client, [Fact(some_plate(), camera, moment) for camera in (a, b) for moment in (NOON, earlier)])
    search = open_one(client, scenes=[scene([a]), scene([b])])
    given = {"search_id": search.search_id, "officer": search.officer, "least": 2, "in_order": True, "limit": 9}
    plan = explained(client, scenes_sql(2), given)
    assert plan.count(".passages_by_camera)") == 2
    assert_pruned(plan, "passages_by_camera", "camera_id", "captured_at")


def test_vehicles_are_told_apart_as_the_key_of_the_contract_does() -> None:
    assert plate_key("ODQILZSGB") == "000112568", "the queries write this out: translate(plate, …)"
