"""Every cell of the calendar of Brussels (domain.md 5.1): a vehicle's first barred day, and the day before.

A cell of whose text nobody has read the day must say so.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import NamedTuple

import pytest

from tests.pipeline.lez.builders import DAY, car, follows, judged, of_kind

LIGHT, VAN = ("M1", "N1-I"), ("N1-II", "N1-III", "M2")
DIESEL = ("diesel", "diesel_hybrid", "diesel_plugin")
PETROL = ("petrol", "lpg", "cng", "lng", "ethanol", "petrol_hybrid", "petrol_plugin")


class Cell(NamedTuple):
    """Vehicles, and their first barred day."""

    kinds: tuple[str, ...]
    fuels: tuple[str, ...]
    standards: tuple[str, ...]
    first: str
    verified: bool = True
    before: str = "compliant"
    """Verdict of the day before."""


CELLS = [
    # cars and vans of class I
    Cell(LIGHT, DIESEL, ("0", "1"), "2018-01-01", before="not_applicable"),
    Cell(LIGHT, PETROL, ("0", "1"), "2019-01-01"),
    Cell(LIGHT, DIESEL, ("2",), "2019-01-01"),
    Cell(LIGHT, PETROL, ("2",), "2025-01-01"),
    Cell(LIGHT, DIESEL, ("3",), "2020-01-01"),
    Cell(LIGHT, PETROL, ("3",), "2028-01-01"),
    Cell(LIGHT, DIESEL, ("4",), "2022-01-01"),
    Cell(LIGHT, PETROL, ("4",), "2030-01-01", verified=False),
    Cell(LIGHT, DIESEL, ("5",), "2025-01-01"),
    Cell(LIGHT, PETROL, ("5",), "2035-01-01", before="unknown"),
    Cell(LIGHT, DIESEL, ("6", "6d-TEMP"), "2028-01-01"),
    Cell(LIGHT, PETROL, ("6", "6d-TEMP"), "2033-01-01", verified=False),
    Cell(LIGHT, DIESEL, ("6d", "7"), "2030-01-01"),
    Cell(LIGHT, PETROL, ("6d", "7"), "2035-01-01"),
    # vans of class II and III, minibuses: at least Euro 5 from 2025, 6d-TEMP from 2028, 6d from 2030, none from 2035
    Cell(VAN, DIESEL, ("4",), "2022-01-01"),
    Cell(VAN, DIESEL, ("5", "6"), "2028-01-01"),
    Cell(VAN, DIESEL, ("6d-TEMP",), "2030-01-01"),
    Cell(VAN, DIESEL, ("6d", "7"), "2035-01-01"),
    Cell(VAN, PETROL, ("6d", "7"), "2035-01-01"),
    Cell(VAN, PETROL, ("2", "3", "4", "5", "6", "6d-TEMP"), "2035-01-01", before="unknown"),
    # trucks: at least Euro VI from 2025
    Cell(("N2", "N3"), DIESEL, ("0", "1", "2", "3", "4", "5"), "2025-01-01", before="not_applicable"),
    # buses: their timetable was not read
    Cell(("M3",), DIESEL, ("5",), "2025-01-01", verified=False),
    # motorcycles: at least Euro 3 from 2025
    Cell(("L3", "L4", "L5"), PETROL, ("0", "1", "2"), "2025-01-01", before="not_applicable"),
    # mopeds, by a draft: only Euro 5 from 2028, none from 2030
    Cell(("L1", "L2"), PETROL, ("0", "1", "2", "3", "4"), "2028-01-01", verified=False),
    Cell(("L1", "L2"), PETROL, ("5",), "2030-01-01", verified=False),
]  # fmt: skip
NOT_READ = [
    Cell(LIGHT, PETROL, ("5",), "2030-01-01"),
    Cell(VAN, PETROL, ("2", "3", "4", "5", "6", "6d-TEMP"), "2025-01-01"),
    Cell(("N2", "N3"), DIESEL, ("6", "6d", "7"), "2028-01-01"),
    Cell(("N2", "N3"), PETROL, ("0", "3", "6"), "2025-01-01", before="not_applicable"),
    Cell(("M3",), DIESEL, ("6",), "2028-01-01"),
    Cell(("M3",), PETROL, ("2", "6"), "2025-01-01"),
    Cell(("L3", "L4", "L5"), PETROL, ("3", "4"), "2028-01-01"),
    Cell(("L6", "L7"), PETROL, ("0", "5"), "2025-01-01", before="not_applicable"),
]
"""From `first` on the law does speak of them, and nobody has read what it says."""


def each(cell: Cell) -> Iterator[tuple[str, str, str]]:
    """Its vehicles one by one."""
    return ((kind, fuel, standard) for kind in cell.kinds for fuel in cell.fuels for standard in cell.standards)


def test_each_vehicle_is_barred_from_its_first_day_on_and_not_on_the_day_before() -> None:
    faults = []
    for cell in CELLS:
        first = date.fromisoformat(cell.first)
        for kind, fuel, standard in each(cell):
            facts = of_kind(kind, fuel, standard)
            before, then = judged(facts, first - DAY), judged(facts, first)
            if (before.verdict, then.verdict, then.unverified) != (cell.before, "non_compliant", not cell.verified):
                faults.append((kind, fuel, standard, before.verdict, then))
    assert not faults


def test_what_nobody_has_read_is_unknown_and_marked() -> None:
    faults = []
    for cell in NOT_READ:
        first = date.fromisoformat(cell.first)
        for kind, fuel, standard in each(cell):
            facts = of_kind(kind, fuel, standard)
            before, then = judged(facts, first - DAY), judged(facts, first)
            due = follows(then, first)
            if (before.verdict, then.verdict, then.unverified, due.action) != (cell.before, "unknown", True, "none"):
                faults.append((kind, fuel, standard, before, then))
    assert not faults


@pytest.mark.parametrize(
    ("kind", "fuel", "standard", "day"),
    [
        ("M3", "diesel", "6", "2026-05-01"),  # buses have a timetable of their own, with a longer respite
        ("L1", "petrol", "5", "2026-05-01"),
        ("M1", "petrol", "6", "2031-05-01"),
    ],
)
def test_who_may_enter_by_what_nobody_has_read_is_told_so(kind: str, fuel: str, standard: str, day: str) -> None:
    found = judged(of_kind(kind, fuel, standard), day)
    assert (found.verdict, found.unverified) == ("compliant", True)
    assert found.reason().endswith("Not verified: no official text was read for this rule.")


def test_the_mass_class_of_a_van_decides() -> None:
    verdicts = {n: judged(of_kind(f"N1-{n}", "diesel", "5"), "2026-05-01").verdict for n in ("I", "II", "III")}
    assert verdicts == {"I": "non_compliant", "II": "compliant", "III": "compliant"}


def test_a_van_that_counts_as_a_truck_for_its_body_is_marked() -> None:
    """An old page says it; before 2025 it freed the van, from 2025 on it bars one that the class would let in."""
    van = of_kind("N1-II", "diesel", "5", body_code="BC")
    found = {day: judged(van, day) for day in ("2024-06-01", "2026-05-01")}
    assert [(one.verdict, one.unverified) for one in found.values()] == [
        ("not_applicable", True),
        ("non_compliant", True),
    ]


@pytest.mark.parametrize("kind", ["T", "C"])
def test_tractors_are_exempt(kind: str) -> None:
    assert judged(of_kind(kind, "diesel", "0"), "2026-05-01").rule == "brussels:exemption:tractor"


@pytest.mark.parametrize("kind", ["O", "other"])
def test_the_zone_does_not_speak_of_trailers(kind: str) -> None:
    assert judged(of_kind(kind, "diesel", "0"), "2026-05-01").verdict == "not_applicable"


@pytest.mark.parametrize(
    ("kind", "fuel", "standard", "warned", "fined"),
    [
        ("M1", "diesel", "1", "2018-09-30", "2018-10-01"),
        ("M1", "diesel", "2", "2019-03-31", "2019-04-01"),
        ("M1", "petrol", "1", "2019-03-31", "2019-04-01"),
        ("M1", "diesel", "3", "2020-06-30", "2020-07-01"),  # three months, and the suspension of that spring
        ("M1", "diesel", "4", "2022-06-30", "2022-07-01"),
        ("M1", "diesel", "6", "2028-03-31", "2028-04-01"),
        ("M1", "diesel", "6d", "2030-03-31", "2030-04-01"),
        ("N1-III", "petrol", "6d", "2035-03-31", "2035-04-01"),
        ("L1", "petrol", "4", "2028-03-31", "2028-04-01"),
        ("L1", "petrol", "5", "2030-03-31", "2030-04-01"),
        ("L3", "petrol", "5", "2035-03-31", "2035-04-01"),
    ],
)
def test_a_new_step_is_warned_of_before_it_is_fined(
    kind: str, fuel: str, standard: str, warned: str, fined: str
) -> None:
    found = judged(of_kind(kind, fuel, standard), warned)
    assert follows(found, warned).action == "warning"
    assert follows(judged(of_kind(kind, fuel, standard), fined), fined).action == "fine"


def test_the_warnings_of_2022_were_longer_than_known_at_first() -> None:
    found = judged(car("diesel", "4"), "2022-05-01", known="2022-03-23")
    assert follows(found, "2022-05-01", known="2022-03-23").fine_eur == 350
    assert follows(judged(car("diesel", "4"), "2022-05-01"), "2022-05-01").action == "warning"


SINCE_EURO_3 = ["2001-01-01", "2006-01-01", "2011-01-01", "2015-09-01", "2019-09-01", "2021-01-01"]
FIRST_REGISTERED = {
    "M1": ["1992-07-01", "1997-01-01", *SINCE_EURO_3],
    "N1-I": ["1994-10-01", "1998-01-01", *SINCE_EURO_3],
}


@pytest.mark.parametrize("kind", FIRST_REGISTERED)
def test_the_first_registration_tells_the_standard_where_the_certificate_does_not(kind: str) -> None:
    told = {}
    for day in map(date.fromisoformat, FIRST_REGISTERED[kind]):
        for first in (day - DAY, day):
            found = judged(of_kind(kind, "diesel", None, first_registered=first), "2026-05-01")
            assert found.derived
            assert "by its first registration" in found.reason()
            told[first] = found.standard
    standards = ["0", "1", "1", "2", "2", "3", "3", "4", "4", "5", "5", "6", "6", "6d-TEMP", "6d-TEMP", "6d"]
    assert list(told.values()) == standards
    assert judged(of_kind(kind, "diesel", None, first_registered=date(1950, 1, 1)), "2026-05-01").standard == "0"


@pytest.mark.parametrize("kind", ["N1-II", "M2", "M3", "N2", "L3"])
def test_of_other_vehicles_no_table_tells_it(kind: str) -> None:
    found = judged(of_kind(kind, "diesel", None, first_registered=date(2010, 1, 1)), "2026-05-01")
    assert found.verdict == "unknown" or found.rule.endswith("any:2026-01-01@2026-01-01")
    assert (found.standard, found.derived) == (None, False)
