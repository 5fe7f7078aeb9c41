"""`anpr officers` from outside: who is registered, who may change that, and what the audit keeps of it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from clickhouse_connect.driver.client import Client

from anpr.embedded.store.launch import StoreProcess
from tests.anpr.program import Ran, anpr
from tests.sinks import audited

pytestmark = pytest.mark.slow

ADMINISTRATOR = "C. Chief"
Officers = Callable[..., Ran]


@pytest.fixture
def client(tables: Client) -> Client:
    """The same, where nobody is registered."""
    audited.empty(tables)
    return tables


@pytest.fixture
def officers(store: StoreProcess, client: Client, tmp_path: Path) -> Officers:
    """Runs `anpr officers` on that store."""
    assert client

    def run(*words: str, by: str = ADMINISTRATOR) -> Ran:
        return anpr(tmp_path / "data", "officers", *words, store_dsn=store.dsn, officer=by)

    return run


def test_who_comes_first_becomes_administrator_and_nobody_else_does(officers: Officers) -> None:
    done = officers("add", "A. Peeters", "--zone", "BRU-NORTH", "--json")
    assert done.code == 0, done.err
    assert (done.json["officer"], done.json["role"], done.json["police_zone"]) == ("A. Peeters", "officer", "BRU-NORTH")
    assert done.json["valid_until"] is None
    assert "nobody was registered: C. Chief is now administrator" in done.err
    refused = officers("add", "A. Peeters", "--role", "administrator", by="A. Peeters")
    refused.assert_clear("A. Peeters is not registered as administrator: ask an administrator")
    assert refused.code == 2
    found = officers("list", "--json").json["officers"]
    assert [(one["officer"], one["role"]) for one in found] == [
        ("A. Peeters", "officer"),
        ("C. Chief", "administrator"),
    ]


def test_a_registration_is_listed_and_ended_and_all_of_it_audited(officers: Officers, client: Client) -> None:
    day = (datetime.now(UTC) + timedelta(days=9)).date()
    assert "until" in officers("add", "A. Peeters", "--until", str(day)).out
    assert "A. Peeters" in officers("list").out
    ended = officers("end", "A. Peeters", "--json")
    assert ended.json == {"officer": "A. Peeters", "ended": ["officer"]}
    assert "ended" in officers("list").out
    officers("end", "A. Peeters").assert_clear("nobody is registered as A. Peeters")
    actions = [(row["action"], row["actor"]) for row in sorted(audited.rows(client), key=lambda row: row["seq"])]
    assert actions == [("officer_registered", ADMINISTRATOR)] * 2 + [("officer_ended", ADMINISTRATOR)]
    assert audited.verified(client).intact


def test_a_decision_is_recorded_by_who_is_registered(officers: Officers, client: Client) -> None:
    officers("add", "B. Dupont")
    day = str(datetime.now(UTC).date())
    words = ("decide", "D-1", "--magistrate", "J. Rechter", "--case-number", "BR.1")
    times = ("--from", "2026-01-01", "--to", day, "--valid-until", day)
    done = officers(*words, *times, "--json", by="B. Dupont")
    assert done.code == 0, done.err
    rows = client.query("SELECT case_number, recorded_by FROM access_decisions FINAL").result_rows
    assert rows == [("BR.1", "B. Dupont")]
    officers(*words, *times, by="Nobody").assert_clear("Nobody is not registered at all")
    officers(*words, "--from", day, "--to", "2026-01-01", "--valid-until", day).assert_clear("covers no time")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("add", "A. Peeters", "--role", "king"), "king is no role: one of officer, investigator"),
        (("add", ""), "the officer's name needs 1 to 64 characters"),
        (("add", " A"), "without blanks around it"),
        (("add", "A", "--until", "tomorrow"), "'tomorrow' is no day: write YYYY-MM-DD"),
        (("add", "A", "--until", "2020-01-01"), "ends before it begins: give a later end"),
        (("add", "A", "--until", "9999-12-31"), "'9999-12-31' is no day: write YYYY-MM-DD"),
        (("end", "Nobody"), "nobody is registered as Nobody"),
        (("end", "C. Chief", "--role", "officer"), "nobody is registered as C. Chief in the role officer"),
    ],
)
def test_what_makes_no_sense_is_refused_in_one_sentence(words: tuple[str, ...], said: str, officers: Officers) -> None:
    officers("add", "B. Dupont")
    done = officers(*words)
    done.assert_clear(said)
    assert done.code == 2


def test_the_owner_of_an_embedded_store_may_search_in_it_from_the_start(tmp_path: Path) -> None:
    found = anpr(tmp_path / "data", "officers", "list", "--json", officer="A. Peeters").json["officers"]
    assert [(one["officer"], one["role"]) for one in found] == [
        ("A. Peeters", "administrator"),
        ("A. Peeters", "hotlist_manager"),
        ("A. Peeters", "investigator"),
        ("A. Peeters", "officer"),
    ]
    again = anpr(tmp_path / "data", "officers", "list", "--json", officer="B. Dupont").json["officers"]
    assert again == found
