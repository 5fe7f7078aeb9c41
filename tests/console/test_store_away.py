"""While the store is away: who is connected goes on, nobody new is let in without a record, and it mends itself."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from anpr.client.events import EventParser
from anpr.embedded.store.launch import start_store
from schemas.hit import Hit
from sinks.clickhouse.client import connect
from sinks.clickhouse.migrate import migrate
from tests.console.hits import hit, tell_hits
from tests.console.targets import target
from tests.console.world import World, until

pytestmark = pytest.mark.slow


def _hits(answer: httpx.Response) -> Iterator[int]:
    parser = EventParser()
    for chunk in answer.iter_raw():
        for event in parser.feed(chunk):
            if event.name == "hit":
                yield Hit.model_validate_json(event.data).hit_id.int


def test_alerts_go_on_while_the_store_is_away_and_newcomers_wait(broker_address: str, tmp_path: Path) -> None:
    store = start_store(tmp_path / "store")
    client = connect(store.dsn)
    migrate(client)
    world = World(broker_address, store.dsn, client, tmp_path / "world" / "data")
    world.folder.parent.mkdir()
    world.serve()
    headers = {"Authorization": f"Bearer {world.token(world.add())}"}
    try:
        with (
            target() as here,
            httpx.stream("GET", f"{world.url}/v1/hits/stream", headers=headers, timeout=30) as answer,
        ):
            world.add(webhook_url=here.url)
            hits = _hits(answer)
            tell_hits(world.bootstrap, hit(1))
            assert next(hits) == 1
            until(lambda: here.numbers() == [1], "the webhook")
            client.close()
            store.stop()
            until(lambda: httpx.get(f"{world.url}/health").json()["store_away"], "that it is noticed")
            tell_hits(world.bootstrap, hit(2))
            assert next(hits) == 2
            until(lambda: here.numbers() == [1, 2], "the webhook")
            refused = httpx.get(f"{world.url}/v1/hits/stream", headers=headers, timeout=30)
            assert (refused.status_code, refused.headers["Retry-After"]) == (503, "5")
            assert refused.json()["detail"] == "the audit cannot be written: ask again"
            store = start_store(tmp_path / "store", port=store.port)
            until(lambda: not httpx.get(f"{world.url}/health").json()["store_away"], "that it is back")
            with httpx.stream("GET", f"{world.url}/v1/hits/stream", headers=headers, timeout=30) as again:
                assert again.status_code == 200
        assert world.stop() == 0, world.said()
    finally:
        if world.process is not None:
            world.kill()
        store.stop()
    assert "1ABC" not in world.said()
