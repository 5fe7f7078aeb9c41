"""`anpr cameras`: what a technician reads, on a store with rows and on an empty one."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from anpr.cli.cameras_shown import bars, show_camera, show_cameras, summary
from anpr.cli.console import OUT
from sinks.clickhouse.queries.camera_health import CameraHour, CameraNow, CameraTrouble
from tests.anpr.program import anpr

NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
WELL = CameraNow("E40-12", "E40 [km 12]", "fixed", "midi", NOW, NOW, 9.0, 611, 642.5, 0.9, 0.05, [])
ILL = CameraNow(
    *("E40-13", "E40 km 13", "fixed", "midi", NOW, NOW - timedelta(hours=2), 7200.0, 0, 320.0, None, None),
    ["camera_silent", "camera_line_slow"],
)
NEVER = CameraNow("E40-14", "E40 km 14", "fixed", "midi", None, None, 0.0, 0, None, None, None, [])


def hour(n: int, reads: int, expected: float | None) -> CameraHour:
    begin = NOW - timedelta(hours=24 - n)
    low, high = (None, None) if expected is None else (expected * 0.6, expected * 1.6)
    rest = (1.0, 0, None, 0, 1.0, 1.0, 0, 0, None, begin, 0.0, list[str]())
    return CameraHour(begin, begin + timedelta(hours=1), reads, expected, low, high, *rest)


def test_the_list_says_what_is_wrong_and_how_many_are_well() -> None:
    with OUT.capture() as shown:
        show_cameras([ILL, WELL, NEVER], 2)
    text = shown.get()
    assert "silent, line" in text
    assert "E40 [km 12]" in text
    assert "3 cameras, 1 with a trouble (1 silent), 1 never heard of." in text
    assert "Only 2 are shown" in text
    assert summary([WELL]) == "1 cameras, 0 with a trouble (0 silent), all heard of."


def test_a_camera_shows_its_day_against_the_usual_one() -> None:
    hours = [hour(n, 100 + n if n != 20 else 5, None if n < 2 else 100.0) for n in range(24)]
    told = CameraTrouble("camera_silent", "E40-13", NOW - timedelta(hours=4), NOW, 0.99, "no read for 2 h [so far]")
    with OUT.capture() as shown:
        show_camera(ILL, hours, [told])
    text = shown.get()
    assert "What is wrong: silent, line slow" in text
    assert "reads ▇" in text
    assert "usual ··▇" in text
    assert "5 instead of 100" in text
    assert "no read for 2 h [so far]" in " ".join(text.split())


def test_one_that_was_never_heard_of_says_so() -> None:
    with OUT.capture() as shown:
        show_camera(NEVER, (), ())
    assert "Nothing was heard of it" in shown.get()


def test_bars_are_of_one_scale_and_a_dot_where_nothing_is_known() -> None:
    assert bars([0, 50, 100, None, 1e9], 100) == "▁▅█·█"


@pytest.mark.slow
def test_the_commands_on_an_empty_store(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    listed = anpr(folder, "cameras", "list", "--json")
    assert (listed.code, listed.json) == (0, {"cameras": []})
    unknown = anpr(folder, "cameras", "show", "E40-12")
    assert unknown.code == 2
    unknown.assert_clear("camera E40-12 is not registered")
