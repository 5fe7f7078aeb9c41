"""Workers of stateful flows come and go under load: nothing is lost or told twice, no partition waits for long."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from threading import Event, Thread

import pytest

from anpr.chaos.pauses import Watch
from anpr.chaos.recovery import Progress
from anpr.chaos.traffic import Traffic
from tests.anpr.program import wait_until
from tests.end_to_end.fleet import Fleet, assert_whole, ready_fleet

FLOWS = ("consolidate", "match")
PER_S, TOGETHER = 2_000, 6_000
"""Reads a second, and how many the workers take together."""
MOST_S = 60.0
"""How long it truly takes is measured, by `bench/rebalance.py`; a partition that nobody takes waits for ever."""
pytestmark = [pytest.mark.slow, pytest.mark.timeout(180)]


@pytest.fixture
def fleet(own_broker: str, tmp_path: Path) -> Iterator[Fleet]:
    """One worker of each flow."""
    yield from ready_fleet(own_broker, tmp_path / "data", [f"{flow}-1" for flow in FLOWS], partitions=6)


@pytest.fixture
def watched(fleet: Fleet) -> Iterator[Watched]:
    """The flows' partitions under watch."""
    watched = Watched(fleet)
    watched.start()
    yield watched
    watched.end()


class Watched(Thread):
    """Looks ten times a second at what the flows have committed."""

    def __init__(self, fleet: Fleet) -> None:
        super().__init__(daemon=True)
        self._progress, self._enough = Progress(fleet.settings, FLOWS), Event()
        self._watches = [Watch(self._progress, flow) for flow in FLOWS]

    def run(self) -> None:
        while not self._enough.wait(0.1):
            for watch in self._watches:
                watch.look()

    def end(self) -> float:
        """The longest wait of any partition that had something to read, s."""
        if self.is_alive():
            self._enough.set()
            self.join()
            self._progress.close()
        return max(watch.longest_s for watch in self._watches)


@pytest.mark.kafka
@pytest.mark.parametrize("own_broker", ["kafka"], indirect=True)
def test_from_one_worker_to_three_and_back(fleet: Fleet, watched: Watched) -> None:
    """The first one is known by name to its group, those that come are not: their partitions go to others at once."""
    traffic = Traffic(fleet.settings.kafka(), seed=4, rate_per_s=PER_S)
    traffic.start()
    _let_pass(traffic)
    more = [f"{flow}-{number}" for number in (2, 3) for flow in FLOWS]
    for name in more:
        fleet.start([name], static=False)
    _let_pass(traffic)
    for name in more:
        fleet.end(name)
    _let_pass(traffic)
    traffic.finish()
    fleet.work_off()
    assert watched.end() < MOST_S
    assert_whole(fleet.settings.kafka(), traffic)


def _let_pass(traffic: Traffic) -> None:
    wanted = traffic.sent + TOGETHER
    wait_until(lambda: traffic.sent >= wanted, what=f"{TOGETHER} reads more")
