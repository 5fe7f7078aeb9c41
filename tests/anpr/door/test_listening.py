"""Where the door listens: what is wrong is said in a sentence, and no answer waits for an acknowledgement."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from anpr.door.run import _listen
from anpr.settings import Settings, SettingsFault


def test_the_body_of_an_answer_does_not_wait_for_its_head_to_be_acknowledged(tmp_path: Path) -> None:
    with _listen(Settings(data_dir=tmp_path, door_port=0)) as listener:
        port = listener.getsockname()[1]
        with socket.create_connection(("127.0.0.1", port)), listener.accept()[0] as accepted:
            assert accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)


def test_a_port_that_is_taken_is_told(tmp_path: Path) -> None:
    with _listen(Settings(data_dir=tmp_path, door_port=0)) as taken:
        same = Settings(data_dir=tmp_path, door_port=taken.getsockname()[1])
        with pytest.raises(SettingsFault, match="ANPR_DOOR_PORT"):
            _listen(same)
