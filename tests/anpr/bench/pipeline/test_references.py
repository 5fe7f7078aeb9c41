"""What is put into the reference topics is what the contracts say, and fits the reads of the load."""

from __future__ import annotations

import json
from datetime import UTC, datetime

from anpr.bench.pipeline.plan import MOST_VEHICLES
from anpr.bench.pipeline.references import listed, registered
from anpr.bench.pipeline.searchable import LAST_VEHICLE, marker
from replay.bulk import ReadFactory, vehicle_plate
from schemas.codec import decoder
from schemas.hotlist import HotlistEntry
from schemas.lez import Vehicle
from schemas.read import Read

NOW = datetime(2026, 11, 26, 10, tzinfo=UTC)


def test_entries_are_valid_and_of_vehicles_that_do_not_drive() -> None:
    fleet = 5_000
    entries = [(key, decoder(HotlistEntry)(value)) for key, value in listed(fleet, 300, NOW)]
    assert [entry.entry_id.encode() for _, entry in entries] == [key for key, _ in entries]
    assert all(HotlistEntry.model_validate_json(value).valid_from < NOW for _, value in listed(fleet, 3, NOW))
    driving = {vehicle_plate(number)[0].decode() for number in range(fleet)}
    assert len({entry.plate for _, entry in entries} - driving) == 300


def test_the_register_holds_the_belgian_vehicles_that_drive() -> None:
    count = 1_000
    vehicles = {key: decoder(Vehicle)(value) for key, value in registered(count, 1)}
    assert all(vehicle.plate.encode() == key and vehicle.country == "BE" for key, vehicle in vehicles.items())
    assert len(vehicles) == 920, "the shares of replay.bulk"
    assert len({vehicle.fuel for vehicle in vehicles.values()}) > 3
    factory = ReadFactory(["one"], count, 0.005, 1)
    plates = {json.loads(value)["plate_raw"].encode() for _, value in factory.next_batch(500, NOW, NOW)}
    assert len(plates & vehicles.keys()) / len(plates) > 0.85, "so verdicts rest on the register"


def test_a_marker_is_a_valid_read_of_a_vehicle_that_nobody_else_has() -> None:
    plate, value = marker(7, "bench-00001", NOW.timestamp())
    read = Read.model_validate_json(value)
    assert (read.plate_raw, read.camera_id, read.captured_at, read.received_at) == (plate, "bench-00001", NOW, NOW)
    assert plate == vehicle_plate(LAST_VEHICLE - 8)[0].decode()
    assert LAST_VEHICLE - 100_000 >= MOST_VEHICLES, "a hundred thousand markers before one meets the fleet"
