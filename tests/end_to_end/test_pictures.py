"""Pictures through the real program: good ones are read, bad ones are listed with a reason, the reader may die."""

from __future__ import annotations

import os
import signal
import struct
import zlib
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from PIL import Image

from anpr.ingest import INGEST_FLOWS, AtOnce, ingest
from anpr.platform import open_platform
from anpr.settings import Settings
from replay.observation import RenderRequest, VisibleVehicle
from replay.render import render_frame
from tests.anpr.program import anpr, wait_until

pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]
NOW = datetime.now(UTC)


def picture(plate: str, display: str, number: int = 0) -> bytes:
    """A rendered street with one vehicle."""
    vehicle = VisibleVehicle(plate, display, "BE", "blue", "car", "departing", 220, 0.5, 0.7, 0.0, 0.0)
    return render_frame(RenderRequest("cam", NOW, NOW, number, "day", (vehicle,), 0.0), 7)


def _png_header(width: int, height: int) -> bytes:
    """A PNG that says it is so large and holds next to nothing."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"\x00")) + chunk(b"IEND", b"")


def _spoil(folder: Path) -> None:
    """Put pictures that are none beside a good one."""
    folder.mkdir()
    good = picture("1ABC234", "1-ABC-234")
    (folder / "good.jpg").write_bytes(good)
    (folder / "text.jpg").write_text("This is a text.\n" * 50)
    (folder / "cut.jpg").write_bytes(good[: len(good) // 3])
    (folder / "empty.jpg").write_bytes(b"")
    (folder / "nothing.png").write_bytes(_png_header(0, 0))
    (folder / "huge.png").write_bytes(_png_header(10_000, 10_000))
    (folder / "film.mp4").write_bytes(b"no film")
    (folder / "heavy.jpg").write_bytes(good + bytes(8_000_000))
    (folder / "notes.txt").write_text("passed over")
    frames = [Image.new("RGB", (64, 64), colour) for colour in ("red", "green")]
    frames[0].save(folder / "moving.gif", save_all=True, append_images=frames[1:])


def test_a_good_picture_among_bad_ones_is_read_and_each_bad_one_is_listed(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    _spoil(tmp_path / "pictures")
    done = anpr(folder, "ingest", "pictures", "--json", timeout_s=200)
    assert done.code == 0, done.err
    assert len(done.out.splitlines()) == 1
    report = done.json
    assert [(plate["file"], plate["plate"]) for plate in report["plates"]] == [("good.jpg", "1ABC234")]
    assert {one["file"]: one["reason"] for one in report["refused"]} == {
        "text.jpg": "not_an_image",
        "cut.jpg": "image_truncated",
        "empty.jpg": "image_empty",
        "nothing.png": "image_empty",
        "huge.png": "image_too_large",
        "moving.gif": "image_unsupported",
        "film.mp4": "not_a_video",
        "heavy.jpg": "too_large",
    }
    assert all(one["detail"] for one in report["refused"])
    assert (report["frames"], report["dead_letters"], report["passed_over"]) == (7, 6, 1)
    assert (report["reads"], report["passages"]) == (1, 1)
    assert report["rows_stored"] >= 1
    _assert_restart(folder)


def _assert_restart(folder: Path) -> None:
    """The rows outlive the program; new ones come to them, though the log begins at offset 0 again."""
    (folder.parent / "second.jpg").write_bytes(picture("1XYZ987", "1-XYZ-987"))
    done = anpr(folder, "ingest", "second.jpg", "--camera", "other", "--json", timeout_s=200)
    assert [plate["plate"] for plate in done.json["plates"]] == ["1XYZ987"]
    for plate in ("1ABC234", "1-xyz-987", "ABC23", "1XYZ*"):
        found = anpr(folder, "search", plate, "--reason", "trying the search", "--json").json["results"]
        assert len(found) == 1, plate
    letters = anpr(folder, "store", "sql", "SELECT count() AS n FROM dead_letters FINAL", "--json").json
    assert letters == {"rows": [{"n": 6}]}


def test_pictures_that_cannot_be_of_this_time_are_listed(tmp_path: Path) -> None:
    (tmp_path / "old.jpg").write_bytes(picture("1ABC234", "1-ABC-234"))
    done = anpr(tmp_path / "data", "ingest", "old.jpg", "--captured-at", "1970-01-01", "--json", timeout_s=200)
    assert done.code == 0, done.err
    assert [(one["file"], one["reason"]) for one in done.json["refused"]] == [("old.jpg", "captured_too_old")]
    assert (done.json["frames"], done.json["reads"], done.json["dead_letters"]) == (1, 0, 1)


def test_an_id_that_is_none_for_a_camera_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(b"")
    done = anpr(tmp_path / "data", "ingest", "a.jpg", "--camera", "a b", timeout_s=200)
    done.assert_clear("'a b' is no camera id")


def test_the_reader_is_killed_in_mid_stream(settings: Settings, tmp_path: Path) -> None:
    """Every picture becomes one passage, and its evidence is kept, although the reader dies twice."""
    folder = tmp_path / "pictures"
    folder.mkdir()
    plates = [f"1AB{letter}{number}" for number, letter in enumerate("CDEFGHJKLMNP", start=231)]
    for number, plate in enumerate(plates):
        display = f"{plate[0]}-{plate[1:4]}-{plate[4:]}"
        (folder / f"{number:02d}.jpg").write_bytes(picture(plate, display, number))
    slow = settings.model_copy(update={"vision_engine": "rapidocr"})  # the other one is done before it can be killed
    with open_platform(slow, workers=INGEST_FLOWS) as platform:
        killed: list[int] = []

        def progress(what: str, done: int, _of: int) -> None:
            if what == "waiting for read" and len(killed) < 2 and done >= (1, 7)[len(killed)]:
                killed.append(done)
                os.kill(platform.workers["read"].pid, signal.SIGKILL)
                wait_until(lambda: platform.workers["read"].returncode is not None, what="the kill")

        moment = NOW - timedelta(seconds=30)
        report = ingest(
            platform, folder, "cam", timing=AtOnce(moment), fps=4, timeout_s=180, progress=progress, say=lambda _: None
        )
        assert len(killed) == 2
        assert platform.restarts == len(killed)
        assert (report.frames, report.dead_letters, report.refused) == (len(plates), 0, [])
        assert sorted(plate["plate"] for plate in report.plates) == sorted(plates)
        kept = list(Path(platform.settings.evidence_place).rglob("*.jpg"))
        assert len(kept) == len(plates)


def test_a_camera_that_is_new_to_a_running_platform_is_known_in_time(settings: Settings, tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(picture("1ABC234", "1-ABC-234"))
    with open_platform(settings, workers=INGEST_FLOWS):
        for number in range(2):
            done = anpr(settings.data_dir, "ingest", "a.jpg", "--camera", f"new-{number}", "--json", timeout_s=200)
            assert done.json["refused"] == []
            assert done.json["passages"] == 1
