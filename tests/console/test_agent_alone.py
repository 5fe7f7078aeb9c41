"""An agent of the zones who is nothing but that: one role in either register, one in the database of the zones.

The workers and the API have no more rights there than a deployment gives them.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar

import pytest

from anpr.embedded.broker import start_broker
from schemas.codec import changed, encode
from schemas.lez import LezVerdict
from schemas.search import Role
from sinks.clickhouse.client import connect
from sinks.clickhouse.controllers import LEZ
from sinks.clickhouse.migrate import make_database, migrate
from sinks.clickhouse.officers import FOREVER, Officer, Register
from tests.anpr.program import Ran, anpr
from tests.console.everything import asked
from tests.console.guarded import guarded_store
from tests.console.world import World, now, until
from tests.pipeline.flows.notice_desk import ago, verdict_of
from tests.pipeline.flows.test_cases import plate_of
from tests.pipeline.flows.workplace import Workplace
from tests.pipeline.lez.test_rejudgement import DIESEL_5, taken
from tests.sinks import audited

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]
AGENT, NEIGHBOUR = "L. Janssens", "P. Olice"
WHY = {"reason": "daily review of notices"}


class Notices(Workplace):
    """The worker that keeps notices."""

    worker: ClassVar[str] = "notices"


class StoreLez(Workplace):
    """The worker that stores what belongs to the zones, with its own rights there."""

    worker: ClassVar[str] = "store-lez"


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A platform whose stores give each program its own role; the API and both workers run."""
    folder = tmp_path_factory.mktemp("alone")
    store, broker = guarded_store(folder), start_broker(log_path=folder / "broker.log")
    client, zones = connect(store.dsn), make_database(store.lez_dsn)
    migrate(client)
    migrate(zones, controller=LEZ)
    registered: tuple[tuple[str, Role], ...] = ((AGENT, "lez_agent"), (NEIGHBOUR, "lez_agent"))
    for one, names in ((client, registered), (zones, registered[:1])):
        register = Register(one, now, "Administrator")
        register.bootstrap(("administrator",))
        for name, role in names:
            register.add(Officer(name, role, "", now(), FOREVER))
    made = World(broker.bootstrap, store.dsn_as("anpr_search"), client, folder / "world" / "data")
    made.folder.parent.mkdir()
    made.settings["lez_dsn"] = store.dsn_as("lez_agent")
    workers = [
        Notices(broker.bootstrap, folder, "static"),
        StoreLez(broker.bootstrap, folder, "static", {"lez_dsn": store.dsn_as("lez_writer")}),
    ]
    for worker in workers:
        worker.open()
    made.serve()
    yield made
    assert made.stop() == 0, made.said()
    assert audited.verified(zones, effects=LEZ.effects).intact is True
    for worker in workers:
        assert worker.stop() == 0, worker.log()
    broker.kill()
    store.stop()


def sent(world: World, *verdicts: LezVerdict) -> None:
    """As the worker `judge` tells them."""
    Notices(world.bootstrap, world.folder, "static").send(
        "lez-verdicts", [(one.plate, encode(one)) for one in verdicts]
    )


def noticed(world: World, plate: str, officer: str = AGENT, **more: Any) -> list[dict[str, Any]]:
    """Notices of a plate, as the API lists them."""
    answer = asked(world, "POST", "/zones/notices", officer, json={**WHY, "limit": 1000, **more})
    assert answer.status_code == 200, answer.text
    return [one for one in answer.json()["notices"] if one["plate"] == plate]


def proposed(world: World) -> dict[str, Any]:
    """A barred vehicle passed; the notice that waits for a decision."""
    plate = plate_of()
    sent(world, verdict_of(plate, ago(5)))
    until(lambda: noticed(world, plate), "a notice", 60.0)
    (notice,) = noticed(world, plate)
    return notice


@pytest.mark.parametrize(("what", "state"), [("approve", "approved"), ("reject", "rejected")])
def test_an_agent_decides_a_notice(what: str, state: str, world: World) -> None:
    notice = proposed(world)
    path = f"/zones/notices/{notice['notice_id']}"
    look = {"verdict_id": notice["verdict_ids"][0], "plate": notice["plate"], "purpose": "notice_review", **WHY}
    assert asked(world, "POST", "/zones/verdict", AGENT, json=look).status_code == 200
    said = {"what": what, "note": "picture and plate agree"}
    done = asked(world, "POST", f"{path}/decision", AGENT, json=said)
    assert done.status_code == 200, done.text
    after = done.json()["notice"]
    assert (after["state"], after["decided_by"], after["note"]) == (state, AGENT, said["note"])
    states = asked(world, "POST", path, AGENT, json=WHY).json()["states"]
    assert [one["state"] for one in states] == ["proposed", state]
    again = asked(world, "POST", f"{path}/decision", AGENT, json=said)
    assert (again.status_code, again.json()["code"]) == (422, "zones_refused")


def test_who_is_no_agent_of_the_zones_decides_nothing(world: World) -> None:
    notice = proposed(world)
    path = f"/zones/notices/{notice['notice_id']}/decision"
    refused = asked(world, "POST", path, NEIGHBOUR, json={"what": "approve", "note": "picture and plate agree"})
    assert (refused.status_code, refused.json()["code"]) == (403, "role_missing")
    assert noticed(world, notice["plate"])[0]["state"] == "proposed"


def test_an_agent_does_not_judge_anew(world: World) -> None:
    day = ago(1).date().isoformat()
    body = {"zone": "brussels", "first": day, "last": day, "known_at": day, **WHY}
    assert asked(world, "POST", "/zones/rejudgement", AGENT, json=body).status_code == 202

    def preview() -> dict[str, Any]:
        return dict(asked(world, "GET", "/zones/rejudgement", AGENT).json()["preview"])

    until(lambda: preview()["finished_at"], "the refusal")
    assert (preview()["result"], "administrator" in preview()["fault"]) == (None, True)


def test_an_agent_compares_a_doubtful_read_with_its_picture(world: World) -> None:
    plate = plate_of()
    doubtful = changed(taken(DIESEL_5, ago(4), sure=False), plate=plate, revision=1)
    sent(world, doubtful)

    def lez(*words: str) -> Ran:
        settings = {**world.environment(), "officer": AGENT}
        return anpr(world.folder, "lez", *words, "--reason", "daily comparison of doubtful reads", "--json", **settings)

    def waiting() -> bool:
        return str(doubtful.verdict_id) in {one["verdict_id"] for one in lez("doubtful").json["waiting"]}

    until(waiting, "the doubtful read", 60.0)
    done = lez("confirm", str(doubtful.verdict_id), "--plate", plate)
    assert done.code == 0, done.err
    assert (done.json["confirmed"], done.json["verdict"]) == (True, "non_compliant")
    until(lambda: noticed(world, plate, states=["proposed", "waiting"]), "its notice", 60.0)
