"""Scenarios happen in the traffic of both simulations, and the truth tells of them."""

from __future__ import annotations

from collections import defaultdict
from datetime import timedelta
from itertools import pairwise
from pathlib import Path

import pytest

from pipeline.lez.loading import load_law
from replay.city import City, build_city
from replay.fleet import build_fleet
from replay.placing import build_large_city
from replay.scenarios.asked import KINDS, Asked, ScenarioError
from replay.scenarios.planting import Planted, plant, true_scenarios
from replay.traffic import Simulation
from replay.truth import TruePassage, read_truth, write_truth
from tests.replay.conftest import START
from tests.replay.rush.large import START as RUSH_START
from tests.replay.rush.large import Ran

ALL = [Asked(kind=kind) for kind in KINDS]


@pytest.fixture(scope="module")
def city() -> City:
    return build_large_city(7, 450)


@pytest.fixture(scope="module")
def planted(city: City) -> dict[str, Planted]:
    return {one.asked.kind: one for one in plant(ALL, city, 7, START, 1800)}


def test_another_scenario_beside_it_changes_nothing(city: City, planted: dict[str, Planted]) -> None:
    assert plant(ALL[:1], city, 7, START, 1800) == (planted["stolen_car"],)
    assert plant(ALL[:1], city, 8, START, 1800) != (planted["stolen_car"],)


def test_a_stolen_car_crosses_the_city_and_is_listed(planted: dict[str, Planted]) -> None:
    (drive,), (entry,) = planted["stolen_car"].drives, planted["stolen_car"].entries
    assert len(drive.passes) > 5
    assert drive.car.wanted
    assert (entry.plate, entry.list_kind) == (drive.car.plate.text, "stolen_vehicle")
    assert entry.valid_from < START


@pytest.mark.parametrize("seed", range(1, 6))
def test_in_a_small_city_too_cameras_enough_see_what_is_planted(seed: int) -> None:
    planted = plant(ALL, build_city(seed, 24), seed, START, 1200)
    seen = {one.asked.kind: min((len(drive.passes) for drive in one.drives), default=0) for one in planted}
    assert seen["stolen_car"] >= 2
    assert seen["convoy"] >= 3
    assert seen["cloned_plate"] >= 1, "of each of the two cars"


def test_after_the_shots_the_car_is_listed_and_flees(planted: dict[str, Planted]) -> None:
    came, fled = planted["escape"].drives
    (entry,) = planted["escape"].entries
    shots_s = (entry.valid_from - START).total_seconds()
    assert not came.car.wanted
    assert fled.car.wanted
    assert came.car.plate == fled.car.plate
    assert all(p.at_s < shots_s for p in came.passes)
    assert all(p.at_s >= shots_s for p in fled.passes)
    assert entry.dangerous
    assert len(fled.passes) > 3


def test_a_convoy_keeps_together_and_its_order(planted: dict[str, Planted]) -> None:
    drives = planted["convoy"].drives
    assert len({drive.car.plate.text for drive in drives}) == 3
    for passes in zip(*(drive.passes for drive in drives), strict=True):
        assert len({p.site.camera.camera_id for p in passes}) == 1
        gaps = [b.at_s - a.at_s for a, b in pairwise(passes)]
        assert all(3.9 < gap < 12.1 for gap in gaps)


def test_a_cloned_plate_is_in_two_places_at_once(planted: dict[str, Planted]) -> None:
    one, other = planted["cloned_plate"].drives
    assert one.car.plate == other.car.plate
    assert one.passes[0].at_s < other.passes[-1].at_s
    assert other.passes[0].at_s < one.passes[-1].at_s
    assert not {p.site for p in one.passes} & {p.site for p in other.passes}


def test_offenders_are_barred_by_the_law_and_known_to_the_register(planted: dict[str, Planted]) -> None:
    cars = [drive.car.registration() for drive in planted["lez_offender"].drives]
    assert len({car.plate for car in cars}) == 5
    assert {(car.fuel, car.euro) for car in cars} == {("diesel", 2)}
    assert load_law("brussels")
    zones = [p.site.camera.lez_zones for drive in planted["lez_offender"].drives for p in drive.passes]
    assert zones.count(("brussels",)) > 20


