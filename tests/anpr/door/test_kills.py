"""kill -9 of the door in the middle of a device's uploads, again and again, on both brokers: each read once."""

from __future__ import annotations

import threading
import uuid
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from anpr.edge.door import Door
from anpr.edge.items import read_item
from anpr.edge.spool import Spool
from anpr.edge.uploader import Uploader
from pipeline.identity import fact_id
from tests.anpr.door.gate import Gate, make_topics, reads
from tests.anpr.program import wait_until

pytestmark = pytest.mark.slow
READS, AT_ONCE, KILLS = 4_000, 100, 2


@pytest.fixture
def gate(broker: str, tmp_path: Path) -> Iterator[Gate]:
    """A door on the embedded broker, and on Apache Kafka."""
    make_topics(broker)
    gate = Gate(broker, tmp_path / "data", {"door_reads_per_s": "100000"})
    gate.serve()
    yield gate
    if gate.process is not None:
        gate.kill()


def test_a_door_that_is_killed_again_and_again(gate: Gate, tmp_path: Path) -> None:
    camera = f"cam-{uuid.uuid4().hex[:12]}"
    token, spool = gate.known(camera, camera), Spool(tmp_path / "spool")
    wanted = {str(fact_id("read", camera, number)): 1 for number in range(READS)}
    spool.put([read_item({**read, "read_id": ident}) for read, ident in zip(reads(READS, camera), wanted, strict=True)])
    door = Door(gate.url, token)
    uploader = Uploader(spool, door, draw=lambda _low, _high: 0.1, most_reads=AT_ONCE)
    thread = threading.Thread(target=lambda: uploader.run(until_empty=True))
    thread.start()
    for kill in range(1, KILLS + 1):
        wait_until(lambda: spool.state().uploaded >= kill * READS // (KILLS + 1), what=f"uploads before kill {kill}")  # noqa: B023
        gate.kill()
        gate.serve(ready=False)
    thread.join(60)
    door.close()
    assert not thread.is_alive(), gate.said()
    assert (spool.state().spooled, spool.state().refused) == (0, 0)
    assert Counter(read["read_id"] for read in gate.stored(camera)) == wanted
