"""The API and the register need no more rights at the store than those of the console's role."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest
from clickhouse_connect.driver.client import Client

from anpr.embedded.child import free_port
from anpr.embedded.store.launch import start_store
from sinks.clickhouse.access import ROLES
from sinks.clickhouse.client import connect
from sinks.clickhouse.migrate import migrate
from sinks.clickhouse.officers import Register
from tests.console.hits import hit, tell_hits
from tests.console.world import World, now, until
from tests.sinks import audited

pytestmark = pytest.mark.slow


def _token(path: Path, text: str) -> Path:
    path.write_text(text)
    return path


def test_all_of_it_works_with_the_console_s_role(broker_address: str, tmp_path: Path) -> None:
    tokens = {role: _token(tmp_path / f"{role}.token", f"token of {role}, quite long") for role in ROLES}
    owner = _token(tmp_path / "owner.token", "token of the owner, quite long")
    store = start_store(tmp_path / "store", token_file=owner, role_token_files=tokens)
    client: Client = connect(store.dsn)
    migrate(client)
    Register(client, now, "Administrator").bootstrap(("administrator",))
    world = World(broker_address, store.dsn_as("anpr_search"), client, tmp_path / "world" / "data")
    world.folder.parent.mkdir()
    pages = free_port()
    world.settings["service_port"] = str(pages)
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
        assert world.stop() == 0, world.said()
        assert audited.verified(client).intact
    finally:
        if world.process is not None:
            world.kill()
        client.close()
        store.stop()
