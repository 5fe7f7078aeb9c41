"""The doctor on flows: how far behind, since when, and whether anybody ever worked on it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from anpr.doctor.flows import _told
from pipeline.runtime.backlog import Backlog

NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("waited", "state"),
    [(None, None), (timedelta(seconds=5), None), (timedelta(minutes=3), "warning"), (timedelta(hours=1), "fault")],
)
def test_a_flow_is_told_by_how_long_its_oldest_message_waits(waited: timedelta | None, state: str | None) -> None:
    found = _told("store", Backlog(12_000, None if waited is None else NOW - waited, ever=True), NOW)
    assert (found and found.state) == state
    if found is not None:
        assert "12,000 messages behind" in found.words


def test_a_flow_that_nobody_ever_worked_on_is_told_where_it_has_messages() -> None:
    assert _told("judge", Backlog(0, None, ever=False), NOW) is None
    found = _told("judge", Backlog(7, NOW, ever=False), NOW)
    assert found is not None
    assert "anpr worker judge" in found.words
