"""The cases worker as it runs: a process on a real broker, hits in, cases out."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from anpr.embedded.broker import start_broker
from pipeline.runtime.dead_letters import HEADER
from pipeline.runtime.partitions import partition_of
from schemas.hit import Hit
from tests.pipeline.cases.builders import action, anomaly, hit
from tests.pipeline.flows.desk import Desk
from tests.pipeline.runtime.workers import until

pytestmark = pytest.mark.slow  # groups of consumers take seconds to form


@pytest.fixture(scope="module")
def own_broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """An embedded broker whose topics are the real ones."""
    broker = start_broker(log_path=tmp_path_factory.mktemp("broker") / "broker.log")
    yield broker.bootstrap
    broker.kill()


@pytest.fixture(scope="module", params=["embedded", pytest.param("kafka", marks=pytest.mark.kafka)])
def desk(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """A worker that runs, on the embedded broker and on Apache Kafka."""
    embedded = request.param == "embedded"
    bootstrap = str(request.getfixturevalue("own_broker" if embedded else "kafka"))
    desk = Desk(bootstrap, tmp_path_factory.mktemp("cases"), "static" if embedded else "group")
    desk.open()
    yield desk
    assert desk.stop() == 0, desk.log()
    assert "has ended in order" in desk.log()


def plate_of(number: int = 0) -> str:
    """A plate that no other test has."""
    return f"9{uuid.uuid4().hex[:7].upper()}{number:03d}"


def hit_now(plate: str, ago_s: float = 0.0, **changes: Any) -> Hit:
    """A hit that was received just now."""
    at = datetime.now(UTC) - timedelta(seconds=ago_s)
    fields = {"name": uuid.uuid4().hex, "plate": plate, "listed_plate": plate, "captured_at": at, "received_at": at}
    return hit(0, **{**fields, **changes})


def test_hits_become_a_case_whatever_was_read(desk: Desk) -> None:
    plate, read = plate_of(), plate_of()
    sure = hit_now(plate)
    doubtful = hit_now(read, match="misread", listed_plate=plate, alert_class="confirm", probability=0.4)
    desk.send_hits([sure, doubtful])
    found = desk.await_cases([plate, read], lambda cases: any(c.hit_count == 2 for c in cases.values()), "two hits")
    (case,) = found.values()
    assert (case.plate, case.state, set(case.hit_ids)) == (plate, "new", {sure.hit_id, doubtful.hit_id})


def test_a_hit_that_comes_again_is_told_once(desk: Desk) -> None:
    plate, other = plate_of(), plate_of()
    again = hit_now(plate)
    desk.send_hits([again])
    desk.await_cases([plate], len, "the case")
    # The same place in the log comes again after a crash; the same hit at another place is a repeated statement.
    desk.send_hits([again, hit_now(other)])
    desk.await_cases([other], len, "what came behind it")
    inputs = [m for m in desk.messages("case-inputs") if m.key == plate.encode()]
    assert len(inputs) == 2
    (case,) = desk.cases([plate]).values()
    assert (case.revision, case.hit_count, case.timeline_count) == (1, 1, 2)


def test_an_anomaly_is_a_case_too(desk: Desk) -> None:
    plate = plate_of()
    clock = anomaly(0, anomaly_id=uuid.uuid4(), kind="camera_clock", plate=None, camera_id="cam-1")
    desk.send_anomalies([clock, anomaly(0, anomaly_id=uuid.uuid4(), plate=plate, observed_at=datetime.now(UTC))])
    found = desk.await_cases([plate], len, "the case")
    (case,) = found.values()
    assert case.anomalies[0].evidence == ("cam-1.jpg", "cam-9.jpg")


def test_what_a_person_does_reaches_the_worker_that_has_the_case(desk: Desk) -> None:
    plates = [plate_of(n) for n in range(12)]
    assert len({partition_of(plate.encode(), desk.partitions) for plate in plates}) > 1
    desk.send_hits(hit_now(plate) for plate in plates)
    found = desk.await_cases(plates, lambda cases: len(cases) == len(plates), "all cases")
    for case in found.values():
        desk.act(case.plate, action(case.case_id, "assign", to="5340-2"))
    after = desk.await_cases(plates, lambda cases: all(c.assigned_to for c in cases.values()), "all assigned")
    assert {case.state for case in after.values()} == {"acknowledged"}


@pytest.mark.parametrize(
    ("topic", "value", "reason"),
    [("hits", b"{", "not_json"), ("anomalies", b"{}", "wrong_schema"), ("case-inputs", b"", "empty")],
)
def test_a_message_that_nobody_can_read_is_a_dead_letter_and_work_goes_on(
    topic: str, value: bytes, reason: str, desk: Desk
) -> None:
    key, plate = plate_of(), plate_of()
    desk.send_rubbish(topic, key, value)
    desk.send_hits([hit_now(plate)])
    desk.await_cases([plate], len, "the case behind it")
    letters: list[Any] = []

    def look() -> None:
        letters[:] = [m for m in desk.messages("dead-letters") if m.key == key.encode()]

    until(lambda: bool(letters), look, "the letter")
    (letter,) = letters
    header = json.loads(dict(letter.headers)[HEADER])
    assert (letter.value, header["reason"], header["stage"], header["source_topic"]) == (value, reason, "cases", topic)


def test_an_action_on_a_case_that_is_not_there_is_a_dead_letter(desk: Desk) -> None:
    plate = plate_of()
    desk.act(plate, action(uuid.uuid4(), "close"))
    letters: list[Any] = []

    def look() -> None:
        letters[:] = [m for m in desk.messages("dead-letters") if m.key == plate.encode()]

    until(lambda: bool(letters), look, "the letter")
    assert json.loads(dict(letters[0].headers)[HEADER])["reason"] == "unknown_case"


def test_nobody_answers_and_it_is_escalated_then_silence_ends_it(desk: Desk) -> None:
    """Received some minutes ago, so that the clock has something to say at once."""
    called, silent = plate_of(), plate_of()
    desk.send_hits([hit_now(called, ago_s=130), hit_now(silent, ago_s=1801, list_kind="no_insurance")])
    found = desk.await_cases(
        [called, silent],
        lambda cases: (
            {(c.plate, c.escalation, c.state) for c in cases.values()} == {(called, 1, "new"), (silent, 0, "closed")}
        ),
        "escalation and silence",
    )
    assert {case.closed_how for case in found.values()} == {None, "silence"}


def test_its_pages_say_how_it_is(desk: Desk) -> None:
    plate = plate_of()
    desk.send_hits([hit_now(plate)])
    desk.await_cases([plate], len, "the case")
    health = json.loads(desk.page("health"))
    assert (health["worker"], health["alive"], health["state"]) == ("cases", True, "running")
    metrics = desk.page("metrics")
    assert 'anpr_case_events_total{kind="opened"}' in metrics
    assert 'anpr_emitted_total{flow="cases",topic="cases"}' in metrics
    assert plate not in metrics
    assert plate not in desk.log()


def test_it_makes_no_topic_of_its_own(desk: Desk) -> None:
    from confluent_kafka.admin import AdminClient

    from topics.spec import all_topics

    found = AdminClient({"bootstrap.servers": desk.bootstrap}).list_topics(timeout=10).topics
    strange = [name for name in found.keys() - all_topics().keys() if "cases" in name or "case-" in name]
    assert strange == []


def test_a_backlog_of_many_trips_is_told_whole(desk: Desk) -> None:
    """More cases of one vehicle in one batch than its file keeps: those that it lets go were told before."""
    plate, trips = plate_of(), 9
    ago = [(trips - n) * 2400.0 for n in range(trips)]
    desk.send_hits([hit_now(plate, ago_s=seconds, list_kind="no_insurance") for seconds in ago])
    found = desk.await_cases([plate], lambda cases: len(cases) == trips, "a case for each trip")
    ended = desk.await_cases(
        [plate], lambda cases: sum(c.state == "closed" for c in cases.values()) >= trips - 1, "all but the last ended"
    )
    assert ended.keys() == found.keys()
    assert {case.hit_count for case in ended.values()} == {1}
