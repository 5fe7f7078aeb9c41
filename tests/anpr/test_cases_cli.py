"""`anpr cases` from outside, on a platform that runs: what officers see and do, and what the audit keeps of it."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from clickhouse_connect.driver.client import Client

from anpr.platform import Platform, open_platform
from anpr.registering import register
from anpr.settings import resolve
from pipeline.runtime.kafka import producer_client
from schemas.camera import Camera, PatrolPosition
from schemas.codec import encode
from schemas.hit import Hit
from sinks.clickhouse.client import connect
from tests.anpr.knowing import wait_until_known
from tests.anpr.program import Ran, anpr, wait_until
from tests.pipeline.cases.builders import hit

pytestmark = pytest.mark.slow
OFFICER = "A. Peeters"
Cases = Callable[..., Ran]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The data folder of the platform."""
    return tmp_path_factory.mktemp("cases") / "data"


@pytest.fixture(scope="module")
def platform(folder: Path) -> Iterator[Platform]:
    """Broker, store, and the workers of cases, with a camera and a patrol; the officer is registered by opening it."""
    with open_platform(resolve({}, data_dir=folder, officer=OFFICER), workers=("cases", "store")) as platform:
        position = {"lat": 50.85, "lon": 4.35}
        camera = Camera.model_validate(
            {"camera_id": "cam-1", "name": "Rue Neuve", "kind": "fixed", "position": position}
        )
        patrol = PatrolPosition.model_validate(
            {"patrol_id": "5340-2", "at": datetime.now(UTC), "position": position, "status": "available"}
        )
        register(platform.settings.kafka(), [camera, patrol])
        wait_until_known(platform, "cases", {"cameras": 1, "patrols": 1})
        yield platform


@pytest.fixture
def client(platform: Platform) -> Client:
    """The platform's store."""
    return connect(platform.settings.dsn())


@pytest.fixture
def cases(folder: Path, platform: Platform) -> Cases:
    """Runs `anpr cases` as whoever finds the platform running."""
    assert platform.noted

    def run(*words: str, officer: str = OFFICER) -> Ran:
        return anpr(folder, "cases", *words, officer=officer)

    return run


def told(platform: Platform, client: Client, **changes: Any) -> str:
    """A hit of a vehicle of its own; returns its plate once the store has its case."""
    plate, at = f"9{uuid.uuid4().hex[:8].upper()}", datetime.now(UTC)
    fields = {"name": plate, "plate": plate, "listed_plate": plate, "captured_at": at, "received_at": at}
    _send(platform, hit(0, **{**fields, **changes}))
    count = "SELECT count() FROM cases WHERE plate = {plate:String}"
    wait_until(lambda: client.query(count, parameters={"plate": plate}).result_rows[0][0], what="a case in the store")
    return plate


def _send(platform: Platform, one: Hit) -> None:
    producer = producer_client(platform.settings.kafka())
    producer.produce("hits", encode(one), one.plate.encode())
    assert producer.flush(20) == 0


def test_a_case_from_the_hit_to_the_end(cases: Cases, platform: Platform, client: Client) -> None:
    plate = told(platform, client, dangerous=True, instruction="stop_with_backup", reason="armed robbery")
    listed = cases("list", "--json").json["cases"]
    (case,) = [one for one in listed if one["plate"] == plate]
    assert [one["patrol_id"] for one in case["nearest_patrols"]] == ["5340-2"]
    shown = cases("show", case["case_id"][:8]).out
    lines = shown.splitlines()
    assert lines[0].startswith("DANGEROUS")
    assert lines[1] == "STOP WITH BACKUP only"
    assert "Rue Neuve (cam-1)" in shown
    assert "5340-2" in shown
    assert "is yours" in cases("acknowledge", plate, "--text", "on my way").out
    assigned = cases("assign", plate, "5340-2", "--json").json["case"]
    assert (assigned["state"], assigned["assigned_to"]) == ("acknowledged", "5340-2")
    assert "is pursued" in cases("pursue", plate).out
    assert cases("note", plate, "blue van, two persons", "--json").json["case"]["note"] == "blue van, two persons"
    assert cases("close", plate, "--json").json["case"]["closed_how"] == "person"
    wait_until(lambda: "closed" in _state(cases, plate), what="the end in the store")
    done = cases("show", plate, "--json").json["case"]
    kinds = [event["kind"] for event in done["timeline"]]
    assert kinds == ["opened", "sighted", "acknowledged", "assigned", "pursuing", "noted", "closed"]
    assert {event["who"] for event in done["timeline"][2:]} == {OFFICER}


def _state(cases: Cases, plate: str) -> str:
    return str(cases("show", plate, "--json").json["case"]["state"])


