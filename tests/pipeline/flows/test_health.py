"""The health worker as it runs: a process on a real broker, counts in, anomalies and rows out."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta

import pytest

from pipeline.runtime.dead_letters import HEADER
from schemas.codec import encode
from tests.pipeline.flows.health_desk import HealthDesk, later_than_others
from tests.pipeline.flows.test_cases import own_broker  # noqa: F401 - a fixture
from tests.pipeline.health.builders import MONDAY, camera, days, tally
from tests.pipeline.runtime.workers import until

pytestmark = pytest.mark.slow  # groups of consumers take seconds to form
NAMES = [f"cam-{n}" for n in range(4)]
MINUTE = timedelta(minutes=1)


@pytest.fixture(scope="module", params=["embedded", pytest.param("kafka", marks=pytest.mark.kafka)])
def desk(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[HealthDesk]:
    """A worker that runs, on the embedded broker and on Apache Kafka."""
    embedded = request.param == "embedded"
    bootstrap = str(request.getfixturevalue("own_broker" if embedded else "kafka"))
    desk = HealthDesk(bootstrap, tmp_path_factory.mktemp("health"), "static" if embedded else "group")
    desk.open()
    desk.register(camera(name) for name in NAMES)
    yield desk
    assert desk.stop() == 0, desk.log()
    assert "has ended in order" in desk.log()


def test_a_camera_falls_silent_and_comes_back(desk: HealthDesk) -> None:
    begin = later_than_others()
    silent, back = begin + 10 * MINUTE, begin + 70 * MINUTE
    desk.count(days(NAMES, begin, silent, lambda _name, _at: 6))
    desk.count(days(NAMES, silent, back, lambda name, _at: 0 if name == "cam-2" else 6))
    found = desk.await_told(NAMES, len, "the silence")
    assert {(one.kind, one.camera_id) for one in found.values()} == {("camera_silent", "cam-2")}
    desk.count(days(NAMES, back, back + 5 * MINUTE, lambda _name, _at: 6))
    found = desk.await_told(NAMES, lambda told: all(one.ended_at for one in told.values()), "it comes back")
    (anomaly,) = found.values()
    assert (anomaly.withdrawn, anomaly.observed_at, anomaly.plate) == (False, silent - timedelta(seconds=2), None)
    rows = desk.rows(NAMES)
    whole = {name: rows[name, begin] for name in NAMES}
    assert {name: row.reads for name, row in whole.items()} == {name: 60 if name == "cam-2" else 360 for name in NAMES}
    assert whole["cam-2"].troubles == ("camera_silent",)


@pytest.mark.parametrize(("value", "reason"), [(b"{", "not_json"), (b'{"schema_version":1}', "wrong_schema")])
def test_a_message_that_nobody_can_read_is_a_dead_letter_and_work_goes_on(
    value: bytes, reason: str, desk: HealthDesk
) -> None:
    desk.send_rubbish("camera-tallies", f"bad-{reason}", value)
    found: list[str] = []

    def look() -> None:
        letters = [m for m in desk.messages("dead-letters") if m.key == f"bad-{reason}".encode()]
        found[:] = [json.loads(dict(letter.headers)[HEADER])["reason"] for letter in letters]

    until(lambda: bool(found), look, "the letter")
    assert found == [reason]


def test_a_key_that_is_not_the_camera_and_a_camera_that_nobody_registered(desk: HealthDesk) -> None:
    desk.send_rubbish("camera-tallies", "bad-key", encode(tally("cam-0", MONDAY)))
    desk.count([tally("cam-9", MONDAY)])
    unknown = 'anpr_dropped_total{flow="health",reason="camera_unknown"} 1.0'
    until(lambda: unknown in desk.page("metrics"), lambda: None, "it is dropped")
    letters = [m for m in desk.messages("dead-letters") if m.key == b"bad-key"]
    assert [json.loads(dict(one.headers)[HEADER])["reason"] for one in letters] == ["key_mismatch"]


def test_its_pages_say_how_it_is(desk: HealthDesk) -> None:
    health = json.loads(desk.page("health"))
    assert (health["worker"], health["alive"]) == ("health", True)
    metrics = desk.page("metrics")
    assert 'anpr_camera_anomalies_total{kind="camera_silent"} 1.0' in metrics
    assert "anpr_camera_skew_seconds_bucket" in metrics
    assert "cam-2" not in metrics
