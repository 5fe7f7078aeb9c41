"""A history: as many passages as planned, spread over day, cameras and vehicles as in a city, the same for a seed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields, is_dataclass, replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import numpy as np
import pytest

from pipeline.plates.text import compact, plate_key
from replay.history.passages import LATE_SHARE, MISREAD_SHARE, History, Passages
from replay.history.plan import CAMERAS, HistoryPlan
from replay.history.plates import spell
from replay.history.trips import LOCAL_MS, Chains, Passed, drive_day, escorts

UNTIL = datetime(2026, 11, 24, tzinfo=UTC)
ROWS = 300_000


@pytest.fixture(scope="module")
def history() -> History:
    return History(HistoryPlan(ROWS, UNTIL, seed=5), 50_000)


@pytest.fixture(scope="module")
def blocks(history: History) -> list[Passages]:
    return list(history.blocks())


@pytest.fixture(scope="module")
def day(history: History) -> Passed:
    """Who passed where, before anybody read it."""
    chains = Chains.of(history.city, history.plan.seed)
    parts = list(drive_day(history.plan, chains, 0, 50_000))
    return Passed(*(np.concatenate([getattr(part, field.name) for part in parts]) for field in fields(Passed)))


def _flat(value: Any) -> list[Any]:
    """Arrays and names of a block, in one order."""
    if is_dataclass(value):
        return [part for field in fields(value) for part in _flat(getattr(value, field.name))]
    return [value]


def _same(left: Sequence[Passages], right: Sequence[Passages]) -> bool:
    pairs = [pair for a, b in zip(left, right, strict=True) for pair in zip(_flat(a), _flat(b), strict=True)]
    return all(np.array_equal(a, b) for a, b in pairs)


def _column(blocks: Sequence[Passages], name: str) -> np.ndarray:
    return np.concatenate([getattr(block, name) for block in blocks])


def test_the_same_seed_gives_the_same_rows_and_another_seed_others() -> None:
    first, again, other = (list(History(HistoryPlan(20_000, UNTIL, seed), 4000).blocks()) for seed in (1, 1, 2))
    assert _same(first, again)
    assert not np.array_equal(first[0].plate.chars[:100], other[0].plate.chars[:100])


def test_so_many_passages_hold_in_the_end_as_were_planned(blocks: list[Passages]) -> None:
    """Counted as the store collapses them: of each plate and passage the highest revision."""
    held: dict[tuple[str, bytes], tuple[int, bool]] = {}
    for block in blocks:
        keys = zip(block.plate.strings(), block.passage_id, strict=True)
        said = zip(block.revision.tolist(), block.withdrawn.tolist(), strict=True)
        for (plate, identifier), (revision, withdrawn) in zip(keys, said, strict=True):
            before = held.get((plate, identifier.tobytes()), (0, False))
            assert revision != before[0], "two sayings of one revision"
            held[plate, identifier.tobytes()] = max(before, (revision, withdrawn))
    living = [identifier for (_, identifier), (_, withdrawn) in held.items() if not withdrawn]
    assert len(living) == len(set(living)) == ROWS
    assert ROWS * 1.03 < sum(map(len, blocks)) < ROWS * 1.1


def test_a_vehicle_that_is_out_passes_as_often_as_was_observed(day: Passed) -> None:
    _, times = np.unique(day.vehicle, return_counts=True)
    assert 2.5 <= times.mean() <= 4.0
    assert np.mean(times == 1) > 0.1, "many are seen once"
    assert times.max() > 10, "some all day"


@pytest.mark.slow
def test_so_it_is_on_every_day_and_some_come_again() -> None:
    plan = HistoryPlan(1_800_000, UNTIL, cameras=150)
    chains = Chains.of(History(plan).city, plan.seed)
    days = [np.concatenate([part.vehicle for part in drive_day(plan, chains, day, 50_000)]) for day in range(2)]
    assert plan.days == 2
    assert all(2.5 <= len(day) / len(np.unique(day)) <= 4.0 for day in days)
    again = np.intersect1d(days[0], days[1])
    assert 0.3 < len(again) / len(np.unique(days[0])) < 0.8


def test_there_are_rush_hours_and_quiet_nights(day: Passed) -> None:
    hours = np.bincount((day.at_ms + LOCAL_MS) // 3_600_000 % 24, minlength=24)
    assert hours.argmax() in (7, 8, 16, 17)
    assert min(hours[8], hours[17]) > 1.5 * hours[11]
    assert hours[11] > 5 * hours[3] > 0


def test_cameras_are_as_busy_as_zipf_says(day: Passed) -> None:
    counts = np.sort(np.bincount(day.camera, minlength=CAMERAS))[::-1]
    assert 0.01 < counts[0] / ROWS < 0.06
    ranks = np.arange(5, 200)
    slope = np.polyfit(np.log(ranks), np.log(counts[ranks]), 1)[0]
    assert -1.2 < slope < -0.5


def test_hardly_any_vehicle_is_at_two_cameras_at_once(day: Passed) -> None:
    order = np.lexsort((day.at_ms, day.vehicle))
    vehicle, at_ms, camera = day.vehicle[order], day.at_ms[order], day.camera[order]
    same = (vehicle[1:] == vehicle[:-1]) & (camera[1:] != camera[:-1])
    assert np.mean(np.diff(at_ms)[same] < 1000) < 0.02, "trips of a vehicle are drawn apart and may meet"


def test_an_escort_is_close_behind_at_every_camera(history: History, day: Passed) -> None:
    led, behind = escorts(history.plan)
    assert len(led) > 50
    times: dict[tuple[int, int], list[int]] = {}
    for vehicle, camera, at_ms in zip(day.vehicle.tolist(), day.camera.tolist(), day.at_ms.tolist(), strict=True):
        times.setdefault((vehicle, camera), []).append(at_ms)
    company = dict(zip(led.tolist(), behind.tolist(), strict=True))
    lone = together = 0
    for (vehicle, camera), passed in times.items():
        if vehicle in company:
            near = times.get((company[vehicle], camera), [])
            together += sum(any(500 < other - at < 30_000 for other in near) for at in passed)
            lone += sum(not any(500 < other - at < 30_000 for other in near) for at in passed)
    assert together > 100
    assert lone <= 0.02 * together


def test_as_many_plates_are_misread_as_after_consensus(blocks: list[Passages]) -> None:
    """A misread has no national form. A fifth of them is corrected later; both tellings are counted here."""
    shown = np.concatenate([block.plate_display.lengths for block in blocks])
    plain = shown == np.concatenate([block.plate.lengths for block in blocks])
    first = _column(blocks, "revision") == _column(blocks, "read_count")
    assert np.mean(plain[first]) == pytest.approx(MISREAD_SHARE * 1.2, rel=0.15)


def test_what_is_told_of_a_passage_fits_together(blocks: list[Passages]) -> None:
    block = blocks[2]
    plates, shown, keys = block.plate.strings(), block.plate_display.strings(), block.plate_key.strings()
    assert [compact(text) for text in shown] == plates
    assert [plate_key(plate) for plate in plates] == keys
    assert (block.last_captured_at >= block.captured_at).all()
    assert (block.best_captured_at <= block.last_captured_at).all()
    assert (block.received_at > block.last_captured_at - 200).all()
    assert np.mean(block.late) == pytest.approx(LATE_SHARE, rel=0.4)
    assert (block.lane >= 1).all()
    assert block.confidence.min() > 0.4


def test_pictures_are_of_cameras_that_send_frames(blocks: list[Passages]) -> None:
    block = blocks[1]
    frames = block.frame_id.any(axis=1)
    keys = block.evidence.strings()
    assert 0.08 < np.mean(frames) < 0.3
    assert [bool(key) for key in keys] == frames.tolist()
    row = int(np.flatnonzero(frames)[0])
    at = datetime.fromtimestamp(block.best_captured_at[row] / 1000, UTC)
    camera = block.camera_id.names[block.camera_id.codes[row]]
    assert keys[row] == f"{camera}/{at:%Y/%m/%d}/{UUID(bytes=block.frame_id[row].tobytes())}-0.jpg"


def test_blocks_come_in_order_of_time(blocks: list[Passages]) -> None:
    begins = [int(block.captured_at.min()) for block in blocks]
    assert begins == sorted(begins)
    assert len(blocks) >= ROWS // 50_000
    ends = _column(blocks, "captured_at").max()
    assert UNTIL.timestamp() * 1000 - 86_400_000 <= begins[0] < ends < UNTIL.timestamp() * 1000 + 3_600_000


def test_different_vehicles_have_different_plates() -> None:
    plates = spell(np.arange(0, 400_000, dtype=np.int64)).plate.strings()
    assert len(set(plates)) == len(plates)
    belgian = sum(code == 1 for code in spell(np.arange(1000, dtype=np.int64)).country.codes)
    assert belgian == 800


@pytest.mark.parametrize("rows", [1, 999_999, 100_000_000, 5_000_000_000])
def test_a_plan_adds_up(rows: int) -> None:
    plan = HistoryPlan(rows, UNTIL)
    assert sum(plan.rows_of(day) for day in range(plan.days)) == rows
    assert 1 <= plan.days <= 365


def test_a_hundred_million_are_five_weeks_of_brussels_and_twenty_million_vehicles() -> None:
    plan = HistoryPlan(100_000_000, UNTIL)
    assert plan.days == 37
    assert 15_000_000 < plan.regulars + plan.others < 25_000_000


@pytest.mark.parametrize("wrong", [{"rows": 0}, {"cameras": 49}, {"until": UNTIL.replace(tzinfo=None)}])
def test_an_impossible_plan_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="a history needs rows, 50 to 2,000 cameras and an end with a time zone"):
        replace(HistoryPlan(10, UNTIL), **wrong)
