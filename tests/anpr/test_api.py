"""Where the API listens."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from anpr.api import _listen
from anpr.settings import Settings, SettingsFault


def test_an_answer_does_not_wait_for_the_other_side_to_acknowledge_its_beginning(tmp_path: Path) -> None:
    with _listen(Settings(data_dir=tmp_path, api_port=0)) as listener, socket.create_connection(listener.getsockname()):
        accepted, _ = listener.accept()
        with accepted:
            assert accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)


def test_a_port_that_is_taken_is_told_with_its_setting(tmp_path: Path) -> None:
    with _listen(Settings(data_dir=tmp_path, api_port=0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(SettingsFault, match=rf"port {port} .* set ANPR_API_PORT"):
            _listen(Settings(data_dir=tmp_path, api_port=port))
