"""`anpr store`: the SQL shell in a terminal, SQL in a pipe, backup and restore, as people use them."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from clickhouse_connect.driver.client import Client

from anpr.embedded.store.launch import StoreProcess
from tests.anpr.embedded.store.test_http import ENDLESS, health
from tests.anpr.program import anpr, command, environment, wait_until
from tests.anpr.terminal import CTRL_C, CTRL_D, UP, Terminal

pytestmark = pytest.mark.slow

PROMPT, MORE = "anpr> ", "  ... "
Shell = Callable[..., Terminal]


@pytest.fixture(scope="module")
def store(store: StoreProcess, tables: Client) -> StoreProcess:
    """The store has its tables."""
    assert tables
    return store


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A data folder that does not exist yet."""
    return tmp_path / "data"


@pytest.fixture
def shell(folder: Path, store: StoreProcess) -> Iterator[Shell]:
    """Opens `anpr store sql` in a terminal and waits for its prompt."""
    opened: list[Terminal] = []

    def open_one(*words: str) -> Terminal:
        terminal = Terminal(command("store", "sql", *words), environment(folder, store_dsn=store.dsn), folder.parent)
        opened.append(terminal)
        terminal.expect(PROMPT)
        return terminal

    yield open_one
    for terminal in opened:
        terminal.close()


# ---- the shell -------------------------------------------------------------------------------------------------------


def test_the_shell_answers_over_several_lines_until_it_is_left(shell: Shell) -> None:
    terminal = shell()
    assert "\\q leaves" in terminal.seen
    terminal.type("SELECT 20 +\n")
    terminal.expect(MORE)
    terminal.type("22 AS n, ';' AS t -- not yet;\n")
    terminal.expect(MORE)
    terminal.type(";\n")
    shown = terminal.expect(PROMPT)
    assert "42" in shown
    assert "Traceback" not in shown
    terminal.type("\\q\n")
    assert terminal.wait() == 0


def test_end_of_input_leaves_the_shell(shell: Shell) -> None:
    terminal = shell()
    terminal.type(CTRL_D)
    assert terminal.wait() == 0


def test_a_mistake_is_one_line_and_the_shell_goes_on(shell: Shell) -> None:
    terminal = shell()
    terminal.type("SELEKT 1;\n")
    assert "anpr: Syntax error" in terminal.expect(PROMPT)
    terminal.type("SELECT plate FROM passages;\n")
    assert "passages is closed: opened by a recorded search only" in terminal.expect(PROMPT)
    terminal.type("SELECT 40 + 2;\n")
    assert "42" in terminal.expect(PROMPT)


def test_ctrl_c_forgets_what_was_begun(shell: Shell) -> None:
    terminal = shell()
    terminal.type("SELECT nonsense\n")
    terminal.expect(MORE)
    terminal.interrupt(PROMPT)
    terminal.type("SELECT 40 + 2;\n")
    assert "42" in terminal.expect(PROMPT)


def test_ctrl_c_cancels_the_query_in_the_store_and_the_shell_goes_on(shell: Shell, store: StoreProcess) -> None:
    terminal = shell()
    terminal.type(f"{ENDLESS};\n")
    wait_until(lambda: health(store)["running"]["analyst"] == 1, what="the query runs")
    terminal.type(CTRL_C)
    terminal.expect("interrupted")
    terminal.expect(PROMPT)
    wait_until(lambda: health(store)["running"]["analyst"] == 0, what="the query has ended")
    terminal.type("SELECT 40 + 2;\n")
    assert "42" in terminal.expect(PROMPT)


def test_the_shell_lists_what_may_be_read_and_shows_columns(shell: Shell) -> None:
    terminal = shell()
    terminal.type("\\d\n")
    listed = terminal.expect(PROMPT)
    assert "camera_minutes" in listed
    assert "passages_of_search" in listed
    assert re.search(r"│ (passages|plates|held_passages) +│", listed) is None
    terminal.type("\\d camera_minutes;\n")
    assert "Beginning of the minute" in terminal.expect(PROMPT)
    terminal.type("\\x\n")
    assert "\\q leaves" in terminal.expect(PROMPT)


def test_queries_of_earlier_times_come_back_and_are_for_the_owner_only(shell: Shell, folder: Path) -> None:
    first = shell()
    first.type("SELECT 6 * 7 AS answer;\n")
    first.expect(PROMPT)
    first.type("\\q\n")
    assert first.wait() == 0
    assert (folder / "sql_history").stat().st_mode & 0o077 == 0
    second = shell()
    second.type(UP + UP)
    second.expect("SELECT 6 * 7 AS answer;")
    second.type("\n")
    assert "42" in second.expect(PROMPT)


