"""Fixtures for every test: brokers, and logging as it was."""

from __future__ import annotations

import gc
import logging
import sys
import threading
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest

from anpr.embedded.broker import start_broker
from tests.brokers import any_kafka

if TYPE_CHECKING:
    from xdist.scheduler.loadfile import LoadFileScheduling
    from xdist.workermanage import WorkerController

ONE_CITY = "tests/browser/"
LONGEST = (
    ONE_CITY,
    "tests/docs/test_operations.py",
    "tests/pipeline/flows/test_cases_share.py",
    "tests/pipeline/flows/test_notices_kills.py",
    "tests/sinks/audit/test_verify.py",
    "tests/anpr/test_subscribers_cli.py",
    "tests/anpr/chaos/test_account.py",
    "tests/console/test_desks_api.py",
    "tests/pipeline/flows/test_cases_kills.py",
    "tests/anpr/lez/test_rejudge_cli.py",
    "tests/anpr/test_cli.py",
    "tests/anpr/test_store_cli.py",
)
"""Files of a minute and more: they begin first, so that no worker is left alone with one at the end."""
SLOW_S = 300
"""A slow test may take so long, where it does not say otherwise: several run at once, on machines of any speed."""


@pytest.hookimpl(tryfirst=True)
def pytest_itemcollected(item: pytest.Item) -> None:
    """What waits for processes ends by deadlines of its own; this one is for what hangs."""
    if item.get_closest_marker("slow") and not item.get_closest_marker("timeout"):
        item.add_marker(pytest.mark.timeout(SLOW_S))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> LoadFileScheduling | None:
    """File by file, where that is asked for, but all of the browser's to one worker: they share a city."""
    if config.getoption("dist") != "loadfile":
        return None
    from xdist.scheduler.loadfile import LoadFileScheduling  # not in every run

    class OneCity(LoadFileScheduling):
        def _split_scope(self, nodeid: str) -> str:
            return ONE_CITY if nodeid.startswith(ONE_CITY) else super()._split_scope(nodeid)

        def _assign_work_unit(self, node: WorkerController) -> None:
            for scope in reversed([scope for scope in LONGEST if scope in self.workqueue]):
                self.workqueue.move_to_end(scope, last=False)
            super()._assign_work_unit(node)

    return OneCity(config, log)


@pytest.fixture(autouse=True)
def _logging_as_it_was() -> Iterator[None]:
    """A command that a test runs in this process sets up logging, which the next test must not find."""
    level, hooks = logging.getLogger().level, (sys.excepthook, threading.excepthook)
    yield
    logging.getLogger().setLevel(level)
    sys.excepthook, threading.excepthook = hooks


@pytest.fixture(scope="session")
def embedded_broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Bootstrap servers of one embedded broker for the whole run."""
    broker = start_broker(log_path=tmp_path_factory.mktemp("broker") / "broker.log")
    yield broker.bootstrap
    gc.collect()  # of clients in cycles, which would print that they lost their broker
    broker.kill()


@pytest.fixture(scope="session")
def kafka(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Bootstrap servers of one Apache Kafka for the whole run; mark tests that use it `kafka`."""
    with any_kafka(tmp_path_factory.mktemp("kafka")) as bootstrap:
        yield bootstrap


@pytest.fixture(params=["embedded", pytest.param("kafka", marks=pytest.mark.kafka)])
def broker(request: pytest.FixtureRequest) -> str:
    """Bootstrap servers of the embedded broker, and in a second run of the test of Apache Kafka."""
    return str(request.getfixturevalue("embedded_broker" if request.param == "embedded" else "kafka"))
