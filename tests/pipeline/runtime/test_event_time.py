"""The age of events: of what tells a moment, and of nothing else."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.messages import Message
from pipeline.runtime.event_time import measure_age, moments
from pipeline.runtime.metrics import Metrics

NOW = datetime(2026, 11, 26, 12, 0, tzinfo=UTC)


def _message(value: bytes, *headers: tuple[str, bytes]) -> Message:
    return Message("passages", 0, 0, 0, b"key", value, headers)


def test_moments_of_a_message() -> None:
    found = moments(_message(b'{"plate": "1ABC123", "captured_at": "2026-11-26T11:59:00Z", "received_at": null}'))
    assert found == {"captured": NOW - timedelta(minutes=1)}


def test_a_frame_tells_them_in_its_header() -> None:
    found = moments(_message(b"\xff\xd8jpeg", ("frame", b'{"received_at": "2026-11-26T12:00:00Z"}')))
    assert found == {"received": NOW}


@given(st.binary())
def test_whatever_comes_is_no_error(value: bytes) -> None:
    assert all(at.tzinfo is not None for at in moments(_message(value)).values())


@pytest.mark.parametrize(
    "value",
    [
        *(b"", b"[]", b"no json", b'{"captured_at": 5}', b'{"captured_at": "2026-11-26T11:59:00"}'),
        *(b'{"a":' * 60_000, b'{"captured_at":' * 60_000, b"[" * 100_000),
    ],
    ids=lambda value: value[:12].decode(),
)
def test_what_tells_no_moment_is_left_out(value: bytes) -> None:
    assert moments(_message(value)) == {}


def test_ages_are_observed_and_a_camera_that_is_ahead_counts_as_none() -> None:
    metrics = Metrics("match")
    value = b'{"captured_at": "2026-11-26T12:00:09Z", "received_at": "2026-11-26T11:59:58Z"}'
    measure_age(metrics, "match", _message(value), NOW)
    ages = {
        since: metrics.registry.get_sample_value("anpr_event_age_seconds_sum", {"flow": "match", "since": since})
        for since in ("captured", "received")
    }
    assert ages == {"captured": 0, "received": 2}
