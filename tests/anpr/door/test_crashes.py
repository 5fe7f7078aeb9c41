"""A door that is killed, and a broker that is frozen: what was acknowledged is there, nothing is there twice."""

from __future__ import annotations

import os
import signal
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import httpx
import psutil
import pytest

from anpr.embedded.broker import BrokerProcess
from pipeline.identity import fact_id
from tests.anpr.door.gate import Gate, reads, spooled
from tests.anpr.program import wait_until

pytestmark = pytest.mark.slow


@contextmanager
def frozen(broker: BrokerProcess) -> Iterator[None]:
    """The broker answers nothing meanwhile, and then all that has piled up."""
    os.kill(broker.pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(broker.pid, signal.SIGCONT)


def with_ids(count: int, camera: str) -> list[dict[str, object]]:
    """Reads whose ids are known."""
    return [{**read, "read_id": str(fact_id("read", camera, n))} for n, read in enumerate(reads(count, camera))]


def ids(gate: Gate, camera: str) -> Counter[str]:
    """How often each read of a camera is in the log."""
    return Counter(read["read_id"] for read in gate.stored(camera))


def assert_later(answer: httpx.Response) -> None:
    """The device is told to come again."""
    assert answer.status_code == 503, answer.text
    assert int(answer.headers["retry-after"]) >= 1
    assert answer.json()["code"] in ("broker_slow", "full", "starting")


def until_taken(gate: Gate, content: object, token: str, headers: dict[str, str]) -> httpx.Response:
    """Send the same until it is taken."""
    answers: list[httpx.Response] = []

    def taken() -> bool:
        answers.append(gate.post(content, token, headers))
        assert answers[-1].status_code in (200, 503), answers[-1].text
        return answers[-1].status_code == 200

    wait_until(taken, what="the upload is taken", timeout_s=30)
    return answers[-1]


def test_a_frozen_broker_is_told_and_what_was_sent_meanwhile_is_there_once(
    gate: Gate, broker_process: BrokerProcess
) -> None:
    token = gate.known("frozen", "frozen-1", "frozen-2")
    counted, uncounted = with_ids(500, "frozen-1"), with_ids(500, "frozen-2")
    with frozen(broker_process):
        with ThreadPoolExecutor(2) as pool:
            first = pool.submit(gate.post, counted, token, spooled(1))
            second = pool.submit(gate.post, uncounted, token)
            for answer in (first.result(), second.result()):
                assert_later(answer)
        assert gate.health()["oldest_s"] > 1
    for content, headers in ((counted, spooled(1)), (uncounted, {})):
        until_taken(gate, content, token, headers)
    for camera in ("frozen-1", "frozen-2"):
        assert ids(gate, camera) == {str(fact_id("read", camera, n)): 1 for n in range(500)}


def test_a_door_that_is_full_holds_no_more_and_says_so(
    new_gate: Callable[..., Gate], broker_process: BrokerProcess
) -> None:
    gate = new_gate(door_waiting_mb="3", door_reads_per_s="1000000")
    gate.serve()
    token = gate.known("full", "full-1")
    assert gate.process is not None
    process = psutil.Process(gate.process.pid)
    uploads = [with_ids(1_000, "full-1")[:1] + reads(1_000, "full-1", seed=n) for n in range(30)]
    with frozen(broker_process):
        before = process.memory_info().rss
        with ThreadPoolExecutor(12) as pool:
            answers = list(pool.map(lambda upload: gate.post(upload, token), uploads))
        assert process.memory_info().rss - before < 40e6
        assert gate.health()["held_bytes"] <= 3e6
        for answer in answers:
            assert_later(answer)
        assert {answer.json()["code"] for answer in answers} == {"broker_slow", "full"}
    assert until_taken(gate, uploads[-1], token, {}).status_code == 200
    wait_until(lambda: gate.health()["held_bytes"] == 0, what="all is acknowledged")
    assert gate.stop() == 0


def test_a_door_that_is_killed_with_an_upload_under_way_leaves_it_there_once(
    new_gate: Callable[..., Gate], broker_process: BrokerProcess
) -> None:
    """The open record and a part of the reads, or all, or none may be in the log: its successor looks."""
    gate = new_gate()
    gate.serve()
    token = gate.known("killed", "killed-0", "killed-1", "killed-2")
    upload = with_ids(100, "killed-1") + with_ids(100, "killed-2")
    assert gate.post(with_ids(1, "killed-0"), token, spooled(1)).status_code == 200
    with frozen(broker_process), ThreadPoolExecutor(1) as pool:
        pending = pool.submit(gate.post, upload, token, spooled(2))
        wait_until(lambda: gate.health()["under_way"] == 1, what="the upload is under way")
        gate.kill()
        with pytest.raises(httpx.TransportError):
            pending.result()
    gate.serve()
    assert until_taken(gate, upload, token, spooled(2)).json()["accepted"] == 200
    for camera in ("killed-1", "killed-2"):
        assert ids(gate, camera) == {str(fact_id("read", camera, n)): 1 for n in range(100)}


def test_a_door_begins_without_a_broker_and_says_so(new_gate: Callable[..., Gate]) -> None:
    gate = new_gate("127.0.0.1:1")
    gate.serve(ready=False)
    answer = gate.post(reads(1), "anprcam_car-12." + "x" * 43)
    assert_later(answer)
    assert answer.json()["code"] == "starting"
    assert not gate.health()["ready"]
