"""Roles: each may do its work and nothing else, and no table is forgotten. The engine itself says no."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import chdb
import pytest
from clickhouse_connect.driver.client import Client
from clickhouse_connect.driver.exceptions import ClickHouseError

from anpr.embedded.store.launch import StoreProcess
from schemas.search import SearchRecord
from sinks.clickhouse.access import CLOSED, ROLES, grants_of, why_denied
from sinks.clickhouse.audit.chain import ChainInMemory
from sinks.clickhouse.audit.records import Audit, instant
from sinks.clickhouse.client import connect
from sinks.clickhouse.controllers import LEZ
from sinks.clickhouse.held import read_back
from sinks.clickhouse.migrate import grant_access, migrate, role_statements
from sinks.clickhouse.queries.latest import latest
from sinks.clickhouse.searches import SearchDesk, SearchRefused, SearchRequest
from tests.sinks.rows import Sink, passages

DENIED = r"\(ACCESS_DENIED\)"
READERS = [role for role in ROLES if role != "anpr_writer"]
As = Callable[[str], Client]


@pytest.fixture(scope="module")
def as_role(store: StoreProcess, client: Client) -> Iterator[As]:
    """Clients that have one role only; `client` is here for its tables."""
    assert client.command("SELECT 1") == 1
    made: dict[str, Client] = {}

    def give(role: str) -> Client:
        made.setdefault(role, connect(store.dsn, role=role))
        return made[role]

    yield give
    for one in made.values():
        one.close()


@pytest.fixture
def seen(sink: Sink) -> str:
    """A plate that passed just now."""
    batch = passages(range(3))
    sink.store(batch)
    rows = sink.client.query("SELECT plate FROM passages WHERE _log = {log:String}", parameters={"log": sink.log})
    return str(rows.result_rows[0][0])


def _request(pattern: str) -> SearchRequest:
    now = datetime.now(UTC)
    return SearchRequest(
        pattern=pattern,
        reason="Hit and run in the Rue Neuve",
        officer="A. Peeters",
        purpose="crime",
        captured_from=now - timedelta(days=20),
        captured_until=now + timedelta(hours=1),
    )


def _search(client: Client, plate: str) -> SearchRecord:
    return SearchDesk(client, lambda: datetime.now(UTC)).open(_request(plate))


def test_every_table_and_view_is_granted_to_somebody_or_closed_with_a_reason(client: Client) -> None:
    rows = client.query(
        """SELECT name FROM system.tables
        WHERE database = currentDatabase() AND engine != 'MaterializedView' AND NOT startsWith(name, '.')"""
    ).result_rows
    named = {name for grants in ROLES.values() for grant in grants if not grant.database for name in grant.on}
    ours = {row[0] for row in rows if row[0] not in {"small", "inlet"}}
    assert ours - named - CLOSED.keys() == set(), "name it in sinks/clickhouse/access.py, if only as CLOSED"
    assert (named | CLOSED.keys()) - ours == set(), "access.py names what is not there"


def test_every_granted_column_is_there(client: Client) -> None:
    for role, grants in ROLES.items():
        for grant in grants:
            columns = re.search(r"\((.*)\)", grant.privilege)
            for table in grant.on if columns else ():
                client.query(f"SELECT {columns[1] if columns else ''} FROM {table} LIMIT 0"), role


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("table", sorted(CLOSED))
def test_nobody_reads_what_is_closed(table: str, role: str, as_role: As) -> None:
    with pytest.raises(ClickHouseError, match=DENIED):
        as_role(role).query(f"SELECT * FROM {table}")


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize(
    "statement",
    [
        "ALTER TABLE audit DELETE WHERE 1",
        "ALTER TABLE searches UPDATE reason = '' WHERE 1",
        "DELETE FROM audit WHERE 1",
        "DELETE FROM searches WHERE 1",
        "UPDATE searches SET reason = '' WHERE 1",
        "TRUNCATE TABLE audit",
        "DROP TABLE audit",
        "ALTER TABLE audit DROP PARTITION 2026",
        "OPTIMIZE TABLE audit FINAL",
        "RENAME TABLE audit TO gone",
        "EXCHANGE TABLES audit AND searches",
        "DETACH TABLE audit",
        "CREATE TABLE own (a UInt8) ENGINE = Memory",
        "CREATE VIEW own AS SELECT * FROM passages",
        "INSERT INTO searches (officer) VALUES ('x')",
        "INSERT INTO officers (officer, role) VALUES ('x', 'officer')",
        "INSERT INTO purposes (purpose) VALUES ('x')",
        "INSERT INTO access_decisions (decision_id) VALUES ('x')",
        "INSERT INTO passages (plate) VALUES ('x')",
        "INSERT INTO holds (case_number) VALUES ('x')",
        "GRANT SELECT ON *.* TO anpr_analyst",
        "SET ROLE anpr_owner",
        "KILL QUERY WHERE 1",
        "SYSTEM SHUTDOWN",
        "BACKUP DATABASE default TO File('/tmp/stolen')",
    ],
)
def test_nobody_changes_what_was_recorded_nor_takes_more_rights(statement: str, role: str, as_role: As) -> None:
    with pytest.raises(ClickHouseError, match=DENIED):
        as_role(role).command(statement)


def test_the_store_worker_stores_and_reads_back_only_how_far_it_came(as_role: As, client: Client) -> None:
    sink = Sink(as_role("anpr_writer"), log="cluster/of-the-writer")
    assert sink.store(passages(range(20)))[1] == []
    assert read_back(sink.client, "passages", sink.log, 0, 0) == [(0, 19)]
    counts = [
        client.command(
            f"SELECT count() FROM {table} WHERE plate IN (SELECT plate FROM passages WHERE _log = '{sink.log}')"
        )
        for table in ("passages", "passages_by_camera", "plates")
    ]
    assert counts == [20, 20, 20], "what views fill needs no grant of its own"
    for query in ("SELECT plate FROM passages", "SELECT * FROM hits", "SELECT 1 FROM searches", "SELECT * FROM audit"):
        with pytest.raises(ClickHouseError, match=DENIED):
            sink.client.query(query)
    with pytest.raises(ClickHouseError, match=DENIED):
        sink.client.query("SELECT max(_offset) FROM passages WHERE plate = '1ABC234'")


def test_the_console_records_a_search_and_reads_what_it_opens(as_role: As, seen: str) -> None:
    console = as_role("anpr_search")
    assert [row.plate for row in latest(console, _search(console, seen), [seen])] == [seen]
    for query in ("SELECT count() FROM passages", "SELECT * FROM searches", "SELECT * FROM audit"):
        with pytest.raises(ClickHouseError, match=DENIED):
            console.query(query)


def test_a_record_long_on_its_way_is_settled_with_the_console_s_rights(as_role: As, client: Client) -> None:
    """The store is asked whether it has it: who may not ask would never write again."""
    chain = ChainInMemory()
    long_ago = Audit(client, lambda: datetime.now(UTC) - timedelta(minutes=10), chain)
    sent = long_ago.append("subscriber_connected", "subscriber desk", {"subscriber": "desk"})
    with chain.turn() as state:
        state.pending = [sent.chain, sent.seq, instant(sent.at), sent.action, sent.actor, sent.hash, sent.text]
        state.seq, state.hash = sent.seq - 1, ""
    console = Audit(as_role("anpr_search"), lambda: datetime.now(UTC), chain)
    assert console.append("subscriber_delivered", "subscriber desk", {"subscriber": "desk"}).seq == sent.seq + 1


def test_the_console_records_all_that_an_officer_does(as_role: As, seen: str) -> None:
    desk = SearchDesk(as_role("anpr_search"), lambda: datetime.now(UTC))
    record = desk.open(_request(seen))
    desk.shown(record, "exact", 1)
    desk.exported(record, "csv", 1, "0" * 64)
    with pytest.raises(SearchRefused):
        desk.open(replace(_request(seen), reason="x"))


def test_an_analyst_sees_a_passage_only_through_a_recorded_search(as_role: As, client: Client, seen: str) -> None:
    analyst = as_role("anpr_analyst")
    record = _search(client, seen)
    query = """SELECT plate, camera_id FROM passages_of_search(
        search_id = {id:UUID}, officer = {officer:String}, plates = {plates:Array(String)})"""
    given: dict[str, Any] = {"id": record.search_id, "officer": record.officer, "plates": [seen]}
    assert analyst.query(query, parameters=given).result_rows == [(seen, "cam-1")]
    with pytest.raises(ClickHouseError, match="search_of_another"):
        analyst.query(query, parameters=given | {"officer": "B. Dupont"})
    with pytest.raises(ClickHouseError, match=DENIED):
        analyst.query("SELECT search_id, officer FROM searches")
    for inlet in ("audit_search_in", "audit_in"):
        with pytest.raises(ClickHouseError, match=DENIED):
            analyst.raw_insert(inlet, insert_block=b"{}", fmt="JSONEachRow")


@pytest.mark.parametrize(
    "query",
    [
        "SELECT uniqExactMerge(vehicles) FROM camera_minutes",
        "SELECT camera_id, name FROM cameras FINAL",
        "SELECT list_kind, count() FROM hits FINAL WHERE NOT withdrawn GROUP BY list_kind",
        "SELECT reason, count() FROM dead_letters GROUP BY reason",
        "SELECT * FROM learnt_travel",
        "SHOW TABLES",
        "DESCRIBE TABLE camera_minutes",
        "EXISTS TABLE cameras",
        "SHOW CREATE TABLE passages_of_search",
        "WITH c AS (SELECT * FROM cameras) SELECT count() FROM c",
        "(SELECT 1) UNION ALL (SELECT 2)",
        "FROM cameras SELECT camera_id",
        "SELECT number FROM numbers(3)",
        "SELECT name, comment FROM system.tables ORDER BY name",
        "SELECT 'file(' AS text, `name` FROM cameras -- a comment",
    ],
)
def test_what_analysts_may_ask(query: str, as_role: As) -> None:
    as_role("anpr_analyst").query(query)


@pytest.mark.parametrize("column", ["plate", "listed_plate", "passage_id", "evidence", "position", "*"])
def test_hits_show_analysts_no_plate_and_no_way_to_one(column: str, as_role: As) -> None:
    with pytest.raises(ClickHouseError, match=DENIED):
        as_role("anpr_analyst").query(f"SELECT {column} FROM hits")


def test_the_auditor_sees_who_searched_and_no_passage(as_role: As, client: Client, seen: str) -> None:
    auditor, record = as_role("anpr_auditor"), _search(client, seen)
    found = auditor.query("SELECT officer, reason FROM searches WHERE search_id = {id:UUID}", {"id": record.search_id})
    assert found.result_rows == [("A. Peeters", "Hit and run in the Rue Neuve")]
    assert auditor.command("SELECT count() FROM audit") > 0
    for view in ("hits", "cases", "plates", "reads", "passages", "patrols", "anomalies", "lez_verdicts"):
        with pytest.raises(ClickHouseError, match=DENIED):
            auditor.query(f"SELECT * FROM {view}")


@pytest.mark.parametrize("role", ROLES)
def test_any_role_may_look_whether_the_tables_are_up_to_date(role: str, as_role: As) -> None:
    assert migrate(as_role(role)).done == ()


def test_every_view_runs_with_the_rights_of_who_migrates(client: Client) -> None:
    rows = client.query(
        "SELECT name, create_table_query FROM system.tables WHERE database = currentDatabase() AND engine LIKE '%View'"
    ).result_rows
    assert len(rows) > 10
    assert [name for name, text in rows if "SQL SECURITY DEFINER" not in text and name != "view_fails"] == []


@pytest.mark.parametrize(
    ("grant", "said"),
    [
        ("SELECT ON default.passages", "passages is closed: opened by a recorded search only"),
        ("SELECT(plate, camera_id) ON anpr.plates", "plates is closed: a list of everybody's plates"),
        ("SELECT(plate) ON anpr.hits", "the role anpr_analyst may read only these columns of hits: hit_id, revision"),
        ("SELECT ON anpr.searches", "the role anpr_analyst may not read searches; SHOW TABLES"),
        ("SHOW COLUMNS ON default.audit", "the role anpr_analyst may not read audit; SHOW TABLES"),
        ("READ ON FILE", "there is no such table or view"),
    ],
)
def test_who_is_denied_is_told_what_there_is_instead(grant: str, said: str) -> None:
    needs = f"To execute this query, it's necessary to have the grant {grant}"
    text = f"Code: 497. DB::Exception: u: Not enough privileges. {needs}. (ACCESS_DENIED)"
    assert why_denied(text, "anpr_analyst").startswith(said)


def test_other_errors_are_left_alone() -> None:
    assert why_denied("Code: 62. DB::Exception: Syntax error (SYNTAX_ERROR)", "anpr_analyst") == ""
    assert why_denied("Code: 497. DB::Exception: Not enough privileges: file reaches outside", "anpr_analyst") == ""


# ---- what a server is told -------------------------------------------------------------------------------------------


def _server_statements(cluster: str | None) -> list[str]:
    return list(role_statements("an`pr", cluster))


@pytest.mark.parametrize("cluster", [None, "city"])
def test_what_a_server_is_told_is_understood_by_the_engine(cluster: str | None) -> None:
    engine = chdb.connect(":memory:")
    try:
        told = _server_statements(cluster)
        kinds = [str(engine.query(f"EXPLAIN AST {statement}", "TSV")).split()[0] for statement in told]
    finally:
        engine.close()
    assert kinds == ["CreateRoleQuery"] * len(ROLES) + ["GrantQuery"] * len(ROLES)
    assert all(("ON CLUSTER 'city'" in statement) is (cluster is not None) for statement in told)


def test_a_server_makes_the_roles_that_the_list_names() -> None:
    made = re.findall(r"CREATE ROLE IF NOT EXISTS (\w+)", "\n".join(_server_statements(None)))
    granted = re.findall(r"TO (\w+) WITH REPLACE OPTION", "\n".join(_server_statements(None)))
    assert sorted(made) == sorted(granted) == sorted(ROLES)


@pytest.mark.parametrize("role", ROLES)
def test_nobody_is_granted_more_than_select_and_insert(role: str) -> None:
    assert {grant.split("(")[0].split()[0] for grant in grants_of(role, "anpr")} <= {"SELECT", "INSERT"}
    assert not any("*" in grant for grant in grants_of(role, "anpr"))


@pytest.mark.parametrize("role", READERS)
def test_what_a_reader_may_insert_is_the_audit_only(role: str) -> None:
    inserts = [grant for grant in grants_of(role, "anpr") if grant.startswith("INSERT")]
    assert inserts in ([], [f"INSERT ON `anpr`.{table}" for table in ("audit_search_in", "audit_in", "audit")])


def test_the_embedded_store_has_the_roles_without_being_told(client: Client) -> None:
    assert grant_access(client) is False
    rows = client.query("SELECT name FROM system.roles").result_rows
    assert {row[0] for row in rows} == {*ROLES, *LEZ.roles, "anpr_owner"}
