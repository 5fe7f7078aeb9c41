"""What is told of cameras: nothing where all is well, once where something is wrong, and the end of it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.camera_tally import CameraTally
from schemas.codec import changed
from tests.pipeline.health.builders import MONDAY, Desk, Rate, camera, days, progress, tally

HOUR, DAY, MINUTE = timedelta(hours=1), timedelta(days=1), timedelta(minutes=1)
NAMES = [f"cam-{n}" for n in range(6)]
STEP_S = 600


def usual(name: str, at: datetime) -> int:
    """Reads in ten minutes: more by day, more at some cameras."""
    return (2 if 6 <= at.hour < 20 else 1) * (6 + int(name[4:])) + at.minute % 20 // 10


@pytest.fixture(scope="module")
def fortnight() -> dict[str, bytes]:
    """Files of cameras that did as usual for two weeks."""
    desk = taught(Desk(*(camera(name) for name in NAMES)))
    assert desk.told == []
    return desk.shelf.files


def taught(desk: Desk) -> Desk:
    """Two weeks as usual."""
    return desk.hear(days(NAMES, MONDAY - 14 * DAY, MONDAY, in_half_an_hour, 1800))


def in_half_an_hour(name: str, at: datetime) -> int:
    """The same in longer steps."""
    return sum(usual(name, at + n * 10 * MINUTE) for n in range(3))


def steps(names: Iterable[str], begin: datetime, end: datetime, rate: Rate) -> Iterable[CameraTally]:
    """Reads every ten minutes."""
    return days(names, begin, end, rate, STEP_S)


def desk_of(files: dict[str, bytes], *names: str, zones: int = 1) -> Desk:
    """A desk that has learnt; the cameras of so many zones."""
    desk = Desk(*(camera(name, police_zone=f"zone-{n % zones}") for n, name in enumerate(names or NAMES)))
    desk.shelf.files = dict(files)
    return desk


def test_two_weeks_as_usual_tell_nothing_and_are_learnt(fortnight: dict[str, bytes]) -> None:
    desk = desk_of(fortnight)
    learnt = desk.file("cam-3").learnt
    assert learnt is not None
    assert learnt.hours > 14 * 24 - 5
    assert learnt.reads[10] / learnt.weeks[10] == pytest.approx(6 * 18 + 3, rel=0.05)
    assert learnt.delay_s == pytest.approx(1.0)


def test_a_silent_camera_is_told_once_more_seldom_the_longer_and_it_comes_back(fortnight: dict[str, bytes]) -> None:
    desk = desk_of(fortnight)
    desk.hear(steps(NAMES, MONDAY, MONDAY + 8 * HOUR, usual))
    desk.hear(steps(NAMES, MONDAY + 8 * HOUR, MONDAY + 20 * HOUR, lambda n, at: 0 if n == "cam-2" else usual(n, at)))
    (anomaly,) = desk.stands.values()
    assert (anomaly.kind, anomaly.camera_id, anomaly.ended_at) == ("camera_silent", "cam-2", None)
    assert "no read for" in anomaly.detail
    assert desk.told[0].elapsed_s is not None
    assert 120 < desk.told[0].elapsed_s < 60 * 60
    assert 3 <= len(desk.told) <= 8, "told again when it has lasted twice as long"
    assert [one.revision for one in desk.told] == list(range(1, len(desk.told) + 1))
    desk.hear(steps(NAMES, MONDAY + 20 * HOUR, MONDAY + 21 * HOUR, usual))
    (anomaly,) = desk.stands.values()
    assert anomaly.ended_at is not None
    assert (anomaly.withdrawn, desk.open()) == (False, [])


def test_a_zone_that_falls_silent_at_once_is_told_once(fortnight: dict[str, bytes]) -> None:
    desk = desk_of(fortnight)
    desk.hear(steps(NAMES, MONDAY, MONDAY + 9 * HOUR, usual))
    desk.hear(steps(NAMES, MONDAY + 9 * HOUR, MONDAY + 11 * HOUR, lambda _n, _at: 0))
    assert {(one.kind, one.camera_id) for one in desk.told} == {("cameras_silent", None)}
    assert len(desk.stands) == 1
    desk.hear(steps(NAMES, MONDAY + 11 * HOUR, MONDAY + 12 * HOUR, usual))
    assert desk.open() == []


def test_where_nobody_counted_no_camera_was_silent(fortnight: dict[str, bytes]) -> None:
    desk = desk_of(fortnight)
    desk.hear(steps(NAMES, MONDAY, MONDAY + 9 * HOUR, usual))
    desk.hear(steps(NAMES, MONDAY + 15 * HOUR, MONDAY + 17 * HOUR, usual))
    assert desk.told == []


def test_a_partition_that_is_behind_holds_up_nobody_and_its_cameras_are_not_silent(
    fortnight: dict[str, bytes],
) -> None:
    """Half of the cameras are in a partition whose reader is down for an hour; another one has fallen silent."""
    desk = desk_of(fortnight)
    behind = set(NAMES[3:])

    def apart(one: CameraTally) -> CameraTally:
        return changed(one, partition=1) if one.camera_id in behind else one

    desk.hear([progress(MONDAY, 1)])
    for one in steps(NAMES, MONDAY, MONDAY + 9 * HOUR, usual):
        desk.hear([apart(one), *([changed(one, partition=1)] if one.camera_id is None else [])])
    quiet = [one for one in NAMES if one not in behind]
    desk.hear(steps(quiet, MONDAY + 9 * HOUR, MONDAY + 11 * HOUR, lambda n, at: 0 if n == "cam-1" else usual(n, at)))
    assert desk.open() == [("camera_silent", "cam-1")]


@pytest.mark.parametrize(("share", "kind"), [(0.4, "camera_rate_low"), (2.5, "camera_rate_high")])
def test_a_rate_that_is_off_for_hours(share: float, kind: str, fortnight: dict[str, bytes]) -> None:
    desk = desk_of(fortnight)
    off = lambda n, at: round(usual(n, at) * (share if n == "cam-4" else 1))  # noqa: E731
    desk.hear(steps(NAMES, MONDAY, MONDAY + 20 * HOUR, off))
    assert desk.open() == [(kind, "cam-4")]
    desk.hear(steps(NAMES, MONDAY + 20 * HOUR, MONDAY + 40 * HOUR, usual))
    assert desk.open() == []


def test_what_was_off_for_a_week_is_its_usual(fortnight: dict[str, bytes]) -> None:
    desk = desk_of(fortnight)
    half = lambda n, at: in_half_an_hour(n, at) // (2 if n == "cam-4" else 1)  # noqa: E731
    desk.hear(days(NAMES, MONDAY, MONDAY + 9 * DAY, half, 1800))
    assert desk.open() == []
    assert {one.camera_id for one in desk.told} == {"cam-4"}
    assert "usual now" in next(one.detail for one in desk.stands.values())


def test_a_holiday_is_told_of_all_and_of_no_camera(fortnight: dict[str, bytes]) -> None:
    desk = desk_of(fortnight)
    desk.hear(steps(NAMES, MONDAY, MONDAY + DAY, lambda n, at: round(usual(n, at) * 0.35)))
    assert {(one.kind, one.camera_id) for one in desk.told} == {("cameras_rate_low", None)}


def test_plates_that_nobody_can_read(fortnight: dict[str, bytes]) -> None:
    desk = desk_of(fortnight)

    def dirty(one: CameraTally) -> CameraTally:
        return changed(one, unreadable=round(one.reads * 0.6)) if one.camera_id == "cam-5" else one

    desk.hear(map(dirty, steps(NAMES, MONDAY, MONDAY + 14 * HOUR, usual)))
    assert desk.open() == [("camera_unreadable", "cam-5")]
    desk.hear(steps(NAMES, MONDAY + 14 * HOUR, MONDAY + 30 * HOUR, usual))
    assert desk.open() == []


@pytest.mark.parametrize(
    ("delays", "kind"),
    [
        ([(-21.0, -20.0, -19.5)] * 12, "camera_clock_ahead"),
        ([(94.0, 95.0, 96.0)] * 12, "camera_clock_behind"),
        ([(40.0 + 60 * n, 60.0 + 60 * n, 80.0 + 60 * n) for n in range(12)], "camera_line_slow"),
    ],
)
def test_clocks_and_lines(delays: list[tuple[float, float, float]], kind: str, fortnight: dict[str, bytes]) -> None:
    desk = desk_of(fortnight)
    for n, (low, mid, high) in enumerate(delays):
        begin = MONDAY + n * STEP_S * timedelta(seconds=1)
        for one in steps(NAMES, begin, begin + STEP_S * timedelta(seconds=1), usual):
            off = {"delay_low_s": low, "delay_p50_s": mid, "delay_high_s": high} if one.camera_id == "cam-0" else {}
            desk.hear([changed(one, **off)])
    assert desk.open() == [(kind, "cam-0")]
    desk.hear(steps(NAMES, MONDAY + 2 * HOUR, MONDAY + 4 * HOUR, usual))
    assert desk.open() == []


def test_a_patrol_car_may_be_late_off_duty_and_anywhere_but_not_ahead() -> None:
    desk = Desk(camera("car-1", kind="patrol_car"), camera("desk-1", kind="upload"))
    begin = MONDAY
    desk.hear(days(["car-1", "desk-1"], begin, begin + 2 * HOUR, lambda _n, _at: 20, delay_p50_s=7200.0))
    desk.hear(days(["car-1"], begin + 2 * HOUR, begin + 9 * HOUR, lambda _n, _at: 0))
    assert desk.told == []
    desk.hear(days(["car-1", "desk-1"], begin + 9 * HOUR, begin + 10 * HOUR, lambda _n, _at: 5, delay_p50_s=-60.0))
    assert desk.open() == [("camera_clock_ahead", "car-1")]


def test_a_camera_that_was_turned_round() -> None:
    desk = Desk(*(camera(name) for name in NAMES))

    def facing(share: float) -> None:
        begin = desk.file("*").told_until if desk.shelf.files else MONDAY
        assert begin is not None
        for one in steps(NAMES, begin, begin + 3 * HOUR, usual):
            near = round(one.reads * share)
            desk.hear([changed(one, approaching=near, departing=one.reads - near)])

    for _ in range(3):
        facing(0.95)
    assert desk.told == []
    facing(0.05)
    assert desk.open() == [("camera_turned", name) for name in NAMES]


def test_a_camera_that_is_no_longer_registered_is_forgotten(fortnight: dict[str, bytes]) -> None:
    desk = desk_of(fortnight)
    del desk.cameras["cam-1"]
    assert desk.watcher.take(tally("cam-1", MONDAY)) == "camera_unknown"
    desk.hear(steps(NAMES, MONDAY, MONDAY + 10 * MINUTE, usual))
    assert "cam-1" not in desk.shelf.files


def test_the_row_of_an_hour(fortnight: dict[str, bytes]) -> None:
    desk = desk_of(fortnight).hear(steps(NAMES, MONDAY, MONDAY + 61 * MINUTE + 10 * MINUTE, usual))
    rows = [one for one in desk.rows if (one.camera_id, one.hour_from) == ("cam-0", MONDAY)]
    assert [one.revision for one in rows] == [11, 21, 31, 41, 51, 61]
    last = rows[-1]
    assert (last.reads, last.told_until, last.troubles) == (39, MONDAY + HOUR, ())
    assert last.low is not None
    assert last.expected is not None
    assert last.high is not None
    assert last.low < last.expected < last.high
    assert last.expected == pytest.approx(39, rel=0.1)


@settings(max_examples=8, deadline=None)
@given(st.data())
def test_whatever_comes_again_and_wherever_it_restarts_the_same_is_told(data: st.DataObject) -> None:
    """One camera falls silent for a while; messages come twice, and successors begin with what was kept."""
    names = NAMES[:3]
    said = list(days(names, MONDAY, MONDAY + 2 * HOUR, lambda n, at: 0 if n == "cam-1" and at.minute > 20 else 7, 120))
    wanted = Desk(*(camera(name) for name in names)).hear(said)
    desk, position = Desk(*(camera(name) for name in names)), 0
    while position < len(said):
        count = data.draw(st.integers(1, 60))
        for one in said[position : position + count]:
            desk.watcher.take(one)
        if data.draw(st.booleans()):  # killed after all was sent, before it was kept: it comes again
            desk.told += desk.watcher.anomalies
            desk.rows += desk.watcher.rows
        else:
            desk.keep()
            position += count
        desk.restart()
        position = max(0, position - data.draw(st.integers(0, 5)))
    assert desk.stands == wanted.stands
    assert {(r.camera_id, r.hour_from, r.revision): r for r in desk.rows} == {
        (r.camera_id, r.hour_from, r.revision): r for r in wanted.rows
    }
    assert desk.shelf.files == wanted.shelf.files


def test_a_stamp_of_long_ago_makes_no_million_hours() -> None:
    """A read that was stamped 0, say: all hours since would be judged one by one."""
    desk = Desk(camera("cam-0"), camera("cam-1"))
    told = [tally("cam-0", MONDAY), tally("cam-1", datetime(1970, 1, 1, tzinfo=UTC))]
    desk.hear([*told, progress(MONDAY), progress(MONDAY + 3 * HOUR)])
    assert 0 < len(desk.rows) < 200
