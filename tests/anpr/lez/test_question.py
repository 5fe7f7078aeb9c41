"""What a person types about a vehicle is understood, or refused with what would be right."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest

from anpr.lez.answer import answer_json, as_known_over_time, known_json
from anpr.lez.question import AskedWrongly, Words, question_of

NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)


def answer(zone: str = "brussels", **words: Any) -> dict[str, Any]:
    """The answer to what was typed."""
    return answer_json(question_of(Words(zone, **words), NOW))


def test_the_answer_has_the_keys_of_the_interface() -> None:
    told = answer(fuel="diesel", euro="5", at="2026-05-01T10:00", warned=["2026-01-10"])
    expected = {
        "zone": "brussels",
        "verdict": "non_compliant",
        "action": "fine",
        "rule": "brussels:light-diesel:euro5:2026-01-01@2026-01-01",
        "reason": "This car (diesel, Euro 5) has been barred from the zone Brussels-Capital Region since 2025-01-01.",
        "fine_eur": 350,
        "fine_gbp": None,
        "valid_at": "2026-05-01T10:00:00+02:00",
        "known_at": "2026-11-26T13:00:00+01:00",
        "standard": "5",
        "standard_derived": False,
        "unverified": True,
        "if_sure": None,
        "warned_on": "2026-01-10",
    }
    assert {key: told[key] for key in expected} == expected
    assert told["reason_fr"].startswith("Ce véhicule (voiture, diesel, Euro 5)")
    assert told["reason_nl"].startswith("Dit voertuig (personenauto, diesel, Euro 5)")


def test_the_example_of_the_issue_as_it_was_known_over_time() -> None:
    told = {
        known: answer(fuel="diesel", euro="5", at="2025-06-01T10:00", known_at=known)
        for known in ("2024-12-01", "2025-06-01", "2025-09-15", "2026-11-26", "")
    }
    assert [(one["verdict"], one["action"]) for one in told.values()] == [
        ("non_compliant", "none"),
        ("compliant", "none"),
        ("non_compliant", "none"),
        ("non_compliant", "none"),
        ("non_compliant", "none"),
    ]


@pytest.mark.parametrize(
    ("words", "verdict"),
    [
        ({"fuel": "Diesel", "euro": "euro 6d-temp"}, "compliant"),
        ({"fuel": "essence", "euro": "1"}, "non_compliant"),
        ({"fuel": "petrol-hybrid", "euro": "3"}, "compliant"),
        ({"fuel": "ev", "euro": "5"}, "exempt"),
        ({"fuel": "diesel", "registered": "2010-02-03"}, "non_compliant"),
        ({"fuel": "diesel"}, "unknown"),
        ({"fuel": "diesel", "euro": "4", "passes": ["2026-11-26"]}, "pass"),
        ({"fuel": "diesel", "euro": "4", "passes": ["2026-11-25"]}, "non_compliant"),
        ({"fuel": "diesel", "euro": "4", "exemptions": ["Disabled_card"]}, "exempt"),
        ({"fuel": "diesel", "euro": "4", "exemptions": ["oldtimer"], "registered": "1995-01-01"}, "exempt"),
        ({"category": "n1-ii", "fuel": "diesel", "euro": "5"}, "compliant"),
        ({"category": "N1", "n1_class": "i", "fuel": "diesel", "euro": "5"}, "non_compliant"),
        ({"category": "N3", "fuel": "diesel", "euro": "VI"}, "compliant"),
        ({"category": "Other", "fuel": "other"}, "not_applicable"),
        ({"country": "fr"}, "unregistered"),
        ({"country": "FR", "fuel": "diesel", "euro": "6"}, "unregistered"),
        ({"country": "FR", "fuel": "diesel", "euro": "6", "enrolled": True}, "compliant"),
        ({"country": "NL", "fuel": "diesel", "euro": "6"}, "compliant"),
        ({"no_record": True}, "unknown"),
        ({"fuel": "diesel", "euro": "4", "doubtful": True}, "unknown"),
    ],
)
def test_what_is_typed_is_understood(words: dict[str, Any], verdict: str) -> None:
    assert answer(**words)["verdict"] == verdict


def test_a_right_that_is_granted_on_request_counts_where_the_law_asks_for_a_decision() -> None:
    told = answer("ghent", fuel="diesel", euro="4", exemptions=["authorisation"])
    assert (told["verdict"], told["reason"]) == (
        "pass",
        "This vehicle has a right that was paid for: paid authorisation.",
    )
    assert answer("ghent", fuel="diesel", euro="3", exemptions=["authorisation"])["verdict"] == "non_compliant"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ({"zone": "brusels"}, "--zone brusels: one of antwerp, brussels, ghent, london; did you mean brussels?"),
        ({}, "--fuel is missing: one of petrol, diesel"),
        ({"fuel": "deisel"}, "did you mean diesel?"),
        ({"fuel": "diesel", "euro": "8"}, "--euro: '8' is no Euro standard: write none, 1 to 7"),
        ({"fuel": "diesel", "at": "2026-13-01"}, "--at 2026-13-01 is no moment: write 2026-11-25"),
        ({"fuel": "diesel", "at": "20260"}, "is no moment"),
        ({"fuel": "diesel", "at": "0200-01-01"}, "write a year from 1950 to 2150"),
        ({"fuel": "diesel", "known_at": "yesterday"}, "--known-at yesterday is no moment"),
        ({"fuel": "diesel", "registered": "2010"}, "--registered 2010 is no day"),
        ({"fuel": "diesel", "registered": "2030-01-01"}, "--registered 2030-01-01 is after the passage"),
        ({"fuel": "diesel", "passes": ["1/5/2026"]}, "--pass 1/5/2026 is no day: write 2026-11-25"),
        ({"fuel": "diesel", "warned": ["x"]}, "--warned x is no day"),
        ({"fuel": "diesel", "fined": ["x"]}, "--fined x is no day"),
        ({"fuel": "diesel", "country": "Belgium"}, "--country Belgium: write two letters"),
        ({"fuel": "diesel", "country": "1B"}, "write two letters"),
        ({"fuel": "diesel", "exemptions": ["oldtimr"]}, "did you mean oldtimer?"),
        ({"fuel": "diesel", "exemptions": ["historic"]}, "--exemption historic: one of zero_emission, tractor"),
        ({"fuel": "diesel", "category": "M9"}, "--category M9: one of M1, M2"),
        ({"fuel": "diesel", "category": "M1", "n1_class": "II"}, "only N1 has a class, and it is one of I, II, III"),
        ({"fuel": "diesel", "category": "N1-IV"}, "only N1 has a class"),
        ({"fuel": "deisel", "country": "FR"}, "did you mean diesel?"),
    ],
)
def test_what_is_wrong_is_told_in_one_sentence(words: dict[str, Any], said: str) -> None:
    with pytest.raises(AskedWrongly) as refused:
        answer(**words)
    assert said in str(refused.value)
    assert "\n" not in str(refused.value)


def test_a_moment_is_on_the_clocks_of_the_zone() -> None:
    assert answer(fuel="diesel", euro="4", at="2022-01-01")["valid_at"] == "2022-01-01T00:00:00+01:00"
    assert answer(fuel="diesel", euro="4", at="2021-12-31T23:00:00+00:00")["valid_at"] == "2022-01-01T00:00:00+01:00"
    assert answer("london", fuel="diesel", euro="4", at="2026-06-01")["valid_at"] == "2026-06-01T00:00:00+01:00"
    twice = answer(fuel="diesel", euro="4", at="2026-10-25T02:30")
    assert twice["valid_at"] == "2026-10-25T02:30:00+02:00"


def test_how_it_was_known_is_told_once_for_each_change() -> None:
    question = question_of(Words("brussels", fuel="diesel", euro="5", at="2025-06-01T10:00"), NOW)
    history = [known_json(one) for one in as_known_over_time(question)]
    assert [(one["known_from"], one["verdict"], one["action"]) for one in history] == [
        ("2018-01-25", "non_compliant", "fine"),
        ("2022-06-30", "non_compliant", "fine"),
        ("2024-10-17", "non_compliant", "none"),
        ("2025-03-21", "compliant", "none"),
        ("2025-09-11", "non_compliant", "none"),
        ("2025-09-22", "non_compliant", "none"),
        ("2025-12-11", "non_compliant", "none"),
    ]
    assert all(one["rule"].startswith("brussels:light-diesel:euro5:") and one["source"] for one in history)


def test_a_pass_counts_in_all_of_that_history() -> None:
    words = Words("brussels", fuel="diesel", euro="5", at="2026-02-01", passes=["2026-02-01"])
    verdicts = {one.since: one.found.verdict for one in as_known_over_time(question_of(words, NOW))}
    assert verdicts == {date(2018, 1, 25): "pass", date(2025, 3, 21): "compliant", date(2025, 9, 11): "pass"}
