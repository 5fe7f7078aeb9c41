"""kill -9 of any worker in mid-stream: its successor goes on, no passage is lost, none is there twice."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable

import pytest

from tests.anpr.program import wait_until
from tests.end_to_end.city import Feeder, Town, traffic
from tests.end_to_end.conftest import FLOWS

TRACKS = 6_000
"""At least so many vehicles, three reads each; more where the machine is slow to do what is to happen meanwhile."""
MOST_TRACKS = 60_000
PER_S = 1_500
GOES_ON = 3_000
"""Reads that come in after the last event."""
pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]


def _kill(town: Town, *names: str) -> None:
    for name in names:
        os.kill(town.platform.workers[name].pid, signal.SIGKILL)
    wait_until(lambda: all(town.platform.workers[name].returncode is not None for name in names), what="the kill")


def _drive(town: Town, events: dict[int, Callable[[], None]]) -> list[str]:
    """Send the traffic at a steady pace; at each number of reads something happens. Returns what was restarted."""
    notes: list[str] = []
    feeder = Feeder(town, MOST_TRACKS, PER_S)
    feeder.start()
    for number, event in sorted(events.items()):
        wait_until(lambda: feeder.given >= number, what=f"{number} reads sent")  # noqa: B023
        assert feeder.is_alive(), "the traffic was over before the event"
        event()
        notes += town.platform.tend()
    last = max(feeder.given, 3 * TRACKS) + GOES_ON
    wait_until(lambda: feeder.given >= last, what="traffic after the last event")
    feeder.enough.set()
    feeder.join(60)
    return notes + town.drain()


def assert_whole(town: Town) -> None:
    """All facts of an uninterrupted run are stored, once, and no others."""
    truth = town.truth()
    assert len(town.sent) > 3 * TRACKS
    assert len(truth.passages) == town.tracks() > TRACKS
    assert len(truth.hits) > 300
    assert len(truth.verdicts) > 3_000
    stored = town.stored_passages()
    assert (truth.passages - stored, stored - truth.passages) == (set(), set())
    assert (truth.hits - town.stored_hits(), town.stored_hits() - truth.hits) == (set(), set())
    assert (truth.verdicts - town.stored_verdicts(), town.stored_verdicts() - truth.verdicts) == (set(), set())
    for table, ident in (("passages", "passage_id"), ("hits", "hit_id")):
        assert town.doubles(table, ident) == (0, 0), table
    assert town.doubles("verdicts_last", "verdict_id", town.lez)[0] == 0
    assert town.lez.query("SELECT reason, count() FROM dead_letters GROUP BY 1").result_rows == []
    assert town.rows("SELECT reason, count() FROM dead_letters GROUP BY 1") == []


def test_all_workers_are_killed_at_once_in_mid_stream(town: Town) -> None:
    """One by one they die in `test_fault_points.py`, and by `anpr chaos` on three brokers of Apache Kafka."""
    notes = _drive(town, {6_000: lambda: _kill(town, *FLOWS), 14_000: lambda: _kill(town, *FLOWS)})
    assert len(notes) == town.platform.restarts == 2 * len(FLOWS)
    assert_whole(town)


def test_the_consolidator_is_killed_when_all_is_read_but_tracks_are_open(town: Town) -> None:
    """Its successor has nothing new to read, and must still close the tracks and say so."""
    town.send(traffic(200))
    town.flush()
    wait_until(lambda: town.left("consolidate") == 0, what="all reads committed")
    _kill(town, "consolidate")
    town.platform.tend()
    town.drain(timeout_s=40)
    truth = town.truth()
    assert town.stored_passages() == truth.passages
    assert town.stored_hits() == truth.hits


def _logs(town: Town) -> str:
    return "".join(path.read_text() for path in (town.platform.settings.data_dir / "logs").glob("*.log"))


def _thaw(town: Town, pid: int) -> None:
    """Not before a worker has said that it waits: how long that takes depends on what it had in hand."""
    wait_until(lambda: "waiting for the broker" in _logs(town), what="a worker to say that it waits", timeout_s=60)
    os.kill(pid, signal.SIGCONT)


def test_a_frozen_store_and_a_frozen_broker_are_waited_for(town: Town) -> None:
    """Neither is ended by that, nothing is lost; the pause shows in what the writer and the log say."""
    store, broker = town.platform.store, town.platform.broker
    assert store is not None
    assert broker is not None
    events: dict[int, Callable[[], None]] = {
        3_000: lambda: os.kill(store.pid, signal.SIGSTOP),
        9_000: lambda: os.kill(store.pid, signal.SIGCONT),
        10_000: lambda: os.kill(broker.pid, signal.SIGSTOP),
        14_000: lambda: _thaw(town, broker.pid),
    }
    _drive(town, events)
    assert town.platform.restarts == 0
    assert_whole(town)
    assert "Traceback" not in _logs(town)


def test_a_broker_that_freezes_while_nothing_is_in_hand_is_reported(town: Town) -> None:
    """No produce and no commit is there to wait: the fetch alone must tell the operator."""
    town.send(traffic(50))
    town.flush()
    town.drain()
    assert town.platform.broker is not None
    os.kill(town.platform.broker.pid, signal.SIGSTOP)
    _thaw(town, town.platform.broker.pid)
    assert town.stored_passages() == town.truth().passages
