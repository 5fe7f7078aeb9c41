"""Cases over HTTP: an officer's program lists, shows and acts; who may not is told so; all of it is recorded."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import psutil
import pytest
from clickhouse_connect.driver.client import Client
from confluent_kafka.admin import AdminClient

from console.officer_tokens import officer_token
from pipeline.runtime.kafka import KafkaConfig, producer_client
from schemas.codec import encode
from sinks.clickhouse.officers import FOREVER, Officer, Register
from tests.anpr.program import start
from tests.console.world import World, now, until
from tests.pipeline.cases.builders import hit
from topics.admin import create
from topics.spec import all_topics

pytestmark = pytest.mark.slow
OFFICER = "A. Peeters"


@pytest.fixture(scope="module")
def desk(idle_world: World, tables: Client) -> Iterator[World]:
    """A platform with the API and the workers of cases, and one officer."""
    Register(tables, now, "Administrator").add(Officer(OFFICER, "officer", "", now(), FOREVER))
    create(AdminClient({"bootstrap.servers": idle_world.bootstrap}), all_topics(), max_partitions=1, replication=1)
    if idle_world.process is None:
        idle_world.serve()
    workers = [start(idle_world.folder, "worker", name, **idle_world.environment()) for name in ("cases", "store")]
    yield idle_world
    for worker in workers:
        with suppress(psutil.NoSuchProcess):
            worker.terminate()
        assert worker.wait(60) == 0, idle_world.said()


def asked(world: World, method: str, path: str, officer: str = OFFICER, **more: Any) -> httpx.Response:
    """What the API answers this officer."""
    token = more.pop("token", officer_token(world.credentials, officer, now() + timedelta(minutes=5)))
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    return httpx.request(method, f"{world.url}/v1/cases{path}", headers=headers, timeout=60, **more)


def case_of(world: World, **changes: Any) -> str:
    """A hit of a vehicle of its own; the identifier of its case, once the store has it."""
    plate, at = f"9{uuid.uuid4().hex[:8].upper()}", datetime.now(UTC)
    one = hit(0, name=plate, plate=plate, listed_plate=plate, captured_at=at, received_at=at, **changes)
    producer = producer_client(KafkaConfig(world.bootstrap))
    producer.produce("hits", encode(one), plate.encode())
    assert producer.flush(20) == 0

    def found() -> list[Any]:
        return [case for case in asked(world, "GET", "").json()["cases"] if case["plate"] == plate]

    until(found, "the case", timeout_s=90)
    return str(found()[0]["case_id"])


def test_an_officer_takes_a_case_and_ends_it(desk: World) -> None:
    case_id = case_of(desk)
    shown = asked(desk, "GET", f"/{case_id[:8]}").json()
    assert (shown["case"]["case_id"], shown["case"]["state"]) == (case_id, "new")
    taken = asked(desk, "POST", f"/{case_id}/actions", json={"what": "acknowledge", "text": "on my way"})
    assert (taken.status_code, taken.json()["case"]["state"]) == (200, "acknowledged")
    given = asked(desk, "POST", f"/{case_id}/actions", json={"what": "assign", "to": "5340-2"}).json()["case"]
    assert given["assigned_to"] == "5340-2"
    false = asked(desk, "POST", f"/{case_id}/actions", json={"what": "false"}).json()["case"]
    assert (false["state"], false["timeline"][-1]["who"]) == ("false", OFFICER)
    rows = desk.client.query(
        "SELECT action, count() FROM audit WHERE actor = {name:String} GROUP BY action", parameters={"name": OFFICER}
    ).result_rows
    assert dict(rows)["case_changed"] == 3  # type: ignore[arg-type]


def test_what_cannot_be_is_told_as_a_problem(desk: World) -> None:
    case_id = case_of(desk)
    cannot = asked(desk, "POST", f"/{case_id}/actions", json={"what": "reopen"})
    assert (cannot.status_code, cannot.headers["content-type"]) == (409, "application/problem+json")
    assert "cannot reopen" in cannot.json()["detail"]
    assert asked(desk, "GET", f"/{uuid.uuid4()}").status_code == 404
    assert asked(desk, "GET", "/1-ABC-234").status_code == 422, "no plate in an address"
    assert asked(desk, "POST", f"/{case_id}/actions", json={"what": "sleep"}).status_code == 422
    assert asked(desk, "POST", f"/{case_id}/actions", json={"what": "close", "force": True}).status_code == 422


def test_a_doubtful_case_is_taken_by_who_says_that_they_compared_the_picture(desk: World) -> None:
    case_id = case_of(desk, alert_class="confirm", probability=0.4)
    for what in ("acknowledge", "assign", "pursue", "close", "false"):
        refused = asked(desk, "POST", f"/{case_id}/actions", json={"what": what, "to": "5340-2"})
        problem = refused.json()
        assert (refused.status_code, problem["code"], problem["field"]) == (409, "picture_not_compared", "picture")
        assert "`picture compared`" in problem["detail"]
    assert asked(desk, "POST", f"/{case_id}/actions", json={"what": "pursue", "picture": True}).status_code == 422
    said = {"what": "note", "text": "cannot tell", "picture": "compared"}
    assert asked(desk, "POST", f"/{case_id}/actions", json=said).json()["case"]["state"] == "new"
    taken = asked(desk, "POST", f"/{case_id}/actions", json={"what": "acknowledge"})
    assert (taken.status_code, taken.json()["case"]["state"]) == (200, "acknowledged"), "though the store is behind"
    told = [(event["kind"], event.get("who")) for event in taken.json()["case"]["timeline"]]
    assert told[-3:] == [("compared", OFFICER), ("noted", OFFICER), ("acknowledged", OFFICER)]
    assert {kind for kind, _ in told[2:-3]} == {"refused"}
    rows = desk.client.query(
        "SELECT JSONExtractString(about, 'what'), JSONExtractString(about, 'picture') FROM audit "
        "WHERE action = 'case_changed' AND JSONExtractString(about, 'case_id') = {id:String} ORDER BY at",
        parameters={"id": case_id},
    ).result_rows
    assert rows[-2:] == [("note", "compared"), ("acknowledge", "")]


def test_what_was_done_is_seen_at_once_though_the_store_is_behind(desk: World) -> None:
    case_id = case_of(desk)
    for what, state in (("acknowledge", "acknowledged"), ("pursue", "pursuing"), ("false", "false")):
        done = asked(desk, "POST", f"/{case_id}/actions", json={"what": what}).json()["case"]
        shown = asked(desk, "GET", f"/{case_id}").json()["case"]
        listed = {one["case_id"]: one["state"] for one in asked(desk, "GET", "?limit=1000").json()["cases"]}
        assert (shown["revision"], shown["state"]) == (done["revision"], state)
        assert listed.get(case_id) == (None if state == "false" else state)


@pytest.mark.parametrize(("token", "status"), [("", 401), ("nonsense", 401), ("subscriber", 401), ("ended", 401)])
def test_who_has_no_officer_s_token_is_told_nothing(token: str, status: int, desk: World) -> None:
    made = {
        "subscriber": desk.token(desk.add()),
        "ended": officer_token(desk.credentials, OFFICER, now() - timedelta(seconds=1)),
    }.get(token, token)
    answer = asked(desk, "GET", "", token=made)
    assert (answer.status_code, answer.headers["www-authenticate"]) == (status, "Bearer")


def test_who_is_not_registered_any_more_is_refused_at_once(desk: World) -> None:
    assert asked(desk, "GET", "", officer="B. Nobody").status_code == 403
    register = Register(desk.client, now, "Administrator")
    register.add(Officer("C. Leaver", "officer", "", now() - timedelta(minutes=1), FOREVER))
    assert asked(desk, "GET", "", officer="C. Leaver").status_code == 200
    register.end("C. Leaver")
    assert asked(desk, "GET", "", officer="C. Leaver").status_code == 403


def test_the_command_gives_a_token_and_the_audit_says_so(desk: World) -> None:
    done = desk.run("officers", "token", OFFICER, "--hours", "1", "--json")
    assert done.code == 0, done.err
    assert asked(desk, "GET", "", token=done.json["token"]).status_code == 200
    rows = desk.client.query("SELECT actor FROM audit WHERE action = 'token_given'").result_rows
    assert rows == [("Administrator",)]
    desk.run("officers", "token", "B. Nobody").assert_clear("nobody is registered as B. Nobody")
