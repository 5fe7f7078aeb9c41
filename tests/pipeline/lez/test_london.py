"""London (domain.md 5.5): a charge instead of a ban, in pounds, from midnight to midnight."""

from __future__ import annotations

from datetime import date, datetime

import pytest

from tests.pipeline.lez.builders import car, day_pass, follows, judged, moment, of_kind

STANDARDS = ("0", "1", "2", "3", "4", "5", "6", "6d-TEMP", "6d", "7")
LOWEST = {"diesel": 6, "diesel_hybrid": 6, "petrol": 4, "lpg": 4, "petrol_plugin": 4}


def test_diesel_needs_euro_6_petrol_euro_4_motorcycles_euro_3() -> None:
    faults = []
    for standard in STANDARDS:
        vehicles = [(kind, fuel, lowest) for kind in ("M1", "N1-II", "M2") for fuel, lowest in LOWEST.items()]
        for kind, fuel, lowest in [*vehicles, ("L3", "petrol", 3), ("L1", "petrol", 3)]:
            found = judged(of_kind(kind, fuel, standard), "2026-05-01", zone="london")
            wanted = "compliant" if int(standard[0]) >= lowest else "non_compliant"
            if (found.verdict, found.unverified) != (wanted, False):
                faults.append((kind, fuel, standard, found))
    assert not faults
    assert judged(car("electric", None), "2026-05-01", zone="london").verdict == "compliant"
    assert judged(of_kind("N3", "diesel", "3"), "2026-05-01", zone="london").verdict == "not_applicable"


def test_who_did_not_pay_is_sent_a_penalty_in_pounds_once_a_day() -> None:
    found = judged(car("diesel", "5"), "2026-05-01", zone="london")
    due = follows(found, "2026-05-01", zone="london")
    assert (due.action, due.fine_gbp, due.fine_eur) == ("fine", 180, None)
    assert follows(found, "2026-05-01", zone="london", fined=["2026-05-01"]).action == "none"
    assert follows(found, "2026-05-02", zone="london", fined=["2026-05-01"]).fine_gbp == 180
    assert follows(found, "2022-06-01", zone="london").fine_gbp == 160


@pytest.mark.parametrize(
    ("at", "verdict"),
    [
        ("2025-12-24T23:59:59.999", "non_compliant"),
        ("2025-12-25T00:00", "not_applicable"),
        ("2025-12-25T23:59:59.999", "not_applicable"),
        ("2025-12-26T00:00", "non_compliant"),
    ],
)
def test_there_is_no_charge_on_christmas_day(at: str, verdict: str) -> None:
    assert judged(car("diesel", "5"), at, zone="london").verdict == verdict


@pytest.mark.parametrize(
    ("paid_at", "verdict"),
    [
        ("2026-05-01T08:00", "pass"),
        ("2026-02-01T08:00", "pass"),
        ("2026-05-04T23:59:59.999", "pass"),
        ("2026-05-05T00:00", "non_compliant"),
    ],
)
def test_the_charge_is_paid_until_midnight_of_the_third_day_after(paid_at: str, verdict: str) -> None:
    paid = day_pass(date(2026, 5, 1), zone="london", bought_at=moment("london", paid_at))
    assert judged(car("diesel", "5"), "2026-05-01T10:00", zone="london", rights=[paid]).verdict == verdict


def test_the_charging_day_runs_from_midnight_to_midnight() -> None:
    paid = day_pass(date(2026, 5, 1), zone="london")
    told = [
        judged(car("diesel", "5"), at, zone="london", rights=[paid]).verdict
        for at in ("2026-05-01T00:00", "2026-05-01T23:59:59.999", "2026-05-02T00:00", "2026-05-02T02:00")
    ]
    assert told == ["pass", "pass", "non_compliant", "non_compliant"]


def test_days_are_those_of_london() -> None:
    """An hour behind Brussels, in summer too."""
    paid = day_pass(date(2026, 5, 1), zone="london")
    assert (
        judged(
            car("diesel", "5"), datetime.fromisoformat("2026-05-01T23:30+01:00"), zone="london", rights=[paid]
        ).verdict
        == "pass"
    )
    assert (
        judged(
            car("diesel", "5"), datetime.fromisoformat("2026-05-01T23:30+00:00"), zone="london", rights=[paid]
        ).verdict
        == "non_compliant"
    )


def test_the_tax_class_frees_historic_vehicles_of_forty_years() -> None:
    for first, verdict in (("1980-01-01", "exempt"), ("1990-01-01", "non_compliant")):
        old = car("petrol", "0", first_registered=date.fromisoformat(first), exemptions=("historic",))
        assert judged(old, "2026-05-01", zone="london").verdict == verdict
    assert (
        judged(car("petrol", "0", first_registered=date(1980, 1, 1)), "2026-05-01", zone="london").verdict
        == "non_compliant"
    )


def test_a_foreign_vehicle_is_simply_not_known() -> None:
    assert judged(None, "2026-05-01", zone="london", country="FR").verdict == "unknown"