def test_a_query_of_the_shell_may_name_its_format(shell: Shell) -> None:
    terminal = shell()
    terminal.type("SELECT 40 + 2 AS n FORMAT JSONEachRow;\n")
    assert '{"n":42}' in terminal.expect(PROMPT)


# ---- in a pipe -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "out"),
    [
        (("SELECT 1 AS a, 'x' AS b FORMAT CSVWithNames",), '"a","b"\n1,"x"\n'),
        (("SELECT 1 AS a FORMAT JSONEachRow;",), '{"a":1}\n'),
        (("SELECT 1 AS a", "--format", "TSV"), "1\n"),
        (("SELECT 1 AS a WHERE 0", "--json"), '{"rows": []}\n'),
    ],
)
def test_formats(words: tuple[str, ...], out: str, folder: Path, store: StoreProcess) -> None:
    done = anpr(folder, "store", "sql", *words, store_dsn=store.dsn)
    assert (done.code, done.out) == (0, out)


def test_people_see_the_first_rows_of_a_long_answer_and_are_told_so(folder: Path, store: StoreProcess) -> None:
    done = anpr(folder, "store", "sql", "SELECT number AS n FROM numbers(1000000000000)", store_dsn=store.dsn)
    assert (done.code, done.err) == (
        0,
        "the first 1,000 rows; for all of them add FORMAT CSVWithNames, or another one\n",
    )
    assert re.findall(r"│ (\d+) +│", done.out) == [str(n) for n in range(1000)]
    wait_until(lambda: health(store)["running"]["analyst"] == 0, what="the query has ended")


def test_two_formats_at_once_are_refused(folder: Path, store: StoreProcess) -> None:
    said = "say once how to answer: --json, --format or FORMAT in the query"
    for words in (
        ("SELECT 1 FORMAT CSV", "--json"),
        ("SELECT 1", "--format", "CSV", "--json"),
        ("SELECT 1 FORMAT CSV", "--format", "TSV"),
    ):
        anpr(folder, "store", "sql", *words, store_dsn=store.dsn).assert_clear(said)


def test_a_query_from_standard_input(folder: Path, store: StoreProcess) -> None:
    done = anpr(folder, "store", "sql", "--json", stdin="SELECT 1 AS a\n;\n", store_dsn=store.dsn)
    assert (done.code, json.loads(done.out)) == (0, {"rows": [{"a": 1}]})


def test_a_reader_that_has_seen_enough_is_no_fault(folder: Path, store: StoreProcess) -> None:
    words = " ".join(command("store", "sql", "'SELECT number FROM numbers(3000000)'", "--format", "TSV"))
    done = subprocess.run(
        ["bash", "-o", "pipefail", "-c", f"{words} | head -n 2"],
        env=environment(folder, store_dsn=store.dsn),
        cwd=folder.parent,
        capture_output=True,
        text=True,
        timeout=90,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "0\n1\n", "")


# ---- backup ----------------------------------------------------------------------------------------------------------


def test_backup_and_restore_into_a_new_data_folder(folder: Path, tmp_path: Path) -> None:
    first = anpr(
        folder, "search", "1ABC234", "--reason", "Hit and run in the Rue Neuve", "--purpose", "crime", "--json"
    )
    assert first.code == 0, first.err
    saved = anpr(folder, "store", "backup", str(tmp_path / "monday"), "--json")
    assert saved.code == 0, saved.err
    assert saved.json["rows"]["searches"] == 1
    other = tmp_path / "other"
    back = anpr(other, "store", "restore", str(tmp_path / "monday"), "--json")
    assert back.code == 0, back.err
    assert saved.json["rows"]["lez.officers"] == 2, "both controllers' databases are in it"
    merged = ("audit_heads", "lez.audit_heads")  # rows of one chain become one whenever they are merged
    kept, came = ({name: n for name, n in done.json["rows"].items() if name not in merged} for done in (saved, back))
    assert came == kept
    checked = anpr(other, "audit", "verify", "--json")
    assert (checked.json["intact"], checked.json["first_broken"]) == (True, None)
    assert checked.json["records"] == saved.json["rows"]["audit"]
    anpr(other, "store", "restore", str(tmp_path / "monday")).assert_clear("has tables already")
    anpr(folder, "store", "backup", str(tmp_path / "monday")).assert_clear("exists already: give a name that does not")


def test_what_is_no_backup_is_one_sentence(folder: Path, tmp_path: Path) -> None:
    anpr(folder, "store", "restore", str(tmp_path)).assert_clear("holds no whole backup")
