"""The notices worker as it runs: a process on a real broker, verdicts in, notices out, people in between."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from uuid import uuid4

import pytest

from pipeline.messages import Message
from pipeline.runtime.dead_letters import HEADER
from pipeline.runtime.partitions import partition_of
from schemas.codec import changed
from tests.pipeline.flows.notice_desk import NoticeDesk, ago, pass_of, verdict_of
from tests.pipeline.flows.test_cases import own_broker, plate_of  # noqa: F401 - a fixture
from tests.pipeline.notices.builders import permits
from tests.pipeline.runtime.workers import until

pytestmark = pytest.mark.slow  # groups of consumers take seconds to form


@pytest.fixture(scope="module", params=["embedded", pytest.param("kafka", marks=pytest.mark.kafka)])
def desk(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[NoticeDesk]:
    """A worker that runs, on the embedded broker and on Apache Kafka."""
    embedded = request.param == "embedded"
    bootstrap = str(request.getfixturevalue("own_broker" if embedded else "kafka"))
    desk = NoticeDesk(bootstrap, tmp_path_factory.mktemp("notices"), "static" if embedded else "group")
    desk.open()
    yield desk
    assert desk.stop() == 0, desk.log()
    assert "has ended in order" in desk.log()


def letters_of(desk: NoticeDesk, key: str) -> Sequence[Message]:
    """Dead letters under a key, once there are some."""
    found: list[Message] = []

    def look() -> None:
        found[:] = [m for m in desk.messages("dead-letters") if m.key == key.encode()]

    until(lambda: bool(found), look, "the letter")
    return found


def test_from_the_passage_to_the_decision_of_a_person(desk: NoticeDesk) -> None:
    """What a person decides reaches the worker that has the plate's verdicts and passes, in any partition."""
    plates = [plate_of(n) for n in range(12)]
    assert len({partition_of(plate.encode(), desk.partitions) for plate in plates}) > 1
    desk.send_verdicts(verdict_of(plate, ago(5)) for plate in plates)
    found = desk.await_notices(plates, lambda notices: len(notices) == len(plates), "all notices")
    assert {(one.kind, one.state, one.revision) for one in found.values()} == {("warning", "proposed", 1)}
    for notice in found.values():
        desk.decide(notice, "approve", revision=1)
    after = desk.await_notices(plates, lambda notices: all(one.revision == 2 for one in notices.values()), "decisions")
    assert {(one.state, one.decided_by) for one in after.values()} == {("approved", "peeters")}


def test_a_pass_and_a_permit_cancel_whichever_topic_is_faster(desk: NoticeDesk) -> None:
    today, paid, granted = plate_of(), plate_of(), plate_of()
    at = ago(0)
    desk.send_passes([pass_of(paid, at)])
    right = permits(("adapted_vehicle", "2026-01-01", ago(1)), plate=granted)
    desk.send_verdicts(verdict_of(plate, at) for plate in (today, paid, granted))
    desk.send_permits(granted, right)
    desk.await_notices([today], len, "the notice of who has nothing")
    desk.send_verdicts([verdict_of(paid, at, revision=2), verdict_of(granted, at, revision=2)])
    desk.send_permits(granted, None)
    found = desk.await_notices(
        [granted], lambda notices: all(n.state == "waiting" for n in notices.values()), "it ends"
    )
    assert {one.withdrawn_for for one in found.values()} == {""}
    assert all(one.withdrawn_for == "day_pass" for one in desk.notices([paid]).values())


@pytest.mark.parametrize(
    ("topic", "value", "reason"),
    [
        ("lez-verdicts", b"{", "not_json"),
        ("lez-passes", b"{}", "wrong_schema"),
        ("lez-permits", b'{"schema_version": 9}', "unknown_version"),
        ("lez-inputs", b"", "empty"),
    ],
)
def test_a_message_that_nobody_can_read_is_a_dead_letter_and_work_goes_on(
    topic: str, value: bytes, reason: str, desk: NoticeDesk
) -> None:
    key, plate = plate_of(), plate_of()
    desk.send_rubbish(topic, key, value)
    desk.send_verdicts([verdict_of(plate, ago(1))])
    desk.await_notices([plate], len, "the notice behind it")
    (letter,) = letters_of(desk, key)
    header = json.loads(dict(letter.headers)[HEADER])
    wanted = (value, reason, "notices", topic)
    assert (letter.value, header["reason"], header["stage"], header["source_topic"]) == wanted


def test_what_can_have_no_effect_is_a_dead_letter_that_says_why(desk: NoticeDesk) -> None:
    plate, other = plate_of(), plate_of()
    desk.send_verdicts([verdict_of(plate, ago(0))])
    (notice,) = desk.await_notices([plate], len, "the notice").values()
    desk.decide(notice, "approve")
    (letter,) = letters_of(desk, plate)
    refused = json.loads(dict(letter.headers)[HEADER])
    assert (refused["reason"], "not final before" in refused["detail"]) == ("notice_refused", True)
    desk.decide(changed(notice, plate=other, notice_id=uuid4()), "reject")
    (letter,) = letters_of(desk, other)
    assert json.loads(dict(letter.headers)[HEADER])["reason"] == "unknown_notice"
    paris, wrong = plate_of(), plate_of()
    desk.send_verdicts([changed(verdict_of(paris, ago(0)), zone="paris")])
    (letter,) = letters_of(desk, paris)
    assert json.loads(dict(letter.headers)[HEADER])["reason"] == "unknown_zone"
    desk.send_rubbish("lez-verdicts", wrong, b'{"plate":"1ABC234"}')
    (letter,) = letters_of(desk, wrong)
    assert plate not in json.loads(dict(letter.headers)[HEADER])["detail"]


def test_what_need_not_be_remembered_is_forgotten_by_the_clock(desk: NoticeDesk) -> None:
    """A withdrawal is kept for a day, for the verdict that it may have overtaken; this one came almost a day ago."""
    plate = plate_of()
    desk.send_verdicts([verdict_of(plate, ago(1), withdrawn=True, known_at=ago(1, seconds=-8))])
    values: list[bytes] = []

    def look() -> None:
        values[:] = [m.value for m in desk.messages("lez-files") if m.key == plate.encode()]

    until(lambda: len(values) == 2, look, "the file and its end")
    assert (bool(values[0]), values[1]) == (True, b"")
    assert desk.notices([plate]) == {}


def test_its_pages_say_how_it_is(desk: NoticeDesk) -> None:
    plate = plate_of()
    desk.send_verdicts([verdict_of(plate, ago(0))])
    desk.await_notices([plate], len, "the notice")
    health = json.loads(desk.page("health"))
    assert (health["worker"], health["alive"], health["state"]) == ("notices", True, "running")
    metrics = desk.page("metrics")
    assert 'anpr_notices_told_total{kind="warning",state="waiting"}' in metrics
    assert 'anpr_emitted_total{flow="notices",topic="lez-notices"}' in metrics
    assert plate not in metrics
    assert plate not in desk.log()
