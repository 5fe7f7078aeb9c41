"""Copies of state on a worker's disk: taken over where they hold, left where anything is odd."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.runtime.metrics import Metrics
from pipeline.runtime.source import Place
from pipeline.runtime.state_copies import EVERY_S, SHARE, STALE_DRAFT_S, STALE_S, TRIES, StateCopies
from tests.pipeline.runtime.fakes import Bench, TurnedClock

PLACE, OTHER = ("passages", 0), ("passages", 1)


class Remembers:
    """A stage whose state is some bytes by partition."""

    def __init__(self, form: str = "test 1", **states: bytes) -> None:
        self.form = form
        self.states: dict[Place, bytes] = {("passages", int(name[1:])): state for name, state in states.items()}
        self.slow_s = 0.0
        self.clock: TurnedClock | None = None

    def state(self, place: Place) -> bytes | None:
        if self.clock is not None:
            self.clock.sleep(self.slow_s)
        return self.states.get(place)

    def restore(self, place: Place, state: bytes) -> None:
        if state.startswith(b"odd"):
            raise ValueError("not mine")
        self.states[place] = state


class Disk:
    """A folder, a clock, and workers that come and go."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.clock, self.metrics = folder, TurnedClock(), Metrics("watch")

    def copies(self, stage: Remembers, log: str = "cluster/log") -> StateCopies:
        """Those of one worker."""
        return StateCopies(self.folder, stage, "watch", {"passages": log}, self.clock, self.metrics)

    def counted(self, outcome: str) -> float:
        """Of `anpr_state_copies_total`."""
        labels = {"flow": "watch", "outcome": outcome}
        return self.metrics.registry.get_sample_value("anpr_state_copies_total", labels) or 0.0

    def file(self) -> Path:
        """The only copy."""
        (path,) = self.folder.iterdir()
        return path


@pytest.fixture
def disk(tmp_path: Path) -> Disk:
    return Disk(tmp_path / "state" / "watch")


def resumed(disk: Disk, needed: int = 2, live: int = 12, stage: Remembers | None = None, **more: str) -> int:
    """Where a successor reads on."""
    return disk.copies(stage or Remembers(), **more).resume(PLACE, needed, live)


def test_a_successor_takes_the_copy_over_and_reads_on_from_there(disk: Disk) -> None:
    disk.copies(Remembers(p0=b"all\nof it")).reached({PLACE: 10})
    successor = Remembers()
    assert resumed(disk, 2, 12, successor) == 10
    assert successor.states == {PLACE: b"all\nof it"}
    assert (disk.counted("written"), disk.counted("taken_over"), disk.counted("broken")) == (1, 1, 0)


def test_a_copy_that_nobody_outlives_is_not_taken_for_ever(disk: Disk) -> None:
    """It is as it was written and yet may be what its takers die of; a second death so soon is mostly another kill."""
    disk.copies(Remembers(p0=b"state")).reached({PLACE: 10})
    assert [resumed(disk) for _ in range(TRIES + 2)] == [10] * TRIES + [2, 2]
    copies = disk.copies(Remembers(p0=b"newer"))
    copies.reached({PLACE: 11})
    assert [path.name for path in disk.folder.iterdir()] == ["passages-0.state"]
    assert resumed(disk) == 11


def test_without_a_copy_the_log_is_read_from_where_it_must_be(disk: Disk) -> None:
    assert resumed(disk) == 2


@pytest.mark.parametrize(("needed", "live"), [(10, 12), (11, 12), (2, 9)], ids=["no older", "older", "group put back"])
def test_a_copy_is_left_that_spares_nothing_or_is_ahead(disk: Disk, needed: int, live: int) -> None:
    disk.copies(Remembers(p0=b"state")).reached({PLACE: 10})
    successor = Remembers()
    assert resumed(disk, needed, live, successor) == needed
    assert successor.states == {}


def test_a_copy_of_another_log_or_another_form_is_left(disk: Disk) -> None:
    disk.copies(Remembers(p0=b"state")).reached({PLACE: 10})
    assert resumed(disk, log="cluster/made anew") == 2
    assert resumed(disk, stage=Remembers("test 2")) == 2
    assert disk.counted("broken") == 0


def test_a_copy_that_the_stage_cannot_read_is_left_and_counted(disk: Disk) -> None:
    disk.copies(Remembers(p0=b"odd")).reached({PLACE: 10})
    successor = Remembers()
    assert resumed(disk, 2, 12, successor) == 2
    assert (successor.states, disk.counted("broken")) == ({}, 1)


