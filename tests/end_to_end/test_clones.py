"""A plate at two places at once, through broker, worker and store; what the worker knew comes back after kill -9."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from anpr.platform import open_platform
from anpr.registering import register
from anpr.settings import Settings
from schemas.base import GeoPoint
from schemas.camera import Camera
from schemas.codec import encode
from schemas.passage import Passage
from tests.anpr.knowing import wait_until_known
from tests.anpr.program import wait_until
from tests.end_to_end.city import Town
from tests.pipeline.builders import passage

pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]

PLATE = "1ABC234"
PLACES = {"north": (51.2, 4.4), "south": (50.4, 4.4)}


@pytest.fixture
def watched(settings: Settings) -> Iterator[Town]:
    """A platform that only looks for clones, with two cameras 90 km apart."""
    with open_platform(settings, workers=("watch", "store")) as platform:
        town = Town(platform)
        cameras = [
            Camera(camera_id=name, name=name, kind="fixed", position=GeoPoint(lat=lat, lon=lon))
            for name, (lat, lon) in PLACES.items()
        ]
        register(platform.settings.kafka(), cameras)
        wait_until_known(platform, "watch", {"cameras": len(cameras)})
        yield town
        town.close()


def _send(town: Town, camera: str, moment: datetime, **changes: Any) -> Passage:
    times = dict.fromkeys(("captured_at", "last_captured_at", "received_at"), moment)
    record = passage(
        PLATE, moment.second, **times, camera_id=camera, confidence=0.999, read_count=3,
        evidence=f"{camera}/1.jpg", **changes,
    )  # fmt: skip
    assert town.send_raw("passages", PLATE.encode(), encode(record)) == ""
    return record


def _standing(town: Town) -> list[tuple[Any, ...]]:
    query = "SELECT plate, camera_id, arrayMap(one -> one.evidence, sightings) FROM anomalies FINAL WHERE NOT withdrawn"
    return town.rows(query)


@pytest.mark.parametrize("copied", [True, False], ids=["from its copy", "from the log"])
def test_two_places_at_once_are_in_the_store_though_the_worker_was_killed_between(watched: Town, copied: bool) -> None:
    now, copy = datetime.now(UTC), watched.platform.settings.data_dir / "state" / "watch" / "passages-0.state"
    _send(watched, "north", now)
    wait_until(lambda: watched.left("watch") == 0, what="the first passage committed")
    wait_until(copy.exists, what="a copy of what is remembered")
    if not copied:
        copy.unlink()
    os.kill(watched.platform.workers["watch"].pid, signal.SIGKILL)
    wait_until(lambda: watched.platform.workers["watch"].returncode is not None, what="the kill")
    watched.platform.tend()
    second = _send(watched, "south", now + timedelta(seconds=10))
    found = [(PLATE, "south", ["north/1.jpg", "south/1.jpg"])]
    wait_until(lambda: _standing(watched) == found, what="the anomaly in the store", timeout_s=60)
    metrics = watched.metrics("watch")
    assert metrics['anpr_state_copies_total{flow="watch",outcome="taken_over"}'] == copied
    assert metrics['anpr_state_rebuilds_total{flow="watch"}'] == (not copied)
    more = {"passage_id": second.passage_id, "revision": 2, "withdrawn": True}
    _send(watched, "south", now + timedelta(seconds=10), **more)
    wait_until(lambda: _standing(watched) == [], what="the anomaly withdrawn", timeout_s=60)
    assert watched.rows("SELECT count() FROM anomalies FINAL") == [(1,)]
