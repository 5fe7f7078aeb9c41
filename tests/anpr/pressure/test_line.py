"""A line carries what is said, slowly where it is slow, not at all where it is cut, and loses nothing by that."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Iterator

import pytest

from anpr.embedded.child import free_port
from anpr.pressure.line import Line


@pytest.fixture
def echo() -> Iterator[int]:
    """A server that says everything again; its port."""
    server = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            try:
                caller, _ = server.accept()
            except OSError:
                return
            threading.Thread(target=_repeat, args=(caller,), daemon=True).start()

    threading.Thread(target=serve, daemon=True).start()
    yield server.getsockname()[1]
    server.close()


def _repeat(caller: socket.socket) -> None:
    with caller:
        while said := caller.recv(1000):
            caller.sendall(said)


@pytest.fixture
def line(echo: int) -> Iterator[Line]:
    line = Line(echo)
    yield line
    line.close()


def _call(line: Line) -> socket.socket:
    return socket.create_connection(("127.0.0.1", line.port), timeout=10)


def test_what_is_said_arrives_and_is_answered(line: Line) -> None:
    with _call(line) as call:
        call.sendall(b"1234")
        assert call.recv(100) == b"1234"


def test_a_slow_line_holds_each_answer(line: Line) -> None:
    line.slow(0.3)
    with _call(line) as call:
        began = time.monotonic()
        call.sendall(b"1234")
        assert call.recv(100) == b"1234"
        assert time.monotonic() - began >= 0.3


def test_a_cut_line_says_nothing_to_anybody_and_goes_on_once_mended(line: Line) -> None:
    with _call(line) as call:
        call.sendall(b"before ")
        assert call.recv(100) == b"before "
        line.cut()
        with _call(line) as late:
            late.sendall(b"late")
            late.settimeout(0.3)
            with pytest.raises(TimeoutError):
                late.recv(100)
            call.sendall(b"in between")
            call.settimeout(0.3)
            with pytest.raises(TimeoutError):
                call.recv(100)
            line.mend()
            late.settimeout(10)
            call.settimeout(10)
            assert (call.recv(100), late.recv(100)) == (b"in between", b"late")


def test_where_nobody_listens_the_caller_is_told() -> None:
    line = Line(free_port())
    with _call(line) as call, contextlib.suppress(ConnectionError):
        assert call.recv(1) == b"", "somebody has answered"
    line.close()
