"""The database of the low-emission zones from outside: made, looked after and audited apart from the police's."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from anpr.embedded.store.launch import StoreProcess
from sinks.clickhouse.controllers import LEZ
from sinks.clickhouse.migrate import load_migrations
from tests.anpr.program import Ran, anpr

pytestmark = pytest.mark.slow

Run = Callable[..., Ran]


@pytest.fixture
def zones(store: StoreProcess, tmp_path: Path) -> Run:
    """Runs a command as somebody who works for the zones: without a DSN of the police's database."""

    def run(*words: str, officer: str = "M. Lambert", **settings: str) -> Ran:
        return anpr(tmp_path / "data", *words, lez_dsn=store.lez_dsn, officer=officer, **settings)

    return run


def test_the_zones_need_nothing_of_the_police(zones: Run, tmp_path: Path) -> None:
    made = zones("store", "migrate", "--json")
    assert (made.code, made.json["lez"]["applied"][:1]) == (0, ["0001_verdicts"]), made.err
    assert zones("store", "migrate", "--json").json["lez"]["already"] == len(load_migrations(LEZ))
    assert zones("officers", "add", "L. Janssens", "--lez").code == 0
    listed = zones("officers", "list", "--lez", "--json").json["officers"]
    assert {(one["officer"], one["role"]) for one in listed} == {
        *(("L. Janssens", "lez_agent"), ("M. Lambert", "administrator")),
    }
    zones("officers", "add", "X", "--lez", "--role", "investigator").assert_clear("register lez_agent, auditor")
    report = zones("store", "retention", "--lez", "--json").json
    assert (report["in_order"], "verdicts.plate" in report["oldest"], "passages" in report["oldest"]) == (
        True,
        True,
        False,
    )
    proof = tmp_path / "report.json"
    assert zones("store", "retention", "--lez", "--apply", "--proof", str(proof)).code == 0
    assert zones("store", "retention", "--lez", "--check", str(proof), "--json").json["recorded_by"] == "M. Lambert"
    verified = zones("audit", "verify", "--lez", "--json").json
    assert (verified["intact"], verified["records"]) == (True, 4)
    assert zones("store", "sql", "SELECT count() AS n FROM passages_by_hour", "--as", "lez_analyst", "--json").json == {
        "rows": [{"n": 0}]
    }
    zones("store", "sql", "SELECT plate FROM verdicts_now", "--as", "lez_analyst").assert_clear(
        "closed: opened by a recorded"
    )
    zones("store", "sql", "SELECT 1", "--as", "anpr_analyst").assert_clear("ANPR_STORE_DSN")
    assert zones("doctor", "--json").out.count("migrations applied") == 1


def test_who_works_for_the_police_has_no_way_in(store: StoreProcess, tmp_path: Path) -> None:
    def run(*words: str) -> Ran:
        return anpr(tmp_path / "data", *words, store_dsn=store.dsn, officer="A. Peeters")

    assert run("store", "migrate", "--json").json["lez"] is None
    for words in (("store", "retention", "--lez"), ("audit", "verify", "--lez"), ("officers", "list", "--lez")):
        run(*words).assert_clear("no database of the low-emission zones: set ANPR_LEZ_DSN")
    assert "lez" not in run("store", "retention", "--json").json


def test_an_embedded_store_has_both_and_its_owner_works_for_both(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    both = anpr(folder, "store", "retention", "--json")
    assert (both.json["in_order"], both.json["lez"]["in_order"]) == (True, True), both.err
    for more in ((), ("--lez",)):
        assert anpr(folder, "audit", "verify", *more, "--json").json["records"] == (2 if more else 4)


def test_a_database_of_the_zones_without_one_of_the_police_runs_no_platform(
    store: StoreProcess, tmp_path: Path
) -> None:
    anpr(tmp_path / "data", "search", "1ABC234", "--reason", "Hit and run in the Rue Neuve", "--purpose", "crime",
         lez_dsn=store.lez_dsn).assert_clear("ANPR_LEZ_DSN names a store, ANPR_STORE_DSN none")  # fmt: skip
