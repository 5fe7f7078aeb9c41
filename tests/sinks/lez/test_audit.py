"""The zones' audit is a chain of its own, and what follows from it is compared with it."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta

import pytest
from clickhouse_connect.driver.client import Client

from anpr.embedded.store.launch import StoreProcess
from schemas.search import Role
from sinks.clickhouse.audit.verify import Verified, verify
from sinks.clickhouse.client import connect
from sinks.clickhouse.controllers import LEZ
from sinks.clickhouse.lez.searches import LezDesk, LezSearchRequest
from sinks.clickhouse.officers import FOREVER, Officer, Register
from tests.sinks.audited import said, update
from tests.sinks.lez.verdicts import AGENT, REASON


def now() -> datetime:
    """This moment."""
    return datetime.now(UTC)


@pytest.fixture
def audited(lez: Client) -> Client:
    """A client of the database with two registrations and a search in its audit."""
    register = Register(lez, now, "Administrator")
    roles: tuple[Role, ...] = ("lez_agent", "auditor")
    for role in roles:
        register.add(Officer(f"Agent {uuid.uuid4().hex[:6]}", role, "", now() - timedelta(days=9), FOREVER))
    LezDesk(lez, now).open(LezSearchRequest(REASON, AGENT, "objection", now() - timedelta(days=3), now(), ("1ABC234",)))
    return lez


def _verified(client: Client) -> Verified:
    return verify(client, now(), effects=LEZ.effects)


def test_it_is_whole_and_knows_nothing_of_the_other_audit(audited: Client, store: StoreProcess, client: Client) -> None:
    found = _verified(audited)
    chains = {row[0] for row in audited.query("SELECT DISTINCT chain FROM audit").result_rows}
    with connect(store.dsn) as police:
        others = {row[0] for row in police.query("SELECT DISTINCT chain FROM audit").result_rows}
    assert client
    assert chains
    assert chains & others == set()
    assert [one for one in found.broken if one.table != "audit"] == [], said(found)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("table", "what", "back", "said_so"),
    [
        ("searches", "reason = 'made up afterwards'", f"reason = '{REASON}'", "the row is not what was recorded"),
        ("searches", "plates = []", "plates = ['1ABC234']", "the row is not what was recorded"),
        ("officers", "valid_until = now64(3)", "valid_until = '2100-01-01'", "the row is not what was recorded"),
        ("searches", "whole = ['verdicts']", "whole = []", "made to open what its purpose"),
    ],
)
def test_a_row_that_was_changed_is_found(audited: Client, table: str, what: str, back: str, said_so: str) -> None:
    where = f"officer = '{AGENT}'"
    if table == "searches":
        newest = f"SELECT max(search_id) FROM searches WHERE {where} AND plates = ['1ABC234']"
        (ident,) = audited.query(newest).result_rows[0]
        where = f"search_id = '{ident}'"
    update(audited, table, what, where)
    try:
        assert said_so in said(_verified(audited))
    finally:
        update(audited, table, back, where)
