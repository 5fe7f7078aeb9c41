"""The API and the register need no more rights at the store than those of the roles that a deployment gives them."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from clickhouse_connect.driver.client import Client

from anpr.embedded.child import free_port
from sinks.clickhouse.client import connect
from sinks.clickhouse.controllers import LEZ
from sinks.clickhouse.migrate import make_database, migrate
from sinks.clickhouse.officers import FOREVER, Officer, Register
from tests.console.everything import asked
from tests.console.guarded import guarded_store
from tests.console.hits import hit, tell_hits
from tests.console.world import World, now, until
from tests.sinks import audited

pytestmark = pytest.mark.slow
AGENT, AUDITOR = "L. Janssens", "R. Maes"
WHY = "daily review of notices"


def _registered(client: Client, zones: Client) -> None:
    """Tables of both controllers, an agent of the zones in both registers, an auditor of the police."""
    migrate(client)
    migrate(zones, controller=LEZ)
    for one in (client, zones):
        register = Register(one, now, "Administrator")
        register.bootstrap(("administrator",))
        register.add(Officer(AGENT, "lez_agent", "", now(), FOREVER))
    Register(zones, now, "Administrator").add(Officer(AGENT, "administrator", "", now(), FOREVER))
    Register(client, now, "Administrator").add(Officer(AUDITOR, "auditor", "", now(), FOREVER))


def _ask_for_the_zones(world: World, zones: Client) -> None:
    """Everything of `/zones` that reads or writes their database."""
    listed = asked(world, "POST", "/zones/notices", AGENT, json={"reason": WHY})
    assert (listed.status_code, listed.json().get("notices")) == (200, []), listed.text
    day = (now() - timedelta(days=1)).date().isoformat()
    span = {"zone": "brussels", "from": day, "to": day}
    for by in ("day", "fuel"):
        counted = asked(world, "GET", "/zones/counts", AGENT, params={**span, "by": by})
        assert (counted.status_code, counted.json().get("rows")) == (200, []), counted.text
    stored = {"verdict_id": "00000000-0000-0000-0000-000000000001", "reason": WHY, "purpose": "objection"}
    assert asked(world, "POST", "/zones/verdict", AGENT, json={**stored, "plate": "1ABC234"}).status_code == 422
    body = {"zone": "brussels", "first": day, "last": day, "known_at": day, "reason": WHY}
    assert asked(world, "POST", "/zones/rejudgement", AGENT, json=body).status_code == 202
    until(lambda: _rejudged(world)["finished_at"], "the rejudgement")
    assert (_rejudged(world)["fault"], _rejudged(world)["result"]["looked_at"]) == ("", 0)
    rows = zones.query("SELECT DISTINCT action FROM audit WHERE actor = {who:String}", parameters={"who": AGENT})
    assert {action for (action,) in rows.result_rows} >= {"search_opened", "search_shown"}


def _rejudged(world: World) -> dict[str, Any]:
    return dict(asked(world, "GET", "/zones/rejudgement", AGENT).json()["preview"])


def test_all_of_it_works_with_the_roles_of_the_console(broker_address: str, tmp_path: Path) -> None:
    store = guarded_store(tmp_path)
    client, zones = connect(store.dsn), make_database(store.lez_dsn)
    _registered(client, zones)
    world = World(broker_address, store.dsn_as("anpr_search"), client, tmp_path / "world" / "data")
    world.folder.parent.mkdir()
    pages = free_port()
    world.settings["service_port"] = str(pages)
    world.settings |= {"lez_dsn": store.dsn_as("lez_agent"), "audit_dsn": store.dsn_as("anpr_auditor")}
    try:
        added = world.run("subscribers", "add", "dispatch", "--json")
        assert added.code == 0, added.err
        world.serve()
        subscriber = world.register.find("dispatch")
        tell_hits(world.bootstrap, hit(1))
        with world.listen(subscriber, start="oldest") as hits:
            assert next(hits).hit_id.int == 1
        page = httpx.get(f"http://127.0.0.1:{pages}/metrics").text
        assert 'anpr_hits_told_total{way="stream"}' in page
        assert httpx.get(f"http://127.0.0.1:{pages}/health").json()["alive"] is True
        until(lambda: world.audited(subscriber, "subscriber_delivered"), "the account")
        assert world.run("subscribers", "end", "dispatch").code == 0
        _ask_for_the_zones(world, zones)
        assert asked(world, "GET", "/audit/records", AUDITOR).status_code == 200
        assert world.stop() == 0, world.said()
        assert audited.verified(client).intact
    finally:
        if world.process is not None:
            world.kill()
        zones.close()
        client.close()
        store.stop()
