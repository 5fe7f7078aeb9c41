"""What comes in is stored as it was, stays, and what holds of it is told apart from what was overtaken."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime
from itertools import permutations
from typing import Any

import pytest
from clickhouse_connect.driver.client import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from schemas.base import Contract
from schemas.codec import encode
from schemas.registry import CONTRACTS
from sinks.clickhouse.controllers import LEZ
from sinks.clickhouse.queries.records import records
from sinks.clickhouse.tables import Stored
from tests.schemas.examples import files, load
from tests.sinks.lez.verdicts import later, messages, notice, verdict
from tests.sinks.rows import Sink, message, plate
from tests.sinks.test_migrate import OURS

COLUMNS = {"passes": {"_stamp_ms"}, "permits": {"_stamp_ms", "removed", "told_at"}}
"""What a row has besides, where no revision says which record holds."""


@pytest.mark.parametrize("stored", LEZ.stored, ids=lambda one: one.topic)
def test_columns_are_the_fields_of_the_contract(stored: Stored, lez: Client) -> None:
    names = {row[0] for row in lez.query(f"DESCRIBE TABLE {stored.goes_into}").result_rows}
    assert names == set(stored.model.model_fields) - {"schema_version"} | OURS | COLUMNS.get(stored.table, set())


def test_every_table_and_column_says_what_it_is(lez: Client) -> None:
    of_tables = "database = currentDatabase() AND engine NOT LIKE '%View' AND NOT startsWith(name, '.')"
    tables = lez.query(f"SELECT name, comment FROM system.tables WHERE {of_tables}").result_rows
    assert [name for name, comment in tables if not comment] == []
    bare = f"""SELECT table, name FROM system.columns WHERE database = currentDatabase() AND comment = ''
        AND table IN (SELECT name FROM system.tables WHERE {of_tables})"""
    assert lez.query(bare).result_rows == []


def _examples() -> list[Any]:
    return [
        pytest.param(stored, path, id=f"{stored.model.contract}-{path.stem}")
        for stored in LEZ.stored
        for path in files(stored.model.contract, "valid")
    ]


@pytest.mark.parametrize(("stored", "path"), _examples())
def test_a_message_comes_back_as_it_went_in(stored: Stored, path: Any, lez_sink: Sink) -> None:
    told = message(stored.topic, 0, load(path))
    outcome, refused = lez_sink.store([told])
    assert (outcome.rejected, refused) == ([], [])
    model: type[Contract] = CONTRACTS[stored.model.contract]
    sql = f"SELECT * FROM {stored.table} WHERE _log = {{log:String}}"
    (found,) = records(lez_sink.client, sql, model, log=lez_sink.log)
    again = model.model_validate_json(encode(found))
    assert _in_ms(again.model_dump()) == _in_ms(model.model_validate_json(path.read_bytes()).model_dump())


def _in_ms(value: Any) -> Any:
    """Moments as the store keeps them, to the millisecond."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).replace(microsecond=value.microsecond // 1000 * 1000)
    if isinstance(value, dict):
        return {name: _in_ms(one) for name, one in value.items()}
    return [_in_ms(one) for one in value] if isinstance(value, tuple) else value


def _state(client: Client, zone: str) -> tuple[list[Any], int]:
    """What holds in a zone, and how many verdicts were ever taken."""
    given = {"zone": zone}
    holds = client.query("SELECT verdict, cause FROM verdicts_now WHERE zone = {zone:String}", parameters=given)
    taken = client.query("SELECT count() FROM verdicts FINAL WHERE zone = {zone:String}", parameters=given)
    return [tuple(row) for row in holds.result_rows], int(taken.result_rows[0][0])


def test_of_a_verdict_the_last_holds_and_all_stay_in_any_order(lez_sink: Sink, zone: str) -> None:
    """Revised, taken anew by a person and by a court: whatever comes last, the same holds."""
    first = verdict(zone, verdict="unknown", sure=False, if_sure="non_compliant")
    confirmed = later(first | {"revision": 2}, verdict="non_compliant", sure=True, cause="confirmation")
    rejudged = later(confirmed, verdict="exempt", cause="rejudgement")
    for number, order in enumerate(permutations((first, confirmed, rejudged))):
        own = f"{zone}-{number}"
        lez_sink.store(messages("lez-verdicts", *(one | {"zone": own} for one in order)))
        assert _state(lez_sink.client, own) == ([("exempt", "rejudgement")], 3)


def test_a_verdict_that_is_withdrawn_holds_no_more_and_is_still_there(lez_sink: Sink, zone: str) -> None:
    first = verdict(zone)
    lez_sink.store(messages("lez-verdicts", first, first | {"revision": 3, "withdrawn": True}))
    assert _state(lez_sink.client, zone) == ([], 2)


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(taken=st.lists(st.tuples(st.integers(1, 3), st.integers(0, 3), st.booleans()), min_size=1, max_size=8))
def test_what_holds_is_the_highest_revision_and_of_equal_ones_the_latest_known(
    taken: list[tuple[int, int, bool]], lez_sink: Sink
) -> None:
    own = f"zone-{uuid.uuid4().hex[:12]}"
    first = verdict(own)
    told = [
        first | {"revision": revision, "known_at": f"2026-01-0{known + 1}T00:00:00Z", "withdrawn": withdrawn}
        for revision, known, withdrawn in {one[:2]: one for one in taken}.values()
    ]
    lez_sink.store(messages("lez-verdicts", *told))
    lez_sink.store(messages("lez-verdicts", *told))
    last = max(told, key=lambda one: (one["revision"], one["known_at"]))
    rows, count = _state(lez_sink.client, own)
    assert (len(rows), count) == (int(not last["withdrawn"]), len(told))


def test_of_a_notice_every_state_stays(lez_sink: Sink, zone: str) -> None:
    proposed = notice(zone)
    approved = proposed | {"revision": 2, "state": "approved", "decided_by": "L. Janssens"}
    lez_sink.store(messages("lez-notices", approved, proposed, approved))
    now, ever = (
        lez_sink.client.query(f"SELECT state FROM {table} WHERE zone = '{zone}' ORDER BY revision").result_rows
        for table in ("notices_now", "notices FINAL")
    )
    assert (now, ever) == ([("approved",)], [("proposed",), ("approved",)])


def test_of_permits_the_last_message_holds_and_a_removal_leaves_none(lez_sink: Sink) -> None:
    (path, *_) = files("lez_permits", "valid")
    told = load(path) | {"plate": plate()}
    granted = message("lez-permits", 0, told)._replace(key=told["plate"].encode())
    gone = message("lez-permits", 1, b"")._replace(key=granted.key, timestamp_ms=granted.timestamp_ms + 5)
    lez_sink.store([granted])
    outcome, refused = lez_sink.store([gone])
    assert (dict(outcome.dropped), outcome.rejected, refused) == ({}, [], [])
    rows = lez_sink.client.query(
        "SELECT removed, permits, country FROM permits FINAL WHERE plate = {p:String}", parameters={"p": told["plate"]}
    ).result_rows
    assert rows == [(True, [], "")]
