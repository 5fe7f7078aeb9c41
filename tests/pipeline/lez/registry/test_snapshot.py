"""A register on disk: whole, or refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.lez.registry.snapshot import FORM, kept
from pipeline.lez.registry.vehicles import VehicleRegistry
from pipeline.snapshots import BROKEN, Mark, latest, save
from tests.pipeline.builders import T0, at
from tests.pipeline.lez.builders import vehicle


@pytest.fixture
def snapshot(tmp_path: Path) -> Path:
    registry = VehicleRegistry()
    for n in range(20):
        registry.put(b"", vehicle(plate=f"1ABC{n:03d}", euro=n % 7))
    registry.settle()
    return save(tmp_path, kept(registry).view(), Mark(FORM, "cluster/1", {0: 20}, T0))


def test_what_was_written_is_taken_over_and_changes_hold_on_top(snapshot: Path) -> None:
    registry = VehicleRegistry()
    kept(registry).restore(snapshot)
    registry.put(b"", vehicle(plate="1ABC003", euro=6))
    registry.remove(b"1ABC004")
    registry.settle()
    seen = registry.look(["1ABC003", "1ABC004", "1ABC005"], T0)
    assert [registry.profiles.all[n].euro if n >= 0 else None for n in seen.profiles] == [6, None, 5]
    assert len(registry) == 19


def test_every_file_that_is_not_what_was_written_is_refused(snapshot: Path) -> None:
    for file in sorted(snapshot.iterdir()):
        whole = file.read_bytes()
        for broken in (b"", whole[:-1], whole[:-1] + bytes([whole[-1] ^ 1]), None):
            if file.name == "meta.json":  # told by `latest`
                continue
            file.unlink() if broken is None else file.write_bytes(broken)
            registry = VehicleRegistry()
            with pytest.raises(BROKEN):
                kept(registry).restore(snapshot)
            assert len(registry) == 0
            assert registry.profiles.all == []
        file.write_bytes(whole)
    kept(VehicleRegistry()).restore(snapshot)


def test_a_register_that_holds_something_takes_nothing_over(snapshot: Path) -> None:
    registry = VehicleRegistry()
    registry.put(b"", vehicle())
    registry.settle()
    with pytest.raises(ValueError, match="holds nothing"):
        kept(registry).restore(snapshot)
    assert len(registry) == 1


def test_a_snapshot_of_the_hotlist_is_none_of_the_register(snapshot: Path) -> None:
    assert latest(snapshot.parent, FORM, "cluster/1", at(1)) is not None
    assert latest(snapshot.parent, "hotlist 3", "cluster/1", at(1)) is None
    assert latest(snapshot.parent, FORM, "cluster/2", at(1)) is None
