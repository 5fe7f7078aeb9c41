"""A terminal for the program: what somebody types goes in, what they would see comes out."""

from __future__ import annotations

import os
import pty
import re
import select
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

DEADLINE_S = 60.0
QUIET_S = 2.0
OWN_TERMINAL = (
    "import fcntl, os, sys, termios; fcntl.ioctl(0, termios.TIOCSCTTY, 0); os.execv(sys.argv[1], sys.argv[1:])"
)
"""Makes standard input the terminal of a new session, and becomes the program."""
CTRL_C, CTRL_D, UP = "\x03", "\x04", "\x1b[A"
_CONTROL = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|\x1b[=>]|\r")


class Terminal:
    """A program with a terminal of its own, so that Ctrl-C is a signal as it is for people."""

    def __init__(self, command: Sequence[str], environ: Mapping[str, str], cwd: Path) -> None:
        self._master, slave = pty.openpty()
        self.process = subprocess.Popen(
            [sys.executable, "-c", OWN_TERMINAL, *command],
            stdin=slave,
            stdout=slave,
            stderr=slave,
            env={**environ, "TERM": "xterm"},
            cwd=cwd,
            start_new_session=True,
        )
        os.close(slave)
        self.seen = ""
        self._from = 0

    def type(self, text: str) -> None:
        """Press these keys."""
        os.write(self._master, text.encode())

    def interrupt(self, text: str) -> str:
        """Press Ctrl-C until this stands on the screen, as people do: between its prompt and its waiting for a key the
        shell may miss one."""
        self.type(CTRL_C)
        return self.expect(text, again=CTRL_C)

    def expect(self, text: str, again: str = "") -> str:
        """Wait until this stands on the screen behind what was expected before; returns all up to there.

        again: keys to press whenever nothing more has come for a while.
        """
        deadline = time.monotonic() + DEADLINE_S
        while (at := self.seen.find(text, self._from)) < 0:
            assert time.monotonic() < deadline, f"never saw {text!r}; the terminal shows {self.seen[self._from :]!r}"
            before = len(self.seen)
            self._read(min(deadline, time.monotonic() + QUIET_S) if again else deadline)
            if again and len(self.seen) == before:
                self.type(again)
        found = self.seen[self._from : at + len(text)]
        self._from = at + len(text)
        return found

    def _read(self, deadline: float) -> None:
        ready, _, _ = select.select([self._master], [], [], max(0.0, deadline - time.monotonic()))
        if ready:
            self.seen += _CONTROL.sub("", self._take())

    def _take(self) -> str:
        try:
            data = os.read(self._master, 65536)
        except OSError:  # EIO: the program has closed its terminal
            data = b""
        assert data, f"the program has ended: {self.seen[self._from :]!r}"
        return data.decode(errors="replace")

    def wait(self) -> int:
        """Wait for its end; the exit code."""
        return self.process.wait(DEADLINE_S)

    def close(self) -> None:
        """End it if it runs still."""
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        os.close(self._master)