def test_planted_plates_are_nobodys_else(brussels: Ran) -> None:
    mine = {plate for one in brussels.planted for plate in one.plates}
    per_plate = defaultdict(set)
    planned = {
        (d.car.plate.text, p.site.camera.camera_id) for one in brussels.planted for d in one.drives for p in d.passes
    }
    for passage in brussels.passages():
        per_plate[passage.plate].add(passage.camera_id)
    assert len(mine) == 11
    for plate in mine & set(per_plate):
        assert {(plate, camera) for camera in per_plate[plate]} <= planned


def test_they_happen_in_the_large_simulation(brussels: Ran) -> None:
    """Each pass of each planted car is in the truth, seen or not; a silent camera sends nothing."""
    passed = defaultdict(list)
    for passage in brussels.passages():
        passed[passage.plate, passage.camera_id].append(passage)
    for one in brussels.planted:
        for drive in one.drives:
            for p in drive.passes:
                if p.at_s < 590:
                    there = passed[drive.car.plate.text, p.site.camera.camera_id]
                    assert any(abs((t.captured_at - RUSH_START).total_seconds() - p.at_s) < 5 for t in there)
                    assert all(t.listed == drive.car.wanted for t in there) or one.asked.kind == "escape"
    (silence,) = (one.silence for one in brussels.planted if one.silence)
    from_ = RUSH_START + timedelta(seconds=silence.from_s + 5)
    there = [t for t in brussels.passages() if t.camera_id == silence.camera_id]
    assert any(t.seen for t in there)
    assert not any(t.seen and t.captured_at > from_ for t in there)


def test_they_happen_in_the_small_simulation(tmp_path: Path) -> None:
    city, fleet = build_city(7, 120), build_fleet(7, START, 2000)
    planted = plant(ALL, city, 7, START, 600)
    simulation = Simulation(city, fleet, 7, START, 0.2, planted=planted)
    list(simulation.events(START + timedelta(seconds=600)))
    seen = {(t.plate, t.camera_id): t for t in simulation.truth}
    for drive in (drive for one in planted for drive in one.drives):
        for p in drive.passes:
            assert p.at_s > 580 or (drive.car.plate.text, p.site.camera.camera_id) in seen
    path = tmp_path / "truth.jsonl"
    scenarios = true_scenarios(planted, START, 600)
    write_truth(path, 7, simulation.parameters, simulation.truth, scenarios)
    truth = read_truth(path, seed=7, parameters=simulation.parameters)
    assert truth.scenarios == scenarios
    assert {one.kind for one in scenarios} == set(KINDS)
    assert "silent_camera" in str(truth.header.parameters["scenarios"])


def test_a_silent_camera_of_the_small_simulation_sends_nothing() -> None:
    city, fleet = build_city(7, 24), build_fleet(7, START, 2000)
    name = next(site.camera.camera_id for site in city.sites if site.camera.reads_plates)
    planted = plant([Asked(kind="silent_camera", camera=name, at_s=0)], city, 7, START, 100)
    simulation = Simulation(city, fleet, 7, START, 1.0, planted=planted)
    list(simulation.events(START + timedelta(seconds=100)))
    there: list[TruePassage] = [t for t in simulation.truth if t.camera_id == name]
    assert there
    assert not any(t.seen for t in there)


def test_only_what_has_happened_is_told(planted: dict[str, Planted]) -> None:
    assert true_scenarios(list(planted.values()), START, 10.0) == ()
    (early,) = true_scenarios([planted["stolen_car"]], START, planted["stolen_car"].drives[0].passes[1].at_s)
    (whole,) = true_scenarios([planted["stolen_car"]], START, 1e6)
    assert len(early.camera_ids) == 1
    assert early.begins == whole.begins < whole.ends


@pytest.mark.parametrize(
    ("asked", "match"),
    [
        (Asked(kind="stolen_car", start="atlantis"), "stolen_car: from: there is no crossing atlantis"),  # type: ignore[call-arg]
        (Asked(kind="convoy", goal="atlantis"), "convoy: to: there is no crossing atlantis"),  # type: ignore[call-arg]
        (Asked(kind="silent_camera", camera="x"), "camera x is not in this city"),
        (Asked(kind="stolen_car", start="rogier", goal="rogier"), "from rogier to rogier goes nowhere"),  # type: ignore[call-arg]
    ],
)
def test_a_place_that_is_not_there_is_refused(city: City, asked: Asked, match: str) -> None:
    with pytest.raises(ScenarioError, match=match):
        plant([asked], city, 7, START, 600)
