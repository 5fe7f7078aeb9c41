"""From a device's disk to the store: a frozen broker, a killed door and a killed device in between, each read once."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import psutil
import pytest

from anpr.edge.items import read_item
from anpr.edge.spool import Spool
from anpr.platform import open_platform
from anpr.settings import Settings
from pipeline.identity import derived_id, fact_id
from replay.bulk import vehicle_plate
from tests.anpr.door.gate import Gate
from tests.anpr.program import start, wait_until
from tests.end_to_end.city import CAMERAS, Town

pytestmark = [pytest.mark.slow, pytest.mark.timeout(180)]
VEHICLES = 10_000
CAR = "car-12"


@pytest.fixture
def town(settings: Settings) -> Iterator[Town]:
    """A platform that makes passages and stores them."""
    with open_platform(settings, workers=("consolidate", "store")) as platform:
        town = Town(platform)
        town.register()
        yield town
        town.close()


@pytest.fixture
def gate(town: Town, tmp_path: Path) -> Iterator[Gate]:
    """Its door."""
    settings = town.platform.settings
    assert settings.kafka_bootstrap is not None
    gate = Gate(
        settings.kafka_bootstrap, tmp_path / "door" / "data", {"door_reads_per_s": "100000", "door_answer_s": "3"}
    )
    gate.folder.parent.mkdir()
    gate.serve()
    yield gate
    if gate.process is not None:
        gate.kill()


def days_offline() -> Iterator[dict[str, Any]]:
    """What a car read three days ago: a vehicle every tenth of a second."""
    begin = datetime.now(UTC) - timedelta(days=3)
    for vehicle in range(VEHICLES):
        yield {
            "read_id": str(_read_id(vehicle)),
            "camera_id": CAMERAS[vehicle % len(CAMERAS)].camera_id,
            "captured_at": (begin + timedelta(seconds=vehicle / 10)).isoformat(),
            "plate_raw": vehicle_plate(vehicle)[0].decode(),
            "confidence": 0.9,
            "track_id": f"{CAR}-{vehicle}",
        }


def test_a_car_that_was_offline_for_days_is_in_the_store_once_whatever_dies_meanwhile(
    town: Town, gate: Gate, tmp_path: Path
) -> None:
    spool = tmp_path / "spool"
    token = gate.known(CAR, *(camera.camera_id for camera in CAMERAS))
    held = Spool(spool)
    held.put([read_item(read) for read in days_offline()])
    assert held.state().spooled == VEHICLES
    broker, begun = town.platform.broker, time.monotonic()
    assert broker is not None

    edge = _edge(tmp_path, spool, gate, token)
    wait_until(lambda: held.state().uploaded > 0, what="the car uploads")
    os.kill(broker.pid, signal.SIGSTOP)
    before = _memory(gate)
    wait_until(lambda: "503" in held.state().trouble, what="the car is told to come again", timeout_s=30)
    assert _memory(gate) - before < 40e6
    gate.kill()
    edge.kill()
    edge.wait()
    gate.serve(ready=False)
    edge = _edge(tmp_path, spool, gate, token, "--until-empty")
    os.kill(broker.pid, signal.SIGCONT)

    assert edge.wait(60) == 0, gate.said()
    assert (held.state().spooled, held.state().refused) == (0, 0)
    in_log = Counter(json.loads(raw.value() or b"")["read_id"] for raw in gate.log("reads"))
    assert in_log == {str(_read_id(vehicle)): 1 for vehicle in range(VEHICLES)}
    town.drain()
    rows = town.rows("SELECT passage_id, plate, read_count, late FROM passages_unpacked WHERE NOT withdrawn")
    assert {row[0] for row in rows} == {_passage(vehicle) for vehicle in range(VEHICLES)}
    assert len(rows) == VEHICLES
    assert {row[2:] for row in rows} == {(1, True)}
    assert town.doubles("passages", "passage_id") == (0, 0)
    assert town.rows("SELECT count() FROM dead_letters") == [(0,)]
    print(f"{time.monotonic() - begun:.1f} s from the first upload to the store")


def _read_id(vehicle: int) -> UUID:
    return fact_id("read", CAR, vehicle)


def _passage(vehicle: int) -> UUID:
    return derived_id(_read_id(vehicle), "passage")


def _edge(tmp_path: Path, spool: Path, gate: Gate, token: str, *words: str) -> subprocess.Popen[str]:
    return start(
        tmp_path / "car",
        "edge",
        "run",
        *words,
        edge_url=gate.url,
        edge_spool=str(spool),
        edge_token=token,
    )


def _memory(gate: Gate) -> int:
    assert gate.process is not None
    return int(psutil.Process(gate.process.pid).memory_info().rss)
