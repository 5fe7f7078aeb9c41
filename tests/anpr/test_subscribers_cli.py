"""`anpr subscribers` and `anpr serve` from outside: who may, what is shown once, what is refused in one sentence."""

from __future__ import annotations

import json
import re
import stat
from collections.abc import Callable
from getpass import getuser
from pathlib import Path

import pytest
from clickhouse_connect.driver.client import Client

from anpr.client import Http, subscribe
from anpr.embedded.store.launch import StoreProcess
from console.credentials import Credentials
from sinks.clickhouse.officers import Register
from tests.anpr.program import Ran, anpr, running, start, wait_until
from tests.sinks import audited

pytestmark = pytest.mark.slow

ADMINISTRATOR = "C. Chief"
KEY = "a key of these tests, 32 characters long"
Subscribers = Callable[..., Ran]


@pytest.fixture
def client(tables: Client) -> Client:
    """A store with an administrator and nobody else."""
    audited.empty(tables)
    Register(tables, audited.now, ADMINISTRATOR).bootstrap(("administrator",))
    return tables


@pytest.fixture
def subscribers(store: StoreProcess, client: Client, tmp_path: Path) -> Subscribers:
    """Runs `anpr subscribers` on that store."""
    assert client

    def run(*words: str, by: str = ADMINISTRATOR, **settings: str) -> Ran:
        return anpr(tmp_path / "data", "subscribers", *words, store_dsn=store.dsn, officer=by, **settings)

    return run


def test_secrets_are_shown_once_and_kept_nowhere(subscribers: Subscribers, client: Client, tmp_path: Path) -> None:
    words = ("--zone", "BRU-NORTH", "--class", "alert", "--webhook", "https://desk.example/hits")
    added = subscribers("add", "desk", *words, "--json")
    assert added.code == 0, added.err
    token, secret = added.json["token"], added.json["webhook_secret"]
    key = tmp_path / "data" / "subscribers.key"
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    credentials = Credentials(key.read_bytes())
    assert (credentials.token("desk", 1), credentials.signing_secret("desk", 1)) == (token, secret)
    listed = subscribers("list", "--json")
    assert [one["subscriber"] for one in listed.json["subscribers"]] == ["desk"]
    kept = str(client.query("SELECT * FROM subscribers").result_rows) + str(audited.rows(client))
    for text in (listed.out, subscribers("list").out, kept):
        assert token.rpartition(".")[2] not in text
        assert secret.removeprefix("whsec_") not in text


def test_a_program_is_added_rotated_and_ended_and_all_of_it_audited(subscribers: Subscribers, client: Client) -> None:
    said = subscribers("add", "dispatch", "--kind", "stolen_vehicle", subscriber_key=KEY)
    assert "dispatch may be told hits of stolen_vehicle everywhere" in said.out
    assert re.search(r"token   anpr_dispatch\.1\.[\w-]{43}", said.out)
    assert "whsec_" not in said.out, "it has no webhook"
    rotated = subscribers("rotate", "dispatch", "--json", subscriber_key=KEY).json
    assert rotated["token"] == Credentials(KEY.encode()).token("dispatch", 2)
    assert "is told nothing any more" in subscribers("end", "dispatch").out
    assert "ended" in subscribers("list").out
    actions = [row["action"] for row in sorted(audited.rows(client), key=lambda row: row["seq"])]
    assert sorted(actions) == ["officer_registered", "subscriber_added", "subscriber_ended", "subscriber_rotated"]
    assert audited.verified(client).intact, audited.said(audited.verified(client))


@pytest.mark.parametrize(
    "command", [("add", "spy"), ("rotate", "desk"), ("end", "desk"), ("dead-letters", "x", "--replay")]
)
def test_only_an_administrator_may(command: tuple[str, ...], subscribers: Subscribers) -> None:
    refused = subscribers(*command, by="A. Peeters")
    refused.assert_clear("A. Peeters is not registered as administrator: ask an administrator")
    assert refused.code == 2


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("add", "Dispatch"), "a subscriber's name is 1 to 40 of a-z"),
        (("add", "a", "--kind", "stolen"), "there is no kind of list stolen: one of stolen_vehicle"),
        (("add", "a", "--class", "sure"), "there is no class sure: one of alert, confirm"),
        (("add", "a", "--webhook", "http://desk.example/"), "begins with https:// unless it is on this machine"),
        (("add", "a", "--webhook", "https://169.254.169.254/"), "no webhook is at such an address"),
        (("rotate", "nobody"), "there is no subscriber nobody"),
        (("end", "nobody"), "there is no subscriber nobody"),
        (("dead-letters", "nobody"), "there is no subscriber nobody"),
    ],
)
def test_what_makes_no_sense_is_refused_in_one_sentence(
    words: tuple[str, ...], said: str, subscribers: Subscribers
) -> None:
    done = subscribers(*words)
    done.assert_clear(said)
    assert done.code == 2


def test_a_key_that_could_be_guessed_is_refused(subscribers: Subscribers) -> None:
    done = subscribers("list", subscriber_key="short")
    done.assert_clear("setting subscriber_key (ANPR_SUBSCRIBER_KEY)")
    assert done.code == 2


@pytest.mark.parametrize(
    ("words", "settings", "said"),
    [
        ((), {}, "no broker: set ANPR_KAFKA_BOOTSTRAP"),
        (
            ("--host", "192.0.2.1"),
            {"kafka_bootstrap": "127.0.0.1:1"},
            "the API cannot be served on 192.0.2.1 port 8080",
        ),
    ],
)
def test_serve_says_what_it_lacks(
    words: tuple[str, ...], settings: dict[str, str], said: str, store: StoreProcess, tmp_path: Path
) -> None:
    done = anpr(tmp_path / "data", "serve", *words, store_dsn=store.dsn, **settings)
    done.assert_clear(said)
    assert done.code == 2


def test_serve_shares_a_running_demo_and_ends_with_it(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    words = ("--headless", "--seconds", "15", "--frame-cameras", "0", "--cameras", "4")
    processes = [demo := start(folder, "demo", *words)]
    try:
        wait_until(lambda: running(folder), what="the demo")
        added = anpr(folder, "subscribers", "add", "desk", "--json", officer=getuser())
        assert added.code == 0, added.err
        ready = tmp_path / "ready"
        processes.append(served := start(folder, "serve", "--port", "0", "--ready-file", str(ready)))
        wait_until(lambda: ready.exists() or served.poll() is not None, what="the API")
        url = f"http://127.0.0.1:{json.loads(ready.read_text())['port']}"
        with subscribe(source=Http(url, added.json["token"], start="oldest"), idle_s=60) as hits:
            assert next(hits).entry_id.startswith("sim-")
        assert demo.wait(120) == 0
        assert served.wait(60) == 0
    finally:
        for process in processes:
            process.kill()
            process.wait()
