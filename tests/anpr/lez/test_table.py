"""The calendar as a lawyer reads it. `pytest -s -k lawyer tests/anpr/lez` prints it all."""

from __future__ import annotations

from datetime import date

import pytest

from anpr.lez.lawyer import chapter, newest
from anpr.lez.table import lines, markdown
from pipeline.lez.calendar import known_days, rows, stretches
from pipeline.lez.loading import load_law, zones
from pipeline.lez.sentences import LANGUAGES
from pipeline.lez.standards import STANDARDS

KNOWN = date(2026, 11, 26)
ALLOWED, BARRED = "from 2018-01-01 allowed; ", "from 2025-01-01 barred (tolerated); "
STEP_2025 = f"{ALLOWED}{BARRED}from 2026-01-01 barred (own warning, then fines)"
STEP_2022 = f"{ALLOWED}from 2022-01-01 barred (warnings); from 2022-07-01 barred (fines)"
ESSENTIAL = {
    ("brussels", "Diesel cars and vans of class I", "4"): STEP_2022,
    ("brussels", "Diesel cars and vans of class I", "5"): STEP_2025,
    ("brussels", "Petrol and gas cars and vans of class I", "2"): STEP_2025,
    ("antwerp", "Diesel vehicles", "5"): "from 2017-02-01 allowed",
    ("ghent", "Petrol and gas vehicles", "2"): "from 2020-01-01 allowed",
    ("london", "Diesel cars, vans and minibuses", "none, 1, 2, 3, 4, 5"): "from 2019-04-08 barred (fines)",
}


def test_the_calendar_for_a_lawyer_to_read() -> None:
    told: dict[tuple[str, str, str], str] = {}
    for zone in zones():
        print(f"\n## {load_law(zone).names.en}, as known {KNOWN}\n\n{markdown(load_law(zone), KNOWN)}")
        told |= {(zone, line.vehicles, line.standards): line.holds for line in lines(load_law(zone), KNOWN)}
    assert {key: told.get(key) for key in ESSENTIAL} == ESSENTIAL


@pytest.mark.parametrize("zone", zones())
def test_the_table_leaves_nobody_out(zone: str) -> None:
    law = load_law(zone)
    for known in {cell.known.first for cell in law.cells}:
        told = [(row.subject, standard) for row in rows(law, known) for standard in row.standards]
        assert sorted(told) == sorted((subject, standard) for subject in law.subjects for standard in STANDARDS)


def test_neighbours_that_say_the_same_are_one_stretch() -> None:
    told = stretches(load_law("brussels"), "light-diesel", "4", KNOWN)
    assert [str(one.valid) for one in told] == ["2018-01-01/2021-12-31", "2022-01-01/2022-06-30", "2022-07-01/.."]


def test_the_days_on_which_the_book_changed_are_those_of_the_step_of_2025() -> None:
    found = [str(day) for day in known_days(load_law("brussels"), "light-diesel", "5")]
    chain = ["2022-06-30", "2024-10-17", "2025-03-21", "2025-09-11", "2025-09-22", "2025-12-11", "2026-01-01"]
    assert set(chain) <= set(found)
    assert found[0] == "2018-01-25"


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_table_speaks_three_languages(language: str) -> None:
    for zone in zones():
        for line in lines(load_law(zone), KNOWN, language):  # type: ignore[arg-type]
            assert all((line.vehicles, line.standards, line.holds, line.rests_on))


def test_a_lawyer_finds_all_terms_in_the_document() -> None:
    law = load_law("brussels")
    told = chapter(law, newest(law))
    assert newest(law) == date(2026, 2, 13)
    for part in (
        "| fine | 2020-03-16/2020-06-30 | suspended: warnings instead [not verified]. ",
        "| day pass | 2018-01-01/2019-12-31 | until 06:00 of the next day, bought before entry, 8 a year: ",
        "| foreign vehicle | 2018-01-01/.. | must register until midnight of the next day, but NL, fine of 150 EUR",
        "| body | ../.. | N1-I, N1-II, N1-III with body BC counts as N2 [not verified] | body-bc |",
        "Proposed and no law:",
    ):
        assert part in told
    london = chapter(load_law("london"), KNOWN)
    assert "| free day | ../.. | every year on 12-25 |" in london
    assert "until midnight, bought until midnight of the day 3 days after: car 12.5 GBP" in london
