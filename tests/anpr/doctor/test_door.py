"""The doctor on the door: that it is there, that it takes nothing, in words that say what to do."""

from __future__ import annotations

import os
import signal

import pytest

from anpr.doctor.door import look_at_door
from anpr.doctor.finding import Finding
from anpr.embedded.broker import BrokerProcess
from anpr.embedded.child import free_port
from anpr.settings import Settings
from tests.anpr.door.gate import Gate, reads
from tests.anpr.program import wait_until


def _look(**given: object) -> Finding:
    (found,) = look_at_door(Settings.model_validate(given))
    return found


def test_a_door_that_nobody_runs_is_no_fault_unless_devices_are_sent_there() -> None:
    port = free_port()
    found = _look(door_port=port)
    assert (found.state, "none at" in found.words) == ("ok", True)
    assert _look(edge_url=f"http://127.0.0.1:{port}").state == "fault"


def test_a_door_that_takes_uploads(gate: Gate) -> None:
    found = _look(edge_url=gate.url)
    assert (found.state, found.words) == ("ok", f"{gate.url} takes uploads")


@pytest.mark.slow
def test_a_door_whose_broker_is_silent(gate: Gate, broker_process: BrokerProcess) -> None:
    token = gate.known("car-doctor")
    os.kill(broker_process.pid, signal.SIGSTOP)
    try:
        assert gate.post(reads(3, seed=77), token).status_code == 503
        assert _look(edge_url=gate.url).words.startswith("told a device to come again")
        wait_until(lambda: _look(edge_url=gate.url).state == "fault", what="the broker is slow", timeout_s=30)
        assert "devices keep what they have" in _look(edge_url=gate.url).words
    finally:
        os.kill(broker_process.pid, signal.SIGCONT)
