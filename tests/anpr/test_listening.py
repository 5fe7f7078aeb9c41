"""Where processes that answer over HTTP listen."""

from __future__ import annotations

import socket

import pytest

from anpr.listening import listen
from anpr.settings import SettingsFault


def test_an_answer_does_not_wait_for_the_other_side_to_acknowledge_its_beginning() -> None:
    with listen("the API", "127.0.0.1", 0, "ANPR_API") as listener, socket.create_connection(listener.getsockname()):
        accepted, _ = listener.accept()
        with accepted:
            assert accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)


def test_a_port_that_is_taken_is_told_with_its_setting() -> None:
    with listen("the API", "127.0.0.1", 0, "ANPR_API") as taken:
        port = taken.getsockname()[1]
        with pytest.raises(SettingsFault, match=rf"port {port} .* set ANPR_API_PORT"):
            listen("the API", "127.0.0.1", port, "ANPR_API")
