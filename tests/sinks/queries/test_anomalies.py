"""Plates on two vehicles and wrong clocks: from the stage through the sink to the question, opened by a search only."""

from __future__ import annotations

import random
import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from clickhouse_connect.driver.client import Client

from pipeline.clones.telling import clock_anomaly
from pipeline.messages import Batch, Message
from pipeline.stages.watch import Watch
from schemas.anomaly import Anomaly
from schemas.base import GeoPoint
from schemas.camera import Camera
from schemas.codec import compiled, decoder, encode
from sinks.clickhouse.queries.anomalies import anomalies
from sinks.clickhouse.queries.ask import sql_of
from sinks.clickhouse.queries.cases import cases_of_anomalies
from sinks.clickhouse.refusal import SearchRefused
from tests.pipeline.builders import PassageRecord, passage
from tests.sinks.queries.facts import (
    NOON,
    assert_pruned,
    at,
    explained,
    open_one,
    scene,
    some_camera,
    store_camera,
)
from tests.sinks.rows import Sink, message

CameraRecord, PointRecord = compiled(Camera), compiled(GeoPoint)
PLACES = ((50.80, 4.35), (51.20, 4.40))


def belgian_plate() -> str:
    """One that no other test has. (Hypothesis seeds `random`.)"""
    draw = random.SystemRandom().choices
    return "1" + "".join(draw("ACEFHJKMNPRTUVWXY", k=3) + draw("34679", k=3))


def found_by_the_stage(plate: str, cameras: Sequence[str], moment: datetime) -> list[Message]:
    """What `watch` tells of one plate at two cameras within a minute, as messages of its topic."""
    known = {
        name: CameraRecord(camera_id=name, name=name, kind="fixed", position=PointRecord(lat=lat, lon=lon))
        for name, (lat, lon) in zip(cameras, PLACES, strict=True)
    }
    log = []
    for n, name in enumerate(cameras):
        when = moment + timedelta(seconds=60 * n)
        times = dict.fromkeys(("captured_at", "last_captured_at", "received_at"), when)
        record = passage(plate, n, **times, camera_id=name, confidence=0.999, read_count=3, evidence=f"{name}/1.jpg")
        assert isinstance(record, PassageRecord)
        log.append(Message("passages", 0, n, round(when.timestamp() * 1000), plate.encode(), encode(record)))
    outcome = Watch(known)(Batch(log, moment + timedelta(days=1)))
    return [_message(decoder(Anomaly)(emit.value), n) for n, emit in enumerate(outcome.emitted)]


def _message(anomaly: Anomaly, offset: int = 0) -> Message:
    key = (anomaly.plate or anomaly.camera_id or "").encode()
    return Message("anomalies", 0, offset, 0, key, encode(anomaly))


@pytest.fixture
def two(client: Client) -> tuple[str, str]:
    """Two cameras far apart, the first in the zone BRU-NORTH."""
    names = some_camera(), some_camera()
    for name, (lat, lon), zone in zip(names, PLACES, ("BRU-NORTH", ""), strict=True):
        store_camera(client, name, lat, lon, zone=zone)
    return names


def test_what_the_stage_told_is_shown_with_both_pictures(client: Client, sink: Sink, two: tuple[str, str]) -> None:
    plate = belgian_plate()
    _, refused = sink.store(found_by_the_stage(plate, two, NOON))
    assert refused == []
    (one,) = anomalies(client, open_one(client, scenes=[scene(two)]))
    assert (one.kind, one.plate, one.camera_id, one.passages) == ("impossible_travel", plate, two[1], 2)
    assert (list(one.cameras), list(one.times)) == (list(two), [at(0), at(60)])
    assert list(one.pictures) == [f"{name}/1.jpg" for name in two]
    assert one.elapsed_s == 60
    assert one.distance_m == pytest.approx(44_600, rel=0.01)
    assert one.needed_kmh is not None
    assert one.needed_kmh > 2000
    assert 0.5 < one.score < 1
    assert list(zip(one.lats, one.lons, strict=True)) == list(PLACES)
    assert len(set(one.sighted)) == 2
    assert list(one.confidences) == pytest.approx([0.999, 0.999], abs=1e-4)
    assert one.ended_at is None


def test_the_case_that_holds_it_is_found_by_the_anomaly(client: Client, sink: Sink, two: tuple[str, str]) -> None:
    plates = belgian_plate(), belgian_plate()
    sink.store([told for plate in plates for told in found_by_the_stage(plate, two, NOON)])
    held, alone = (next(one for one in anomalies(client, open_one(client, plate, [scene(two)]))) for plate in plates)
    cases = [str(uuid.uuid4()) for _ in range(3)]
    told = {"anomaly_id": str(held.anomaly_id), "kind": held.kind, "observed_at": NOON.isoformat(), "score": 0.9}
    fields: dict[str, Any] = {"revision": 1, "list_kinds": [], "priority": 20, "state": "new", "hit_ids": []}
    sink.store(
        [
            message(
                "cases",
                n,
                {
                    **{"schema_version": 1, "case_id": name, "plate": plates[0], **fields},
                    **{"opened_at": at(n).isoformat(), "updated_at": at(n).isoformat()},
                    "anomalies": [told] if n < 2 else [],
                },
            )
            for n, name in enumerate(cases)
        ]
    )
    found = cases_of_anomalies(client, {one.anomaly_id: one.plate for one in (held, alone)})
    assert {anomaly: str(case) for anomaly, case in found.items()} == {held.anomaly_id: cases[1]}
    assert cases_of_anomalies(client, {}) == {}


