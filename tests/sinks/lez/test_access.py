"""Roles of the zones' database: each may do its work and nothing else, and none has a right in the other database."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable, Iterator

import chdb
import pytest
from clickhouse_connect.driver.client import Client
from clickhouse_connect.driver.exceptions import ClickHouseError

from anpr.embedded.store.launch import StoreProcess
from sinks.clickhouse.access import why_denied
from sinks.clickhouse.client import connect
from sinks.clickhouse.controllers import CONTROLLERS, LEZ, POLICE, controller_of_role
from sinks.clickhouse.held import read_back
from sinks.clickhouse.lez.access import COUNTS, OF_SEARCH
from sinks.clickhouse.migrate import load_migrations, migrate, render, role_statements
from tests.sinks.lez.verdicts import messages, notice, verdict
from tests.sinks.rows import Sink

DENIED = r"\(ACCESS_DENIED\)"
As = Callable[[str], Client]
ROLES = [role for controller in CONTROLLERS for role in controller.roles]


@pytest.fixture(scope="module")
def as_role(store: StoreProcess, client: Client, lez: Client) -> Iterator[As]:
    """Clients of one role, in the database where it has rights; both have their tables."""
    assert client.command("SELECT 1") == lez.command("SELECT 1") == 1
    made: dict[str, Client] = {}

    def give(role: str) -> Client:
        dsn = store.lez_dsn if controller_of_role(role) is LEZ else store.dsn
        made.setdefault(role, connect(dsn, role=role))
        return made[role]

    yield give
    for one in made.values():
        one.close()


def test_every_table_and_view_is_granted_to_somebody_or_closed_with_a_reason(lez: Client) -> None:
    rows = lez.query(
        """SELECT name FROM system.tables
        WHERE database = currentDatabase() AND engine != 'MaterializedView' AND NOT startsWith(name, '.')"""
    ).result_rows
    named = {name for grants in LEZ.roles.values() for grant in grants if not grant.database for name in grant.on}
    ours = {row[0] for row in rows}
    assert ours - named - LEZ.closed.keys() == set(), "name it in sinks/clickhouse/lez/access.py, if only as CLOSED"
    assert (named | LEZ.closed.keys()) - ours == set(), "access.py names what is not there"


def test_no_role_belongs_to_both_controllers() -> None:
    assert set(POLICE.roles) & set(LEZ.roles) == set()
    granted = [grant.database for role in ROLES for grant in controller_of_role(role).roles[role] if grant.database]
    assert set(granted) == {"system"}, "what names no database is its own"


@pytest.mark.parametrize("role", ROLES)
def test_no_role_sees_the_other_database(role: str, as_role: As) -> None:
    """Not its tables, not its counts, not even that they are there."""
    other = next(one for one in CONTROLLERS if one is not controller_of_role(role))
    for name in ("audit", "store_tables", "schema_migrations", "passages" if other is POLICE else "verdicts_now"):
        with pytest.raises(ClickHouseError, match=DENIED):
            as_role(role).query(f"SELECT 1 FROM {other.database}.{name} LIMIT 1")
    seen = as_role(role).query(f"SELECT name FROM system.tables WHERE database = '{other.database}'").result_rows
    assert seen == []


@pytest.mark.parametrize("role", LEZ.roles)
def test_nobody_reads_what_is_closed_nor_changes_what_was_recorded(role: str, as_role: As) -> None:
    statements = (
        *(f"SELECT * FROM {name}" for name in LEZ.closed),
        *("ALTER TABLE audit DELETE WHERE 1", "TRUNCATE TABLE audit", "DROP TABLE verdicts"),
        "DELETE FROM verdicts WHERE 1",
        *("INSERT INTO searches (officer) VALUES ('x')", "INSERT INTO officers (officer) VALUES ('x')"),
        *("INSERT INTO purposes (purpose) VALUES ('x')", "INSERT INTO verdicts (plate) VALUES ('x')"),
        *("INSERT INTO hours_counted (zone) VALUES ('x')", "SYSTEM REFRESH VIEW hours_counter"),
    )
    for statement in statements:
        with pytest.raises(ClickHouseError, match=DENIED):
            as_role(role).command(statement)


def test_the_worker_stores_and_reads_back_only_how_far_it_came(as_role: As, zone: str) -> None:
    writer = Sink(as_role("lez_writer"), log=f"cluster/{zone}", controller=LEZ)
    assert writer.store(messages("lez-verdicts", *(verdict(zone) for _ in range(5))))[1] == []
    assert writer.store(messages("lez-notices", notice(zone)))[1] == []
    assert read_back(writer.client, "verdicts", writer.log, 0, 0) == [(0, 4)]
    assert read_back(writer.client, "notices", writer.log, 0, 0) == [(0, 0)]
    for query in ("SELECT plate FROM verdicts", "SELECT plate FROM verdicts_now", "SELECT * FROM passages_by_hour"):
        with pytest.raises(ClickHouseError, match=DENIED):
            writer.client.query(query)


def test_an_analyst_counts_and_finds_no_plate(as_role: As) -> None:
    analyst = as_role("lez_analyst")
    with_parameters = {"vehicles_by_kind"}
    for view in set(COUNTS) - with_parameters:
        columns = analyst.query(f"SELECT * FROM {view} LIMIT 0").column_names
        assert not [name for name in columns if re.search(r"plate|passage_id|verdict_id|officer$", name)], view
        analyst.query(f"SELECT * FROM {view} LIMIT 1")
    for view in OF_SEARCH:  # of a view that it may not read the engine does not even say which parameters it takes
        with pytest.raises(ClickHouseError, match=f"{DENIED}|UNSUPPORTED_METHOD"):
            analyst.query(f"SELECT * FROM {view}(search_id = '{uuid.uuid4()}', officer = 'x')")


@pytest.mark.parametrize("role", LEZ.roles)
def test_any_role_may_look_whether_the_tables_are_up_to_date(role: str, as_role: As) -> None:
    assert migrate(as_role(role), controller=LEZ).done == ()


def test_every_view_runs_with_the_rights_of_who_migrates(lez: Client) -> None:
    rows = lez.query(
        "SELECT name, create_table_query FROM system.tables WHERE database = currentDatabase() AND engine LIKE '%View'"
    ).result_rows
    assert len(rows) > 15
    assert [name for name, text in rows if "SQL SECURITY DEFINER" not in text] == []


@pytest.mark.parametrize("cluster", [None, "city"])
def test_what_a_server_is_told_is_understood_by_the_engine(cluster: str | None) -> None:
    told = list(role_statements("l`ez", cluster, LEZ))
    engine = chdb.connect(":memory:")
    try:
        kinds = [str(engine.query(f"EXPLAIN AST {statement}", "TSV")).split()[0] for statement in told]
        made = [s for migration in load_migrations(LEZ) for s in render(migration.text, cluster)]
        for statement in made:
            engine.query(f"EXPLAIN AST {statement}", "TSV")
    finally:
        engine.close()
    assert kinds == ["CreateRoleQuery"] * len(LEZ.roles) + ["GrantQuery"] * len(LEZ.roles)
    assert sorted(re.findall(r"CREATE ROLE IF NOT EXISTS (\w+)", "\n".join(told))) == sorted(LEZ.roles)
    everywhere = [s for s in (*told, *made) if s.startswith(("CREATE", "GRANT", "DROP"))]
    assert all(("ON CLUSTER 'city'" in statement) is (cluster is not None) for statement in everywhere)


def test_who_is_denied_is_told_what_there_is_instead() -> None:
    needs = "To execute this query, it's necessary to have the grant SELECT(plate) ON lez.verdicts_now"
    text = f"Code: 497. DB::Exception: u: Not enough privileges. {needs}. (ACCESS_DENIED)"
    said = why_denied(text, "lez_agent", LEZ.roles, LEZ.closed)
    assert said == "verdicts_now is closed: opened by a recorded search only, through verdicts_of_search"
