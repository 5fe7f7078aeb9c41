"""docs/analysts.md is true: its views are there with these columns, and its examples run for who has no more rights."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from clickhouse_connect.driver.client import Client

from anpr.embedded.store.launch import StoreProcess, start_store
from sinks.clickhouse.access import COUNTS
from sinks.clickhouse.client import connect
from sinks.clickhouse.migrate import migrate
from tests.anpr.program import ROOT
from tests.docs.examples import Example, examples_of, put_program, run
from tests.sinks.conftest import OFFICERS, register_officers
from tests.sinks.queries.facts import Fact, store_camera, store_facts

DOCUMENT = ROOT / "docs" / "analysts.md"
OFFICER = OFFICERS[0][0]
ROLE = "anpr_analyst"
BEHIND = {"camera_health", "camera_minutes", "travel", "learnt_days"}
"""What views of counts are made of: readable, and not promised."""
_VIEW = re.compile(r"^\| `(\w+)` \| ([\w, ]+) \|", re.MULTILINE)


EXAMPLES = examples_of(DOCUMENT)


def _of(*languages: str) -> list[object]:
    return [pytest.param(one, id=f"line-{one.line}") for one in EXAMPLES if one.language in languages]


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StoreProcess]:
    """A store in which analysts have a token of their own, as on a server a user."""
    folder = tmp_path_factory.mktemp("store")
    for name in ("owner", ROLE):
        (folder / f"{name}.token").write_text(f"secret-of-{name}")
    process = start_store(
        folder / "store", token_file=folder / "owner.token", role_token_files={ROLE: folder / f"{ROLE}.token"}
    )
    yield process
    process.stop()


@pytest.fixture(scope="module")
def client(store: StoreProcess) -> Iterator[Client]:
    """All rights, and something in every view that examples read."""
    with connect(store.dsn) as opened:
        migrate(opened)
        register_officers(opened)
        now = datetime.now(UTC)
        for camera, hours in (("gate-1", 1), ("gate-1", 5), ("gate-2", 30)):
            store_facts(opened, [Fact("1ABC234", camera, now - timedelta(hours=hours))])
            store_camera(opened, camera)
        yield opened


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where examples run, one after the other, with `anpr` on the path."""
    folder = tmp_path_factory.mktemp("examples")
    put_program(folder)
    return folder


def _console(example: Example, folder: Path, store: StoreProcess) -> list[str]:
    """What each command prints. Recording a search takes the rights of the search, reading those of an analyst."""
    dsns = [store.dsn if line.startswith("anpr search") else store.dsn_as(ROLE) for line in example.commands]
    return [run(["sh", "-c", line], folder, dsn, OFFICER) for line, dsn in zip(example.commands, dsns, strict=True)]


def test_every_example_is_run_by_a_test_below() -> None:
    assert {one.language for one in EXAMPLES} == {"console", "sql", "python"}
    assert len(EXAMPLES) >= 8


def test_the_views_are_those_that_analysts_may_read_and_their_columns(store: StoreProcess, client: Client) -> None:
    assert client
    told = {name: columns.split(", ") for name, columns in _VIEW.findall(DOCUMENT.read_text("utf-8"))}
    assert told.keys() == set(COUNTS) - BEHIND
    with connect(store.dsn_as(ROLE)) as analyst:
        there = {name: list(analyst.query(f"DESCRIBE TABLE {name}").result_columns[0]) for name in told}
    assert there == told


@pytest.mark.slow
@pytest.mark.parametrize("example", _of("sql"))
def test_a_query_runs_and_shows_something(store: StoreProcess, client: Client, folder: Path, example: Example) -> None:
    assert _search(store, client, folder), "there is one to be counted"
    with connect(store.dsn_as(ROLE)) as analyst:
        assert analyst.query(example.text).result_rows


def _search(store: StoreProcess, client: Client, folder: Path) -> str:
    assert client
    command = next(line for one in EXAMPLES for line in one.commands if line.startswith("anpr search"))
    return run(["sh", "-c", command.partition(" > ")[0]], folder, store.dsn, OFFICER)


@pytest.mark.slow
@pytest.mark.parametrize("example", _of("console"))
def test_a_command_runs_and_says_something(store: StoreProcess, client: Client, folder: Path, example: Example) -> None:
    assert client
    shown = _console(example, folder, store)
    assert shown
    for line, said in zip(example.commands, shown, strict=True):
        assert said or (folder / line.partition(" > ")[2]).read_text()


@pytest.mark.slow
@pytest.mark.parametrize("example", _of("python"))
def test_a_program_runs_and_says_something(store: StoreProcess, client: Client, folder: Path, example: Example) -> None:
    folder.joinpath("search.json").write_text(_search(store, client, folder))
    printed = run([sys.executable, "-W", "error", "-c", example.text], folder, store.dsn_as(ROLE), OFFICER)
    assert printed
    if "passages_of_search" in example.text:
        assert [line.split()[2:4] for line in printed.splitlines()] == [
            ["gate-2", "1ABC234"],
            *[["gate-1", "1ABC234"]] * 2,
        ]


def test_an_example_that_reads_passages_states_a_reason_before() -> None:
    text = DOCUMENT.read_text("utf-8")
    reads = [one.line for one in EXAMPLES if "_of_search(" in one.text or "_of_scene(" in one.text]
    stated = [one.line for one in EXAMPLES if "--reason" in one.text]
    assert reads
    assert min(stated) < min(reads)
    assert "FROM passages " not in text


def test_without_the_search_the_example_is_refused(store: StoreProcess, client: Client, folder: Path) -> None:
    assert client
    folder.joinpath("search.json").write_text('{"search_id": "00000000-0000-0000-0000-000000000000"}')
    example = next(one for one in EXAMPLES if "passages_of_search" in one.text and one.language == "python")
    with pytest.raises(AssertionError, match="search_unknown"):
        run([sys.executable, "-c", example.text], folder, store.dsn_as(ROLE), OFFICER)
