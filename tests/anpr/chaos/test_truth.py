"""Which offences must be in a notice: all of a day, up to what a file keeps of one."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

import pytest

from anpr.chaos.truth import Truth
from pipeline.notices.forgetting import MOST_A_DAY


def numbered(first: int, count: int) -> list[UUID]:
    """So many verdicts."""
    return [UUID(int=number) for number in range(first, first + count)]


@pytest.fixture
def truth() -> Truth:
    """A vehicle with a few offences on one day and with many on the next."""
    truth = Truth(datetime(2026, 11, 28, tzinfo=UTC))
    truth.offences["few"], truth.offences["many"] = numbered(0, 3), numbered(100, MOST_A_DAY + 5)
    return truth


def test_of_a_few_all_must_be_there(truth: Truth) -> None:
    assert truth.due(set(numbered(100, MOST_A_DAY))) == {*numbered(0, 3), *numbered(100, MOST_A_DAY)}


def test_of_many_it_does_not_matter_which_are_there(truth: Truth) -> None:
    held = {*numbered(0, 3), *numbered(105, MOST_A_DAY)}
    assert truth.due(held) == held


def test_more_than_a_file_keeps_are_no_fault(truth: Truth) -> None:
    held = {*numbered(0, 3), *numbered(100, MOST_A_DAY + 5)}
    assert truth.due(held) == held


def test_as_many_as_are_too_few_are_missing(truth: Truth) -> None:
    held = {*numbered(0, 1), *numbered(100, MOST_A_DAY - 4)}
    assert len(truth.due(held) - held) == 2 + 4
