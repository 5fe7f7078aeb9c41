"""The program from outside: help, JSON, and errors that are one sentence and an exit code."""

from __future__ import annotations

import json
import logging
import socket
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import typer

from anpr.cli import main
from anpr.cli.app import app
from anpr.embedded.store.launch import StoreProcess, start_store
from anpr.wiring import FLOWS
from tests.anpr.program import DEADLINE_S, Ran, anpr, command, environment, wait_until
from tests.anpr.program import start as start_program
from topics.spec import all_topics

Run = Callable[..., Ran]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A data folder that does not exist yet."""
    return tmp_path / "data"


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StoreProcess]:
    """A store for the commands of this file."""
    process = start_store(tmp_path_factory.mktemp("store"))
    yield process
    process.stop()


@pytest.fixture
def run(folder: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Iterator[Run]:
    """Runs the program in this process, which is quicker than starting one."""
    handlers, level = logging.getLogger().handlers[:], logging.getLogger().level
    monkeypatch.chdir(folder.parent)

    def run(*words: str, **settings: str) -> Ran:
        for name, value in environment(folder, **settings).items():
            if name.startswith("ANPR_"):
                monkeypatch.setenv(name, value)
        monkeypatch.setattr(sys, "argv", ["anpr", *words])
        code = 0
        try:
            main()
        except SystemExit as end:
            code = end.code if isinstance(end.code, int) else 1
        out, err = capfd.readouterr()
        return Ran(code, out, err)

    yield run
    logging.getLogger().handlers[:] = handlers
    logging.getLogger().setLevel(level)


def _commands(node: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    yield path
    for name in node.list_commands(None) if hasattr(node, "list_commands") else ():
        yield from _commands(node.get_command(None, name), (*path, name))


COMMANDS = list(_commands(typer.main.get_command(app)))


@pytest.mark.slow
@pytest.mark.parametrize("path", COMMANDS, ids=lambda path: " ".join(path) or "anpr")
def test_every_command_has_a_help_that_says_something(path: tuple[str, ...], run: Run) -> None:
    done = run(*path, "--help")
    assert (done.code, done.err) == (0, "")
    assert "Usage: anpr" in done.out
    assert len(done.out.splitlines()) > 5


def test_the_commands_are_those_that_others_rely_on() -> None:
    paths = {" ".join(path) for path in COMMANDS}
    wanted = {"demo", "ingest", "worker", "search", "doctor", "bench pipeline", "store migrate", "store sql"}
    assert paths >= wanted | {"topics list", "topics create", "topics check", "settings", "evaluate"}


def test_the_installed_program_starts(folder: Path) -> None:
    done = anpr(folder, "--help")
    assert (done.code, done.err) == (0, "")
    assert "ingest" in done.out
    assert command()[1:] == ["-m", "anpr"]


def test_topics_as_json(run: Run) -> None:
    done = run("topics", "list", "--json")
    assert done.code == 0
    assert [topic["name"] for topic in done.json["topics"]] == list(all_topics())
    assert len(done.out.splitlines()) == 1


def test_topics_for_people(run: Run) -> None:
    done = run("topics", "list")
    assert done.code == 0
    assert all(name[:4] in done.out for name in all_topics())


def test_migrate_and_sql_as_json(run: Run, store: StoreProcess) -> None:
    done = run("store", "migrate", "--json", store_dsn=store.dsn)
    assert set(done.json) == {"applied", "already", "lez"}
    assert done.json["lez"] is None, "the settings name no database of the zones"
    done = run("store", "sql", "SELECT number AS n, 'a' AS t FROM numbers(2)", "--json", store_dsn=store.dsn)
    assert done.json == {"rows": [{"n": 0, "t": "a"}, {"n": 1, "t": "a"}]}
    assert len(done.out.splitlines()) == 1


def test_sql_for_people_shows_brackets_as_they_are(run: Run, store: StoreProcess) -> None:
    done = run("store", "sql", "SELECT '[/red] [bold]x' AS t", store_dsn=store.dsn)
    assert "[/red] [bold]x" in done.out


WRITES = {
    "INSERT INTO searches (officer) VALUES ('x')": "INSERT",
    "INSERT INTO searches (officer) SELECT 'x' SETTINGS readonly = 0": "INSERT",
    "DROP TABLE reads": "DROP",
    "TRUNCATE TABLE searches": "TRUNCATE",
    "ALTER TABLE searches DELETE WHERE 1": "ALTER",
    "CREATE TABLE t (a Int8) ENGINE = Memory": "CREATE",
    "SET readonly = 0": "SET",
}


@pytest.mark.slow
@pytest.mark.parametrize(("query", "word"), WRITES.items(), ids=WRITES.values())
def test_sql_only_reads(query: str, word: str, run: Run, store: StoreProcess) -> None:
    run("store", "migrate", store_dsn=store.dsn)
    said = f"{word} is not for the role anpr_analyst: it reads, with one SELECT"
    run("store", "sql", query, "--json", store_dsn=store.dsn).assert_clear(said)
    if word != "SET":  # which lasts for its own request only
        run("store", "sql", query, "--as", "service", store_dsn=store.dsn).assert_clear("READONLY")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("SELECT 1 SETTINGS readonly = 0", "no SETTINGS in the query"),
        ("SELECT * FROM file('/etc/passwd', 'LineAsString')", "file reaches outside the database"),
        ("SELECT plate FROM passages", "passages is closed: opened by a recorded search only, through"),
        ("SELECT search_id FROM searches", "the role anpr_analyst may not read searches"),
        ("SELECT plate FROM hits", "the role anpr_analyst may read only these columns of hits: hit_id, revision"),
        ("SELECT * FROM absent", "there is no such table or view; SHOW TABLES lists"),
    ],
)
def test_sql_says_what_an_analyst_may_not_see(query: str, said: str, run: Run, store: StoreProcess) -> None:
    run("store", "migrate", store_dsn=store.dsn)
    run("store", "sql", query, store_dsn=store.dsn).assert_clear(said)


def test_a_query_that_is_none_is_one_sentence(run: Run, store: StoreProcess) -> None:
    run("store", "sql", "SELECT broken(", store_dsn=store.dsn).assert_clear("Syntax error")


def test_search_as_json(run: Run, store: StoreProcess) -> None:
    assert run("officers", "add", "A. Peeters", officer="A. Peeters", store_dsn=store.dsn).code == 0
    words = ("search", "1-ABC-234", "--reason", "trying the search", "--json")
    done = run(*words, officer="A. Peeters", store_dsn=store.dsn)
    assert done.code == 0, done.err
    assert set(done.json) == {"search_id", "results"}


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("search", "1ABC234", "--reason", "x"), "state a reason"),
        (("search", "1ABC234", "--reason", ""), "state a reason"),
        (("search", "1ABC234", "--reason", "1-ABC-234"), "state a reason"),
        (("search", "*", "--reason", "trying the search"), "too wide"),
        (("search", "x'; DROP TABLE reads", "--reason", "trying the search"), "is no plate"),
        (("search", "1ABC234", "--reason", "trying the search", "--purpose", "fun"), "purpose fun is not one of"),
        (("search", "[/red]", "--reason", "trying the search"), "'[/red]' is no plate"),
    ],
)
def test_a_search_that_may_not_be_is_refused(words: tuple[str, ...], said: str, run: Run, store: StoreProcess) -> None:
    done = run(*words, store_dsn=store.dsn)
    done.assert_clear(said)
    assert done.code == 2


@pytest.mark.parametrize("words", [("search", "1ABC234"), ("search",), ("ingest",), ("nonsense",), ("worker",)])
def test_a_command_that_is_not_whole_is_refused(words: tuple[str, ...], run: Run) -> None:
    done = run(*words)
    assert (done.code, done.out) == (2, "")
    assert "Traceback" not in done.err
    assert "Usage: anpr" in done.err


@pytest.mark.parametrize(
    "words", [("search", "1ABC234", "--reason", "trying the search"), ("store", "sql", "SELECT 1")]
)
@pytest.mark.parametrize("dsn", ["http://u:s3cret@127.0.0.1:1/anpr", "http://u:s3cret@127.0.0.1:p/anpr", "store"])
def test_a_wrong_dsn_is_one_sentence_without_the_password(words: tuple[str, ...], dsn: str, run: Run) -> None:
    done = run(*words, store_dsn=dsn)
    done.assert_clear("no ClickHouse at", "ANPR_STORE_DSN")
    assert "s3cret" not in done.err


@pytest.mark.parametrize("words", [("topics", "create"), ("topics", "check")])
def test_a_broker_that_is_not_there_is_one_sentence(
    words: tuple[str, ...], run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("anpr.platform.BROKER_ANSWER_S", 0.5)
    run(*words, kafka_bootstrap="127.0.0.1:1").assert_clear("ANPR_KAFKA_BOOTSTRAP")


@pytest.mark.parametrize("words", [("topics", "create"), ("topics", "check"), ("worker", "match")])
def test_a_broker_that_is_not_named_is_one_sentence(words: tuple[str, ...], run: Run) -> None:
    run(*words).assert_clear("set ANPR_KAFKA_BOOTSTRAP=")


def test_a_broker_without_a_store_is_one_sentence(run: Run, folder: Path) -> None:
    folder.parent.joinpath("a.jpg").write_bytes(b"")
    run("ingest", "a.jpg", kafka_bootstrap="127.0.0.1:1").assert_clear("set ANPR_STORE_DSN too, or neither")


@pytest.mark.parametrize("words", [("nonsense",), ("match", "nonsense")])
def test_an_unknown_worker_is_one_sentence(words: tuple[str, ...], run: Run) -> None:
    done = run("worker", *words, kafka_bootstrap="127.0.0.1:1")
    done.assert_clear(f"no worker nonsense; there are {', '.join(FLOWS)}")
    assert done.code == 2


def test_a_taken_port_is_one_sentence(run: Run) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        done = run("worker", "match", kafka_bootstrap="127.0.0.1:1", service_port=port)
    done.assert_clear(f"port {port}", "set ANPR_SERVICE_PORT")


@pytest.mark.parametrize("words", [("store", "sql", "SELECT 1"), ("worker", "match", "judge"), ("ingest", "a.jpg")])
def test_a_data_folder_that_cannot_be_written_is_one_sentence(words: tuple[str, ...], run: Run, folder: Path) -> None:
    folder.write_text("a file")
    folder.parent.joinpath("a.jpg").write_bytes(b"")
    settings = {"kafka_bootstrap": "127.0.0.1:1", "store_dsn": "http://127.0.0.1:1/x"} if words[0] == "worker" else {}
    run(*words, **settings).assert_clear("cannot be written", "set ANPR_DATA_DIR")


@pytest.mark.parametrize("name", ["absent.jpg", "[/red].jpg"])
def test_a_missing_path_is_one_sentence_before_anything_starts(name: str, run: Run, folder: Path) -> None:
    done = run("ingest", name)
    done.assert_clear(f"{name} does not exist: name a picture, a folder or a video")
    assert done.code == 2
    assert not folder.exists()


def test_a_folder_without_pictures_is_one_sentence(run: Run, folder: Path) -> None:
    folder.parent.joinpath("notes").mkdir()
    folder.parent.joinpath("notes", "a.txt").write_text("nothing")
    run("ingest", "notes").assert_clear("holds no picture and no video")


def test_an_unknown_setting_is_one_sentence(run: Run) -> None:
    run("topics", "list", nonsense="1").assert_clear("the environment sets ANPR_NONSENSE, which is no setting")


def test_an_unknown_log_level_is_one_sentence(run: Run) -> None:
    run("--log-level", "loud", "topics", "list").assert_clear("setting log_level")


@pytest.mark.slow
def test_two_programs_on_one_folder_wait_for_each_other(folder: Path) -> None:
    first = [start_program(folder, "search", "1ABC234", "--reason", "trying the search", "--json") for _ in range(3)]
    codes = [process.wait(DEADLINE_S) for process in first]
    said = [(folder.parent / f"err.{n}").read_text() for n in range(3)]
    assert codes == [0, 0, 0], "\n".join(said)
    results = [json.loads((folder.parent / f"out.{n}").read_text()) for n in range(3)]
    assert len({result["search_id"] for result in results}) == 3
    assert any("another anpr works on this data folder: waiting for it" in text for text in said)


@pytest.mark.slow
def test_a_folder_that_stays_in_use_is_one_sentence(folder: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("anpr.platform.FOLDER_WAIT_S", 0.0)
    folder.mkdir()
    other = start_store(folder / "store")
    try:
        done = run("store", "sql", "SELECT 1")
    finally:
        other.stop()
    done.assert_clear(f"another anpr works on the data folder {folder}", str(other.pid), "or set ANPR_DATA_DIR")


@pytest.mark.slow
def test_several_workers_end_when_asked_to(folder: Path) -> None:
    """Against a broker that is not there: they wait for it, visibly, and still end at once."""
    settings = {"kafka_bootstrap": "127.0.0.1:1", "store_dsn": "http://127.0.0.1:1/x"}
    process = start_program(folder, "worker", "match", "judge", **settings)
    logs = [folder / "logs" / f"{name}.log" for name in ("match", "judge")]
    said = "waiting for the broker"
    wait_until(lambda: all(log.exists() and said in log.read_text() for log in logs), what="waiting")
    process.terminate()
    assert process.wait(30) is not None
