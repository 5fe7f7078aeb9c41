"""Antwerp and Ghent (domain.md 5.5): one decree, two beginnings."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import get_args

import pytest

from pipeline.lez.facts import Facts
from pipeline.lez.model import Kind
from schemas.lez import Fuel
from tests.pipeline.lez.builders import DAY, car, day_pass, follows, judged, of_kind, permit

BEGINS = {"antwerp": date(2017, 2, 1), "ghent": date(2020, 1, 1)}
CITIES = tuple(BEGINS)
VEHICLES = ("M1", "M2", "M3", "N1-I", "N1-II", "N1-III", "N2", "N3")
DIESEL = ("diesel", "diesel_hybrid", "diesel_plugin")
PETROL = ("petrol", "lpg", "cng", "petrol_hybrid", "petrol_plugin")


@pytest.mark.parametrize("zone", CITIES)
def test_diesel_needs_euro_5_and_petrol_euro_2_since_2020(zone: str) -> None:
    faults = []
    for kind in VEHICLES:
        for fuels, lowest in ((DIESEL, 5), (PETROL, 2)):
            for fuel in fuels:
                for standard in ("0", "1", "2", "3", "4", "5", "6", "6d-TEMP", "6d", "7"):
                    for at in ("2020-01-01", "2026-11-26", "2040-01-01"):
                        found = judged(of_kind(kind, fuel, standard), at, zone=zone)
                        wanted = "compliant" if int(standard[0]) >= lowest else "non_compliant"
                        if (found.verdict, found.unverified) != (wanted, False):
                            faults.append((kind, fuel, standard, at, found))
    assert not faults


def test_each_zone_begins_on_its_day() -> None:
    for zone, first in BEGINS.items():
        assert judged(car("diesel", "0"), first - DAY, zone=zone).rule == f"{zone}:no_zone"
        assert judged(car("diesel", "0"), first, zone=zone).verdict == "non_compliant"


def test_antwerp_began_with_a_month_of_warnings_and_milder_criteria() -> None:
    told = {s: judged(car("diesel", s), "2017-02-15", zone="antwerp").verdict for s in "01234"}
    assert told == {**dict.fromkeys("0123", "non_compliant"), "4": "compliant"}
    old = judged(car("diesel", "3"), "2017-02-28", zone="antwerp")
    assert follows(old, "2017-02-28", zone="antwerp").action == "warning"
    first = judged(car("diesel", "3"), "2017-03-01", zone="antwerp")
    assert follows(first, "2017-03-01", zone="antwerp").fine_eur == 125
    filtered = car("diesel", "3", exemptions=("particle_filter",))
    assert judged(filtered, "2019-12-31", zone="antwerp").verdict == "exempt"
    assert judged(filtered, "2020-01-01", zone="antwerp").verdict == "non_compliant"


@pytest.mark.parametrize("zone", CITIES)
@pytest.mark.parametrize(("known", "last"), [("2022-09-30", "2024-12-31"), ("2025-12-14", "2025-12-31")])
def test_the_tightening_was_moved_and_then_struck(zone: str, known: str, last: str) -> None:
    for facts in (car("diesel", "5"), car("petrol", "2")):
        barred = date.fromisoformat(last) + DAY
        assert judged(facts, last, zone=zone, known=known).verdict == "compliant"
        planned = judged(facts, barred, zone=zone, known=known)
        assert (planned.verdict, planned.unverified) == ("non_compliant", True)
        struck = judged(facts, barred, zone=zone, known="2025-12-15")
        assert (struck.verdict, struck.unverified) == ("compliant", False)
        assert struck.reason() == judged(facts, "2035-06-01", zone=zone).reason()


@pytest.mark.parametrize("zone", CITIES)
def test_fines_rise_within_twelve_months(zone: str) -> None:
    found = judged(car("diesel", "4"), "2024-06-01", zone=zone)
    told = [
        follows(found, "2024-06-01", zone=zone, fined=fined).fine_eur
        for fined in (
            [],
            ["2024-05-31"],
            ["2024-01-01", "2024-05-31"],
            ["2023-07-01", "2024-01-01", "2024-05-31"],
            ["2023-06-01"],  # twelve months ago to the day: within
            ["2023-05-31"],
            ["2022-01-01", "2024-05-31"],
            ["2024-06-02"],  # later than the passage
        )
    ]
    assert told == [150, 250, 350, 350, 250, 150, 250, 150]
    assert follows(found, "2024-06-01", zone=zone, fined=["2024-06-01"]).action == "none"  # one a day


@pytest.mark.parametrize("zone", CITIES)
def test_what_the_decree_does_not_speak_of_is_outside(zone: str) -> None:
    for kind in ("L1", "L2", "L3", "L5", "L7", "O", "other"):
        assert judged(of_kind(kind, "petrol", "0"), "2026-05-01", zone=zone).verdict == "not_applicable"
    assert judged(of_kind("T", "diesel", "3"), "2026-05-01", zone=zone).unverified


@pytest.mark.parametrize("zone", CITIES)
def test_electric_and_hydrogen_are_free_and_plug_ins_go_by_their_standard(zone: str) -> None:
    for fuel in ("electric", "hydrogen"):
        assert judged(car(fuel, None), "2026-05-01", zone=zone).verdict == "exempt"
    assert judged(car("diesel_plugin", "4"), "2026-05-01", zone=zone).verdict == "non_compliant"


@pytest.mark.parametrize("zone", CITIES)
def test_oldtimers_are_free_since_16_may_2024(zone: str) -> None:
    old = car("petrol", "0", first_registered=date(1990, 5, 1), exemptions=("oldtimer",))
    assert judged(old, "2024-05-15", zone=zone).verdict == "non_compliant"
    assert judged(old, "2024-05-16", zone=zone).verdict == "exempt"


@pytest.mark.parametrize("zone", CITIES)
def test_a_paid_authorisation_is_for_one_class_below(zone: str) -> None:
    bought = permit("authorisation", date(2026, 1, 1), zone=zone)
    for standard, at, wanted in (
        ("4", "2026-05-01", "pass"),
        ("4", "2026-12-31", "pass"),
        ("4", "2027-01-01", "non_compliant"),  # a year at most
        ("4", "2025-12-31", "non_compliant"),
        ("3", "2026-05-01", "non_compliant"),
    ):
        known = datetime(2027, 6, 1, tzinfo=UTC)
        found = judged(car("diesel", standard), at, zone=zone, rights=[bought], known=known)
        assert found.verdict == wanted, (standard, at)


@pytest.mark.parametrize("zone", CITIES)
def test_day_passes_cover_until_six(zone: str) -> None:
    bought = day_pass(date(2026, 5, 1), zone=zone)
    told = [
        judged(car("diesel", "4"), at, zone=zone, rights=[bought]).verdict
        for at in ("2026-05-01T00:00", "2026-05-02T05:59:59.999", "2026-05-02T06:00", "2026-04-30T23:59:59.999")
    ]
    assert told == ["pass", "pass", "non_compliant", "non_compliant"]


@pytest.mark.parametrize("zone", CITIES)
def test_foreigners_are_not_fined_in_the_month_of_warnings(zone: str) -> None:
    for day, sum_eur in {"antwerp": {"2017-02-28": None, "2017-03-01": 125, "2018-01-01": 150}}.get(
        zone, {"2020-01-31": None, "2020-02-01": 150}
    ).items():
        found = judged(None, day, zone=zone, country="FR")
        assert (found.verdict, follows(found, day, zone=zone).fine_eur) == ("unregistered", sum_eur)


@pytest.mark.parametrize("zone", CITIES)
def test_foreigners_register_and_dutch_vehicles_are_known(zone: str) -> None:
    found = judged(None, "2026-05-01", zone=zone, country="FR")
    assert (found.verdict, follows(found, "2026-05-01", zone=zone).fine_eur) == ("unregistered", 150)
    assert judged(None, "2026-05-01", zone=zone, country="NL").verdict == "unknown"
    assert judged(Facts("NL", "M1", "diesel", standard="5"), "2026-05-01", zone=zone).verdict == "compliant"


@pytest.mark.parametrize("zone", CITIES)
def test_every_vehicle_with_every_fuel_has_an_answer(zone: str) -> None:
    for kind in get_args(Kind):
        for fuel in get_args(Fuel):
            assert judged(of_kind(kind, fuel, "4"), "2026-05-01", zone=zone).rule.startswith(f"{zone}:")
