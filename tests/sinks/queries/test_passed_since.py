"""What a new entry is searched for in: passages and hits come back as they were told, to the service alone."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from clickhouse_connect.driver.client import Client
from clickhouse_connect.driver.exceptions import DatabaseError

from anpr.embedded.store.launch import StoreProcess
from pipeline.identity import fact_id
from pipeline.plates.misread import misread_keys
from schemas.base import GeoPoint
from schemas.codec import compiled, decoder, encode
from schemas.hit import Hit, NearPatrol
from schemas.passage import Passage
from sinks.clickhouse.client import connect
from sinks.clickhouse.queries.passed_since import (
    all_plates,
    entries_hit,
    hits_of_entries,
    passages_of,
    plates_fitting_any,
    plates_with_keys,
)
from tests.pipeline.builders import passage
from tests.schemas.examples import files
from tests.sinks.queries.facts import some_plate
from tests.sinks.rows import Sink, message

NOW = datetime.now(UTC).replace(microsecond=0)
SINCE = NOW - timedelta(hours=24)
HitRecord, PatrolRecord, PointRecord = compiled(Hit), compiled(NearPatrol), compiled(GeoPoint)


@pytest.fixture(scope="module")
def service(store: StoreProcess, client: Client) -> Iterator[Client]:
    """A client that may what the flow `lookback` may."""
    assert client.command("SELECT 1") == 1
    own = connect(store.dsn, role="anpr_lookback")
    yield own
    own.close()


def seen(plate: str, hours: float = 1, **more: Any) -> Passage:
    """A passage so many hours ago, whose identifier nobody else has."""
    moment = NOW - timedelta(hours=hours)
    moments = dict.fromkeys(("captured_at", "last_captured_at", "best_captured_at", "received_at"), moment)
    return passage(plate, **{"passage_id": uuid.uuid4(), **moments, **more})


def store(sink: Sink, *records: Any, topic: str = "passages") -> None:
    """Put them in."""
    outcome, refused = sink.store([message(topic, n, encode(one)) for n, one in enumerate(records)])
    assert (outcome.rejected, refused) == ([], [])


def hit(plate: str, entry_id: str, revision: int = 1, **more: Any) -> Hit:
    """A hit an hour ago."""
    fields: dict[str, Any] = {
        "hit_id": fact_id("hit", plate, entry_id),
        "revision": revision,
        "passage_id": fact_id("passage", plate),
        **{"entry_id": entry_id, "list_kind": "stolen_vehicle", "priority": 3, "owner": "federal"},
        **{"plate": plate, "listed_plate": plate, "match": "exact", "probability": 0.5, "alert_class": "alert"},
        **{"instruction": "stop", "reason": "Reported stolen", "camera_id": "cam-1"},
        **{"captured_at": NOW - timedelta(hours=1), "received_at": NOW - timedelta(hours=1)},
    }
    return HitRecord(**fields | more)


def test_passages_come_back_as_they_were_told(sink: Sink, service: Client) -> None:
    plate = some_plate()
    (path,) = [path for path in files("passage", "valid") if path.stem == "full"]
    full = decoder(Passage)(path.read_bytes())
    plain = seen(plate, hours=2)
    rich = seen(
        plate, evidence="a/b.jpg", position=PointRecord(lat=50.8, lon=4.3), candidates=full.candidates, late=True
    )
    store(sink, plain, rich)
    found = passages_of(service, SINCE, [plate])
    assert found[0] == plain
    assert [one.text for one in found[1].candidates] == [one.text for one in full.candidates]
    assert _without(found[1], "candidates") == _without(rich, "candidates")


def test_what_was_taken_back_or_passed_before_is_not_found(sink: Sink, service: Client) -> None:
    plate = some_plate()
    gone = seen(plate)
    store(sink, gone, seen(plate, hours=25), type(gone)(**_fields(gone) | {"revision": 2, "withdrawn": True}))
    assert passages_of(service, SINCE, [plate]) == []
    assert len(passages_of(service, SINCE - timedelta(hours=2), [plate])) == 1


def test_plates_by_what_they_may_be_read_as_and_by_pattern(sink: Sink, service: Client) -> None:
    plate = some_plate()
    misread = plate[:4] + ("8" if plate[4] != "8" else "3") + plate[5:]
    store(sink, seen(plate), seen(misread), seen(some_plate()))
    assert set(plates_with_keys(service, SINCE, misread_keys(plate))) == {plate, misread}
    assert set(plates_fitting_any(service, SINCE, [f"{plate[:4]}.*{plate[5:]}"])) == {plate, misread}
    assert plates_fitting_any(service, SINCE, [plate[:4]]) == [], "the whole plate must fit"
    assert {plate, misread} <= {one for block in all_plates(service, SINCE) for one in block}


def test_hits_come_back_as_they_stand(sink: Sink, service: Client) -> None:
    plate, entry_id = some_plate(), f"e-{uuid.uuid4().hex}"
    near = PatrolRecord(patrol_id="P1", distance_m=1200.5, road_s=90.5, position_age_s=4.0)
    first = hit(plate, entry_id, differing=(1, 3), why="8 for B", nearest_patrols=(near,), evidence="a.jpg")
    other = hit(some_plate(), entry_id)
    store(sink, first, other, type(other)(**_fields(other) | {"withdrawn": True}), topic="hits")
    assert hits_of_entries(service, SINCE, [entry_id]) == [first], "of equal revisions the later message holds"
    assert entry_id in entries_hit(service, SINCE)
    assert entry_id not in entries_hit(service, NOW)


@pytest.mark.parametrize("view", ["plates_passed_since", "passages_passed_since"])
def test_the_service_looks_back_two_weeks_at_most(view: str, sink: Sink, service: Client) -> None:
    plate = some_plate()
    store(sink, seen(plate))
    more = f", plates = ['{plate}']" if view.startswith("passages") else ""
    since = (datetime.now(UTC) - timedelta(days=15)).strftime("%Y-%m-%d %H:%M:%S")
    with pytest.raises(DatabaseError, match="last 14 days"):
        service.query(f"SELECT count() FROM {view}(since = '{since}'{more})")


def _fields(record: Any) -> dict[str, Any]:
    return {name: getattr(record, name) for name in record.__struct_fields__}


def _without(record: Any, name: str) -> dict[str, Any]:
    return {key: value for key, value in _fields(record).items() if key != name}


def test_a_stored_passage_that_its_contract_does_not_allow_is_left_out(sink: Sink, service: Client) -> None:
    """The sink looks at the fields that every passage must have; one that cannot be read back would end `lookback`."""
    plate = some_plate()
    store(sink, seen(plate), seen(plate, country="no code"))
    assert len(passages_of(service, SINCE, [plate])) == 1
