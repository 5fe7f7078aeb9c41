"""Two versions of a contract side by side on a topic: the store keeps rows of the current one alone."""

from __future__ import annotations

import json
import uuid
from dataclasses import replace
from typing import Any, ClassVar, Literal, cast

import pytest
from clickhouse_connect.driver.client import Client

from schemas.passage import Passage
from schemas.upgrade import UPGRADES
from sinks.clickhouse.columns.block import Columns
from sinks.clickhouse.controllers import POLICE, Controller
from sinks.clickhouse.rows import FEWEST
from tests.sinks.rows import Sink, message, passage


class LaterPassage(Passage):
    """A second version, made for this test: `reader` must be there, which had a default."""

    version: ClassVar[int] = 2

    schema_version: Literal[2] = 2  # type: ignore[assignment]
    reader: str


def _step(old: dict[str, Any]) -> dict[str, Any]:
    return {"reader": "of old", **old}


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch) -> Controller:
    """The police's store worker of a release with that version."""
    monkeypatch.setitem(cast(dict[Any, Any], UPGRADES), ("passage", 1), _step)
    stored = tuple(replace(one, model=LaterPassage) if one.topic == "passages" else one for one in POLICE.stored)
    return replace(POLICE, stored=stored)


@pytest.mark.parametrize("many", [1, FEWEST], ids=["row by row", "as columns"])
def test_messages_of_two_versions_become_rows_of_the_current_one(many: int, later: Controller, client: Client) -> None:
    """Without a number a message is of the first version, though it holds what the second one wants."""
    sink = Sink(client, f"log/{uuid.uuid4()}", controller=later)
    old = passage("1ABC234")
    unnumbered = {name: value for name, value in old.items() if name != "schema_version"}
    new = passage("1ABC235") | {"schema_version": 2, "reader": "new"}
    told = [new, old, unnumbered, unnumbered | {"reader": "named"}] * many
    # each a passage of its own: of one that is told several times the store keeps the last telling, at any time
    apart = [one | {"passage_id": str(uuid.uuid4())} for one in told]
    outcome, refused = sink.store([message("passages", n, one) for n, one in enumerate(apart)])
    assert (outcome.rejected, refused) == ([], [])
    rows = sink.client.query(
        "SELECT reader FROM passages WHERE _log = {log:String} ORDER BY _offset LIMIT 4", parameters={"log": sink.log}
    ).result_rows
    assert [row[0] for row in rows] == ["new", "of old", "of old", "named"]


def test_columns_do_not_vouch_for_messages_without_a_number_once_there_is_a_second_version() -> None:
    first = json.dumps({name: value for name, value in passage().items() if name != "schema_version"} | {"reader": "x"})
    second = json.dumps(passage() | {"schema_version": 2, "reader": "x"})
    columns = Columns(LaterPassage)
    assert columns.block([message("passages", n, second.encode()) for n in range(3)], "log") is not None
    assert columns.block([message("passages", n, first.encode()) for n in range(3)], "log") is None
