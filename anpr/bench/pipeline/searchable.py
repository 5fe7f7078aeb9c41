"""How long until a read can be found: marked reads among the traffic, and the store asked for their plates.

A look is the number of rows of `passages`, which the store knows without reading any; only when it has grown, the
plates that are still missing are asked for, all with one query. So a look costs the store next to nothing, and the
resolution is the time between two looks. Markers are due on a fixed schedule and stamped with it: one that is sent
late, or looked for late, counts from when it was due.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from clickhouse_connect.driver.client import Client

from anpr.hit_watch import quantile
from pipeline.identity import fact_id
from pipeline.runtime.kafka import KafkaConfig
from pipeline.runtime.output import KafkaOutput
from replay.bulk import vehicle_plate
from schemas.codec import compiled, encode
from schemas.read import Candidate, Read

__all__ = ["MARKERS_PER_S", "SearchProbe", "marker"]

MARKERS_PER_S = 50
LAST_VEHICLE = 5_000_000
LONGEST_S = 30.0
FOUND = (
    "SELECT DISTINCT plate FROM passages WHERE plate IN {plates:Array(String)} AND captured_at >= {since:DateTime64(3)}"
)
ReadRecord, CandidateRecord = compiled(Read), compiled(Candidate)


def marker(number: int, camera: str, due_s: float) -> tuple[str, bytes]:
    """Plate and message of a read of a vehicle that nobody else drives. due_s: since the epoch."""
    plate = vehicle_plate(LAST_VEHICLE - 1 - number)[0].decode()
    due = datetime.fromtimestamp(due_s, UTC)
    read = ReadRecord(
        read_id=fact_id("bench-marker", number),
        camera_id=camera,
        captured_at=due,
        received_at=due,
        plate_raw=plate,
        confidence=0.97,
        candidates=(CandidateRecord(text=plate, confidence=0.97),),
        track_id=f"marker-{number}",
        reader="bench/1",
    )
    return plate, encode(read)


@dataclass(slots=True)
class SearchProbe:
    """One phase's markers. Call `step` often; then `finish`."""

    kafka: KafkaConfig
    client: Client
    cameras: Sequence[str]
    count: Callable[[], int]
    """Rows of `passages` by now."""
    first: int
    """Number of the first marker: none is used twice."""
    sent: int = 0
    delays_ms: list[float] = field(default_factory=list)
    _missing: dict[str, float] = field(default_factory=dict)
    """Plate → when it was due."""
    _gaps_ms: list[float] = field(default_factory=list)
    _rows: int = -1
    _looked_at: float = 0.0
    _began: float = field(default_factory=time.time)
    _output: KafkaOutput = field(init=False)

    def __post_init__(self) -> None:
        self._output = KafkaOutput(self.kafka)

    def step(self) -> None:
        """Send what is due, and look."""
        while (due := self._began + self.sent / MARKERS_PER_S) <= time.time():
            camera = self.cameras[self.sent % len(self.cameras)]
            plate, value = marker(self.first + self.sent, camera, due)
            self._output.produce("reads", camera.encode(), value, ())
            self._missing[plate] = due
            self.sent += 1
        self._output.serve()
        self._look()

    def _look(self) -> None:
        rows, now = self.count(), time.time()
        if self._looked_at:
            self._gaps_ms.append((now - self._looked_at) * 1000)
        self._looked_at = now
        if rows == self._rows or not self._missing:
            return
        self._rows = rows
        parameters = {"plates": list(self._missing), "since": datetime.fromtimestamp(self._began - 60, UTC)}
        found = self.client.query(FOUND, parameters=parameters).result_rows
        now = time.time()
        self.delays_ms += [(now - self._missing.pop(str(plate))) * 1000 for (plate,) in found]

    def finish(self, pause: Callable[[], None]) -> None:
        """Send no more; look until all are found, or half a minute has passed."""
        self._output.flush()
        deadline = time.monotonic() + LONGEST_S
        while self._missing and time.monotonic() < deadline:
            self._look()
            pause()

    def figures(self) -> dict[str, Any]:
        """Milliseconds; `never`: markers that were not found within half a minute, which the quantiles lack."""
        delays = self.delays_ms
        return {
            "p50": quantile(delays, 0.5),
            "p99": quantile(delays, 0.99),
            "p999": quantile(delays, 0.999),
            "samples": len(delays),
            "never": len(self._missing),
            "resolution_ms": quantile(self._gaps_ms, 0.5),
            "resolution_p99_ms": quantile(self._gaps_ms, 0.99),
        }
