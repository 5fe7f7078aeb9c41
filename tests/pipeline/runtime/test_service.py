"""What a worker serves: its metrics, and whether it is alive."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest

from pipeline.runtime.metrics import METRICS, Metrics
from pipeline.runtime.service import ALIVE_FOR_S, Heartbeat, ServicePages
from tests.pipeline.runtime.fakes import TurnedClock


@pytest.fixture
def clock() -> TurnedClock:
    return TurnedClock()


@pytest.fixture
def metrics() -> Metrics:
    return Metrics()


@pytest.fixture
def heartbeat(clock: TurnedClock) -> Heartbeat:
    return Heartbeat(clock)


@pytest.fixture
def address(metrics: Metrics, heartbeat: Heartbeat) -> Iterator[str]:
    pages = ServicePages("127.0.0.1", 0, metrics.registry, heartbeat.report)
    yield f"http://127.0.0.1:{pages.start()}"
    pages.stop()


def get(url: str) -> tuple[int, str]:
    """Status and text of a page."""
    try:
        with urlopen(url, timeout=10) as answer:
            return answer.status, answer.read().decode()
    except HTTPError as error:
        with error:
            return error.code, error.read().decode()


def test_metrics_page(address: str, metrics: Metrics) -> None:
    metrics.count("anpr_consumed_total", 3, flow="match")
    status, text = get(f"{address}/metrics")
    assert status == 200
    assert 'anpr_consumed_total{flow="match"} 3.0' in text


def test_health_page(address: str, heartbeat: Heartbeat, clock: TurnedClock) -> None:
    heartbeat.beat()
    status, text = get(f"{address}/health")
    assert (status, json.loads(text)) == (200, {"state": "running", "last_step_s": 0.0, "alive": True})
    clock.sleep(ALIVE_FOR_S)
    status, text = get(f"{address}/health")
    report: dict[str, Any] = json.loads(text)
    assert (status, report["alive"]) == (503, False)


def test_other_pages_name_the_two(address: str) -> None:
    assert get(f"{address}/") == (404, "pages: /metrics, /health\n")


def test_a_taken_port_is_an_error(address: str, metrics: Metrics) -> None:
    port = int(address.rpartition(":")[2])
    with pytest.raises(OSError, match="in use"):
        ServicePages("127.0.0.1", port, metrics.registry, dict).start()


def test_a_metric_that_is_not_in_the_list_is_refused(metrics: Metrics) -> None:
    with pytest.raises(KeyError):
        metrics.count("anpr_typo_total", flow="match")


def test_names_say_what_they_are() -> None:
    for metric in METRICS:
        assert metric.name.startswith("anpr_")
        assert metric.help.endswith(".")
        assert metric.name.endswith("_total") == (metric.kind == "counter")
        assert (metric.kind == "histogram") == bool(metric.buckets)
