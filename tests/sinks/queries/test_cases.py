"""Cases out of the store as they went in, and in the order in which they wait."""

from __future__ import annotations

import json
import uuid
from typing import Any

import pytest
from clickhouse_connect.driver.client import Client

from schemas.case import Case
from schemas.codec import decoder
from sinks.clickhouse.queries.cases import cases_in, cases_named, is_named
from tests.pipeline.builders import T0, at
from tests.schemas.examples import files, load
from tests.sinks.rows import Sink, message

EXAMPLES = files("case", "valid")


def _case(plate: str, **changes: Any) -> dict[str, Any]:
    case_id, moment = str(uuid.uuid4()), at(0).isoformat()
    fields: dict[str, Any] = {"case_id": case_id, "revision": 1, "plate": plate, "list_kinds": ["stolen_vehicle"]}
    fields |= {"priority": 20, "state": "new", "hit_ids": [], "opened_at": moment, "updated_at": moment}
    return {"schema_version": 1, **fields, **changes}


@pytest.fixture
def plate() -> str:
    """One that no other test has."""
    return f"9{uuid.uuid4().hex[:9].upper()}"


@pytest.mark.parametrize("path", EXAMPLES, ids=[path.stem for path in EXAMPLES])
def test_a_case_comes_back_as_the_contract(path: Any, plate: str, sink: Sink, client: Client) -> None:
    told = {**load(path), "plate": plate, "case_id": str(uuid.uuid4())}
    sink.store([message("cases", 0, told)])
    (found,) = cases_named(client, plate)
    assert found == decoder(Case)(json.dumps(told).encode())


def test_the_highest_revision_holds(plate: str, sink: Sink, client: Client) -> None:
    first = _case(plate)
    sink.store([message("cases", n, {**first, "revision": n + 1, "priority": 90 - n}) for n in range(3)])
    (found,) = cases_named(client, plate)
    assert (found.revision, found.priority) == (3, 88)


def test_the_most_urgent_come_first(sink: Sink, client: Client) -> None:
    kind = "clone_watch"
    wanted = [
        {"priority": 0, "alert_class": "confirm"},
        {"priority": 10, "alert_class": "alert", "escalation": 2},
        {"priority": 10, "alert_class": "alert"},
        {"priority": 10, "alert_class": "alert", "opened_at": at(60).isoformat()},
        {"priority": 10, "alert_class": "confirm", "escalation": 2},
    ]
    cases = [_case(f"9URG{n}", list_kinds=[kind], **fields) for n, fields in enumerate(wanted)]
    ended = _case("9URG9", list_kinds=[kind], priority=0, state="closed")
    sink.store([message("cases", n, case) for n, case in enumerate([ended, *reversed(cases)])])
    found = cases_in(client, ["new"], T0, [kind])
    assert [case.plate for case in found] == [f"9URG{n}" for n in range(5)]
    assert [case.plate for case in cases_in(client, ["new"], T0, [kind], most=2)] == ["9URG0", "9URG1"]
    assert cases_in(client, ["new"], at(3600), [kind]) == []


def test_a_case_is_found_by_the_first_digits_of_its_identifier(plate: str, sink: Sink, client: Client) -> None:
    case = _case(plate)
    sink.store([message("cases", 0, case)])
    assert [str(one.case_id) for one in cases_named(client, case["case_id"][:13])] == [case["case_id"]]
    assert [str(one.case_id) for one in cases_named(client, f"{plate[0]}-{plate[1:]}".lower())] == [case["case_id"]]
    assert cases_named(client, case["case_id"][:5]) == []


def test_a_name_means_the_same_cases_in_the_store_as_beside_it(plate: str, sink: Sink, client: Client) -> None:
    given = _case(plate)
    sink.store([message("cases", 0, given)])
    case, case_id = decoder(Case)(json.dumps(given).encode()), given["case_id"]
    names = [
        case_id,
        case_id[:8],
        case_id[:6].upper(),
        case_id[:5],
        case_id[1:9],
        plate,
        plate.lower(),
        plate[:-1],
        "-",
    ]
    assert [is_named(case, name) for name in names] == [bool(cases_named(client, name)) for name in names]
    assert is_named(case, case_id[:8])


def test_of_a_plate_the_open_case_comes_first(plate: str, sink: Sink, client: Client) -> None:
    cases = [
        _case(plate, state="closed", opened_at=at(100).isoformat()),
        _case(plate, state="pursuing", opened_at=at(0).isoformat()),
    ]
    sink.store([message("cases", n, case) for n, case in enumerate(cases)])
    assert [one.state for one in cases_named(client, plate)] == ["pursuing", "closed"]
