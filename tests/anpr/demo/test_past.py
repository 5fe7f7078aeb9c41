"""The demo's yesterday: whose it is, that it is learnt from, and that the demo does not count it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from clickhouse_connect.driver.client import Client

from anpr.demo.past import LEAST_CARS, TRIPS, give_yesterday, passages_of, reads_of
from anpr.demo.score import COUNTS
from console.interception import intercept
from replay.city import City, build_city
from replay.fleet import Fleet, build_fleet
from schemas.case import Case
from schemas.read import Read
from sinks.clickhouse.investigation.forecast import ELSEWHERE, NOT_SEEN
from sinks.clickhouse.queries.next_cameras import Prediction, next_cameras
from tests.sinks.queries.facts import Fact, store_camera, store_facts

SEED, RATE_PER_S, FLEET_SIZE = 7, 3.0, 4500
NOW = datetime(2026, 11, 26, 0, 30, tzinfo=UTC)
NOON = datetime(2026, 11, 25, 12, tzinfo=UTC)
HOURS = timedelta(hours=3)


def city(cameras: int = 24) -> City:
    return build_city(SEED, cameras, frame_cameras=4)


def fleet() -> Fleet:
    return build_fleet(SEED, NOW, FLEET_SIZE)


def reads(of: City) -> list[Read]:
    return list(reads_of(of, fleet(), RATE_PER_S, NOON, NOON + HOURS))


@pytest.fixture(scope="module")
def some() -> Sequence[Read]:
    """Some hours of the demo's city."""
    return reads(city())


def test_all_fixed_cameras_have_a_yesterday_those_that_send_pictures_too(some: Sequence[Read]) -> None:
    assert {read.camera_id for read in some} == {site.camera.camera_id for site in city().sites}
    assert all(NOON <= read.received_at < NOON + HOURS for read in some)


def test_no_wanted_vehicle_drove_yesterday(some: Sequence[Read]) -> None:
    seen = {read.candidates[0].text if read.candidates else read.plate_raw for read in some}
    assert not seen & {car.plate.text for car in fleet().wanted}
    assert seen <= {car.plate.text for car in fleet().cars}
    assert LEAST_CARS / 2 < len(seen) < FLEET_SIZE / 10, "few vehicles, each of which drives often"


def test_a_larger_city_costs_no_more(some: Sequence[Read]) -> None:
    assert len(reads(city(240))) < 2 * len(some)


def test_passages_are_as_the_platform_tells_them(some: Sequence[Read]) -> None:
    passages = [json.loads(passage) for passage in passages_of(some, city(), NOW)]
    assert len({passage["passage_id"] for passage in passages}) == len(passages) == len(some)
    again = [json.loads(passage) for passage in passages_of(some, city(), NOW + HOURS)]
    assert again == passages, "the same day again is the same rows"


def test_a_read_that_is_refused_is_told(some: Sequence[Read]) -> None:
    elsewhere = some[0].model_copy(update={"camera_id": "nobody-knows"})
    with pytest.raises(ValueError, match="nobody-knows is not registered"):
        list(passages_of([elsewhere], city(), NOW))


@pytest.fixture(scope="module")
def taught(tables: Client) -> int:
    """Passages from which a store learnt that knows the city's cameras."""
    for site in city().sites:
        place = site.camera.position
        assert place is not None
        store_camera(tables, site.camera.camera_id, place.lat, place.lon)
    return give_yesterday(tables, city(), fleet(), RATE_PER_S, datetime.now(UTC))


def _named(found: Prediction) -> list[str]:
    return [one.to_camera for one in found.outcomes if one.to_camera not in {NOT_SEEN, ELSEWHERE}]


@pytest.mark.slow
def test_of_every_camera_it_is_known_where_vehicles_go_on_to(taught: int, tables: Client) -> None:
    assert taught > TRIPS / 2
    now = datetime.now(UTC)
    for site in city().sites:
        found = next_cameras(tables, site.camera.camera_id, now, now)
        assert _named(found), site.camera
        assert found.observations >= 20


@pytest.mark.slow
def test_a_vehicle_seen_by_two_cameras_may_be_met_at_the_next(taught: int, tables: Client) -> None:
    assert taught
    now = datetime.now(UTC)
    first = city().sites[0].camera.camera_id
    second = _named(next_cameras(tables, first, now, now))[0]
    seen_at = now - timedelta(seconds=20)
    store_facts(tables, [Fact("1ZZZ999", first, seen_at - timedelta(minutes=4)), Fact("1ZZZ999", second, seen_at)])
    _patrols(tables, now)
    found = intercept(tables, _case(second, seen_at), now)
    likeliest = _named(next_cameras(tables, second, seen_at, now))
    assert [one.camera_id for one in found.ahead] == likeliest[: len(found.ahead)]
    assert (found.why_none, found.observations >= 20) == ("", True)
    assert found.proposed is not None
    camera, reach = found.proposed
    assert reach.there_at <= camera.latest


def _patrols(client: Client, now: datetime) -> None:
    """One free patrol at every camera."""
    places = [site.camera.position for site in city().sites]
    rows = [(f"unit-{n}", now, (one.lat, one.lon), "available") for n, one in enumerate(places) if one]
    client.insert("patrols", rows, column_names=["patrol_id", "at", "position", "status"])


def _case(camera_id: str, seen_at: datetime) -> Case:
    return Case(
        case_id=uuid4(),
        revision=1,
        plate="1ZZZ999",
        list_kinds=("stolen_vehicle",),
        priority=50,
        state="new",
        hit_ids=(uuid4(),),
        opened_at=seen_at,
        updated_at=seen_at,
        last_camera_id=camera_id,
        last_seen_at=seen_at,
    )


@pytest.mark.slow
def test_what_is_known_is_not_learnt_again(taught: int, tables: Client) -> None:
    assert taught
    assert give_yesterday(tables, city(), fleet(), RATE_PER_S, datetime.now(UTC)) == 0


@pytest.mark.slow
def test_nothing_of_yesterday_is_counted_by_the_demo(taught: int, tables: Client) -> None:
    now = datetime.now(UTC)
    (of_demo,) = tables.query(COUNTS, parameters={"since": now}).result_rows
    assert set(of_demo) == {0}
    (of_both,) = tables.query(COUNTS, parameters={"since": now - timedelta(days=2)}).result_rows
    assert max(of_both) >= taught, "as it is there"
