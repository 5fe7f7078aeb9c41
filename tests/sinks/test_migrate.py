"""Migrations: all run, once; edited and missing ones are refused; what they make is what the contracts say."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from clickhouse_connect.driver.client import Client

from anpr.embedded.store.launch import start_store
from schemas.base import Contract
from schemas.dead_letter import DeadLetter
from sinks.clickhouse import migrate as module
from sinks.clickhouse.client import connect
from sinks.clickhouse.migrate import Migration, MigrationChanged, load_migrations, migrate, render
from sinks.clickhouse.tables import STORED

OURS = {"_log", "_partition", "_offset"}
"""Columns that a row has and a message has not: its place in the log."""
UNREVISED = {
    "cameras": {"_stamp_ms"},
    "hotlist_entries": {"_stamp_ms", "_digest", "removed", "ends_at"},
}
"""What has no revision: the record with the latest stamp holds. Of entries also, which are gone, and what changed."""
OF_LETTERS = {"key_base64", "value_base64"}
"""The original bytes of a dead letter, which are its key and value, not its contract."""
TABLES: list[tuple[str, type[Contract], set[str]]] = [
    *((s.goes_into, s.model, OURS | UNREVISED.get(s.table, set())) for s in STORED),
    ("dead_letters", DeadLetter, OURS | OF_LETTERS),
]
LEFT_OVER = re.compile(r"\{\w+\}")
"""Of what `render` fills in, `{on_cluster}`; a view's own parameter has a type: `{plates:Array(String)}`."""


@pytest.fixture
def fresh(folder: Path) -> Iterator[Client]:
    """A store without any table."""
    store = start_store(folder)
    client = connect(store.dsn)
    yield client
    client.close()
    store.stop()


def test_all_run_on_an_empty_store_and_then_there_is_nothing_to_do(fresh: Client) -> None:
    names = tuple(migration.name for migration in load_migrations())
    first = migrate(fresh)
    schema = _schema(fresh)
    again = migrate(fresh)
    assert (first.done, first.already) == (names, 0)
    assert (again.done, again.already) == ((), len(names))
    assert _schema(fresh) == schema
    recorded = fresh.query("SELECT number, name FROM schema_migrations ORDER BY number").result_rows
    assert recorded == [(migration.number, migration.name) for migration in load_migrations()]


def test_one_that_was_interrupted_runs_again(fresh: Client) -> None:
    migrate(fresh)
    schema = _schema(fresh)
    fresh.command("TRUNCATE TABLE schema_migrations")
    assert len(migrate(fresh).done) == len(load_migrations())
    assert _schema(fresh) == schema


def _schema(client: Client) -> list[tuple[str, str]]:
    query = """SELECT name, create_table_query FROM system.tables
    WHERE database = currentDatabase() AND NOT startsWith(name, '.') ORDER BY name"""
    return [(str(name), re.sub(r" UUID '[^']*'", "", str(text))) for name, text in client.query(query).result_rows]


def test_an_edited_migration_is_refused_by_name(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    first, *others = load_migrations()
    edited = Migration(first.number, first.name, first.text + "\n-- a word more")
    monkeypatch.setattr(module, "load_migrations", lambda _controller: (edited, *others))
    with pytest.raises(MigrationChanged, match=f"{first.name} was edited .* add a new migration"):
        migrate(client)


@pytest.mark.parametrize("names", [("0001_a.sql", "0003_c.sql"), ("0002_b.sql",), ("0001_a.sql", "0001_b.sql")])
def test_numbers_with_a_gap_or_twice_are_refused(
    names: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "migrations").mkdir()
    for name in names:
        (tmp_path / "migrations" / name).write_text("SELECT 1;\n")
    monkeypatch.setattr(module, "files", lambda _package: tmp_path)
    with pytest.raises(ValueError, match="numbered 1, 2, 3"):
        load_migrations()


def test_every_table_and_column_says_what_it_is(client: Client) -> None:
    tables = client.query(
        """SELECT name, comment FROM system.tables WHERE database = currentDatabase()
        AND engine NOT LIKE '%View' AND NOT startsWith(name, '.')"""
    ).result_rows
    assert {name for name, _comment in tables} >= {table for table, _model, _more in TABLES} | {"schema_migrations"}
    assert [name for name, comment in tables if not comment] == []
    bare = client.query(
        """SELECT table, name FROM system.columns WHERE database = currentDatabase() AND comment = ''
        AND table IN (SELECT name FROM system.tables WHERE database = currentDatabase() AND engine NOT LIKE '%View')"""
    ).result_rows
    assert bare == []


@pytest.mark.parametrize(("table", "model", "more"), TABLES, ids=[table for table, _model, _more in TABLES])
def test_columns_are_the_fields_of_the_contract(
    table: str, model: type[Contract], more: set[str], client: Client
) -> None:
    rows = client.query(
        "SELECT name FROM system.columns WHERE database = currentDatabase() AND table = {table:String}",
        parameters={"table": table},
    ).result_rows
    fields = set(model.model_fields) - {"schema_version"}
    assert {row[0] for row in rows} == fields | more


def test_for_a_cluster_every_object_is_made_everywhere_and_every_table_is_replicated() -> None:
    statements = [s for migration in load_migrations() for s in render(migration.text, "city")]
    statements += render(module.LEDGER, "city")
    made = [s for s in statements if s.startswith("CREATE")]
    assert len(made) > len(TABLES)
    assert [s for s in made if "ON CLUSTER 'city'" not in s] == []
    tables = [s for s in made if s.startswith("CREATE TABLE")]
    unreplicated = [s for s in tables if not re.search(r"ENGINE = Replicated\w*MergeTree", s)]
    assert [s.split()[5] for s in unreplicated] == ["passages_in", "audit_in", "audit_search_in"], (
        "what keeps nothing has nothing to replicate"
    )
    assert all("ENGINE = Null" in s for s in unreplicated)
    assert [s for s in statements if LEFT_OVER.search(s)] == []
    assert not any("non_replicated_deduplication_window" in s for s in statements)


def test_a_search_is_judged_alike_through_either_inlet() -> None:
    """What is judged in one only would be a way around."""
    statements = [s for migration in load_migrations() for s in render(migration.text, None)]
    into = [s for s in statements if s.startswith("CREATE MATERIALIZED VIEW") and " TO searches " in s]
    older, newer = ("FROM audit_in\n", "FROM audit_search_in\n")
    judged = [s.partition(" DEFINER AS\n")[2] for s in into]
    assert [older in judged[0], newer in judged[1]] == [True, True]
    assert [judged[0].replace(older, newer)] == judged[1:]


def test_for_one_server_nothing_is_left_of_the_parameters() -> None:
    statements = [s for migration in load_migrations() for s in render(migration.text, None)]
    assert not any("ON CLUSTER" in s or "Replicated" in s for s in statements)
    assert [s for s in statements if LEFT_OVER.search(s)] == []
