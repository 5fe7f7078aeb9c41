"""EvidenceStore: pictures are kept before the message that names them, once, and come back as they were."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from pipeline.outcome import Picture
from sinks.evidence import EvidenceStore, EvidenceUnusable
from tests.sinks.rows import Turned

KEY = "cam-1/2026/11/24/0f0e-0.jpg"


def test_a_picture_comes_back_as_it_was(folder: Path) -> None:
    store = EvidenceStore.at(str(folder), Turned())
    store.put([Picture(KEY, bytes(range(256))), Picture("other.jpg", b"")], lambda: None)
    assert store.get(KEY) == bytes(range(256))
    assert store.get("other.jpg") == b""
    assert (folder / KEY).read_bytes() == bytes(range(256))


def test_keeping_one_twice_changes_nothing(folder: Path) -> None:
    store = EvidenceStore.at(str(folder), Turned())
    for _ in range(2):
        store.put([Picture(KEY, b"picture")], lambda: None)
    assert store.get(KEY) == b"picture"
    assert [path for path in folder.rglob("*") if path.is_file()] == [folder / KEY]


def test_a_key_that_nobody_kept_is_said_to_be_missing(folder: Path) -> None:
    with pytest.raises(FileNotFoundError, match=KEY):
        EvidenceStore.at(str(folder), Turned()).get(KEY)


@pytest.mark.parametrize("key", ["../../etc/passwd", "a\0b", "cam-1"])
def test_what_is_no_key_leads_nowhere(key: str, folder: Path) -> None:
    (folder / "cam-1").mkdir(parents=True)
    with pytest.raises(FileNotFoundError):
        EvidenceStore.at(str(folder), Turned()).get(key)


def test_a_store_that_does_not_answer_is_told_as_such() -> None:
    with pytest.raises(EvidenceUnusable, match="does not answer"):
        EvidenceStore.at("http://127.0.0.1:1/nothing", Turned()).get(KEY)


def test_a_place_that_is_no_folder_is_an_error_at_the_start(folder: Path) -> None:
    folder.write_text("a file")
    for place in (folder, folder / "below"):
        with pytest.raises(OSError, match=r"[Ee]xists|[Dd]irectory"):
            EvidenceStore.at(str(place), Turned())


def test_a_folder_that_takes_nothing_is_waited_for(folder: Path) -> None:
    clock = Turned()
    store = EvidenceStore.at(str(folder), clock)
    shutil.rmtree(folder)
    folder.write_text("a file in its place")
    waited: list[int] = []

    def while_waiting() -> None:
        waited.append(1)
        if len(waited) == 3:
            folder.unlink()

    store.put([Picture(KEY, b"picture")], while_waiting)
    assert (len(waited), len(clock.slept)) == (3, 3)
    assert store.get(KEY) == b"picture"


def test_a_url_opens_another_kind_of_store() -> None:
    store = EvidenceStore.at("memory:///", Turned())
    store.put([Picture(KEY, b"picture")], lambda: None)
    assert store.get(KEY) == b"picture"
