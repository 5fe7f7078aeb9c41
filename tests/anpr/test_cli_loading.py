"""The program loads what the command needs and no more, and still knows every error that is told in one sentence."""

from __future__ import annotations

import subprocess
import sys
from importlib import import_module

import pytest
import typer

from anpr import cli
from anpr.cli.app import COMMANDS, app


@pytest.mark.parametrize("name", sorted(cli.USAGE | cli.FAULTS))
def test_an_error_that_is_named_exists(name: str) -> None:
    module, _, kind = name.rpartition(".")
    assert issubclass(getattr(import_module(module), kind), Exception)
    assert getattr(import_module(module), kind).__module__ == module, "named by where it is defined"


def test_no_error_is_both() -> None:
    assert not cli.USAGE & cli.FAULTS


@pytest.mark.slow
@pytest.mark.parametrize("command", ["search", "investigate", "audit", "store"])
def test_who_asks_the_store_does_not_wait_for_engines(command: str) -> None:
    code = (
        f"import sys; from importlib import import_module\nimport anpr.cli\n"
        f"for module in {COMMANDS[command].modules!r}: import_module('anpr.cli.' + module)\n"
        "sys.exit(', '.join({'cv2', 'onnxruntime', 'rapidocr', 'anpr.bench.store'} & sys.modules.keys()) or None)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=60)
    assert (done.returncode, done.stderr) == (0, "")


def _loads(modules: str, *others: str) -> str:
    """Which of the others are loaded with these modules."""
    code = f"import sys, {modules}\nprint(*({set(others)!r} & sys.modules.keys()))"
    return subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True, timeout=60).stdout


def test_who_asks_what_there_is_waits_for_none_of_it() -> None:
    code = (
        "import sys; sys.argv = ['anpr', '--help']\nfrom anpr.cli import main\ntry:\n    main()\nfinally:\n"
        "    print(*(name for name in sys.modules if name.startswith('anpr.cli.')), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True, timeout=60)
    assert set(done.stderr.split()) == {"anpr.cli.app", "anpr.cli.console"}
    assert all(name in done.stdout for name in COMMANDS)


@pytest.mark.parametrize("name", COMMANDS)
def test_what_the_list_says_of_a_command_is_how_its_help_begins(name: str) -> None:
    for module in COMMANDS[name].modules:
        import_module(f"anpr.cli.{module}")
    own = typer.main.get_group(app).commands[name].help or ""
    assert own.split("\n\n")[0] == COMMANDS[name].help


def test_only_who_stores_pays_for_columns() -> None:
    assert _loads("anpr.wiring, anpr.api", "pyarrow").strip() == ""


@pytest.mark.slow
@pytest.mark.parametrize("flow", ["read", "consolidate", "match", "judge", "watch", "health", "notices"])
def test_a_worker_loads_neither_the_store_nor_what_starts_platforms(flow: str) -> None:
    """Seconds count after a kill, and on a busy machine each import is some of them."""
    heavy = ("clickhouse_connect", "anpr.platform", "console.hotlist.desk", "pyarrow")
    assert _loads(f"anpr.cli.worker, anpr.assembly.{flow}", *heavy).strip() == ""
