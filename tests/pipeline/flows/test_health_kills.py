"""The health worker is killed in mid-work: no read is counted twice, no silence is missed, the same is told."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path

import pytest

from schemas.anomaly import Anomaly
from schemas.camera_tally import CameraTally
from tests.pipeline.flows.health_desk import HealthDesk, later_than_others
from tests.pipeline.flows.workplace import own_place
from tests.pipeline.health.builders import Desk, camera, days
from tests.pipeline.runtime.workers import until

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]
NAMES = [f"cam-{n:02}" for n in range(8)]
HOUR = timedelta(hours=1)
HOURS = 3


@pytest.fixture(params=["embedded", pytest.param("kafka", marks=pytest.mark.kafka)])
def desk(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[HealthDesk]:
    """A worker of its own, and on the embedded kind a broker of its own."""
    kafka = None if request.param == "embedded" else str(request.getfixturevalue("kafka"))
    with own_place(HealthDesk, tmp_path, kafka) as desk:
        yield desk


def rate(start: datetime, name: str, at: datetime) -> int:
    """One camera falls silent for an hour and a half, another one for good."""
    minutes = int((at - start).total_seconds() // 60)
    silent = (name == "cam-02" and 30 <= minutes < 120) or (name == "cam-05" and minutes >= 90)
    return 0 if silent else 3 + minutes % 4


def latest(told: Sequence[Anomaly]) -> set[tuple[object, ...]]:
    """What stands, without how often it was told."""
    found = {one.anomaly_id: one for one in told}
    return {(one.kind, one.camera_id, one.observed_at, one.ended_at) for one in found.values()}


def test_a_worker_that_is_killed_in_mid_work_tells_the_same(desk: HealthDesk) -> None:
    desk.register(camera(name) for name in NAMES)
    start = later_than_others()
    said = list(days(NAMES, start, start + HOURS * HOUR + timedelta(minutes=2), partial(rate, start)))
    third = len(said) // 3
    for begin in (0, third, 2 * third):
        seen = len(desk.messages("camera-health"))
        desk.count(said[begin : begin + third] if begin < 2 * third else said[begin:])
        until(partial(_has_more, desk, seen), lambda: None, "some of it")
        assert desk.child is not None
        desk.child.kill()
        desk.start()
    wanted = Desk(*(camera(name) for name in NAMES)).hear(said)
    assert latest(wanted.told) == latest(_awaited(desk, start, said))
    rows = desk.rows(NAMES)
    for hour in range(HOURS):
        hour_from = start + hour * HOUR
        counted = {name: rows[name, hour_from].reads for name in NAMES}
        sent = {name: sum(_reads(said, name, hour_from)) for name in NAMES}
        assert counted == sent


def _has_more(desk: HealthDesk, seen: int) -> bool:
    return len(desk.messages("camera-health")) > seen


def _awaited(desk: HealthDesk, start: datetime, said: Sequence[CameraTally]) -> Sequence[Anomaly]:
    """All that was told, once the last hour is judged."""
    until(
        lambda: (
            all(desk.rows(NAMES).get((name, start + (HOURS - 1) * HOUR)) for name in NAMES)
            and max(row.told_until for row in desk.rows(NAMES).values()) >= said[-1].last_at - timedelta(minutes=2)
        ),
        lambda: None,
        "the last hour",
    )
    return desk.told(NAMES)


def _reads(said: Sequence[CameraTally], name: str, hour_from: datetime) -> Iterator[int]:
    return (one.reads for one in said if one.camera_id == name and hour_from <= one.first_at < hour_from + HOUR)
