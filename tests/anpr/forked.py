"""The program in a process of its own that has its libraries already: most of a short command is loading those."""

from __future__ import annotations

import atexit
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from importlib import import_module
from multiprocessing import get_context
from pathlib import Path

from anpr.cli.app import COMMANDS

__all__ = ["run_forked"]

_OF_LONG_RUNS = {"bench", "chaos", "demo", "door", "edge", "evaluate", "replay", "serve", "simulate", "worker"}
_LOADED = (
    "anpr.platform",
    *(f"anpr.cli.{m}" for name in COMMANDS if name not in _OF_LONG_RUNS for m in COMMANDS[name].modules),
)
_server = get_context("forkserver")
_server.set_forkserver_preload([__name__, *_LOADED])


def run_forked(
    words: Sequence[str], environ: Mapping[str, str], folder: Path, streams: Sequence[Path], timeout_s: float
) -> int:
    """Run `anpr` with these words in this folder; its exit code.

    streams: files that it reads as standard input, and writes as standard output and standard error.
    Raises subprocess.TimeoutExpired; then it is killed.
    """
    process = _server.Process(target=_program, args=(tuple(words), dict(environ), folder, tuple(streams)))
    process.start()
    process.join(timeout_s)
    if process.exitcode is None:
        process.kill()
        process.join()
        raise subprocess.TimeoutExpired(["anpr", *words], timeout_s)
    code = process.exitcode
    process.close()
    return code


def _program(words: Sequence[str], environ: Mapping[str, str], folder: Path, streams: Sequence[Path]) -> None:
    os.environ.clear()
    os.environ.update(environ)
    os.chdir(folder)
    _redirect(streams)
    sys.argv = ["anpr", *words]
    for name in [name for name in sys.modules if name.startswith("anpr.cli")]:
        del sys.modules[name]  # the command line itself looks at its environment when it is loaded
    try:
        import_module("anpr.cli").main()
    except SystemExit:
        raise
    except BaseException:
        sys.excepthook(*sys.exc_info())
        sys.exit(1)
    finally:
        atexit._run_exitfuncs()


def _redirect(streams: Sequence[Path]) -> None:
    for number, (path, flags) in enumerate(zip(streams, (os.O_RDONLY, os.O_WRONLY, os.O_WRONLY), strict=True)):
        opened = os.open(path, flags)
        os.dup2(opened, number)
        os.close(opened)
    # For as long as the process lives; `multiprocessing` had opened others.
    sys.stdin, sys.stdout = os.fdopen(0, closefd=False), os.fdopen(1, "w", closefd=False)
    sys.stderr = os.fdopen(2, "w", buffering=1, closefd=False)
