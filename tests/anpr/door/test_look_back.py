"""What a door that died had sent is found in the log, and only the rest is sent again."""

from __future__ import annotations

import json
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from anpr.door.arrived import Arrived, Spooled, digest_of
from anpr.door.ledger import TAKEOVER, Ledger
from anpr.door.look_back import found_in_log
from anpr.door.reading import reads_of
from pipeline.runtime.kafka import KafkaConfig
from pipeline.runtime.output import KafkaOutput
from pipeline.runtime.partitions import partition_of
from schemas.codec import changed, encode
from tests.anpr.door.gate import PARTITIONS, Gate, a_read, reads, spooled

pytestmark = pytest.mark.slow
CAMERAS = ("cut-1", "cut-2")


def _sent(gate: Gate, messages: list[tuple[str, bytes, bytes]]) -> None:
    output = KafkaOutput(KafkaConfig(gate.bootstrap, "static"))
    for topic, key, value in messages:
        output.produce(topic, key, value, ())
    output.flush()


@pytest.mark.parametrize("arrived_before", [0, 7, 40])
def test_an_upload_that_was_cut_short_is_completed(gate: Gate, arrived_before: int, tmp_path: Path) -> None:
    """As a door leaves it that was killed six minutes ago after so many reads."""
    device, spool = f"cut-{arrived_before}", tmp_path.name.replace("_", "-")
    token = gate.known(device, *CAMERAS)
    each = [reads(20, camera, seed=arrived_before) for camera in CAMERAS]
    documents = [one for pair in zip(*each, strict=True) for one in pair]
    body = "\n".join(json.dumps(one) for one in documents).encode()
    now = datetime.now(UTC)
    messages, _ = reads_of(body, CAMERAS, now)
    ends = {partition_of(key.encode(), PARTITIONS): 0 for key in CAMERAS}
    dead = Arrived(device, "reads", tuple(messages), digest_of(body), Spooled(spool, 1), now)
    died_at = now - TAKEOVER - timedelta(minutes=1)
    record = changed(Ledger("a door that is dead").open(dead, ends, now), opened_at=died_at)
    _sent(gate, [("uploads", dead.lane.encode(), encode(record))])
    _sent(gate, [("reads", one.key, one.value) for one in messages[:arrived_before]])
    answer = gate.post(body, token, spooled(1, spool))
    assert answer.json()["accepted"] == 40
    wanted = {str(one.ident) for one in messages}
    counts = Counter(read["read_id"] for camera in CAMERAS for read in gate.stored(camera) if read["read_id"] in wanted)
    assert counts == dict.fromkeys(wanted, 1)
    assert gate.post(body, token, spooled(1, spool)).json()["repeated"]


def test_another_door_s_upload_is_left_to_it_for_a_while(gate: Gate) -> None:
    token = gate.known("elsewhere", *CAMERAS)
    body = b"[" + json.dumps(a_read(camera="cut-1")).encode() + b"]"
    now = datetime.now(UTC)
    other = Arrived("elsewhere", "reads", (), digest_of(body), Spooled("spool-1", 1), now)
    _sent(gate, [("uploads", other.lane.encode(), encode(Ledger("another door").open(other, {}, now)))])
    answer = gate.post(body, token, spooled(1))
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "30")


def test_the_log_is_looked_at_from_the_floor_on(gate: Gate) -> None:
    token = gate.known("floor", "cut-1")
    assert gate.post([a_read("1ABC111", "cut-1")], token).status_code == 200
    kafka = KafkaConfig(gate.bootstrap, "static")
    raws = [raw for raw in gate.log("reads") if raw.key() == b"cut-1"]
    place, last = raws[-1].partition() or 0, raws[-1].offset() or 0
    (message,) = reads_of(b"[" + (raws[-1].value() or b"") + b"]", ("cut-1",), datetime.now(UTC))[0]
    assert found_in_log(kafka, "reads", {place: last}, frozenset({message.ident})) == {message.ident}
    assert found_in_log(kafka, "reads", {place: last + 1}, frozenset({message.ident})) == set()
