"""Day passes and permits: which moments they cover, until when they are bought, what is known of them and when."""

from __future__ import annotations

from datetime import date

import pytest

from pipeline.lez.enforcement import final_at
from pipeline.lez.loading import load_law
from tests.pipeline.lez.builders import TODAY, car, day_pass, follows, judged, moment, permit

DIRTY = car("diesel", "3")


@pytest.mark.parametrize(
    ("at", "covered"),
    [
        ("2026-04-30T23:59:59.999", False),
        ("2026-05-01T00:00", True),
        ("2026-05-01T23:59:59.999", True),
        ("2026-05-02T00:00", True),
        ("2026-05-02T05:59:59.999", True),
        ("2026-05-02T06:00", False),
    ],
)
def test_a_pass_covers_its_day_until_six_in_the_morning(at: str, covered: bool) -> None:
    found = judged(DIRTY, at, rights=[day_pass(date(2026, 5, 1))])
    assert (found.verdict == "pass") == covered
    assert found.standard == "3"
    assert follows(found, at).action == ("none" if covered else "fine")


@pytest.mark.parametrize(
    ("day", "at", "covered"),
    [
        ("2026-03-28", "2026-03-29T01:59:59.999", True),  # the clocks go from two to three
        ("2026-03-28", "2026-03-29T03:00", True),
        ("2026-03-28", "2026-03-29T05:59", True),
        ("2026-03-28", "2026-03-29T06:00", False),
        ("2026-03-29", "2026-03-28T23:59:59.999", False),
        ("2026-10-24", "2026-10-25T02:30", True),  # the hour that is there twice
        ("2026-10-24", "2026-10-25T05:59", True),
        ("2026-10-24", "2026-10-25T06:00", False),
        ("2026-10-25", "2026-10-26T05:59", True),
    ],
)
def test_six_in_the_morning_is_what_the_clocks_say(day: str, at: str, covered: bool) -> None:
    found = judged(DIRTY, at, rights=[day_pass(date.fromisoformat(day))])
    assert (found.verdict == "pass") == covered


@pytest.mark.parametrize(
    ("day", "bought", "at", "verdict"),
    [
        # since 2020: until midnight of the next day
        ("2026-05-01", "2026-05-02T23:59:59.999", "2026-05-01T10:00", "pass"),
        ("2026-05-01", "2026-05-03T00:00", "2026-05-01T10:00", "non_compliant"),
        ("2026-05-01", "2026-05-02T23:59:59.999", "2026-05-02T05:00", "pass"),
        ("2020-01-01", "2020-01-02T20:00", "2020-01-01T10:00", "pass"),
        # before: before entry
        ("2019-06-01", "2019-06-01T09:59", "2019-06-01T10:00", "pass"),
        ("2019-06-01", "2019-06-01T10:01", "2019-06-01T10:00", "non_compliant"),
        ("2019-12-31", "2020-01-01T01:30", "2020-01-01T01:00", "non_compliant"),
        # the clocks go on, and back
        ("2026-03-28", "2026-03-29T23:59:59.999", "2026-03-28T10:00", "pass"),
        ("2026-10-24", "2026-10-25T23:59:59.999", "2026-10-24T10:00", "pass"),
    ],
)
def test_a_pass_must_be_bought_in_time(day: str, bought: str, at: str, verdict: str) -> None:
    paid = day_pass(date.fromisoformat(day), bought_at=moment("brussels", bought))
    dirty = car("diesel", "1")
    assert judged(dirty, at, rights=[paid]).verdict == verdict


def test_a_pass_for_another_zone_or_given_back_is_none() -> None:
    at, day = "2026-05-01T10:00", date(2026, 5, 1)
    assert judged(DIRTY, at, rights=[day_pass(day, zone="antwerp")]).verdict == "non_compliant"
    assert judged(DIRTY, at, rights=[day_pass(day, cancelled=True)]).verdict == "non_compliant"
    several = [day_pass(day, cancelled=True), day_pass(day, zone="ghent"), day_pass(day)]
    assert judged(DIRTY, at, rights=several).verdict == "pass"


