"""What comes in wrong, half, or at an odd moment: there is a verdict, and it says what it does not know."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from pipeline.lez.loading import load_law
from tests.pipeline.lez.builders import TODAY, car, follows, judged, of_kind

AT = "2026-05-01"


def test_no_euro_class_and_no_first_registration_is_unknown() -> None:
    found = judged(car("diesel", None), AT)
    assert (found.verdict, found.rule) == ("unknown", "brussels:no_standard")


def test_the_class_on_the_certificate_counts_and_not_the_age() -> None:
    found = judged(car("diesel", "6", first_registered=date(1995, 1, 1)), AT)
    assert (found.verdict, found.derived) == ("compliant", False)


def test_where_all_standards_are_treated_alike_none_is_needed() -> None:
    told = {
        day: judged(of_kind("L1", "petrol", None), day).verdict
        for day in ("2026-05-01", "2028-02-01", "2029-05-01", "2030-02-01", "2031-01-01")
    }
    assert list(told.values()) == ["compliant", "unknown", "unknown", "unknown", "non_compliant"]


def test_a_rule_for_all_standards_is_enforced_as_any_other() -> None:
    for facts, day in (
        (of_kind("L1", "petrol", None), "2031-01-01"),
        (of_kind("L6", "diesel", None), "2035-01-01"),
        (of_kind("N1-II", "petrol", None), "2036-01-01"),
    ):
        found = judged(facts, day)
        due = follows(found, day, warned=["2026-01-01"])
        assert (found.verdict, due.fine_eur) == ("non_compliant", 350), found.rule


@pytest.mark.parametrize(
    ("fuel", "verdict"),
    [
        *(("petrol", "compliant"), ("lpg", "compliant"), ("cng", "compliant"), ("petrol_plugin", "compliant")),
        *(("diesel", "non_compliant"), ("diesel_hybrid", "non_compliant"), ("diesel_plugin", "non_compliant")),
        *(("electric", "exempt"), ("hydrogen", "exempt"), ("other", "unknown")),
    ],
)
def test_each_fuel_has_its_calendar(fuel: str, verdict: str) -> None:
    assert judged(car(fuel, "5"), AT).verdict == verdict


def test_an_electric_car_with_a_euro_5_typo_is_electric() -> None:
    assert judged(car("electric", "5"), AT).rule == "brussels:exemption:zero_emission"


def test_a_van_without_a_class_is_judged_where_the_class_makes_no_difference() -> None:
    van = of_kind("N1", "diesel", "5")
    assert judged(van, AT).rule == "brussels:no_class"
    assert judged(of_kind("N1", "diesel", "3"), AT).verdict == "non_compliant"
    assert judged(of_kind("N1", "diesel", "7"), AT).verdict == "compliant"


def test_a_sentence_says_what_the_vehicle_is_and_not_what_it_counts_as() -> None:
    told = {
        "This van (diesel, Euro 3) ": of_kind("N1", "diesel", "3"),
        "This van of class II (diesel, Euro 3) ": of_kind("N1-II", "diesel", "3", body_code="BC"),
        "This truck (diesel, no Euro standard) ": of_kind("N2", "diesel", "0"),
    }
    for beginning, facts in told.items():
        assert judged(facts, AT).reason().startswith(beginning)


def test_of_several_classes_that_are_all_barred_the_mildest_rule_counts() -> None:
    """In early 2028 class I is fined, class II and III are warned of the new step."""
    found = judged(of_kind("N1", "diesel", "5"), "2028-02-01")
    assert found.verdict == "non_compliant"
    assert follows(found, "2028-02-01", warned=["2026-02-01"]).action == "warning"


@pytest.mark.parametrize(
    ("at", "verdict"),
    [
        ("2021-12-31T23:59:59.999", "compliant"),
        ("2022-01-01T00:00:00", "non_compliant"),
        ("2021-12-31T22:59:59.999+00:00", "compliant"),
        ("2021-12-31T23:00:00+00:00", "non_compliant"),
    ],
)
def test_a_rule_begins_at_midnight_on_the_clocks_of_the_zone(at: str, verdict: str) -> None:
    assert judged(car("diesel", "4"), at).verdict == verdict


def test_what_is_known_begins_at_midnight_too() -> None:
    told = [
        judged(car("diesel", "5"), "2025-06-01", known=known).verdict
        for known in ("2025-03-20T23:59:59.999", "2025-03-21T00:00", "2025-09-10T22:00:00+00:00")
    ]
    assert told == ["non_compliant", "compliant", "non_compliant"]


@pytest.mark.parametrize("year", [1, 9999])
def test_moments_at_the_ends_of_the_calendar_have_a_verdict(year: int) -> None:
    first, last = datetime(year, 1, 1, tzinfo=UTC), datetime(year, 12, 31, 23, 59, 59, tzinfo=UTC)
    for moment in (first, last):
        for at, known in ((moment, TODAY), (TODAY, moment), (moment, moment)):
            assert judged(car("diesel", "5"), at, known=known).rule
            assert judged(None, at, known=known, country="FR").rule


def test_before_the_zone_and_before_its_law_nothing_applies() -> None:
    assert judged(car("diesel", "0"), "2017-12-31T23:59").rule == "brussels:no_zone"
    assert judged(car("diesel", "0"), AT, known="2018-01-24").rule == "brussels:no_law"


def test_a_doubtful_read_is_unknown_and_says_what_it_would_be() -> None:
    for facts, would in (
        (car("diesel", "4"), "non_compliant"),
        (car("diesel", "6"), "compliant"),
        (car("electric"), "exempt"),
    ):
        found = judged(facts, AT, sure=False)
        assert (found.verdict, found.rule, found.if_sure) == ("unknown", "brussels:doubtful_read", would)
        assert follows(found, AT).action == "none"
    assert judged(of_kind("O", "other", None), AT, sure=False).verdict == "not_applicable"


def test_every_rule_that_is_told_is_in_the_book() -> None:
    law = load_law("brussels")
    for standard in ("0", "2", "5", "6d"):
        found = judged(car("diesel", standard), AT)
        cell = law.rule(found.rule)
        assert cell is not None
        assert standard in cell.standards
