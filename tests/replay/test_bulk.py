"""The load generator: every message valid and unique, counters true, the same from the same seed."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta
from uuid import UUID

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from replay.bulk import ReadFactory, vehicle_plate, vehicle_plates
from schemas.codec import decoder
from schemas.hotlist import HotlistEntry
from schemas.read import Read
from tests.replay.conftest import START

CAMERAS = [f"cam-{n:04d}" for n in range(300)]
LATER = START + timedelta(milliseconds=40)


@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 2**32), share=st.floats(0, 1), fleet=st.integers(2, 5_000_000))
def test_every_message_is_valid(seed: int, share: float, fleet: int) -> None:
    decode = decoder(Read)
    for key, value in ReadFactory(CAMERAS, fleet, share, seed).next_batch(200, START, LATER):
        read = Read.model_validate_json(value)
        assert read.camera_id.encode() == key
        assert (read.captured_at, read.received_at) == (START, LATER)
        assert read.candidates[0].text == read.plate_raw
        assert decode(value).read_id == read.read_id


def test_identifiers_and_tracks_are_unique_and_of_version_5() -> None:
    factory = ReadFactory(CAMERAS, seed=1)
    reads = [decoder(Read)(v) for _ in range(3) for _, v in factory.next_batch(10_000, START, LATER)]
    assert len({read.read_id for read in reads}) == 30_000
    assert len({read.track_id for read in reads}) == 30_000
    assert all(UUID(str(read.read_id)).version == 5 for read in reads[:100])
    assert all(UUID(str(read.read_id)).variant == "specified in RFC 4122" for read in reads[:100])


def test_counters_tell_how_many_reads_are_listed() -> None:
    factory = ReadFactory(CAMERAS, 100_000, 0.02, seed=2)
    entries = factory.hotlist(START)
    assert all(HotlistEntry.model_validate_json(e.model_dump_json()) == e for e in entries)
    wanted = {entry.plate for entry in entries}
    plates = [decoder(Read)(v).plate_raw for _ in range(4) for _, v in factory.next_batch(5000, START, LATER)]
    assert factory.reads == len(plates) == 20_000
    assert factory.listed_reads == sum(plate in wanted for plate in plates)
    assert factory.listed_reads / factory.reads == pytest.approx(0.02, abs=0.004)


def test_the_same_seed_gives_the_same_bytes() -> None:
    first, second, other = (ReadFactory(CAMERAS, seed=s).next_batch(500, START, LATER) for s in (1, 1, 2))
    assert first == second != other


def test_a_vehicle_keeps_its_camera_and_some_drive_more_than_others() -> None:
    reads = [decoder(Read)(v) for _, v in ReadFactory(CAMERAS, 2000, seed=3).next_batch(40_000, START, LATER)]
    cameras: dict[str, set[str]] = {}
    for read in reads:
        cameras.setdefault(read.plate_raw, set()).add(read.camera_id)
    assert all(len(seen) == 1 for seen in cameras.values())
    often = Counter(read.plate_raw for read in reads).most_common()
    assert often[0][1] > 2 * (40_000 / 2000)


@given(numbers=st.lists(st.integers(0, 4_999_999), min_size=1))
def test_a_vehicle_has_the_same_plate_by_itself_and_among_many(numbers: list[int]) -> None:
    quoted, countries = vehicle_plates(np.array(numbers))
    told = [(bytes(plate).strip(b' "'), bytes(country)) for plate, country in zip(quoted, countries, strict=True)]
    assert told == [vehicle_plate(number) for number in numbers]


def test_plates_differ_up_to_the_largest_fleet() -> None:
    plates = [vehicle_plate(n)[0] for start in (0, 1_000_000, 4_960_000) for n in range(start, start + 40_000)]
    assert len(set(plates)) == 120_000


@pytest.mark.parametrize(("cameras", "size", "share"), [([], 10, 0.1), (["a"], 1, 0.1), (["a"], 10, 1.1)])
def test_an_impossible_factory_is_refused(cameras: list[str], size: int, share: float) -> None:
    with pytest.raises(ValueError, match="a factory needs"):
        ReadFactory(cameras, size, share)


def test_a_naive_time_is_refused() -> None:
    with pytest.raises(ValueError, match="time zone"):
        ReadFactory(CAMERAS).next_batch(1, datetime(2026, 1, 1), LATER)  # noqa: DTZ001 - the point
