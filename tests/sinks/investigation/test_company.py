"""Who travels with a vehicle: planted escorts are found, strangers on the same road are not taken for one."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from replay.city import build_city
from replay.fleet import build_fleet
from replay.traffic import Simulation
from sinks.clickhouse.investigation.company import Companion, Met, TargetPassage, Traffic, score_companions
from tests.sinks.company_by_hand import Passing, companions_by_hand

pytestmark = pytest.mark.slow  # an hour of a city's traffic
START = datetime(2026, 11, 3, 7, 0, tzinfo=UTC)
SURE = 0.01
"""Expected by chance: below it a companion is shown as one."""


@pytest.fixture(scope="module")
def city() -> list[Passing]:
    """An hour of a city's traffic: vehicles go their own ways on shared roads, a twentieth is missed."""
    plan = build_city(seed=7, cameras=60, frame_cameras=0, patrol_cars=0)
    simulation = Simulation(plan, build_fleet(7, START, size=2000), seed=7, start=START, rate_per_s=2.0)
    for _event in simulation.events(START + timedelta(hours=1)):
        pass
    return [Passing(p.plate, p.camera_id, p.captured_at) for p in simulation.truth if p.seen]


def _targets(city: Sequence[Passing]) -> list[str]:
    counts = Counter(one.plate for one in city)
    return [plate for plate, count in sorted(counts.items()) if 10 <= count <= 25][:12]


def _escort(city: Sequence[Passing], plate: str, rng: random.Random, share: float = 0.9) -> list[Passing]:
    """A vehicle that follows it at some seconds, and is missed by some cameras."""
    return [
        Passing("ESCORT", one.camera_id, one.at + timedelta(seconds=rng.uniform(2, 25)))
        for one in city
        if one.plate == plate and rng.random() < share
    ]


def test_a_planted_escort_comes_first_and_is_mostly_sure(city: list[Passing]) -> None:
    rng, sure = random.Random(1), 0
    for plate in _targets(city):
        first = companions_by_hand([*city, *_escort(city, plate, rng)], plate)[0]
        assert first.plate == "ESCORT"
        assert 2 <= first.after_s <= 25
        sure += first.expected < SURE
    assert sure >= 9, "of 12 vehicles seen 10 to 25 times in an hour"


def test_strangers_are_not_taken_for_companions(city: list[Passing]) -> None:
    """By chance `expected` comes to at most itself: over 12 targets 0.12 strangers below 0.01, 1.2 below 0.1."""
    found = [one for plate in _targets(city) for one in companions_by_hand(city, plate)]
    assert len(found) > 100, "many vehicles were near several times"
    assert [one for one in found if one.expected < SURE] == []
    assert sum(one.expected < 0.1 for one in found) <= 2


MOTORWAY = [f"km-{km}" for km in range(0, 80, 10)]


def _motorway(begin: datetime, rng: random.Random, name: str, go_on: float = 0.95) -> list[Passing]:
    """One vehicle down the motorway; at each exit some leave."""
    way = []
    for number, camera in enumerate(MOTORWAY):
        way.append(Passing(name, camera, begin + timedelta(seconds=300 * number + rng.uniform(-10, 10))))
        if rng.random() > go_on:
            break
    return way


def _days(count: int, rng: random.Random) -> list[Passing]:
    """Mornings on the motorway: other people each day, and the target at eight."""
    traffic = []
    for day in range(count):
        for number in range(400):
            begin = START + timedelta(days=day, seconds=rng.uniform(-1800, 1800))
            traffic += _motorway(begin, rng, f"D{day}V{number}")
        traffic += _motorway(START + timedelta(days=day), rng, "TARGET", go_on=1)
    return traffic


def _score(found: Sequence[Companion], plate: str) -> Companion:
    return next(one for one in found if one.plate == plate)


def test_a_motorway_is_full_of_strangers_who_go_the_same_way() -> None:
    found = companions_by_hand(_days(1, random.Random(3)), "TARGET")
    assert max(one.passages for one in found) >= 7
    assert min(one.expected for one in found) > 1


