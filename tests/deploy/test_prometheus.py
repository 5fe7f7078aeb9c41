"""Prometheus itself gives the same answers as the evaluator of these tests, where it is installed (Debian: prometheus).

Everywhere else the evaluator stands alone, and says so by a skip; its own arithmetic is tried in test_evaluate.py.
"""

from __future__ import annotations

import contextlib
import math
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.deploy.alerts import load_rules
from tests.deploy.dashboards import FILES, load_dashboard, queries
from tests.deploy.evaluate import NAME, Labels, evaluate, labels_of
from tests.deploy.promql import expanded
from tests.deploy.recording import load_recording, openmetrics

pytestmark = pytest.mark.slow
ASKED = sorted(
    {expanded(query) for path in FILES for _, query in queries(load_dashboard(path), "prometheus")}
    | {rule.expr for rule in load_rules()}
)
READY_S = 30.0
RELATIVE = 1e-6
"""Unix time as a float is good to a quarter of a microsecond, and Prometheus reckons in whole milliseconds."""
BETWEEN_S = 3.3
"""After a scrape: releases differ in whether a range holds a sample that lies on its edge."""


@pytest.fixture(scope="module")
def prometheus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    """A server that has the recorded series."""
    server, promtool = shutil.which("prometheus"), shutil.which("promtool")
    if server is None or promtool is None:
        pytest.skip("no Prometheus on this machine: panels and alerts are evaluated by tests/deploy/evaluate.py alone")
    folder = tmp_path_factory.mktemp("prometheus")
    (folder / "series.om").write_text("\n".join(openmetrics(load_recording())) + "\n", "utf-8")
    (folder / "prometheus.yml").write_text("{}\n", "utf-8")
    make = [promtool, "tsdb", "create-blocks-from", "openmetrics", str(folder / "series.om"), str(folder / "data")]
    subprocess.run(make, check=True, capture_output=True)
    with _served(server, folder) as client:
        yield client


@contextlib.contextmanager
def _served(server: str, folder: Path) -> Iterator[httpx.Client]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    command = [
        *(server, f"--config.file={folder}/prometheus.yml", f"--storage.tsdb.path={folder}/data"),
        *(f"--web.listen-address=127.0.0.1:{port}", "--storage.tsdb.retention.time=100y"),
    ]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log)
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=10) as client:
            _await(client, process, folder / "log")
            yield client
    finally:
        process.terminate()
        process.wait(20)


def _await(client: httpx.Client, process: subprocess.Popen[bytes], log: Path) -> None:
    end = time.monotonic() + READY_S
    while time.monotonic() < end:
        assert process.poll() is None, log.read_text("utf-8")[-2000:]
        with contextlib.suppress(httpx.HTTPError):
            if client.get("/-/ready").status_code == 200:
                return
        time.sleep(0.1)
    raise AssertionError("Prometheus did not come up")


def _told(client: httpx.Client, expression: str, at: float) -> dict[Labels, float]:
    answer = client.get("/api/v1/query", params={"query": expression, "time": at}).json()
    assert answer["status"] == "success", answer
    return {labels_of(one["metric"]): float(one["value"][1]) for one in answer["data"]["result"]}


@pytest.mark.parametrize("expression", ASKED)
def test_prometheus_says_the_same(prometheus: httpx.Client, expression: str) -> None:
    for moment in load_recording().moments()[2::3]:
        at = round(moment + BETWEEN_S, 3)
        wanted = _told(prometheus, expression, at)
        found = {one.labels: one.value for one in evaluate(expression, load_recording(), at)}
        assert found.keys() == wanted.keys()
        for labels, value in wanted.items():
            same = math.isclose(found[labels], value, rel_tol=RELATIVE, abs_tol=1e-12)
            assert same or (math.isnan(value) and math.isnan(found[labels])), (labels, found[labels], value)


def test_the_server_has_what_was_recorded(prometheus: httpx.Client) -> None:
    recording = load_recording()
    names = prometheus.get(f"/api/v1/label/{NAME}/values", params={"start": 0}).json()["data"]
    assert set(names) == recording.names()