def test_what_cannot_be_done_is_refused_in_words(cases: Cases, platform: Platform, client: Client) -> None:
    plate = told(platform, client)
    refused = cases("reopen", plate)
    refused.assert_clear("cannot reopen: the case is new")
    assert refused.code == 2
    cases("show", "9NOBODY").assert_clear("there is no case 9NOBODY")
    asleep = cases("list", "--state", "asleep")
    assert (asleep.code, "asleep is not one of" in asleep.err) == (2, True)


def test_a_doubtful_case_asks_what_the_picture_shows(cases: Cases, platform: Platform, client: Client) -> None:
    plate = told(platform, client, alert_class="confirm", match="misread", probability=0.4)
    asks = "NOT SURE: compare the picture with the plate before anybody is stopped"
    assert asks in cases("show", plate).out
    refused = cases("acknowledge", plate)
    refused.assert_clear("nobody has compared the newest picture", "--picture compared", "--picture none")
    assert (refused.code, plate in refused.err) == (2, False)
    assert "is yours" in cases("acknowledge", plate, "--picture", "none", "--text", "looking at the car").out
    assert "is pursued" in cases("pursue", plate).out
    wait_until(lambda: "pursuing" in _state(cases, plate), what="the pursuit in the store")
    shown = cases("show", plate)
    assert asks not in shown.out
    assert f"no picture to compare, says {OFFICER}" in shown.out
    kinds = [event["kind"] for event in cases("show", plate, "--json").json["case"]["timeline"]]
    assert kinds == ["opened", "sighted", "refused", "no_picture", "acknowledged", "pursuing"]


def test_two_officers_at_once_and_the_second_is_told_who_was_first(
    platform: Platform, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The store does not know yet: the worker has the last word."""
    from console import case_desk
    from console.case_desk import CaseDesk, CaseRefused

    plate = told(platform, client)
    desk = CaseDesk(client, platform.settings.kafka(), lambda: datetime.now(UTC))
    desk.act(OFFICER, plate, "acknowledge")
    monkeypatch.setattr(case_desk, "refusal", lambda *_: "")
    with pytest.raises(CaseRefused, match=rf"the case is acknowledged \(by {OFFICER}\)"):
        desk.act(OFFICER, plate, "acknowledge")


def test_nobody_looks_or_acts_who_is_not_registered(cases: Cases, platform: Platform, client: Client) -> None:
    plate = told(platform, client)
    for words in (("list",), ("show", plate), ("acknowledge", plate), ("report",)):
        cases(*words, officer="X. Nobody").assert_clear("X. Nobody is not registered")


def test_each_look_and_each_act_is_in_the_audit(cases: Cases, platform: Platform, client: Client) -> None:
    plate = told(platform, client)
    case_id = cases("show", plate, "--json").json["case"]["case_id"]
    cases("acknowledge", plate)
    found = client.query(
        "SELECT action, actor, about FROM audit WHERE position(about, {id:String}) > 0 ORDER BY at",
        parameters={"id": case_id},
    ).result_rows
    assert [(action, actor) for action, actor, _ in found] == [("case_shown", OFFICER), ("case_changed", OFFICER)]
    assert json.loads(found[1][2])["what"] == "acknowledge"
    assert all(plate not in about for _, _, about in found)


def test_what_was_judged_false_is_in_the_report(cases: Cases, platform: Platform, client: Client) -> None:
    before = _false(cases)
    plate = told(platform, client, list_kind="surveillance", alert_class="confirm", match="misread", probability=0.2)
    cases("false", plate, "--text", "another make", "--picture", "compared")
    wait_until(lambda: _false(cases) == before + 1, what="the feedback in the store")
    out = cases("report").out
    assert "surveillance" in out
    assert "misread" in out


def _false(cases: Cases) -> int:
    rows = cases("report", "--json").json["rows"]
    return sum(row["false_cases"] for row in rows if row["list_kind"] == "surveillance")


def test_without_a_platform_it_says_what_to_start(tmp_path: Path) -> None:
    refused = anpr(tmp_path / "alone", "cases", "acknowledge", "9ABC123", officer=OFFICER)
    refused.assert_clear("no broker runs on this data folder", "anpr demo", "ANPR_KAFKA_BOOTSTRAP")


def test_a_worker_that_is_down_is_told(platform: Platform, client: Client) -> None:
    from console.case_answers import CaseUnanswered
    from console.case_desk import CaseDesk

    plate = told(platform, client)
    child = platform.workers["cases"]
    child.kill()
    desk = CaseDesk(client, platform.settings.kafka(), lambda: datetime.now(UTC))
    with pytest.raises(CaseUnanswered, match="no worker has done it within 1 s"):
        desk.act(OFFICER, plate, "acknowledge", wait_s=1)
    assert platform.tend(), "it is started again"
    wait_until(lambda: desk.show(OFFICER, plate).case.state == "acknowledged", what="it is done then", timeout_s=60)
    assert datetime.now(UTC) - desk.show(OFFICER, plate).case.updated_at < timedelta(minutes=2)
