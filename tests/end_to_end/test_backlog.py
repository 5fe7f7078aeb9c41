"""A worker comes back to a backlog: what comes now is told first, and kills amid it lose nothing and double nothing."""

from __future__ import annotations

import os
import signal
import time
from contextlib import closing
from pathlib import Path

import pytest

from anpr.hit_watch import HitWatch
from anpr.settings import Settings, resolve
from schemas.hit import Hit
from tests.anpr.program import wait_until
from tests.end_to_end.city import Feeder, Town, traffic
from tests.end_to_end.test_kills import assert_whole

TRACKS, READS_PER_S = 20_000, 333
"""Of the backlog: three minutes. As dense that the three reads of a track lie within the hold of tracks."""
LEFT = 'anpr_backlog_messages{flow="consolidate"}'
BESIDE = 'anpr_lane_messages_total{flow="consolidate"}'
DIFFERING = 'anpr_lane_differing{flow="consolidate"}'
pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]


@pytest.fixture
def settings(folder: Path) -> Settings:
    """A backlog that is worked off slowly enough to be looked at."""
    return resolve({}, data_dir=folder, lane_backlog_per_s=2_500)


def _stop(town: Town) -> None:
    child = town.platform.workers.pop("consolidate")
    os.kill(child.pid, signal.SIGTERM)
    wait_until(lambda: child.returncode is not None, what="the worker to end")


def _fill(town: Town) -> int:
    reads = list(traffic(TRACKS, seed=2))
    first_s = time.time() - len(reads) / READS_PER_S
    town.send(reads, stamps_s=(first_s + n / READS_PER_S for n in range(len(reads))))
    town.flush()
    return len(reads)


def _kill(town: Town) -> None:
    child = town.platform.workers["consolidate"]
    os.kill(child.pid, signal.SIGKILL)
    wait_until(lambda: child.returncode is not None, what="the kill")
    town.platform.tend()
    wait_until(lambda: town.metrics("consolidate").get(LEFT, 0) > 0, what="the successor to have a lane too")


def test_what_comes_now_is_told_beside_a_backlog_through_two_kills(town: Town) -> None:
    _stop(town)
    _fill(town)
    began, told = time.time(), list[float]()

    def note(hit: Hit, delay_ms: float) -> None:
        if hit.received_at.timestamp() > began:
            told.append(delay_ms)

    with closing(HitWatch(town.platform.settings.kafka(), note)):
        feeder = Feeder(town, 60_000, 500)
        feeder.start()
        town.platform.start_workers(["consolidate"])
        wait_until(lambda: len(told) > 20, what="hits of what comes now", timeout_s=60)
        assert town.metrics("consolidate")[LEFT] > 0, "the backlog was over before"
        for _ in range(2):
            _kill(town)
            before = len(told)
            wait_until(lambda: len(told) > before + 10, what="hits of what comes now", timeout_s=60)  # noqa: B023
            assert town.metrics("consolidate")[LEFT] > 0, "the backlog was over before"
        wait_until(lambda: town.metrics("consolidate")[LEFT] == 0, what="the backlog", timeout_s=120)
        assert town.metrics("consolidate")[BESIDE] > 0
        feeder.enough.set()
        feeder.join(60)
    town.drain()
    assert town.metrics("consolidate")[DIFFERING] == 0
    assert_whole(town)
