"""A door for each file, on an embedded broker of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from anpr.embedded.broker import BrokerProcess, start_broker
from tests.anpr.door.gate import Gate, make_topics


@pytest.fixture(scope="module")
def broker_process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[BrokerProcess]:
    """An embedded broker with the door's topics."""
    process = start_broker(log_path=tmp_path_factory.mktemp("broker") / "broker.log")
    make_topics(process.bootstrap)
    yield process
    process.kill()


@pytest.fixture(scope="module")
def idle_gate(broker_process: BrokerProcess, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gate]:
    """A door that does not run yet."""
    gate = Gate(broker_process.bootstrap, tmp_path_factory.mktemp("gate") / "data", {"door_answer_s": "2"})
    yield gate
    if gate.process is not None:
        assert gate.stop() == 0, gate.said()


@pytest.fixture
def gate(idle_gate: Gate) -> Gate:
    """A door that runs."""
    if idle_gate.process is None:
        idle_gate.serve()
    return idle_gate


@pytest.fixture
def new_gate(broker_process: BrokerProcess, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., Gate]]:
    """Makes doors with settings of their own that do not run yet; those that still run at the end are ended."""
    made: list[Gate] = []

    def make(bootstrap: str = "", **settings: str) -> Gate:
        folder = tmp_path_factory.mktemp("door") / "data"
        made.append(Gate(bootstrap or broker_process.bootstrap, folder, {"door_answer_s": "2", **settings}))
        return made[-1]

    yield make
    for gate in made:
        if gate.process is not None:
            gate.kill()
