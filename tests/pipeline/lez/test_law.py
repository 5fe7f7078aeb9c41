"""The law book: its file, and what a file may not say."""

from __future__ import annotations

import copy
from datetime import UTC, date, datetime, timedelta, timezone
from importlib.resources import files
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

import pipeline.lez
from pipeline.lez.law import LawBook, load_law

LAW = load_law("brussels")
BOOK: dict[str, Any] = yaml.safe_load(files(pipeline.lez).joinpath("brussels.yaml").read_text("utf-8"))
EAST, WEST = timezone(timedelta(hours=14)), timezone(-timedelta(hours=12))


def book(**changes: Any) -> dict[str, Any]:
    """The Brussels book with other parts."""
    return copy.deepcopy(BOOK) | changes


def cell(**changes: Any) -> dict[str, Any]:
    return {"fuels": "diesel", "euro": 4, "banned_from": date(2022, 1, 1), "source": "test"} | changes


def test_every_cell_names_its_source() -> None:
    assert all(cell.source for cell in LAW.cells)
    assert {"diesel", "petrol"} == {cell.fuels for cell in LAW.cells}


def test_a_zone_without_a_book_is_an_error() -> None:
    with pytest.raises(FileNotFoundError):
        load_law("atlantis")


def test_two_cells_known_at_one_time_are_refused() -> None:
    with pytest.raises(ValidationError, match="two cells for diesel euro 4 are known at the same time"):
        LawBook.model_validate(book(cells=[cell(), cell(known_from=date(2021, 1, 1))]))


def test_cells_that_follow_each_other_in_knowledge_are_fine() -> None:
    change = date(2021, 1, 1)
    LawBook.model_validate(book(cells=[cell(known_until=change), cell(known_from=change)]))


def test_an_unknown_fuel_group_is_refused() -> None:
    with pytest.raises(ValidationError, match="unknown fuel group steam"):
        LawBook.model_validate(book(cells=[cell(fuels="steam")]))


@pytest.mark.parametrize(
    "fault",
    [
        {"surprise": 1},
        {"cells": [cell(banned_form=date(2022, 1, 1))]},
        {"fuel_groups": {"diesel": ["coal"]}},
        {"exempt_fuels": ["wood"]},
        {"fine_eur": "much"},
    ],
)
def test_misspelt_books_are_refused(fault: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        LawBook.model_validate(book(**fault))


@pytest.mark.parametrize(
    ("first_registered", "euro"),
    [
        (date(1970, 1, 1), 0),
        (date(1992, 6, 30), 0),
        (date(1992, 7, 1), 1),
        (date(1997, 1, 1), 2),
        (date(2001, 1, 1), 3),
        (date(2006, 1, 1), 4),
        (date(2011, 1, 1), 5),
        (date(2015, 8, 31), 5),
        (date(2015, 9, 1), 6),
        (date.min, 0),
        (date.max, 6),
    ],
)
def test_euro_class_by_first_registration(first_registered: date, euro: int) -> None:
    assert LAW.euro_from_registration(first_registered) == euro


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("moment", "days"),
    [
        ("2026-03-02T12:00", [2]),
        ("2026-03-01T23:00", [2, 1]),  # midnight in Brussels
        ("2026-03-02T04:59:59", [2, 1]),  # 05:59:59 in Brussels
        ("2026-03-02T05:00", [2]),  # 06:00 in Brussels: the pass of the day before has ended
        ("2026-03-29T03:59:59", [29, 28]),  # the clocks went forward: 05:59:59 in Brussels
        ("2026-03-29T04:00", [29]),  # 06:00 in Brussels
        ("2026-10-25T04:59:59", [25, 24]),  # the clocks went back: 05:59:59 in Brussels
        ("2026-10-25T05:00", [25]),  # 06:00 in Brussels
        ("2026-10-25T00:30", [25, 24]),  # the hour that comes twice
        ("2026-10-25T01:30", [25, 24]),
    ],
)
def test_days_whose_pass_covers_a_moment(moment: str, days: list[int]) -> None:
    assert [day.day for day in LAW.covered_days(utc(moment))] == days


@pytest.mark.parametrize("zone", [UTC, EAST, WEST], ids=str)
@pytest.mark.parametrize(
    "moment", [datetime(1, 1, 1, tzinfo=UTC), datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)], ids=str
)
def test_the_ends_of_the_calendar_are_moments_too(moment: datetime, zone: timezone) -> None:
    odd = moment.replace(tzinfo=zone)
    assert LAW.covered_days(odd)
    LAW.cell("diesel", 5, odd)


@given(st.datetimes(timezones=st.timezones()))
def test_a_moment_is_covered_by_its_own_day_first(moment: datetime) -> None:
    assert LAW.covered_days(moment)[0] == LAW.local(moment).date()