@settings(deadline=None, max_examples=200)
@given(data=st.data())
def test_whatever_became_of_the_file_it_is_taken_as_written_or_not_at_all(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    disk = Disk(tmp_path_factory.mktemp("disk"))
    disk.copies(Remembers(p0=b"state of many plates")).reached({PLACE: 10})
    whole = disk.file().read_bytes()
    at, size = data.draw(st.integers(0, len(whole))), data.draw(st.integers(0, 8))
    harmed = whole[:at] + data.draw(st.binary(max_size=8)) + whole[at + size :]
    disk.file().write_bytes(harmed)
    successor = Remembers()
    offset = resumed(disk, 2, 12, successor)
    assert (offset, successor.states.get(PLACE)) == (2, None) or successor.states[PLACE] == b"state of many plates"


def test_copies_are_written_every_quarter_minute_of_what_has_changed(disk: Disk) -> None:
    copies = disk.copies(Remembers(p0=b"a", p1=b"b"))
    copies.reached({PLACE: 10, OTHER: 20})
    disk.clock.sleep(EVERY_S - 1)
    copies.reached({PLACE: 11, OTHER: 20})
    assert disk.counted("written") == 2
    disk.clock.sleep(1)
    copies.reached({PLACE: 11, OTHER: 20})
    assert disk.counted("written") == 3
    assert resumed(disk) == 11


def test_a_large_state_is_written_less_often_and_one_partition_at_a_time(disk: Disk) -> None:
    stage = Remembers(p0=b"a", p1=b"b")
    stage.slow_s, stage.clock = 3.0, disk.clock
    copies = disk.copies(stage)
    copies.reached({PLACE: 1, OTHER: 1})
    assert disk.counted("written") == 1
    copies.reached({PLACE: 2, OTHER: 2})
    copies.reached({PLACE: 3, OTHER: 3})
    assert disk.counted("written") == 2
    disk.clock.sleep(3.0 / SHARE)
    copies.reached({PLACE: 4, OTHER: 4})
    assert disk.counted("written") == 3


def test_who_leaves_writes_all_that_has_changed(disk: Disk) -> None:
    copies = disk.copies(Remembers(p0=b"a", p1=b"b"))
    copies.reached({PLACE: 10, OTHER: 20})
    copies.reached({PLACE: 11, OTHER: 20}, at_once=True)
    assert disk.counted("written") == 3


def test_a_partition_that_was_taken_over_is_written_when_it_has_gone_on(disk: Disk) -> None:
    disk.copies(Remembers(p0=b"a")).reached({PLACE: 10})
    copies = disk.copies(Remembers())
    assert copies.resume(PLACE, 2, 10) == 10
    copies.reached({PLACE: 10})
    assert disk.counted("written") == 1
    copies.reached({PLACE: 11})
    assert disk.counted("written") == 2


def test_nothing_is_written_of_a_partition_of_which_nothing_is_remembered(disk: Disk) -> None:
    disk.copies(Remembers()).reached({PLACE: 10})
    assert not disk.folder.exists()


def test_where_nothing_can_be_written_the_flow_goes_on_and_it_is_counted(disk: Disk) -> None:
    disk.folder.parent.mkdir(parents=True)
    copies = disk.copies(Remembers(p0=b"a"))
    disk.folder.write_text("no folder")
    copies.reached({PLACE: 10})
    assert (disk.counted("failed"), disk.counted("written")) == (1, 0)


def test_plates_lie_where_nobody_else_reads_and_not_for_ever(disk: Disk) -> None:
    disk.copies(Remembers(p0=b"1ABC234")).reached({PLACE: 10})
    assert (disk.file().stat().st_mode & 0o777, disk.folder.stat().st_mode & 0o777) == (0o600, 0o700)
    draft = disk.folder / "passages-1.state.77.draft"
    draft.write_bytes(b"half")
    now_s = disk.clock.now().timestamp()
    for path, age_s in ((disk.folder / "passages-0.state", STALE_S - 1), (draft, STALE_DRAFT_S + 1)):
        os.utime(path, (now_s - age_s, now_s - age_s))
    disk.copies(Remembers())
    assert [path.name for path in disk.folder.iterdir()] == ["passages-0.state"]
    disk.clock.sleep(2)
    disk.copies(Remembers())
    assert not list(disk.folder.iterdir())


def test_what_cannot_be_deleted_is_told_and_stops_nobody(disk: Disk, caplog: pytest.LogCaptureFixture) -> None:
    odd = disk.folder / "passages-7.state"
    odd.mkdir(parents=True)
    os.utime(odd, (0, 0))
    disk.copies(Remembers())
    assert "cannot be deleted" in caplog.text


# ---- in the loop ----------------------------------------------------------------------------------------------------


class Noted(StateCopies):
    """Notes for which offsets copies are asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[dict[Place, int], bool]] = []
        self.forgotten: list[Place] = []

    def reached(self, offsets: Mapping[Place, int], *, at_once: bool = False) -> None:
        self.asked.append((dict(offsets), at_once))

    def forget(self, places: Iterable[Place]) -> None:
        self.forgotten += places


def test_the_loop_copies_what_is_committed_and_no_more() -> None:
    bench, copies = Bench(stateful=True), Noted()
    bench.loop.copies = copies
    bench.step(b"a", b"b")
    bench.source.answers = False
    bench.step(b"c", offset=2)
    assert copies.asked == [({("reads", 0): 2}, False)]
    bench.source.answers = True
    bench.step(b"d", offset=3)
    assert copies.asked[1:] == [({("reads", 0): 4}, False)]


def test_the_loop_copies_all_when_it_leaves_and_forgets_what_was_given_away() -> None:
    bench, copies = Bench(stateful=True, commit_every_s=1e9), Noted()
    bench.loop.copies = copies
    bench.loop._committed_at = bench.clock.monotonic()
    bench.feed(b"a")
    bench.stop_at_next_poll()
    bench.loop.run()
    assert copies.asked == [({("reads", 0): 1}, True)]
    bench.give_away()
    assert copies.forgotten == [("reads", 0)]


def test_a_batch_that_could_not_be_delivered_is_in_no_copy() -> None:
    bench, copies = Bench(stateful=True, commit_every_s=1e9), Noted()
    bench.loop.copies = copies
    bench.journal.breaking = "deliver"
    bench.feed(b"a")
    with pytest.raises(RuntimeError):
        bench.loop.run()
    assert copies.asked == []
