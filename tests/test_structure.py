"""The rule of imports between the rooms of the tree, and that the rule is really looked at."""

from __future__ import annotations

import contextlib
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
SETTINGS = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
ROOTS: list[str] = SETTINGS["tool"]["importlinter"]["root_packages"]
LINT = (sys.executable, "-c", "from importlinter.cli import lint_imports_command; lint_imports_command()", "--no-cache")

PLANTED = {
    "schemas knows the topics": ("schemas/planted.py", "import topics.spec"),
    "the topics know the pipeline": ("topics/planted.py", "import pipeline.messages"),
    "the pipeline knows the program": ("pipeline/planted.py", "import anpr.settings"),
    "the pipeline knows the store": ("pipeline/planted.py", "import sinks.evidence"),
    "the simulator knows a stage": ("replay/planted.py", "import pipeline.outcome"),
    "the console knows a stage": ("console/planted.py", "import pipeline.stages.match"),
    "a sink knows the console": ("sinks/planted.py", "import console.app"),
    "the client knows the topics": ("anpr/client/planted.py", "import topics.spec"),
    "a device knows the broker's runtime": ("anpr/edge/planted.py", "import pipeline.runtime.kafka"),
    "a sink knows a stage": ("sinks/planted.py", "import pipeline.stages.match"),
    "a stage looks at the clock": ("pipeline/stages/planted.py", "import time"),
    "a stage knows Kafka": ("pipeline/stages/planted.py", "import confluent_kafka"),
    "a stage knows the runtime": ("pipeline/stages/planted.py", "import pipeline.runtime.clock"),
    "the law looks at the environment": ("pipeline/lez/planted.py", "import os"),
    "a case looks at the clock": ("pipeline/cases/planted.py", "import time"),
    "a notice looks at the clock": ("pipeline/notices/planted.py", "import time"),
    "camera health looks at the clock": ("pipeline/health/planted.py", "import time"),
    "a case knows the runtime": ("pipeline/cases/planted.py", "import pipeline.runtime.clock"),
}


def lint(folder: Path) -> subprocess.CompletedProcess[str]:
    """What the import linter says of a tree."""
    return subprocess.run(LINT, cwd=folder, capture_output=True, text=True, check=False)


def analysed(result: subprocess.CompletedProcess[str]) -> int:
    """How many modules it looked at."""
    found = re.search(r"Analyzed (\d+) files", result.stdout)
    assert found is not None, result.stdout
    return int(found[1])


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the import roots, to plant in."""
    folder = tmp_path_factory.mktemp("tree")
    shutil.copy(ROOT / "pyproject.toml", folder)
    for name in ROOTS:
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__", "*.json"))
    return folder


@contextlib.contextmanager
def planted(tree: Path, path: str, line: str) -> Iterator[None]:
    """The tree with one more module."""
    module = tree / path
    module.write_text(f'"""Planted."""\n\n{line}\n', "utf-8")
    try:
        yield
    finally:
        module.unlink()


def test_every_import_root_is_under_the_rule() -> None:
    packages = {path.parent.name for path in ROOT.glob("*/__init__.py")} - {"tests"}
    assert set(ROOTS) == packages
    shipped = {pattern.rstrip("*") for pattern in SETTINGS["tool"]["setuptools"]["packages"]["find"]["include"]}
    assert shipped == packages


def test_imports_go_one_way(tree: Path) -> None:
    result = lint(tree)
    assert result.returncode == 0, result.stdout
    kept = len(SETTINGS["tool"]["importlinter"]["contracts"])
    assert f"Contracts: {kept} kept, 0 broken." in result.stdout


@pytest.mark.slow
@pytest.mark.parametrize("root", ROOTS)
def test_every_import_root_is_analysed(tree: Path, root: str) -> None:
    before = analysed(lint(tree))
    with planted(tree, f"{root}/planted.py", "HARMLESS = True"):
        assert analysed(lint(tree)) == before + 1


@pytest.mark.slow
@pytest.mark.parametrize(("path", "line"), PLANTED.values(), ids=PLANTED)
def test_a_planted_import_is_found(tree: Path, path: str, line: str) -> None:
    with planted(tree, path, line):
        result = lint(tree)
    assert result.returncode == 1, result.stdout
    assert path.removesuffix(".py").replace("/", ".") in result.stdout
