"""Fenced examples of a document, and how they are run: as a user would, with `anpr` on the path."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import typer

from anpr.cli import app
from tests.anpr.program import environment

_BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.DOTALL | re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Example:
    """One fenced block."""

    language: str
    text: str
    line: int

    @property
    def commands(self) -> list[str]:
        """Of a console: what is typed."""
        return [line.removeprefix("$ ") for line in self.text.splitlines() if line.startswith("$ ")]


def examples_of(document: Path) -> list[Example]:
    """All blocks in order; none is left out, as a fence without a language is a fault."""
    text = document.read_text("utf-8")
    found = [Example(one[1], one[2], text[: one.start()].count("\n") + 2) for one in _BLOCK.finditer(text)]
    assert text.count("```") == 2 * len(found)
    return found


def put_program(folder: Path) -> None:
    """Put `anpr` into the folder, for `run`."""
    program = folder / "bin" / "anpr"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -m anpr "$@"\n')
    program.chmod(0o755)


def run(command: list[str], folder: Path, dsn: str, officer: str) -> str:
    """What a command prints that is run in the folder. Raises AssertionError with its errors when it fails."""
    environ = environment(folder / "data", store_dsn=dsn, officer=officer)
    environ["PATH"] = f"{folder / 'bin'}{os.pathsep}{environ['PATH']}"
    done = subprocess.run(
        command,
        env=environ,
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=90,
        check=False,
        stdin=subprocess.DEVNULL,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def check_command(words: list[str]) -> None:
    """Raises AssertionError for a command of the program that there is not, or an option that it does not have."""
    found: Any = typer.main.get_command(app)
    rest = list(words)
    while hasattr(found, "get_command"):
        found = found.get_command(None, rest.pop(0))
        assert found is not None, words
    known = {option for one in found.params for option in one.opts}
    assert {word.partition("=")[0] for word in rest if word.startswith("--")} <= known, words
