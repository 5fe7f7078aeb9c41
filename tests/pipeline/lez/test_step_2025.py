"""The step of 2025 in Brussels (domain.md 5.2): what was said of it, day by day, as it was known on each day."""

from __future__ import annotations

import pytest

from tests.pipeline.lez.builders import car, follows, judged, of_kind

DIESEL_5, PETROL_2 = car("diesel", "5"), car("petrol", "2")
CHAIN = [  # known from, last day of that, what is said of 2025-06-01, 2026-02-10, 2026-05-01, 2027-02-01, 2027-05-01
    ("2022-06-30", "2024-10-16", "banned fine", "banned fine", "banned fine", "banned fine", "banned fine"),
    ("2024-10-17", "2025-03-20", "banned none", "banned none", "banned none", "banned warning", "banned fine"),
    ("2025-03-21", "2025-09-10", "allowed", "allowed", "allowed", "banned warning", "banned fine"),
    ("2025-09-11", "2025-09-21", "banned none", "banned none", "banned none", "banned none", "banned none"),
    ("2025-09-22", "2025-12-10", "banned none", "banned warning", "banned fine", "banned fine", "banned fine"),
    ("2025-12-11", "2025-12-31", "banned none", "banned warning", "banned fine", "banned fine", "banned fine"),
    ("2026-01-01", "2026-11-26", "banned none", *["banned own warning"] * 4),
]
PASSAGES = ("2025-06-01T10:00", "2026-02-10", "2026-05-01", "2027-02-01", "2027-05-01")
VERDICT = {"allowed": "compliant", "banned": "non_compliant"}


@pytest.mark.parametrize("facts", [DIESEL_5, PETROL_2, car("lpg", "2"), of_kind("N1-I", "diesel", "5")])
def test_the_chain_of_the_step_of_2025_as_it_was_known(facts: object) -> None:
    faults = []
    for first, last, *said in CHAIN:
        for known in (first, last):
            for at, expected in zip(PASSAGES, said, strict=True):
                found = judged(facts, at, known=known)  # type: ignore[arg-type]
                access, _, action = expected.partition(" ")
                due = follows(found, at, known=known)
                warned = follows(found, at, known=known, warned=["2026-01-01"])
                told = (due.action, warned.action)
                in_time = "fine" if at >= "2026-04-01" else "none"
                wanted = {"own warning": ("warning", in_time)}.get(action, (action or "none",) * 2)
                if found.verdict != VERDICT[access] or told != wanted or found.unverified:
                    faults.append((known, at, expected, found.verdict, told))
    assert not faults


@pytest.mark.parametrize(
    "facts",
    [
        of_kind("N3", "diesel", "5"),
        of_kind("L3", "petrol", "2"),
        of_kind("M3", "diesel", "5"),
        of_kind("L6", "diesel", "5"),
    ],
)
def test_trucks_buses_and_motorcycles_of_the_same_step_share_it(facts: object) -> None:
    told = [judged(facts, "2025-06-01", known=known).verdict for known, *_ in CHAIN]  # type: ignore[arg-type]
    assert told == ["non_compliant"] * 2 + ["compliant"] + ["non_compliant"] * 4


def test_before_the_roadmap_the_calendar_of_2018_had_the_same_step_for_cars_and_vans() -> None:
    for kind in ("M1", "N1-I", "N1-II", "N1-III", "M2", "M3"):
        found = judged(of_kind(kind, "diesel", "5"), "2025-06-01", known="2020-06-01")
        assert found.verdict == "non_compliant", kind
    assert judged(PETROL_2, "2025-06-01", known="2020-06-01").verdict == "non_compliant"
    assert judged(of_kind("N3", "diesel", "5"), "2025-06-01", known="2020-06-01").verdict == "not_applicable"


def test_a_verdict_says_by_which_text_and_since_when() -> None:
    found = judged(DIESEL_5, "2026-05-01")
    assert found.rule == "brussels:light-diesel:euro5:2026-01-01@2026-01-01"
    assert (
        found.reason()
        == "This car (diesel, Euro 5) has been barred from the zone Brussels-Capital Region since 2025-01-01."
    )
    assert judged(DIESEL_5, "2025-06-01", known="2025-06-01").source.startswith("Ordinance of 21 March 2025")
    assert "until 2026-12-31" in judged(DIESEL_5, "2025-06-01", known="2025-06-01").reason()


OWN_WARNING = [  # warned, fined at the earliest
    ("2026-01-01", "2026-04-01"),
    ("2026-03-20", "2026-06-20"),
    ("2026-04-01", "2026-07-01"),
    ("2026-04-17", "2026-07-17"),
    ("2026-11-30", "2027-02-28"),
]


@pytest.mark.parametrize(("warned", "first"), OWN_WARNING)
def test_a_fine_comes_three_months_after_the_vehicles_own_warning_at_the_earliest(warned: str, first: str) -> None:
    day_before = f"{first[:8]}{int(first[8:]) - 1:02}" if not first.endswith("-01") else f"{first}T00:00"
    early = judged(DIESEL_5, warned)
    assert follows(early, warned).action == "warning"
    if "T" not in day_before:
        due = follows(judged(DIESEL_5, day_before), day_before, warned=[warned])
        assert (due.action, str(due.warned_on)) == ("none", warned)
        assert due.note is not None
        assert first in due.note.in_("en")
    due = follows(judged(DIESEL_5, first), f"{first}T00:00", warned=[warned])
    assert (due.action, due.fine_eur, str(due.warned_on)) == ("fine", 350, warned)


def test_who_is_first_seen_after_1_april_2026_is_warned_first() -> None:
    assert follows(judged(DIESEL_5, "2026-09-01"), "2026-09-01").action == "warning"


def test_the_warning_that_counts_is_the_first_one_of_the_new_regime() -> None:
    """A warning of 2025 was of a ban that was postponed; one of 2022 was of another rule: neither shortens the wait."""
    found = judged(DIESEL_5, "2026-02-01")
    assert follows(found, "2026-02-01", warned=["2022-03-01", "2025-02-01", "2025-12-31"]).action == "warning"
    due = follows(judged(DIESEL_5, "2026-06-01"), "2026-06-01", warned=["2022-03-01", "2026-01-20", "2026-05-20"])
    assert (due.action, str(due.warned_on)) == ("fine", "2026-01-20")


def test_a_warning_after_the_passage_does_not_count() -> None:
    assert follows(judged(DIESEL_5, "2026-05-01"), "2026-05-01", warned=["2026-05-02"]).action == "warning"


def test_vehicles_barred_before_2025_need_no_warning_of_their_own() -> None:
    assert follows(judged(car("diesel", "4"), "2026-05-01"), "2026-05-01").fine_eur == 350


def test_the_reform_of_2026_is_told_and_not_applied() -> None:
    due = follows(judged(car("diesel", "4"), "2026-05-01"), "2026-05-01")
    assert (due.fine_eur, due.unverified) == (350, True)
    assert not follows(judged(car("diesel", "4"), "2026-02-12"), "2026-02-12").unverified
