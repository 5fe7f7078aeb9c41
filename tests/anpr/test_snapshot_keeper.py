"""When a worker takes a snapshot over, and when it writes one."""

from __future__ import annotations

from pathlib import Path

import pytest

from anpr import snapshot_keeper
from anpr.snapshot_keeper import EVERY_S, SnapshotKeeper
from pipeline.hotlist.index import HotlistIndex
from pipeline.hotlist.snapshot import kept
from pipeline.lez.registry.snapshot import kept as vehicles_kept
from pipeline.lez.registry.vehicles import VehicleRegistry
from tests.pipeline.builders import entry, hotlist
from tests.pipeline.lez.builders import vehicle
from tests.pipeline.runtime.fakes import TurnedClock

LOG = "cluster/1"


@pytest.fixture(autouse=True)
def worth_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two entries are worth a snapshot here."""
    monkeypatch.setattr(snapshot_keeper, "WORTH_IT", 2)


def keeper(folder: Path, index: HotlistIndex, clock: TurnedClock) -> SnapshotKeeper:
    return SnapshotKeeper(folder, kept(index), LOG, clock)


def test_the_next_worker_reads_on_where_the_snapshot_ends(tmp_path: Path) -> None:
    clock = TurnedClock()
    first = keeper(tmp_path, hotlist(entry("1ABC234"), entry("2HJK905")), clock)
    assert first.begin() == {}
    first.reached({0: 7})
    first.wait()
    index = HotlistIndex()
    second = keeper(tmp_path, index, clock)
    assert second.held_at() is None
    assert second.begin() == {0: 7}
    assert len(index) == 2
    assert second.held_at() == clock.now()


def test_a_snapshot_counts_from_when_it_is_written(tmp_path: Path) -> None:
    clock = TurnedClock()
    one = keeper(tmp_path, hotlist(entry("1ABC234"), entry("2HJK905")), clock)
    taken_at = clock.now()
    one.reached({0: 7})
    one.wait()
    clock.sleep(60)
    one.reached({0: 8})
    assert one.held_at() == taken_at


def test_a_register_of_vehicles_is_kept_the_same_way(tmp_path: Path) -> None:
    clock, first, second = TurnedClock(), VehicleRegistry(), VehicleRegistry()
    for plate in ("1ABC234", "2HJK905"):
        first.put(b"", vehicle(plate=plate))
    first.settle()
    one = SnapshotKeeper(tmp_path, vehicles_kept(first), LOG, clock)
    one.reached({0: 2, 5: 9})
    one.wait()
    assert SnapshotKeeper(tmp_path, vehicles_kept(second), LOG, clock).begin() == {0: 2, 5: 9}
    assert len(second) == 2
    hotlist_index = HotlistIndex()
    assert keeper(tmp_path, hotlist_index, clock).begin() == {}, "of another form"


def test_a_small_list_is_not_written(tmp_path: Path) -> None:
    one = keeper(tmp_path, hotlist(entry()), TurnedClock())
    one.reached({0: 1})
    one.wait()
    assert list(tmp_path.iterdir()) == []


def test_another_one_is_written_after_some_hours(tmp_path: Path) -> None:
    clock = TurnedClock()
    one = keeper(tmp_path, hotlist(entry("1ABC234"), entry("2HJK905")), clock)
    for _ in range(3):
        one.reached({0: 7})
        one.wait()
    assert len(list(tmp_path.iterdir())) == 1
    clock.sleep(EVERY_S)
    one.reached({0: 9})
    one.wait()
    assert len(list(tmp_path.iterdir())) == 2


def test_a_snapshot_of_another_log_is_not_taken_over(tmp_path: Path) -> None:
    clock = TurnedClock()
    first = keeper(tmp_path, hotlist(entry("1ABC234"), entry("2HJK905")), clock)
    first.reached({0: 7})
    first.wait()
    index = HotlistIndex()
    assert SnapshotKeeper(tmp_path, kept(index), "cluster/2", clock).begin() == {}
    assert len(index) == 0


def test_a_broken_snapshot_is_told_and_the_whole_topic_read(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    clock = TurnedClock()
    first = keeper(tmp_path, hotlist(entry("1ABC234"), entry("2HJK905")), clock)
    first.reached({0: 7})
    first.wait()
    (snapshot,) = tmp_path.iterdir()
    (snapshot / "table.npy").write_bytes(b"")
    index = HotlistIndex()
    assert keeper(tmp_path, index, clock).begin() == {}
    assert len(index) == 0
    assert "reading the whole topic" in caplog.text


def test_a_disk_that_is_full_is_told_and_the_flow_goes_on(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    folder = tmp_path / "file"
    folder.write_text("no folder")
    one = keeper(folder, hotlist(entry("1ABC234"), entry("2HJK905")), TurnedClock())
    one.reached({0: 7})
    with pytest.raises(OSError, match="file"):
        one.wait()
    one.reached({0: 8})
    assert "no snapshot (hotlist 3) could be written" in caplog.text
