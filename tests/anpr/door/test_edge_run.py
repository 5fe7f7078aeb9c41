"""`anpr edge run` against a real door: standard input, a folder, a token that is renewed, a line with TLS."""

from __future__ import annotations

import json
import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from anpr.edge.door import Door
from anpr.edge.items import Batch, read_item
from anpr.edge.spool import Spool
from tests.anpr.door.certificate import certificate
from tests.anpr.door.gate import Gate, a_read
from tests.anpr.program import anpr, start, wait_until

pytestmark = pytest.mark.slow


def test_lines_and_files_are_uploaded_once_and_what_is_of_others_is_set_aside(gate: Gate, tmp_path: Path) -> None:
    token = gate.known("lines", "lines-1")
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "a.json").write_text(json.dumps([a_read("1ABC001", "lines-1")]))
    (folder / "b.jpg").write_bytes(b"\xff\xd8\xff of lines-1")
    lines = [json.dumps(a_read(f"1ABC{number:03}", "lines-1")) for number in (2, 3)]
    lines += ["no json", json.dumps(a_read(camera="other-1"))]
    settings = {"edge_url": gate.url, "edge_token": token, "edge_spool": str(tmp_path / "spool")}
    words = ("edge", "run", "--watch", str(folder), "--camera", "lines-1", "--stdin", "--until-empty")
    done = anpr(tmp_path / "data", *words, stdin="\n".join(lines), **settings)
    assert done.code == 0, done.err
    assert sorted(read["plate_raw"] for read in gate.stored("lines-1")) == ["1ABC001", "1ABC002", "1ABC003"]
    assert [raw.value() for raw in gate.log("frames") if raw.key() == b"lines-1"] == [b"\xff\xd8\xff of lines-1"]
    assert list(folder.iterdir()) == []
    state = anpr(tmp_path / "data", "edge", "status", "--json", **settings).json
    assert (state["spooled"], state["uploaded"], state["refused"], state["trouble"]) == (0, 4, 1, "")
    assert abs(state["clock_skew_s"]) < 5
    assert "line 3" in done.err
    assert "1ABC00" not in done.err
    assert token.rpartition(".")[2] not in done.err


def test_a_revoked_token_loses_nothing_and_a_new_one_is_taken_up(gate: Gate, tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text(gate.known("renewed", "renewed-1"))
    gate.key("renewed", "renewed-1", revoked=True)
    spool = Spool(tmp_path / "spool")
    spool.put([read_item(a_read(camera="renewed-1"))])
    settings = {"edge_url": gate.url, "edge_token_file": str(file), "edge_spool": str(tmp_path / "spool")}
    wait_until(lambda: gate.post([], file.read_text()).status_code == 401, what="the door knows that it is revoked")
    edge = start(tmp_path / "data", "edge", "run", **settings)
    try:
        wait_until(lambda: spool.state().trouble.startswith("401"), what="the device is refused")
        assert spool.state().spooled == 1
        file.write_text(gate.key("renewed", "renewed-1"))
        wait_until(lambda: spool.state().uploaded == 1, what="the new token is taken up")
    finally:
        edge.send_signal(signal.SIGTERM)
        assert edge.wait(30) == 0
    assert len(gate.stored("renewed-1")) == 1


def test_over_tls_with_an_authority_of_ones_own(new_gate: Callable[..., Gate], tmp_path: Path) -> None:
    file = certificate(tmp_path)
    gate = new_gate(door_certificate_file=str(file))
    gate.serve(ready=False)
    token, batch = gate.key("secure", "secure-1"), Batch(1, 1, (read_item(a_read(camera="secure-1")),))
    door = Door(f"https://127.0.0.1:{gate.port}", token, file)
    wait_until(lambda: door.upload("spool-1", batch).outcome == "taken", what="the upload is taken")
    door.close()
    stranger = Door(f"https://127.0.0.1:{gate.port}", token)
    answer = stranger.upload("spool-1", batch)
    stranger.close()
    assert (answer.outcome, "CERTIFICATE_VERIFY_FAILED" in answer.words) == ("later", True)
