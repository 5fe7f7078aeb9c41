"""The register: what holds is the latest record, and a clock that is behind is told, not obeyed in silence."""

from __future__ import annotations

import uuid
from datetime import timedelta

import pytest
from clickhouse_connect.driver.client import Client

from sinks.clickhouse.officers import FOREVER, Officer, OfficerRefused, Register
from tests.sinks.audited import now


@pytest.fixture
def name() -> str:
    """Somebody whom no other test knows."""
    return f"Officer {uuid.uuid4().hex[:8]}"


def _officer(name: str, **more: object) -> Officer:
    given = {"role": "officer", "police_zone": "", "valid_from": now() - timedelta(days=1), "valid_until": FOREVER}
    return Officer(name, **(given | more))  # type: ignore[arg-type]


def _of(register: Register, name: str) -> list[Officer]:
    return [one for one in register.list() if one.officer == name]


def test_the_latest_record_of_a_role_holds(client: Client, name: str) -> None:
    register = Register(client, now, "Administrator")
    register.add(_officer(name))
    register.add(_officer(name, police_zone="BRU-NORTH"))
    (found,) = _of(register, name)
    assert (found.police_zone, found.registered_by) == ("BRU-NORTH", "Administrator")


def test_an_end_from_a_clock_that_is_behind_is_refused_aloud(client: Client, name: str) -> None:
    Register(client, now, "Administrator").add(_officer(name))
    behind = Register(client, lambda: now() - timedelta(hours=1), "Administrator")
    with pytest.raises(OfficerRefused, match="clock is ahead of this one"):
        behind.end(name)
    Register(client, now, "Administrator").end(name)


def test_one_role_of_two_is_ended(client: Client, name: str) -> None:
    register = Register(client, now, "Administrator")
    register.add(_officer(name))
    register.add(_officer(name, role="auditor"))
    assert [one.role for one in register.end(name, "auditor")] == ["auditor"]
    Register(client, now, name).require("officer")
    with pytest.raises(OfficerRefused, match="is not registered as auditor"):
        Register(client, now, name).require("auditor")


def test_where_somebody_is_registered_nobody_becomes_owner(client: Client, name: str) -> None:
    assert not Register(client, now, name).bootstrap()
    assert _of(Register(client, now, name), name) == []
