"""Snapshots on disk: whole or not at all, of one form, one log and half a day."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import pytest

from pipeline.snapshots import FRESH_FOR, KEPT, META, Mark, latest, save
from tests.pipeline.builders import T0, at

FORM = "things 1"


def mark(seconds: float = 0) -> Mark:
    return Mark(FORM, "cluster/1", {0: 17, 3: 4}, at(seconds))


def write(folder: Path) -> None:
    (folder / "things").write_text("many")


@pytest.mark.parametrize(
    ("form", "log", "seconds", "taken"),
    [
        (FORM, "cluster/1", 0, True),
        (FORM, "cluster/1", FRESH_FOR.total_seconds(), True),
        (FORM, "cluster/1", FRESH_FOR.total_seconds() + 1, False),
        (FORM, "cluster/1", -1, False),
        (FORM, "cluster/2", 0, False),
        ("things 2", "cluster/1", 0, False),
    ],
    ids=["now", "half a day old", "older", "from the future", "of another log", "of another form"],
)
def test_it_holds_for_its_form_its_log_and_half_a_day(
    form: str, log: str, seconds: float, taken: bool, tmp_path: Path
) -> None:
    save(tmp_path, write, mark())
    found = latest(tmp_path, form, log, T0 + timedelta(seconds=seconds))
    assert (found is not None and found[1] == mark() and (found[0] / "things").read_text() == "many") is taken


def test_the_newest_is_taken_and_old_ones_go(tmp_path: Path) -> None:
    for seconds in range(KEPT + 2):
        save(tmp_path, write, mark(seconds))
    assert len(list(tmp_path.iterdir())) == KEPT
    found = latest(tmp_path, FORM, "cluster/1", at(100))
    assert found is not None
    assert found[1].taken_at == at(KEPT + 1)


@pytest.mark.parametrize(
    "meta", ["", "{", "[]", '{"format": 2, "log": "x"}', json.dumps({"form": FORM, "log": "x", "offsets": 7})]
)
def test_one_that_cannot_be_read_is_left_alone(meta: str, tmp_path: Path) -> None:
    snapshot = save(tmp_path, write, mark())
    (snapshot / META).write_text(meta)
    assert latest(tmp_path, FORM, "cluster/1", at(1)) is None


def test_there_is_none_at_first(tmp_path: Path) -> None:
    assert latest(tmp_path / "nowhere", FORM, "cluster/1", T0) is None


def test_a_disk_that_cannot_be_written_leaves_nothing_behind(tmp_path: Path) -> None:
    folder = tmp_path / "file"
    folder.write_text("no folder")
    with pytest.raises(OSError, match="file"):
        save(folder, write, mark())
    assert folder.read_text() == "no folder"


def test_one_that_fails_half_way_leaves_nothing_behind(tmp_path: Path) -> None:
    def full(folder: Path) -> None:
        write(folder)
        raise OSError("no space left")

    with pytest.raises(OSError, match="no space"):
        save(tmp_path, full, mark())
    assert list(tmp_path.iterdir()) == []


def test_of_two_that_are_taken_at_one_moment_one_stays(tmp_path: Path) -> None:
    save(tmp_path, write, mark())
    (tmp_path / next(tmp_path.iterdir()).name / "things").write_text("of the first")
    with_files = save(tmp_path, write, mark())
    assert (with_files / "things").read_text() == "of the first"
