"""The program `anpr` in a process that has its libraries already: nearly all of a worker's start is loading those.

A process beside us loads them once, and each worker is forked from it (`multiprocessing`'s fork server). It does
nothing else, so it has no clients, no locks and no threads but those of libraries that know what a fork is (OpenBLAS,
jemalloc); what would bring others (OpenCV, onnxruntime) is left to who needs it. It ends with us, its workers with it.
"""

from __future__ import annotations

import atexit
import contextlib
import ctypes
import logging
import os
import signal
import subprocess
import sys
from collections.abc import Iterable, Mapping, Sequence
from importlib import import_module
from multiprocessing import forkserver, get_context, parent_process
from multiprocessing.context import ForkServerProcess
from pathlib import Path

from anpr.embedded.child import Child, ChildError, not_started, open_log, start_child

__all__ = ["OF_THE_API", "become", "load_ahead", "shall_be_loaded", "start_anpr"]

OF_WORKERS = (
    "typer",
    "anpr.worker",
    *(f"anpr.assembly.{name}" for name in ("cases", "consolidate", "health", "judge", "lookback", "match", "notices")),
    *(f"anpr.assembly.{name}" for name in ("snapshotted", "store", "store_lez", "watch")),
)
OF_THE_API = ("anpr.api",)
LOGGER = logging.getLogger(__name__)
_SHOWN_BYTES = 15
_PR_SET_PDEATHSIG, _PR_SET_NAME = 1, 15
_server = get_context("forkserver")
_to_load = dict.fromkeys(OF_WORKERS)
_server.set_forkserver_preload(list(_to_load))


def shall_be_loaded(modules: Iterable[str]) -> None:
    """Once the process that all are forked from is needed, it loads these too. Where it runs it keeps what it has."""
    _to_load.update(dict.fromkeys(modules))
    _server.set_forkserver_preload(list(_to_load))


def load_ahead(more: Iterable[str] = ()) -> None:
    """Begin to load what workers need, and this, beside what we do; whoever is started before that is there waits."""
    shall_be_loaded(more)
    _can_fork()


def _can_fork() -> bool:
    """Whether there is a process to fork from. Not where we are forked ourselves: what we started from there would not
    end with us. And it needs a folder for temporary files, which a read-only container may not have."""
    if parent_process() is not None:
        return False
    try:
        forkserver.ensure_running()
    except OSError as error:
        LOGGER.warning("each worker loads its libraries by itself: there is nothing to fork it from (%s)", error)
        return False
    return True


def start_anpr(name: str, words: Sequence[str], log_path: Path, *, environ: Mapping[str, str] | None = None) -> Child:
    """Start `anpr` with these words, output appended to `log_path`; it is killed by the kernel when this process ends.

    environ: variables added to ours. Raises ChildError when the log cannot be written or no process be had.
    """
    if not _can_fork():
        return start_child(name, [sys.executable, "-m", "anpr", *words], log_path, environ=environ)
    around = dict(os.environ) | dict(environ or {}), os.getcwd(), log_path.absolute()
    process = _server.Process(target=_work, args=(tuple(words), *around), daemon=True)
    try:
        open_log(log_path).close()
        process.start()
    except OSError as error:
        raise not_started(name, log_path, error) from error
    except EOFError as error:
        raise ChildError(f"cannot start {name}: what it is forked from has ended; start it again") from error
    return Child(name, _Forked(process), log_path)


class _Forked:
    """A forked process, with what `Child` asks of `subprocess.Popen`."""

    def __init__(self, process: ForkServerProcess) -> None:
        assert process.pid is not None
        self._process, self.pid = process, process.pid

    def poll(self) -> int | None:
        return self._process.exitcode

    def wait(self, timeout: float | None = None) -> int:
        self._process.join(timeout)
        if (code := self.poll()) is None:
            raise subprocess.TimeoutExpired(["anpr"], timeout or 0.0)
        return code

    def send_signal(self, number: int) -> None:
        if self.poll() is None:
            with contextlib.suppress(ProcessLookupError):  # it has just ended; soon we are told how
                os.kill(self.pid, number)


def _work(words: Sequence[str], environ: Mapping[str, str], folder: str, log_path: Path) -> None:
    # By this the process that we are forked from sees whether anybody needs it: it shall end with who started it.
    os.close(forkserver._forkserver._forkserver_alive_fd)  # type: ignore[attr-defined]
    libc = ctypes.CDLL(None)
    libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if (starter := parent_process()) is None or not starter.is_alive():
        return  # it died before the signal was asked for
    libc.prctl(_PR_SET_NAME, " ".join(("anpr", *words)).encode()[:_SHOWN_BYTES])
    os.setsid()  # Ctrl-C in a terminal goes to the whole group: the program that started us decides about the end
    become(words, environ, folder, (Path(os.devnull), log_path, log_path))


def become(words: Sequence[str], environ: Mapping[str, str], folder: str, streams: Sequence[Path]) -> None:
    """Be the program `anpr` from now on, to its end, in a process that was forked for it.

    streams: files that it reads as standard input, and appends standard output and standard error to.
    """
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
    appended = os.O_WRONLY | os.O_CREAT | os.O_APPEND
    for number, (path, flags) in enumerate(zip(streams, (os.O_RDONLY, appended, appended), strict=True)):
        opened = os.open(path, flags)
        os.dup2(opened, number)
        os.close(opened)
    # For as long as the process lives; `multiprocessing` had opened others.
    sys.stdin, sys.stdout = os.fdopen(0, closefd=False), os.fdopen(1, "w", closefd=False)
    sys.stderr = os.fdopen(2, "w", buffering=1, closefd=False)
