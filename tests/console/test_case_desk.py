"""The desk of cases by itself: what it asks the store for, and which case a name means."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import timedelta

import pytest
from clickhouse_connect.driver.client import Client

import console.case_desk
from console.case_desk import CaseDesk, CaseUnknown
from console.recent_cases import RecentCases
from sinks.clickhouse.officers import FOREVER, Officer, Register
from sinks.clickhouse.queries.cameras import Registered, cameras
from tests.console.cases import case
from tests.console.world import now
from tests.sinks.queries.facts import store_camera

pytestmark = pytest.mark.slow
FEDERAL, NORTH = "F. Federaal", "Z. Noord"


@pytest.fixture(scope="module")
def people(tables: Client) -> Client:
    """The store with an officer of all zones and one of the north, and a camera there."""
    register = Register(tables, now, "Administrator")
    register.bootstrap(("administrator",))
    for name, zone in ((FEDERAL, ""), (NORTH, "BRU-NORTH")):
        register.add(Officer(name, "officer", zone, now() - timedelta(days=1), FOREVER))
    store_camera(tables, "gate-1", 50.85, 4.35, zone="BRU-NORTH")
    return tables


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[Client]:
    """Grows with each question for the cameras."""
    found: list[Client] = []

    def counted(client: Client) -> Sequence[Registered]:
        found.append(client)
        return cameras(client)

    monkeypatch.setattr(console.case_desk, "cameras", counted)
    return found


def desk(client: Client, **changes: object) -> CaseDesk:
    """One that has just heard of a case at gate-1."""
    recent = RecentCases()
    recent.note(case(7, last_camera_id="gate-1", **changes))
    return CaseDesk(client, None, now, None, recent)


@pytest.mark.parametrize("officer", [FEDERAL, NORTH])
def test_a_look_asks_for_the_cameras_once(officer: str, people: Client, asked: list[Client]) -> None:
    shown = desk(people, list_kinds=("surveillance",)).show(officer, str(uuid.UUID(int=7)))
    assert shown.camera_names["gate-1"] == "Name of gate-1"
    assert len(asked) == 1


@pytest.mark.parametrize("name", ["1CAS007", "1-cas-007", " 1.CAS.007 ", "1СAS007"])
def test_a_plate_means_its_case_however_it_is_typed(name: str, people: Client) -> None:
    """The last one with a Cyrillic letter, as somebody pastes it."""
    assert desk(people).show(FEDERAL, name).case.plate == "1CAS007"


def test_another_plate_means_none(people: Client) -> None:
    with pytest.raises(CaseUnknown):
        desk(people).show(FEDERAL, "1CAS008")
