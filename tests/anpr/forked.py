"""The program in a process of its own that has its libraries already: most of a short command is loading those."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping, Sequence
from multiprocessing import get_context
from pathlib import Path

from anpr.cli.app import COMMANDS
from anpr.embedded.forking import become, shall_be_loaded

__all__ = ["run_forked"]

_OF_LONG_RUNS = {"bench", "chaos", "demo", "door", "edge", "evaluate", "replay", "serve", "simulate", "worker"}
_SHORT = COMMANDS.keys() - _OF_LONG_RUNS
_server = get_context("forkserver")
shall_be_loaded(("anpr.platform", *(f"anpr.cli.{m}" for name in _SHORT for m in COMMANDS[name].modules)))


def run_forked(
    words: Sequence[str], environ: Mapping[str, str], folder: Path, streams: Sequence[Path], timeout_s: float
) -> int:
    """Run `anpr` with these words in this folder; its exit code.

    streams: files that it reads as standard input, and writes as standard output and standard error.
    Raises subprocess.TimeoutExpired; then it is killed.
    """
    process = _server.Process(target=become, args=(tuple(words), dict(environ), str(folder), tuple(streams)))
    process.start()
    process.join(timeout_s)
    if process.exitcode is None:
        process.kill()
        process.join()
        raise subprocess.TimeoutExpired(["anpr", *words], timeout_s)
    code = process.exitcode
    process.close()
    return code
