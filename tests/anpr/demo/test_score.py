"""The comparison of store and truth, on a few facts whose answer is known."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from anpr.demo.publish import Published
from anpr.demo.score import _account, _hits, _plates_right
from replay.truth import TruePassage

AT = datetime(2026, 11, 24, 15, 0, 0, 123_999, tzinfo=UTC)
STORED_AT = AT.replace(microsecond=123_000)


def passed(plate: str, *, camera: str = "cam-1", listed: bool = False, read_as: str | None = None) -> TruePassage:
    return TruePassage(
        plate=plate,
        country="BE",
        camera_id=camera,
        captured_at=AT,
        via="read",
        seen=True,
        read_as=read_as or plate,
        listed=listed,
    )


def row(plate: str, camera: str = "cam-1", at: datetime = STORED_AT) -> tuple[object, ...]:
    return (uuid4(), plate, camera, at, uuid4(), uuid4())


def test_times_are_compared_as_the_store_cuts_them() -> None:
    assert _plates_right([row("1ABC234")], [passed("1ABC234")]) == 1.0


def test_a_moment_may_have_several_true_plates() -> None:
    assert _plates_right([row("1ABC234"), row("2HJK905")], [passed("1ABC234"), passed("2HJK905")]) == 1.0


def test_a_wrong_plate_and_a_passage_that_never_was_count_as_wrong() -> None:
    rows = [row("1ABC234"), row("1A8C234"), row("1ABC234", at=STORED_AT + timedelta(seconds=9))]
    assert _plates_right(rows, [passed("1ABC234")]) == pytest.approx(1 / 3, abs=1e-4)


def test_reads_and_tracks_are_accounted_for() -> None:
    first, second, lost = uuid4(), uuid4(), uuid4()
    published = Published(track_of_read={first: "t1", second: "t1", lost: "t2"})
    assert _account(published, [first, second], [second]) == (2, 0)  # a read, and its track
    assert _account(published, [first, second, second, lost], [first, second, lost]) == (0, 2)


def test_hits_are_held_against_what_the_cameras_read_rightly() -> None:
    truth = [passed("1ABC234", listed=True), passed("2HJK905", listed=True, read_as="2HJK9O5"), passed("1DEF567")]
    assert _hits([("1ABC234", "cam-1", "alert")], truth) == (1, 0, 0)
    assert _hits([("1DEF567", "cam-1", "alert")], truth) == (1, 1, 1)
    assert _hits([("1DEF567", "cam-1", "confirm")], truth) == (1, 1, 0), "a person looks first"
