"""Grounds on which a vehicle may enter that otherwise may not (domain.md 5.4)."""

from __future__ import annotations

from datetime import date

import pytest

from pipeline.lez.grounds import load_grounds
from pipeline.lez.loading import load_law, zones
from tests.pipeline.lez.builders import car, day_pass, follows, judged, of_kind

AT = "2026-05-01"


@pytest.mark.parametrize("fuel", ["electric", "hydrogen"])
@pytest.mark.parametrize("kind", ["M1", "N1-II", "N3", "M3", "L3", "L1"])
def test_electric_and_hydrogen_are_free_whatever_else_is_written(fuel: str, kind: str) -> None:
    for standard in (None, "0", "5"):
        assert judged(of_kind(kind, fuel, standard), AT).rule == "brussels:exemption:zero_emission"


@pytest.mark.parametrize(
    "ground",
    ["priority_vehicle", "emergency_call", "armed_forces", "adapted_vehicle", "disabled_card", "ordered_new_vehicle"],
)
def test_what_the_register_tells_frees(ground: str) -> None:
    found = judged(car("diesel", "0", exemptions=(ground,)), AT)
    assert (found.verdict, found.rule) == ("exempt", f"brussels:exemption:{ground}")
    assert load_grounds()[ground].en in found.reason()
    assert follows(found, AT).action == "none"


@pytest.mark.parametrize(
    ("first", "verdict"),
    [("1996-04-30", "exempt"), ("1996-05-01", "non_compliant"), ("1996-05-02", "non_compliant"), (None, "exempt")],
)
def test_an_oldtimer_must_be_thirty_years_old_as_well(first: str | None, verdict: str) -> None:
    """The plate O is given from twenty-five on. Where the register tells no age it has looked at it."""
    registered = None if first is None else date.fromisoformat(first)
    assert judged(car("petrol", "0", exemptions=("oldtimer",), first_registered=registered), AT).verdict == verdict


def test_age_alone_makes_no_oldtimer() -> None:
    assert judged(car("petrol", "0", first_registered=date(1970, 1, 1)), AT).verdict == "non_compliant"


def test_the_card_frees_since_april_2020_and_the_order_of_a_new_car_since_2025() -> None:
    for ground, first, before in (("disabled_card", "2020-04-01", "2020-03-31"),):
        facts = car("diesel", "0", exemptions=(ground,))
        assert (judged(facts, first).verdict, judged(facts, before).verdict) == ("exempt", "non_compliant")
    ordered = car("diesel", "4", exemptions=("ordered_new_vehicle",))
    assert [judged(ordered, day).verdict for day in ("2024-12-31", "2025-01-01")] == ["non_compliant", "exempt"]
    assert judged(ordered, "2025-10-01", known="2025-09-21").verdict == "non_compliant"


def test_a_ground_of_another_zone_frees_nobody_here() -> None:
    assert judged(car("diesel", "0", exemptions=("historic",)), AT).verdict == "non_compliant"
    assert judged(car("diesel", "3", exemptions=("disabled_card",)), AT, zone="ghent").verdict == "non_compliant"


def test_a_ground_that_no_law_book_knows_is_looked_at_by_a_person() -> None:
    strange = car("diesel", "0", exemptions=("moon_shine",))
    assert judged(strange, AT).rule == "brussels:unknown_ground"
    assert judged(strange, AT, rights=[day_pass(date(2026, 5, 1))]).verdict in {"unknown", "pass"}
    assert judged(car("diesel", "6", exemptions=("moon_shine",)), AT).verdict == "compliant"


def test_an_authorisation_is_no_affair_of_the_register() -> None:
    assert judged(car("diesel", "4", exemptions=("authorisation",)), AT, zone="ghent").verdict == "non_compliant"


def test_every_ground_of_a_law_file_has_a_name_and_the_other_way_round() -> None:
    used = {one.ground for zone in zones() for one in load_law(zone).exemptions}
    assert used == set(load_grounds())
