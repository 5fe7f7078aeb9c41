"""normalise: which reads go on, and what is said of those that do not."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.messages import Message
from pipeline.stages.normalise import NormalRead, TimeRules, normalise
from schemas.read import Read
from tests.pipeline.builders import T0, CandidateRecord, at, ms, read, read_message

CAMERAS = {"cam-1": None}
EAST, WEST = timezone(timedelta(hours=23, minutes=59)), timezone(-timedelta(hours=23, minutes=59))
ODD_MOMENTS = [
    datetime(1, 1, 1, tzinfo=UTC),
    datetime(1, 1, 1, tzinfo=EAST),
    datetime(1, 1, 1, tzinfo=WEST),
    datetime(1970, 1, 1, tzinfo=UTC),
    datetime(2100, 1, 1, tzinfo=UTC),
    datetime(9999, 12, 31, 23, 59, 59, tzinfo=EAST),
    datetime(9999, 12, 31, 23, 59, 59, tzinfo=WEST),
]


def run(record: Read, now: datetime = T0, **changes: Any) -> NormalRead | str:
    """The one read, normalised, or the reason against it. Its message is stamped at T0 unless told otherwise."""
    sent = read_message(record, **{"timestamp_ms": ms(T0)} | changes)
    good, bad = normalise([(sent, record)], CAMERAS, TimeRules(), now)
    assert len(good) + len(bad) == 1
    return good[0] if good else bad[0].reason


def passed(record: Read, **changes: Any) -> NormalRead:
    result = run(record, **changes)
    assert isinstance(result, NormalRead)
    return result


@pytest.mark.parametrize(
    ("record", "message", "reason"),
    [
        (read(), {"key": None}, "key_missing"),
        (read(), {"key": b"cam-2"}, "key_mismatch"),
        (read(camera_id="cam-2"), {}, "unknown_camera"),
        (read(plate_raw="·-·"), {}, "no_plate_text"),
        (read(plate_raw="🚗🚗"), {}, "no_plate_text"),
        (read(plate_raw="1ABC234567890"), {}, "no_plate_text"),
        (read(seconds=15 * 60 + 1), {}, "captured_in_future"),
        (read(captured_at=datetime(2100, 1, 1, tzinfo=UTC)), {}, "captured_in_future"),
        (read(seconds=-401 * 86_400), {}, "captured_too_old"),
        (read(captured_at=datetime(1970, 1, 1, tzinfo=UTC)), {}, "captured_too_old"),
    ],
)
def test_reasons(record: Read, message: dict[str, Any], reason: str) -> None:
    assert run(record, **message) == reason


def test_a_message_stamped_ahead_of_our_clock_is_refused_though_its_read_agrees_with_it() -> None:
    """Its stamp is the log's time: believed, it would end every track of the partition and stop their clock."""
    moment = datetime(2100, 1, 1, tzinfo=UTC)
    assert run(read(captured_at=moment), timestamp_ms=ms(moment)) == "captured_in_future"
    assert isinstance(run(read(seconds=600), timestamp_ms=ms(at(600))), NormalRead)


@pytest.mark.parametrize("seconds", [15 * 60, 0, -400 * 86_400])
def test_the_bounds_themselves_pass(seconds: float) -> None:
    assert passed(read(seconds=seconds)).plate == "1ABC234"


@pytest.mark.parametrize("moment", ODD_MOMENTS, ids=str)
@pytest.mark.parametrize("field", ["captured_at", "received_at"])
@pytest.mark.parametrize("stamp", [-1, 0, ms(T0), ms(datetime(9999, 12, 31, tzinfo=UTC)), 2**63 - 1])
def test_odd_moments_never_raise(moment: datetime, field: str, stamp: int) -> None:
    moments: dict[str, Any] = {field: moment}
    run(read(**moments), timestamp_ms=stamp)


@given(st.datetimes(timezones=st.timezones()), st.datetimes(timezones=st.timezones()))
def test_no_moment_raises(captured_at: datetime, received_at: datetime) -> None:
    run(read(captured_at=captured_at, received_at=received_at))


def test_the_best_candidate_is_the_plate_else_the_raw_text() -> None:
    candidates = tuple(CandidateRecord(text=text, confidence=0.5) for text in ("1ABC234", "1A8C234"))
    assert passed(read(plate_raw="1·ABC·Z34", candidates=candidates)).plate == "1ABC234"
    assert passed(read(plate_raw="1·abc·234")).plate == "1ABC234"


def test_the_readers_country_is_preferred_to_the_shape() -> None:
    assert passed(read("1ABC234")).country == "BE"
    assert passed(read("1ABC234", country="LU")).country == "LU"
    assert passed(read("A1B2C3D4")).country is None


@pytest.mark.parametrize(("delay_s", "late"), [(0, False), (120, False), (121, True), (-5, False)])
def test_late_is_what_arrives_two_minutes_after_capture(delay_s: int, late: bool) -> None:
    assert passed(read(received_at=T0 + timedelta(seconds=delay_s))).late is late


def test_order_is_kept_and_nothing_is_lost() -> None:
    records = [read(seconds=n, camera_id=f"cam-{n % 3}") for n in range(9)]
    pairs: list[tuple[Message, Read]] = [(read_message(r, n), r) for n, r in enumerate(records)]
    good, bad = normalise(pairs, CAMERAS, TimeRules(), at(9))
    assert [g.message.offset for g in good] == [1, 4, 7]
    assert [b.message.offset for b in bad] == [0, 2, 3, 5, 6, 8]