def test_what_was_bought_later_was_not_known() -> None:
    paid = day_pass(date(2026, 5, 1), bought_at=moment("brussels", "2026-05-02T09:00"))
    assert judged(DIRTY, "2026-05-01T10:00", known="2026-05-01T10:00", rights=[paid]).verdict == "non_compliant"
    assert judged(DIRTY, "2026-05-01T10:00", known="2026-05-02T09:00", rights=[paid]).verdict == "pass"


def test_a_pass_of_the_day_before_covers_the_night_in_which_the_rule_changes() -> None:
    night = "2022-01-01T02:00"
    assert judged(car("diesel", "4"), night).verdict == "non_compliant"
    assert judged(car("diesel", "4"), night, rights=[day_pass(date(2021, 12, 31))]).verdict == "pass"


def test_a_pass_changes_nothing_for_who_needs_none() -> None:
    paid = day_pass(date(2026, 5, 1))
    for facts in (car("diesel", "6"), car("electric", None), car("petrol", None)):
        assert judged(facts, "2026-05-01", rights=[paid]) == judged(facts, "2026-05-01")


def test_a_foreign_vehicle_that_paid_is_let_in() -> None:
    assert judged(None, "2026-05-01", country="FR", rights=[day_pass(date(2026, 5, 1))]).verdict == "pass"


@pytest.mark.parametrize(
    ("ground", "last"),
    [("adapted_vehicle", "2024-02-28"), ("disabled_card", "2026-02-28")],  # three years, five years
)
def test_a_permit_lasts_as_long_as_the_law_lets_it(ground: str, last: str) -> None:
    granted = permit(ground, date(2021, 3, 1))
    day_after = {"2024-02-28": "2024-03-01", "2026-02-28": "2026-03-01"}[last]
    assert judged(DIRTY, "2021-03-01", rights=[granted]).rule == f"brussels:exemption:{ground}"
    assert judged(DIRTY, last, rights=[granted]).verdict == "exempt"
    assert judged(DIRTY, day_after, rights=[granted]).verdict == "non_compliant"
    assert judged(DIRTY, "2021-02-28", rights=[granted]).verdict == "non_compliant"


def test_a_permit_may_end_earlier_and_is_not_known_before_its_decision() -> None:
    granted = permit("adapted_vehicle", date(2026, 1, 1), until_day=date(2026, 6, 30), decided_at=TODAY)
    assert judged(DIRTY, "2026-06-30", rights=[granted]).verdict == "exempt"
    assert judged(DIRTY, "2026-07-01", rights=[granted]).verdict == "non_compliant"
    assert judged(DIRTY, "2026-06-30", known="2026-06-30", rights=[granted]).verdict == "non_compliant"
    first = date(2026, 1, 1)
    void = [permit("adapted_vehicle", first, cancelled=True), permit("adapted_vehicle", first, zone="ghent")]
    assert judged(DIRTY, "2026-06-30", rights=[*void, permit("moon_shine", first)]).verdict == "non_compliant"


def test_a_permit_that_does_not_fit_hides_no_other() -> None:
    """An authorisation is for Euro 4: who has Euro 3 and an adapted vehicle is exempt all the same."""
    for order in (1, -1):
        grounds = ("authorisation", "adapted_vehicle")[::order]
        held = [permit(ground, date(2026, 1, 1), zone="ghent") for ground in grounds]
        assert judged(DIRTY, "2026-05-01", zone="ghent", rights=held).verdict == "exempt"


@pytest.mark.parametrize(
    ("zone", "day", "final"),
    [
        ("brussels", "2026-05-01", "2026-05-03T00:00+02:00"),
        ("brussels", "2026-03-28", "2026-03-30T00:00+02:00"),
        ("brussels", "2026-10-24", "2026-10-26T00:00+01:00"),
        ("london", "2026-05-01", "2026-05-05T00:00+01:00"),
        ("brussels", "9999-12-31", "9999-12-30T23:00+00:00"),
    ],
)
def test_a_day_is_final_when_nobody_can_buy_any_more(zone: str, day: str, final: str) -> None:
    assert final_at(load_law(zone), date.fromisoformat(day), TODAY).astimezone() == moment(zone, final)
