"""What the store keeps of cases whose files are lost, as the worker that makes cases may read it."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from clickhouse_connect.driver.client import Client

from anpr.embedded.store.launch import StoreProcess
from schemas.base import GeoPoint
from schemas.case import Case
from schemas.case_input import KeptCases
from schemas.codec import changed, compiled, encode
from sinks.clickhouse.client import connect
from sinks.clickhouse.queries.kept_cases import MOST_CASES, kept_cases
from tests.pipeline.cases.builders import given_hit, hit
from tests.pipeline.cases.test_file import case_of
from tests.sinks.rows import Sink, message

NOW = datetime.now(UTC).replace(microsecond=0)


@pytest.fixture(scope="module")
def worker(store: StoreProcess, client: Client) -> Iterator[Client]:
    """A client that may what the flow `cases` may."""
    assert client.command("SELECT 1") == 1
    own = connect(store.dsn, role="anpr_cases")
    yield own
    own.close()


@pytest.fixture
def plate() -> str:
    """One that no other test has."""
    return f"9{uuid.uuid4().hex[:9].upper()}"


def hit_of(plate: str, ago_s: float = 60.0, **more: Any) -> Any:
    """A hit on it, so long ago."""
    at = NOW - timedelta(seconds=ago_s)
    return hit(
        0,
        **{
            "name": f"{plate}{ago_s}",
            "plate": plate,
            "listed_plate": plate,
            "captured_at": at,
            "received_at": at,
            **more,
        },
    )


def put(sink: Sink, topic: str, *records: Any) -> None:
    """Store them."""
    outcome, refused = sink.store([message(topic, n, encode(one)) for n, one in enumerate(records)])
    assert (outcome.rejected, refused) == ([], [])


def kept(client: Client, plate: str, days: float = 7) -> KeptCases | None:
    """What is kept of this vehicle."""
    return dict(kept_cases(client, NOW - timedelta(days=days))).get(plate)


def test_cases_and_hits_come_back_as_they_were_told(worker: Client, sink: Sink, plate: str) -> None:
    placed = {"lat": 50.85, "lon": 4.35}
    one = hit_of(plate, probability=0.87, position=compiled(GeoPoint)(**placed))
    misread = hit_of("9OTHER", 30, listed_plate=plate, match="misread", differing=(1,), why="O for 0 at place 2")
    taken_back = hit_of(plate, 20, withdrawn=True, revision=2)
    case = case_of(given_hit(one), given_hit(misread, 1))
    put(sink, "hits", one, misread, changed(taken_back, revision=1, withdrawn=False), taken_back)
    put(sink, "cases", case)
    found = kept(worker, plate)
    assert found is not None
    assert found.cases == (case,)
    assert [encode(each) for each in found.hits] == [encode(each) for each in (one, misread, taken_back)]


def test_a_camera_that_hangs_says_where(worker: Client, sink: Sink, plate: str) -> None:
    camera = f"cam-{plate}"
    told = {
        "schema_version": 1,
        "camera_id": camera,
        "name": "Gate",
        "kind": "fixed",
        "position": {"lat": 50.9, "lon": 4.4},
    }
    sink.store([message("cameras", 0, told)])
    one = hit_of(plate, camera_id=camera)
    put(sink, "hits", one)
    put(sink, "cases", case_of(given_hit(one)))
    found = kept(worker, plate)
    assert found is not None
    assert [(each.position.lat, each.position.lon) for each in found.hits if each.position] == [(50.9, 4.4)]


def _moved(case: Case, days: float, **more: Any) -> Case:
    at = NOW - timedelta(days=days)
    return changed(case, case_id=uuid.uuid4(), opened_at=at, updated_at=at, **more)


def test_what_is_over_for_long_is_left_and_what_is_open_never(worker: Client, sink: Sink) -> None:
    plates = [f"9{uuid.uuid4().hex[:9].upper()}" for _ in range(3)]
    case = case_of(given_hit(hit_of(plates[0])))
    ended = {"state": "closed", "closed_how": "person"}
    put(
        sink,
        "cases",
        _moved(case, 40, plate=plates[0]),
        _moved(case, 8, plate=plates[1], **ended),
        _moved(case, 6, plate=plates[2], **ended),
    )
    found = dict(kept_cases(worker, NOW - timedelta(days=7)))
    assert [plate in found for plate in plates] == [True, False, True]


def test_of_many_cases_the_last_ones_are_kept(worker: Client, sink: Sink, plate: str) -> None:
    case = case_of(given_hit(hit_of(plate)))
    many = [_moved(case, days / 2, state="closed", closed_how="person") for days in range(9, 0, -1)]
    put(sink, "cases", *many)
    found = kept(worker, plate)
    assert found is not None
    assert found.cases == tuple(many[-MOST_CASES:])