@pytest.mark.parametrize("seed", range(20, 25))
def test_days_on_a_motorway_make_no_companions_of_strangers(seed: int) -> None:
    """Whatever the draw: chance explains everybody, and says so."""
    found = companions_by_hand(_days(4, random.Random(seed)), "TARGET")
    assert len(found) >= 20
    assert min(one.expected for one in found) > 0.1


def test_one_drive_on_a_motorway_does_not_tell_an_escort_from_a_stranger() -> None:
    rng = random.Random(4)
    found = companions_by_hand([*_days(1, rng), *_motorway(START, rng, "ESCORT", go_on=1)], "TARGET")
    assert _score(found, "ESCORT").expected > SURE


def test_several_days_do() -> None:
    rng = random.Random(5)
    escort = [p for day in range(4) for p in _motorway(START + timedelta(days=day), rng, "ESCORT", go_on=1)]
    found = companions_by_hand([*_days(4, rng), *escort], "TARGET")
    assert found[0].plate == "ESCORT"
    assert (found[0].days, found[0].trips) == (4, 4)
    assert found[0].expected < SURE < found[1].expected


def test_who_is_always_about_is_no_surprise() -> None:
    """The same encounters by a vehicle that the cameras see all day, and by one that they see only then."""
    rng = random.Random(6)
    days = [START + timedelta(days=day) for day in range(4)]
    rare = [p for day in days for p in _motorway(day, rng, "RARE", go_on=1)]
    bus = [Passing("BUS", p.camera_id, p.at + timedelta(seconds=gap)) for p in rare for gap in range(-560, 561, 70)]
    found = companions_by_hand([*_days(4, rng), *rare, *bus], "TARGET")
    assert _score(found, "BUS").passages >= _score(found, "RARE").passages - 4
    assert _score(found, "RARE").score > _score(found, "BUS").score + 2


def test_several_escorts_do_not_hide_each_other() -> None:
    rng = random.Random(7)
    days = [START + timedelta(days=day) for day in range(4)]
    gang = [p for name in ("ONE", "TWO", "THREE") for day in days for p in _motorway(day, rng, name, go_on=1)]
    found = companions_by_hand([*_days(4, rng), *gang], "TARGET")
    assert {one.plate for one in found[:3]} == {"ONE", "TWO", "THREE"}
    assert all(one.expected < SURE for one in found[:3])


def test_too_few_encounters_are_left_out(city: list[Passing]) -> None:
    plate = _targets(city)[0]
    assert min(one.passages for one in companions_by_hand(city, plate, least=4)) >= 4
    assert companions_by_hand(city, "NOBODY") == []


def test_nothing_around_is_no_companion() -> None:
    target = [TargetPassage("a", START)]
    assert score_companions(target, [], Traffic(0, 0)) == []
    alone = Met("B", ("B",), {target[0]: 3.0}, 0)
    (one,) = score_companions(target, [alone], Traffic(0, 1), least=1)
    assert one.expected <= 1


PASSAGES = [TargetPassage(f"c{n % 4}", START + timedelta(minutes=11 * n + (200 if n > 4 else 0))) for n in range(9)]
MET = st.lists(st.tuples(st.sets(st.integers(0, 8), min_size=1), st.integers(0, 30)), min_size=1, max_size=8).map(
    lambda rows: [Met(f"P{n}", (), {PASSAGES[p]: 5.0 for p in near}, ring) for n, (near, ring) in enumerate(rows)]
)


@given(MET, st.randoms(use_true_random=False))
def test_the_order_of_what_is_given_does_not_matter(met: list[Met], rng: random.Random) -> None:
    traffic = Traffic(sum(one.ring for one in met), len(met))
    wanted = score_companions(PASSAGES, met, traffic, least=1)
    mixed_met, mixed_target = rng.sample(met, len(met)), rng.sample(PASSAGES, len(PASSAGES))
    found = score_companions(mixed_target, mixed_met, traffic, least=1)
    assert {one.plate: round(one.score, 9) for one in found} == {one.plate: round(one.score, 9) for one in wanted}
    assert all(0 <= one.expected <= len(met) for one in found)
    assert all(one.passages <= one.of for one in found)
