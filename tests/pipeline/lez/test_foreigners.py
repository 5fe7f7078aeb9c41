"""Vehicles with plates of other countries, and plates that the register does not know (domain.md 5.3)."""

from __future__ import annotations

from datetime import date

import pytest

from pipeline.lez.facts import Facts
from tests.pipeline.lez.builders import car, follows, judged, moment, permit

AT = "2026-05-01"


def test_a_foreign_vehicle_that_is_not_registered_is_fined_even_if_clean() -> None:
    found = judged(None, AT, country="FR")
    due = follows(found, AT)
    assert (found.verdict, found.rule) == ("unregistered", "brussels:foreign")
    assert (due.action, due.fine_eur) == ("fine", 150)


def test_it_is_fined_once_in_three_months_as_others_are() -> None:
    found = judged(None, AT, country="FR")
    assert follows(found, AT, fined=["2026-02-02"]).action == "none"
    assert follows(found, AT, fined=["2026-02-01"]).fine_eur == 150


@pytest.mark.parametrize("country", ["NL", "BE", None])
def test_a_plate_that_a_register_should_know_is_unknown(country: str | None) -> None:
    found = judged(None, AT, country=country)
    assert (found.verdict, found.rule, follows(found, AT).action) == ("unknown", "brussels:no_record", "none")


def test_a_registered_foreign_vehicle_is_judged_as_all_others() -> None:
    for country in ("FR", "NL"):
        assert judged(Facts(country, "M1", "diesel", standard="6"), AT).verdict == "compliant"
        assert judged(Facts(country, "M1", "diesel", standard="4"), AT).verdict == "non_compliant"


@pytest.mark.parametrize(
    ("registered", "verdict"),
    [
        ("2026-04-01T10:00", "unknown"),
        ("2026-05-02T23:59:59", "unknown"),
        ("2026-05-03T00:00", "unregistered"),  # until midnight of the day after
    ],
)
def test_it_may_be_registered_until_midnight_of_the_day_after(registered: str, verdict: str) -> None:
    decided = moment("brussels", registered)
    right = permit("registration", decided.date(), decided_at=decided)
    assert judged(None, AT, country="FR", rights=[right]).verdict == verdict
    assert judged(None, AT, country="FR", rights=[right], known=AT).verdict == (
        "unknown" if registered < AT else "unregistered"
    )


def test_a_registration_of_another_zone_or_ended_counts_for_nothing() -> None:
    for changes in ({"zone": "antwerp"}, {"cancelled": True}, {"until_day": date(2026, 4, 30)}):
        right = permit("registration", date(2026, 4, 1), **changes)
        assert judged(None, AT, country="FR", rights=[right]).verdict == "unregistered"


def test_a_registration_exempts_nobody() -> None:
    right = permit("registration", date(2026, 4, 1))
    assert judged(Facts("FR", "M1", "diesel", standard="4"), AT, rights=[right]).verdict == "non_compliant"


def test_fines_were_suspended_for_foreigners_too() -> None:
    """All fines were, from mid-March to the end of June 2020."""
    for day, action in (("2020-03-15", "fine"), ("2020-04-15", "warning"), ("2020-07-01", "fine")):
        assert follows(judged(None, day, country="FR"), day).action == action


def test_nothing_is_asked_of_them_before_the_zone_and_before_its_law() -> None:
    assert judged(None, "2017-12-31", country="FR").rule == "brussels:no_zone"
    assert judged(None, "2018-01-10", country="FR", known="2018-01-10").rule == "brussels:no_law"


def test_a_doubtful_foreign_plate_leads_to_nothing() -> None:
    found = judged(None, AT, country="FR", sure=False)
    assert (found.verdict, found.if_sure, follows(found, AT).action) == ("unknown", "unregistered", "none")


def test_a_plate_of_two_countries_is_unknown() -> None:
    found = judged(car("diesel", "0"), AT, ambiguous=True)
    assert (found.verdict, found.rule, follows(found, AT).action) == ("unknown", "brussels:two_countries", "none")
