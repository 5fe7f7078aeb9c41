"""A folder's files: each is taken once, whole ones only, and what is none stays for somebody to look at."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from anpr.edge.spool import Spool, SpoolFull
from anpr.edge.watch import UNREADABLE, take_folder


@pytest.fixture
def spool(tmp_path: Path) -> Spool:
    return Spool(tmp_path / "spool")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "in"
    folder.mkdir()
    return folder


def held(spool: Spool) -> list[tuple[str, bytes, str]]:
    found = []
    while batch := spool.next_batch(100, 10_000):
        found += [(one.kind, one.body, one.about) for one in batch.items]
        spool.done(batch)
    return found


def test_files_of_reads_are_taken_in_order_and_removed(folder: Path, spool: Spool) -> None:
    (folder / "b.jsonl").write_text('{"n": 2}\n\n{"n": 3}\n')
    (folder / "a.json").write_text('[{"n": 1}]')
    assert take_folder(folder, spool, None) == 3
    assert [body for _kind, body, _about in held(spool)] == [b'{"n":1}', b'{"n":2}', b'{"n":3}']
    assert list(folder.iterdir()) == []


def test_pictures_are_frames_with_what_is_known_of_them(folder: Path, spool: Spool) -> None:
    (folder / "x.jpg").write_bytes(b"one")
    (folder / "x.jpg.json").write_text('{"camera_id": "gate-2", "captured_at": "2026-11-26T08:00:00Z"}')
    (folder / "y.PNG").write_bytes(b"two")
    os.utime(folder / "y.PNG", (1_000_000_000, 1_000_000_000))
    assert take_folder(folder, spool, "gate-1") == 2
    frames = {body: json.loads(about) for _kind, body, about in held(spool)}
    assert frames[b"one"] == {"camera_id": "gate-2", "captured_at": "2026-11-26T08:00:00Z", "source": "x.jpg"}
    assert frames[b"two"]["camera_id"] == "gate-1"
    assert frames[b"two"]["captured_at"] == "2001-09-09T01:46:40+00:00"
    assert list(folder.iterdir()) == []


def test_a_picture_of_no_known_camera_waits(folder: Path, spool: Spool) -> None:
    (folder / "x.jpg").write_bytes(b"one")
    assert take_folder(folder, spool, None) == 0
    assert (folder / "x.jpg").exists()


def test_what_is_not_whole_yet_is_passed_over(folder: Path, spool: Spool) -> None:
    for name in (".hidden.json", "a.json.part", "a.json.tmp", "notes.txt"):
        (folder / name).write_text("[{}]")
    (folder / "sub.json").mkdir()
    assert take_folder(folder, spool, "gate-1") == 0
    assert len(list(folder.iterdir())) == 5


def test_a_file_without_reads_is_set_aside(folder: Path, spool: Spool) -> None:
    (folder / "a.json").write_text("[1]")
    (folder / "b.json").write_text('[{"n": 1}]')
    (folder / "c.jpg").write_bytes(b"x")
    (folder / "c.jpg.json").write_text("no json")
    assert take_folder(folder, spool, None) == 1
    assert {path.name for path in folder.iterdir()} == {f"a.json{UNREADABLE}", f"c.jpg{UNREADABLE}", "c.jpg.json"}


def test_a_program_that_was_killed_before_it_could_remove_a_file_takes_it_once(
    folder: Path, spool: Spool, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "a.json").write_text('[{"n": 1}]')
    with monkeypatch.context() as patched:

        def killed(_self: Path, **_more: object) -> None:
            raise KeyboardInterrupt

        patched.setattr(Path, "unlink", killed)
        with pytest.raises(KeyboardInterrupt):
            take_folder(folder, spool, None)
    assert take_folder(folder, spool, None) == 0
    assert list(folder.iterdir()) == []
    assert len(held(spool)) == 1


def test_a_full_spool_leaves_the_files(folder: Path, tmp_path: Path) -> None:
    spool = Spool(tmp_path / "small", most_bytes=100)
    (folder / "a.json").write_text('[{"n": 1}]')
    (folder / "b.json").write_text('[{"n": 2}]')
    with pytest.raises(SpoolFull):
        take_folder(folder, spool, None)
    assert [path.name for path in folder.iterdir()] == ["b.json"]
    assert len(held(spool)) == 1
    assert take_folder(folder, spool, None) == 1