def test_newest_first_by_kind_by_plate_and_without_the_withdrawn(
    client: Client, sink: Sink, two: tuple[str, str]
) -> None:
    plates = [belgian_plate() for _ in range(3)]
    told = [found_by_the_stage(plate, two, at(600 * n)) for n, plate in enumerate(plates)]
    gone = decoder(Anomaly)(told[1][0].value)
    withdrawn = compiled(Anomaly)(
        anomaly_id=gone.anomaly_id,
        revision=2,
        withdrawn=True,
        kind=gone.kind,
        observed_at=gone.observed_at,
        plate=gone.plate,
        score=gone.score,
        camera_id=gone.camera_id,
    )
    clock = clock_anomaly(two[0], round(at(300).timestamp() * 1000), 60.0, 1.0, "Its clock is ahead.")
    sink.store([*(one for some in told for one in some), _message(withdrawn, 7), _message(clock, 8)])
    record = open_one(client, scenes=[scene(two, -86_400)])
    assert [one.plate for one in anomalies(client, record)] == [plates[2], plates[0], ""]
    assert [one.plate for one in anomalies(client, record, ["impossible_travel"])] == [plates[2], plates[0]]
    assert [one.kind for one in anomalies(client, record, ["camera_clock"])] == ["camera_clock"]
    assert [one.plate for one in anomalies(client, record, limit=1)] == [plates[2]]
    narrow = open_one(client, pattern=f"{plates[0][:6]}*", scenes=[scene(two)])
    assert [one.plate for one in anomalies(client, narrow)] == [plates[0]]
    early = open_one(client, scenes=[scene(two, 0, 599)])
    assert [one.plate for one in anomalies(client, early)] == [plates[0]]


def test_only_the_cameras_and_the_zone_of_the_search(client: Client, sink: Sink, two: tuple[str, str]) -> None:
    plate, elsewhere = belgian_plate(), some_camera()
    store_camera(client, elsewhere)
    sink.store(found_by_the_stage(plate, two, NOON))
    assert anomalies(client, open_one(client, scenes=[scene([elsewhere])])) == []
    assert len(anomalies(client, open_one(client, scenes=[scene(two[:1])]))) == 1
    zoned = {"officer": "Z. Noord", "police_zone": "BRU-NORTH"}
    assert len(anomalies(client, open_one(client, scenes=[scene(two)], **zoned))) == 1
    other = some_camera(), some_camera()
    for name, (lat, lon) in zip(other, PLACES, strict=True):
        store_camera(client, name, lat, lon, zone="BRU-WEST")
    sink.store(found_by_the_stage(belgian_plate(), other, NOON))
    assert anomalies(client, open_one(client, scenes=[scene(other)], **zoned)) == []


def test_no_search_no_anomaly(client: Client, two: tuple[str, str]) -> None:
    record = open_one(client, scenes=[scene(two)])
    with pytest.raises(SearchRefused) as unknown:
        anomalies(client, record.model_copy(update={"search_id": UUID(int=1)}))
    assert unknown.value.code == "search_unknown"
    with pytest.raises(SearchRefused) as anothers:
        anomalies(client, record.model_copy(update={"officer": "B. Dupont"}))
    assert anothers.value.code == "search_of_another"
    with pytest.raises(SearchRefused) as kind:
        anomalies(client, open_one(client, pattern=belgian_plate()))
    assert kind.value.code == "kind_closed"


def test_the_same_as_a_plain_look_at_all_rows(client: Client, sink: Sink, two: tuple[str, str]) -> None:
    for n in range(20):
        sink.store(found_by_the_stage(belgian_plate(), two, at(240 * n)))
    found = {one.anomaly_id for one in anomalies(client, open_one(client, scenes=[scene(two, 600, 3000)]))}
    rows = client.query("SELECT anomaly_id, observed_at, camera_id, withdrawn, sightings FROM anomalies").result_rows
    plain = {
        row[0]
        for row in rows
        if at(600) <= row[1] < at(3000) and not row[3] and {row[2], *(s["camera_id"] for s in row[4])} & set(two)
    }
    assert found == plain
    assert len(found) == 10


def test_months_and_times_prune_the_table(client: Client, two: tuple[str, str]) -> None:
    record = open_one(client, scenes=[scene(two)])
    given = {"search_id": record.search_id, "officer": record.officer, "kinds": [], "limit": 10}
    assert_pruned(explained(client, sql_of("anomalies"), given), "anomalies", "observed_at")
