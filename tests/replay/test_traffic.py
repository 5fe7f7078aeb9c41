"""The simulation: deterministic, in order, valid, plausible, and true to its truth."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from replay.city import build_city
from replay.conditions import Conditions
from replay.fleet import build_fleet
from replay.geometry import distance_m
from replay.observation import RenderRequest
from replay.traffic import Simulation
from schemas.camera import PatrolPosition
from schemas.read import Read
from tests.replay.conftest import START, Run, run


def reads(of: Run) -> list[Read]:
    return [o.item for o in of.observations if isinstance(o.item, Read)]


@settings(max_examples=5, deadline=None)
@given(seed=st.integers(0, 2**32))
def test_the_same_seed_gives_the_same_events_and_truth(seed: int) -> None:
    first, second = (run(seed, seconds=30, rate_per_s=3, size=900) for _ in range(2))
    assert first.observations == second.observations
    assert first.simulation.truth == second.simulation.truth


def test_another_seed_gives_other_events() -> None:
    assert run(1, seconds=30, rate_per_s=2).observations != run(2, seconds=30, rate_per_s=2).observations


def test_running_in_pieces_changes_nothing(busy: Run) -> None:
    simulation = Simulation(busy.city, busy.fleet, 11, START, 3)
    pieces = [o for s in range(0, 601, 7) for o in simulation.events(START + timedelta(seconds=min(s, 600)))]
    pieces += simulation.events(START + timedelta(seconds=600))
    assert pieces == busy.observations


def test_what_is_forgotten_changes_nothing_that_follows(busy: Run) -> None:
    simulation, seen = Simulation(busy.city, busy.fleet, 11, START, 3), []
    for s in range(0, 601, 100):
        seen += simulation.events(START + timedelta(seconds=s))
        simulation.forget()
    assert seen == busy.observations
    assert simulation.truth == []


def test_observations_come_in_order_and_not_before_the_start(busy: Run) -> None:
    times = [o.at for o in busy.observations]
    assert times == sorted(times)
    assert START <= times[0] <= times[-1] <= START + timedelta(seconds=600)


def test_every_message_is_valid(busy: Run) -> None:
    models = {Read: 0, PatrolPosition: 0}
    for observation in busy.observations:
        item = observation.item
        if isinstance(item, RenderRequest):
            assert item.received_at == observation.at
            continue
        assert type(item).model_validate_json(item.model_dump_json()) == item
        models[type(item)] += 1
    assert min(models.values()) > 100


def test_reads_come_from_smart_cameras_and_pictures_from_the_others(busy: Run) -> None:
    smart = {camera.camera_id for camera in busy.city.cameras if camera.reads_plates}
    pictures = {o.item.camera_id for o in busy.observations if isinstance(o.item, RenderRequest)}
    assert {read.camera_id for read in reads(busy)} <= smart
    assert pictures
    assert not pictures & smart


def test_captured_before_received_and_read_ids_repeat_only_as_duplicates(busy: Run) -> None:
    seen: dict[object, Read] = {}
    duplicates = 0
    for read in reads(busy):
        assert read.captured_at < read.received_at
        duplicates += read.read_id in seen
        assert seen.setdefault(read.read_id, read) == read
    assert duplicates / len(seen) == pytest.approx(0.01, abs=0.006)


def test_nobody_drives_faster_than_130_km_h(busy: Run) -> None:
    place = {s.camera.camera_id: s.camera.position for s in busy.city.sites}
    place_of_read = {(r.camera_id, r.captured_at): r.position for r in reads(busy) if r.position}
    tracks = defaultdict(list)
    for passage in busy.simulation.truth:
        tracks[passage.plate].append(passage)
    steps = 0
    for track in tracks.values():
        track.sort(key=lambda p: p.captured_at)
        points = [(p.captured_at, place.get(p.camera_id) or place_of_read[p.camera_id, p.captured_at]) for p in track]
        for (t0, a), (t1, b) in pairwise(points):
            assert a is not None
            assert b is not None
            steps += 1
            assert distance_m(a, b) * 3.6 <= 130 * (t1 - t0).total_seconds() + 3.6, track
    assert steps > 500


def test_motorcycles_show_no_plate_in_front(busy: Run) -> None:
    bikes = [r.direction for r in reads(busy) if r.vehicle_class == "motorcycle"]
    assert set(bikes) <= {"departing", None}
    assert "departing" in bikes


def test_rates_are_near_their_parameters(busy: Run) -> None:
    bikes = {car.plate.text for car in busy.fleet.cars if car.vehicle_class == "motorcycle"}
    smart = [p for p in busy.simulation.truth if p.via == "read" and p.plate not in bikes]
    assert sum(not p.seen for p in smart) / len(smart) == pytest.approx(0.03, abs=0.01)
    texts = [(text, p.plate) for p in smart for text in p.reads]
    assert sum(text != plate for text, plate in texts) / len(texts) == pytest.approx(0.04, abs=0.01)


def test_truth_and_messages_tell_the_same(busy: Run) -> None:
    by_track = {(r.camera_id, r.track_id): r for r in reversed(reads(busy))}
    told = Counter((p.camera_id, p.captured_at) for p in busy.simulation.truth if p.seen and p.via == "read")
    assert told == Counter((r.camera_id, r.captured_at) for r in by_track.values())
    pictured = Counter(
        (v.plate, o.item.captured_at)
        for o in busy.observations if isinstance(o.item, RenderRequest) for v in o.item.visible
    )  # fmt: skip
    assert pictured == Counter((p.plate, p.captured_at) for p in busy.simulation.truth if p.seen and p.via == "frame")


@pytest.mark.parametrize("rate_per_s", [1, 20])
def test_wanted_cars_are_seen_within_ten_seconds_one_of_them_in_a_picture(rate_per_s: float) -> None:
    result = run(4, seconds=12, rate_per_s=rate_per_s, size=6000, warm_up_s=200)
    early = [p for p in result.simulation.truth if p.listed and p.seen]
    assert {"read", "frame"} <= {p.via for p in early}
    assert min(p.captured_at for p in early) < START + timedelta(seconds=5)
    assert all(p.read_as in (None, p.plate) for p in early[:2])


def test_wanted_cars_keep_driving(busy: Run) -> None:
    seen = Counter(p.plate for p in busy.simulation.truth if p.listed)
    assert len(seen) == 4
    assert sum(seen.values()) > 6


def test_patrol_cars_upload_late_and_say_where_they_were(busy: Run) -> None:
    late = [o for o in busy.observations if isinstance(o.item, Read) and o.item.camera_id == "bxl-patrol-01"]
    assert late
    assert all(o.item.position and o.at >= START + timedelta(seconds=20) for o in late)  # type: ignore[union-attr]
    assert max(o.at - o.item.captured_at for o in late) > timedelta(minutes=5)  # type: ignore[union-attr]
    assert any(p.late for p in busy.simulation.truth)


def test_patrols_send_positions_and_move(busy: Run) -> None:
    fixes = defaultdict(list)
    for observation in busy.observations:
        if isinstance(observation.item, PatrolPosition):
            fixes[observation.item.patrol_id].append(observation.item)
    assert len(fixes) == 6
    for track in fixes.values():
        assert len(track) == 120
        assert len({(f.position.lat, f.position.lon) for f in track}) > 50


def test_empty_and_double_pictures() -> None:
    result = run(5, seconds=60, rate_per_s=30, size=25000, empty_frame_rate=0.3, warm_up_s=300)
    visible = Counter(len(o.item.visible) for o in result.observations if isinstance(o.item, RenderRequest))
    assert visible[0] > 5
    assert visible[2] > 0
    unseen = [p for p in result.simulation.truth if p.via == "frame" and not p.seen]
    assert unseen


def test_a_fleet_too_small_is_counted_not_hung() -> None:
    city, fleet = build_city(1), build_fleet(1, START, 30)
    simulation = Simulation(city, fleet, 1, START, 5)
    list(simulation.events(START + timedelta(seconds=30)))
    assert simulation.trips_refused > 100


@pytest.mark.parametrize("bad", [{"misread_rate": 1.5}, {"missed_rate": -0.1}, {"patrol_fix_s": 0}, {"warm_up_s": -1}])
def test_impossible_conditions_are_refused(bad: dict[str, float]) -> None:
    with pytest.raises(ValueError, match=next(iter(bad))):
        Conditions(**bad)


def test_an_impossible_simulation_is_refused() -> None:
    city, fleet = build_city(1), build_fleet(1, START, 30)
    with pytest.raises(ValueError, match="positive rate"):
        Simulation(city, fleet, 1, START, 0)
    with pytest.raises(ValueError, match="time zone"):
        Simulation(city, fleet, 1, datetime(2026, 1, 1), 1)  # noqa: DTZ001 - the point
