"""When pictures were taken: by their names, by the camera's note in them, or by nothing."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from PIL import ExifTags, Image

from anpr.cli.times import LOCAL
from anpr.replay.frames import OwnTime, moment_in_name, moment_in_picture, own_times
from anpr.replay.pace import Pace
from pipeline.runtime.clock import SystemClock

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("name", "moment"),
    [
        ("2026-03-02_13-00-00.jpg", NOON),
        ("20260302T120000Z.jpg", NOON),
        ("cam-7 20260302_130000.250.jpg", NOON + timedelta(milliseconds=250)),
        ("gate 2026.03.02 13h00m00.png", NOON),
        ("2026-07-02_14-00-00.jpg", datetime(2026, 7, 2, 12, tzinfo=UTC)),
        ("IMG_0042.jpg", None),
        ("20261399_250000.jpg", None),
        ("1202603021300009.jpg", None),
    ],
)
def test_names_tell_the_moment(name: str, moment: datetime | None) -> None:
    assert moment_in_name(name, LOCAL) == moment


def noted(path: Path, **notes: str) -> Path:
    image, exif = Image.new("RGB", (8, 8)), Image.Exif()
    part = exif.get_ifd(0x8769)
    for name, value in notes.items():
        part[ExifTags.Base[name].value] = value
    image.save(path, exif=exif)
    return path


def test_cameras_note_the_moment_in_the_picture(tmp_path: Path) -> None:
    told = noted(tmp_path / "a.jpg", DateTimeOriginal="2026:03:02 13:00:00", SubsecTimeOriginal="25")
    zoned = noted(tmp_path / "b.jpg", DateTimeOriginal="2026:03:02 14:00:00", OffsetTimeOriginal="+02:00")
    assert moment_in_picture(told, LOCAL) == NOON + timedelta(milliseconds=250)
    assert moment_in_picture(zoned, LOCAL) == NOON
    assert moment_in_picture(noted(tmp_path / "c.jpg", DateTimeOriginal="0000:00:00 00:00:00"), LOCAL) is None
    assert moment_in_picture(noted(tmp_path / "d.jpg"), LOCAL) is None
    (tmp_path / "e.jpg").write_bytes(b"\xff\xd8\xff")
    assert moment_in_picture(tmp_path / "e.jpg", LOCAL) is None


def test_a_picture_that_only_claims_things_tells_no_moment(tmp_path: Path) -> None:
    (tmp_path / "huge.ppm").write_bytes(b"P6 99999 99999 255 ")
    assert moment_in_picture(tmp_path / "huge.ppm", LOCAL) is None
    for text, offset in (("0001:01:01 00:00:00", "+14:00"), ("9999:12:31 23:59:59", "-12:00")):
        old = noted(tmp_path / "old.jpg", DateTimeOriginal=text, OffsetTimeOriginal=offset)
        assert moment_in_picture(old, LOCAL) is None
    last = noted(tmp_path / "last.jpg", DateTimeOriginal="9999:12:31 23:59:59", SubsecTimeOriginal="999999")
    assert moment_in_picture(last, LOCAL) is not None


def test_where_one_tells_no_time_all_are_counted_from_the_start(tmp_path: Path) -> None:
    named, plain = Path("2026-03-02_13-00-00.jpg"), noted(tmp_path / "x.jpg")
    assert own_times([named], LOCAL, NOON, timedelta(seconds=1)) == ({named: NOON}, 0)
    start = NOON + timedelta(days=1)
    times, untold = own_times([named, plain], LOCAL, start, timedelta(seconds=1))
    assert (times, untold) == ({named: start, plain: start + timedelta(seconds=1)}, 1)


def test_pictures_are_sent_in_the_order_of_their_times() -> None:
    late, early = Path("a.jpg"), Path("b.jpg")
    times = {late: NOON + timedelta(seconds=9), early: NOON}
    pace = Pace(None, SystemClock(), lambda: False)
    timing = OwnTime(times, pace, lambda: False, shift=timedelta(hours=1))
    assert timing.in_order([late, early]) == [early, late]
    assert timing.taken_at(late) == NOON + timedelta(hours=1, seconds=9)
    assert timing.wait(NOON, lambda: None)
    assert not OwnTime(times, pace, lambda: True).wait(NOON, lambda: None)
