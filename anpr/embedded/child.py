"""A child process that ends with its parent and tells why it ended.

Used for the embedded broker and for Apache Kafka started from jars. Hazard: Linux ties the death signal to
the *thread* that started the child, so start children from a thread that lives as long as they should.
"""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import BinaryIO, Protocol

# Runs between fork and exec in a fresh interpreter: `preexec_fn` may deadlock in a program with threads.
# The second look at the parent closes the gap in which it died before the signal was asked for.
_TIE_TO_PARENT = (
    "import ctypes, os, sys\n"
    "ctypes.CDLL(None).prctl(1, 9)\n"
    "os.getppid() == int(sys.argv[1]) or os._exit(1)\n"
    "os.execv(sys.argv[2], sys.argv[2:])\n"
)
_LOOK_EVERY_S = 0.02
_TAIL_BYTES = 2000


class ChildError(RuntimeError):
    """A child process did not start, died early or was not ready in time; the message says what to do."""


class Process(Protocol):
    """A process that we started; each as of `subprocess.Popen`."""

    @property
    def pid(self) -> int: ...
    def poll(self) -> int | None: ...
    def wait(self, timeout: float | None = None) -> int: ...
    def send_signal(self, sig: int) -> None: ...


class Child:
    """One started process with its log file. `stop()` and `kill()` may be called more than once."""

    def __init__(self, name: str, process: Process, log_path: Path) -> None:
        self.name = name
        self.log_path = log_path
        self._process = process

    @property
    def pid(self) -> int:
        """Process id; valid until the child has ended and was waited for."""
        return self._process.pid

    @property
    def returncode(self) -> int | None:
        """None while running, else the exit status (negative: the signal that ended it)."""
        return self._process.poll()

    def stop(self, timeout_s: float = 10.0) -> None:
        """Ask the child to end (SIGTERM), and kill it when it has not ended after `timeout_s` seconds."""
        self.send(signal.SIGTERM)
        try:
            self._process.wait(timeout_s)
        except subprocess.TimeoutExpired:
            self.kill()

    def send(self, number: signal.Signals) -> None:
        """Send it a signal, if it lives, and do not wait."""
        if self.returncode is None:
            self._process.send_signal(number)

    def interrupt(self) -> None:
        """Tell the child what Ctrl-C tells it (SIGINT), and do not wait."""
        self.send(signal.SIGINT)

    def kill(self) -> None:
        """End the child at once (SIGKILL) and wait until it is gone."""
        self.send(signal.SIGKILL)
        self._process.wait()

    def pause(self, seconds: float) -> None:
        """Wait `seconds`, but no longer than the child lives."""
        try:
            self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            return

    def log_tail(self) -> str:
        """The end of the log, at most 2,000 bytes; "(nothing)" when the child wrote none."""
        data = self.log_path.read_bytes()[-_TAIL_BYTES:]
        return data.decode(errors="replace").strip() or "(nothing)"


def start_child(name: str, argv: Sequence[str], log_path: Path, *, environ: Mapping[str, str] | None = None) -> Child:
    """Start `argv` (absolute program path first) with output appended to `log_path`.

    environ: variables added to ours. The child is killed by the kernel when the starting thread ends.
    Raises ChildError when the log cannot be written or the program cannot be run.
    """
    command = [sys.executable, "-I", "-S", "-c", _TIE_TO_PARENT, str(os.getpid()), *argv]
    try:
        with open_log(log_path) as log:
            process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                env={**os.environ, **(environ or {})},
                # Ctrl-C in a terminal goes to the whole group: our program decides about the order of the end.
                start_new_session=True,
            )
    except OSError as error:
        raise not_started(name, log_path, error) from error
    return Child(name, process, log_path)


def open_log(log_path: Path) -> BinaryIO:
    """The log of a child, to append to. Raises OSError."""
    log_path.parent.mkdir(parents=True, exist_ok=True)
    return log_path.open("ab")


def not_started(name: str, log_path: Path, why: OSError) -> ChildError:
    """What to say when a child could not be started."""
    return ChildError(f"cannot start {name} with log {log_path}: {why.strerror}; choose a folder that can be written")


def wait_ready(child: Child, ready: Callable[[], bool], *, timeout_s: float) -> None:
    """Return once `ready()` is true; look every 20 ms. On failure the child is killed and ChildError raised."""
    deadline = time.monotonic() + timeout_s
    while child.returncode is None:
        if ready():
            return
        if time.monotonic() > deadline:
            child.kill()
            raise ChildError(
                f"{child.name} was not ready after {timeout_s:g} s; "
                f"give it more time or read its log, which ends: {child.log_tail()}"
            )
        child.pause(_LOOK_EVERY_S)
    raise ChildError(f"{child.name} ended early ({_how(child.returncode)}); its log ends: {child.log_tail()}")


def _how(returncode: int) -> str:
    if returncode < 0:
        return f"signal {signal.Signals(-returncode).name}"
    return f"exit status {returncode}"


def find_program(name: str) -> str:
    """Where a program of the machine is. Raises ChildError with what to install."""
    if found := shutil.which(name):
        return found
    raise ChildError(f"there is no program {name!r} on PATH; install Java 17 and Maven, or name a broker to use")


def run_to_end(what: str, command: Sequence[str], *, timeout_s: float) -> None:
    """Run a command to its end. Raises ChildError with the end of its output."""
    try:
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=timeout_s, check=False)
    except subprocess.TimeoutExpired as error:
        raise ChildError(f"{what} took more than {timeout_s:g} s; try again or look at the network") from error
    if done.returncode:
        tail = done.stdout[-2000:].decode(errors="replace").strip()
        raise ChildError(f"{what} failed with exit status {done.returncode}: {tail}")


def free_port(host: str = "127.0.0.1") -> int:
    """A TCP port of `host` that nobody listens on now (another process may still take it before you do)."""
    with socket.socket() as probe:
        probe.bind((host, 0))
        return int(probe.getsockname()[1])


def claim_port(port: int, *, host: str = "127.0.0.1") -> int:
    """`port` if it is free, a free one for 0. Raises ChildError when somebody listens on it."""
    if port == 0:
        return free_port(host)
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise ChildError(f"port {port} on {host} is taken; choose another, or 0 for a free one") from error
    return port


def accepts(port: int, *, host: str = "127.0.0.1") -> bool:
    """Whether somebody accepts TCP connections on the port now."""
    with socket.socket() as probe:
        probe.settimeout(1.0)
        return probe.connect_ex((host, port)) == 0
