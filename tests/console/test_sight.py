"""What somebody of a zone is told of the streams, in the order of the log."""

from __future__ import annotations

from typing import Any

import pytest

from console import sight as module
from console.sight import CasesTold, hits_told
from sinks.clickhouse.queries.case_sight import CaseSight
from tests.console.cases import case
from tests.console.hits import hit

ZONES: dict[str, str | None] = {"north-1": "BRU-NORTH", "south-1": "BRU-SOUTH", "motorway": None}
SOUTH, FEDERAL = CaseSight("S. Zone", frozenset({"BRU-SOUTH"})), CaseSight("A. Peeters")


def papers(number: int = 1, **changes: Any) -> Any:
    return case(number, **{"list_kinds": ("no_insurance",), "last_camera_id": "north-1", **changes})


def test_a_case_of_another_zone_is_told_once_it_comes_here_and_from_then_on() -> None:
    told = CasesTold(SOUTH, ZONES)
    assert not told.takes(papers(revision=1))
    assert told.takes(papers(revision=2, last_camera_id="south-1"))
    assert told.takes(papers(revision=3, last_camera_id="north-1"))
    assert not told.takes(papers(2)), "another one is not"


def test_who_was_given_a_case_hears_that_it_was_given_to_somebody_else() -> None:
    told = CasesTold(SOUTH, ZONES)
    assert told.takes(papers(assigned_to="S. Zone"))
    assert told.takes(papers(revision=2, assigned_to="B. Dupont"))


def test_urgent_cases_and_all_of_a_federal_officer_are_told() -> None:
    assert CasesTold(SOUTH, ZONES).takes(papers(list_kinds=("wanted_person",)))
    assert CasesTold(FEDERAL, ZONES).takes(papers())


def test_a_stream_remembers_no_more_than_it_may(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "REMEMBERED", 2)
    told = CasesTold(SOUTH, ZONES)
    for number in (1, 2, 3):
        assert told.takes(papers(number, last_camera_id="south-1"))
    assert [told.takes(papers(number, revision=2)) for number in (1, 2, 3)] == [False, True, True]


def test_a_camera_that_becomes_known_counts_from_then_on() -> None:
    zones: dict[str, str | None] = {}
    told = CasesTold(SOUTH, zones)
    assert not told.takes(papers(last_camera_id="south-1"))
    zones["south-1"] = "BRU-SOUTH"
    assert told.takes(papers(last_camera_id="south-1"))


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, False),
        ({"camera_id": "south-1"}, True),
        ({"owner": "BRU-SOUTH"}, True),
        ({"camera_id": "motorway"}, False),
        ({"camera_id": "nobody-knows-it"}, False),
        ({"list_kind": "stolen_vehicle"}, True),
        ({"list_kind": "missing_person", "withdrawn": True}, True),
        ({"list_kind": "stolen_plate"}, False),
    ],
)
def test_hits_are_told_of_the_zone_and_urgent_ones(changes: dict[str, Any], expected: bool) -> None:
    one = hit(1, **{"list_kind": "no_insurance", **changes})
    assert hits_told(SOUTH, ZONES)(one) is expected
    assert hits_told(FEDERAL, ZONES)(one)
