"""A law file with a fault is refused, and the message says in which line the fault is."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from datetime import date, timedelta
from importlib.resources import files
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.lez.loading import LawFault, load_law, parse_law, zones
from pipeline.lez.periods import Period
from tests.pipeline.lez.small_law import FUELS, KINDS, TEXT, line_of

STEP = "- {standards: [4, 5], chain: step}"
FINE = "- {amounts: [100], lock_months: 3, after_warning_months: 3, source: decree}"
CLEAN = "- {standards: [6, 6d-TEMP, 6d, 7], access: allowed, source: decree}"
REST = "rest:\n    - {standards: [0, 1, 2, 3, 4, 5, 6, 6d-TEMP, 6d, 7], access: allowed, source: decree}"
PASS = "- {ends_at_hour: 6, bought_days_after: 1, source: decree}"
FAULTS = {
    "a gap in the street": (
        CLEAN,
        CLEAN.replace("access", "valid: 2021-01-01/.., access"),
        "nothing is said of diesel Euro 6 for valid 2020-01-01/2020-12-31, known 2019-01-01/..: a gap",
        0,
    ),
    "a gap in the law book": (
        CLEAN,
        CLEAN.replace("access", "known: 2019-02-01/.., access"),
        "known 2019-01-01/2019-01-31: a gap",
        0,
    ),
    "a standard of which nothing is said": (CLEAN, CLEAN.replace(", 7]", "]"), "nothing is said of diesel Euro 7", -3),
    "an overlap": (CLEAN, CLEAN.replace("[6,", "[5, 6,"), "overlaps what is said for valid", 0),
    "an unknown word": (CLEAN, CLEAN.replace("access", "acess"), "acess: Extra inputs are not permitted", 0),
    "an unknown value": (CLEAN, CLEAN.replace("allowed", "alowed"), "access: Input should be 'allowed', 'banned'", 0),
    "an unknown standard": (CLEAN, CLEAN.replace("[6,", "[6f,"), "standards.0: Input should be '0', '1'", 0),
    "an unknown source": (
        CLEAN,
        CLEAN.replace("source: decree", "source: hearsay"),
        "hearsay is no source of this file",
        0,
    ),
    "an action without a ban": (
        CLEAN,
        CLEAN.replace("allowed", "allowed, action: fine"),
        "action fine needs access banned",
        0,
    ),
    "a period that is none": (CLEAN, CLEAN.replace("access", "valid: 2021, access"), "valid: Input should be", 0),
    "a period that ends before it begins": (
        CLEAN,
        CLEAN.replace("access", "valid: 2021-01-02/2021-01-01, access"),
        "ends before it begins",
        0,
    ),
    "a key twice": (CLEAN, CLEAN.replace("source", "access: banned, source"), "access is there twice", 0),
    "a key twice over lines": ("foreign:\n", "fines: []\nforeign:\n", "fines is there twice", 0),
    "a chain that is not there": (STEP, STEP.replace("step", "leap"), "no chain leap in this file", 0),
    "a chain that is a list": (STEP, STEP.replace("step", "[step]"), "chain must be a name", 0),
    "an unknown subject": ("  rest:\n    - {", "  remainder:\n    - {", "remainder is no subject of this file", 0),
    "rules that are a list": (
        TEXT[TEXT.index("rules:") : TEXT.index("fines:")],
        "rules: [1, 2]\n",
        "rules must be a mapping",
        0,
    ),
    "rules of a subject that are no list": (REST, "rest: 5", "rules.rest must be a list", 0),
    "a link that is no rule": ("- {valid: 2025-01-01/..,", "- 5\n    - {valid: 2025-01-01/..,", "5 is no mapping", 0),
    "a fault in a link": (
        "valid: 2025-01-01/.., access: banned",
        "valid: 2025-01-01/.., access: baned",
        "access: Input should be",
        0,
    ),
    "a fault in a row with a chain": (STEP, STEP.replace("4,", "4.5,"), "standards.0: Input should be", 0),
    "a vehicle in two calendars": (
        f"rest: {{kinds: [{KINDS}], fuels: [",
        f"rest: {{kinds: [{KINDS}], fuels: [diesel, ",
        "is in diesel already",
        0,
    ),
    "a vehicle in none": (
        f"fuels: [{FUELS}]",
        f"fuels: [{FUELS.replace('lpg, ', '')}]",
        "no subject has M1 with lpg",
        -2,
    ),
    "an unknown ground": ("ground: zero_emission", "ground: moon_shine", "moon_shine is no ground", 0),
    "a ground twice for one day": (
        "first_registrations:",
        "  - {ground: zero_emission, source: decree}\nfirst_registrations:",
        "overlaps what is said",
        0,
    ),
    "an unknown section": ("free_days:", "holidays: []\nfree_days:", "unknown: holidays", 0),
    "a fine of nothing": (FINE, FINE.replace("100", "0"), "a fine must be more than nothing", 0),
    "a fine below nothing": (FINE, FINE.replace("100", "-5"), "a fine must be more than nothing", 0),
    "no fine for some days": (
        FINE,
        FINE.replace("amounts", "valid: 2021-01-01/.., amounts"),
        "nothing is said of fines for valid 2020-01-01/2020-12-31",
        0,
    ),
    "no fines at all": (FINE, "[]", "nothing is said of fines", -1),
    "a fine without the time after the warning": (
        FINE,
        FINE.replace("after_warning_months: 3, ", ""),
        "say after_warning_months",
        -1,
    ),
    "months below nothing": (
        FINE,
        FINE.replace("lock_months: 3", "lock_months: -3"),
        "lock_months: Input should be greater than or equal to 0",
        0,
    ),
    "no passes for some days": (PASS, PASS.replace("{", "{valid: 2020-02-01/.., "), "nothing is said of passes", 0),
    "an hour that is none": (
        PASS,
        PASS.replace("6", "24"),
        "ends_at_hour: Input should be less than or equal to 23",
        0,
    ),
    "days below nothing": (
        PASS,
        PASS.replace(": 1", ": -1"),
        "bought_days_after: Input should be greater than or equal to 0",
        0,
    ),
    "first registrations out of order": (
        "2: 1997-01-01",
        "2: 1991-01-01",
        "a cleaner standard cannot begin before a dirtier one",
        0,
    ),
    "a day that is none": ("'12-25'", "'12-32'", "12-32 is no day of the year", 0),
    "no time zone": ("Europe/Brussels", "Europe/Smallville", "no time zone: Europe/Smallville", 0),
    "a head that is no day": ("begins: 2020-01-01", "begins: soon", "begins must be a day", 0),
    "a country that is none": ("home: BE", "home: Belgium", "home must be the two letters of a country", 0),
    "a zone that is none": ("zone: smallville", "zone: 5", "zone must be a name", 0),
    "a head that is missing": ("home: BE\n", "", "home is missing", None),
    "a name without French": ("fr: Petiteville, ", "", "fr: Field required", 0),
    "subjects that are a list": (
        TEXT[TEXT.index("subjects:") : TEXT.index("chains:")],
        "subjects: []\n",
        "subjects must be a mapping",
        0,
    ),
    "broken YAML": (FINE, FINE.removesuffix("}"), "no YAML", 1),
}
"""What stands in the file, what is put there, what is said of it, and how many lines from there; None: line 1."""


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_refused_with_its_line(fault: str) -> None:
    before, after, said, offset = FAULTS[fault]
    line = 1 if offset is None else line_of(TEXT, before) + offset
    with pytest.raises(LawFault) as refused:
        parse_law("smallville.yaml", TEXT.replace(before, after))
    lines = str(refused.value).splitlines()
    assert any(each.startswith(f"smallville.yaml:{line}: ") and said in each for each in lines), lines


def test_the_small_law_is_one() -> None:
    law = parse_law("smallville.yaml", TEXT)
    assert (law.zone, law.free_days, len(law.cells)) == ("smallville", frozenset({(12, 25)}), 5)


def test_every_fault_is_told_at_once() -> None:
    text = TEXT.replace(CLEAN, CLEAN.replace("allowed", "alowed")).replace("'12-25'", "'12-32'")
    with pytest.raises(LawFault) as refused:
        parse_law("smallville.yaml", text)
    assert [problem.line for problem in refused.value.problems] == [line_of(TEXT, CLEAN), line_of(TEXT, "'12-25'")]


@pytest.mark.parametrize("text", ["", "[]", "a", "a: [", "\x00", "? [a]\n: b", "&a [*a]", "begins: 2020-13-45"])
def test_what_is_no_law_file_at_all_is_refused(text: str) -> None:
    with pytest.raises(LawFault, match=r"^x\.yaml:\d+: "):
        parse_law("x.yaml", text)


def test_a_zone_without_a_file_is_not_found() -> None:
    with pytest.raises(FileNotFoundError):
        load_law("atlantis")


def _places(node: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    yield path
    inside = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for key, value in inside:
        yield from _places(value, (*path, key))


PLACES = list(_places(yaml.safe_load(TEXT)))
ODD: list[Any] = [
    None,
    0,
    -1,
    True,
    1.5,
    "",
    "x",
    "2020-01-01",
    "2020-01-01/..",
    date(2020, 1, 1),
    [],
    ["x"],
    [[]],
    {},
    {"x": "y"},
    {1: 2},
]


@given(st.sampled_from(PLACES[1:]), st.sampled_from(ODD))
@settings(max_examples=40, deadline=None)
def test_whatever_stands_in_a_place_is_read_or_refused_with_a_line(path: tuple[Any, ...], odd: Any) -> None:
    data = yaml.safe_load(TEXT)
    place = data
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = odd
    said = ""
    try:
        parse_law("x.yaml", yaml.safe_dump(data))
    except LawFault as fault:
        said = str(fault)
    assert all(re.match(r"x\.yaml:\d+: ", line) for line in said.splitlines())


# ---- the real files, by another way than the loader's own ------------------------------------------------------------


def _boxes(zone: str) -> Iterator[tuple[str, str, list[tuple[Period, Period]]]]:
    """Subject, standards as written, boxes: from the file itself."""
    data = yaml.safe_load(files("pipeline.lez").joinpath("law", f"{zone}.yaml").read_text("utf-8"))
    for subject, rows in data["rules"].items():
        by_standard: dict[str, list[tuple[Period, Period]]] = {}
        for row in rows:
            for link in data["chains"][row["chain"]] if "chain" in row else [row]:
                told = (Period.parse(link.get("valid", "../..")), Period.parse(link.get("known", "../..")))
                for standard in row["standards"]:
                    by_standard.setdefault(str(standard), []).append(told)
        yield from ((subject, standard, boxes) for standard, boxes in by_standard.items())


@pytest.mark.parametrize("zone", zones())
def test_of_every_day_as_known_on_every_day_exactly_one_row_speaks(zone: str) -> None:
    law, one = load_law(zone), timedelta(days=1)
    for subject, standard, boxes in _boxes(zone):
        ends = [{day for box in boxes for day in (box[n].first, box[n].last)} for n in (0, 1)]
        valid, known = (
            {day + step for day in days if date.min < day < date.max for step in (-one, 0 * one, one)} for days in ends
        )
        for day, knowing in itertools.product(valid | {law.begins, date.max}, known | {law.known_from, date.max}):
            if day >= law.begins and knowing >= law.known_from:
                told = sum(day in box[0] and knowing in box[1] for box in boxes)
                assert told == 1, (subject, standard, day, knowing, told)
