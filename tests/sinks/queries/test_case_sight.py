"""Who sees which case: one rule, of one case and of a list in the store."""

from __future__ import annotations

import json
import uuid
from typing import Any

import pytest
from clickhouse_connect.driver.client import Client

from pipeline.cases.records import EventRecord
from schemas.case import Case
from schemas.codec import encode
from schemas.search import Role
from sinks.clickhouse.queries.case_sight import URGENT, CaseSight, sight_of
from sinks.clickhouse.queries.cases import cases_in
from tests.console.cases import NOW, case
from tests.pipeline.builders import T0
from tests.sinks.queries.facts import store_camera
from tests.sinks.rows import Sink, message

OFFICER = "Z. Noord"
ZONES = {"sight-north": "BRU-NORTH", "sight-south": "BRU-SOUTH", "sight-road": ""}
NORTH = CaseSight(OFFICER, frozenset({"BRU-NORTH"}))


def seen_at(*cameras: str) -> tuple[Any, ...]:
    return tuple(EventRecord(at=NOW, kind="sighted", camera_id=one) for one in cameras)


PAPERS = {"list_kinds": ("no_insurance",), "last_camera_id": "sight-south", "owners": ("federal",)}
"""Nobody's hurry, in the south."""
RULE: dict[str, tuple[dict[str, Any], bool]] = {
    "of another zone": ({}, False),
    "there now": ({"last_camera_id": "sight-north"}, True),
    "there before": ({"timeline": seen_at("sight-south", "sight-north", "sight-south")}, True),
    "elsewhere all the time": ({"timeline": seen_at("sight-south", "sight-road")}, False),
    "at a camera of no zone": ({"last_camera_id": "sight-road"}, False),
    "at a camera that nobody registered": ({"last_camera_id": "sight-nowhere"}, False),
    "on the zone's own list": ({"owners": ("federal", "BRU-NORTH")}, True),
    "on another zone's list": ({"owners": ("BRU-SOUTH",)}, False),
    "given to them": ({"assigned_to": OFFICER}, True),
    "given to somebody else": ({"assigned_to": "S. Zuid"}, False),
    "urgent": ({"list_kinds": ("no_insurance", "stolen_vehicle")}, True),
    "not that urgent": ({"list_kinds": ("stolen_plate", "surveillance", "no_inspection")}, False),
    "without a place": ({"last_camera_id": None, "timeline": (EventRecord(at=NOW, kind="opened"),)}, True),
}


def the_case(number: int, changes: dict[str, Any]) -> Case:
    return case(number, **{**PAPERS, **changes})


@pytest.mark.parametrize(("changes", "sees"), RULE.values(), ids=RULE)
def test_an_officer_of_a_zone_sees(changes: dict[str, Any], sees: bool) -> None:
    assert NORTH.sees(the_case(1, changes), ZONES) is sees
    assert CaseSight(OFFICER).sees(the_case(1, changes), ZONES), "federal"


def test_urgent_is_what_patrols_are_told_for() -> None:
    assert {"stolen_vehicle", "wanted_person", "missing_person"} == URGENT


@pytest.mark.parametrize(
    ("zones", "seen"),
    [
        ({"officer": "BRU-NORTH"}, {"BRU-NORTH"}),
        ({"officer": ""}, set()),
        ({"officer": "BRU-NORTH", "investigator": "BRU-SOUTH"}, {"BRU-NORTH", "BRU-SOUTH"}),
        ({"officer": "BRU-NORTH", "investigator": ""}, set()),
        ({"officer": "BRU-NORTH", "administrator": "", "hotlist_manager": ""}, {"BRU-NORTH"}),
        ({"hotlist_manager": "BRU-SOUTH"}, {"BRU-SOUTH"}),
        ({"auditor": ""}, set()),
    ],
)
def test_the_zones_are_those_in_which_they_look_at_vehicles(zones: dict[Role, str], seen: set[str]) -> None:
    assert sight_of(OFFICER, zones) == CaseSight(OFFICER, frozenset(seen))


@pytest.fixture(scope="module")
def stored(client: Client) -> dict[str, Case]:
    """A case for each line of the rule, in the store."""
    for camera, zone in ZONES.items():
        store_camera(client, camera, 50.85, 4.35, zone=zone)
    found = {name: the_case(9_000_000 + n, changes) for n, (name, (changes, _)) in enumerate(RULE.items())}
    sink = Sink(client, log=f"cluster/{uuid.uuid4().hex}")
    outcome = sink.store([message("cases", n, told(one)) for n, one in enumerate(found.values())])
    assert outcome[1] == []
    return found


def told(one: Case) -> dict[str, Any]:
    """As it lies in the topic."""
    fields: dict[str, Any] = json.loads(encode(one))
    return fields


def test_the_list_of_the_store_goes_by_the_same_rule(stored: dict[str, Case], client: Client) -> None:
    ours = {one.case_id: name for name, one in stored.items()}
    for sight in (NORTH, CaseSight("S. Zuid", frozenset({"BRU-SOUTH"})), CaseSight(OFFICER)):
        listed = {one.case_id for one in cases_in(client, ["new"], T0, most=10_000, sight=sight)}
        expected = {name for name, one in stored.items() if sight.sees(one, ZONES)}
        assert {ours[one] for one in listed & ours.keys()} == expected, sight


@pytest.mark.usefixtures("stored")
def test_what_somebody_does_not_see_takes_no_place_in_their_list(client: Client) -> None:
    everything = cases_in(client, ["new"], T0, most=10_000, sight=NORTH)
    assert len(everything) > 1
    assert cases_in(client, ["new"], T0, most=len(everything) - 1, sight=NORTH) == everything[:-1]
    assert len(everything) < len(cases_in(client, ["new"], T0, most=10_000)), "of all that there are"
