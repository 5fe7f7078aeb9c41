"""Messages for the sink, and what the store made of them."""

from __future__ import annotations

import json
import random
import time
import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from clickhouse_connect.driver.client import Client

from pipeline.messages import Batch, Message
from pipeline.outcome import Outcome, Rejection
from pipeline.runtime.dead_letters import HEADER, TOPIC
from pipeline.runtime.metrics import Metrics
from sinks.clickhouse.controllers import CONTROLLERS, POLICE, Controller
from sinks.clickhouse.held import HeldOffsets
from sinks.clickhouse.rows import ToRows
from sinks.clickhouse.writer import ClickHouseOutput

NOW = datetime.now(UTC).replace(microsecond=0)
TOPICS = (*(stored.topic for controller in CONTROLLERS for stored in controller.stored), TOPIC)


class Turned:
    """A clock that a test turns: sleeping takes no time and is written down."""

    def __init__(self) -> None:
        self.slept: list[float] = []

    def now(self) -> datetime:
        return datetime.now(UTC)

    def monotonic(self) -> float:
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)


@dataclass(slots=True)
class Sink:
    """The store flow without Kafka: messages in, rows in the tables."""

    client: Client
    log: str
    reads: str = "all"
    controller: Controller = POLICE
    held: HeldOffsets = field(default_factory=HeldOffsets)
    metrics: Metrics = field(default_factory=Metrics)
    clock: Turned = field(default_factory=Turned)

    def rows(self, messages: Sequence[Message]) -> Outcome:
        """What the stage makes of them."""
        stage = ToRows(self.held, dict.fromkeys(TOPICS, self.log), reads=self.reads, controller=self.controller)
        return stage(Batch(messages, NOW))

    def store(
        self, messages: Sequence[Message], while_waiting: Callable[[], None] = lambda: None
    ) -> tuple[Outcome, Sequence[Rejection]]:
        """Through stage and output; what the stage said and what the store refused."""
        outcome = self.rows(messages)
        return outcome, ClickHouseOutput(self.client, self.clock, self.metrics).deliver(outcome, while_waiting)

    def count(self, table: str) -> int:
        """Rows of this log, as they lie there."""
        return self._one(f"SELECT count() FROM {table} WHERE _log = {{log:String}}")

    def offsets(self, table: str) -> list[int]:
        """Offsets of this log's rows, repeated ones included."""
        rows = self.client.query(
            f"SELECT _offset FROM {table} WHERE _log = {{log:String}} ORDER BY 1", parameters={"log": self.log}
        ).result_rows
        return [int(row[0]) for row in rows]

    def _one(self, query: str) -> int:
        return int(self.client.query(query, parameters={"log": self.log}).result_rows[0][0])


def message(topic: str, offset: int, value: bytes | Mapping[str, Any], partition: int = 0, **more: Any) -> Message:
    """One message as the source hands it over."""
    data = value if isinstance(value, bytes) else json.dumps(value).encode()
    return Message(topic, partition, offset, int(NOW.timestamp() * 1000), b"key", data, **more)


def letter(offset: int, header: Mapping[str, Any], key: bytes | None, value: bytes) -> Message:
    """One dead letter."""
    head = json.dumps(header).encode()
    return Message(TOPIC, 0, offset, int(NOW.timestamp() * 1000), key, value, ((HEADER, head),))


def passage(plate: str = "1ABC234", revision: int = 1, **more: Any) -> dict[str, Any]:
    """A passage as the pipeline writes it."""
    moment = NOW.isoformat()
    return {
        "schema_version": 1,
        "passage_id": str(uuid.uuid4()),
        "revision": revision,
        "camera_id": "cam-1",
        "captured_at": moment,
        "last_captured_at": moment,
        "received_at": moment,
        "plate_raw": plate,
        "plate": plate,
        "plate_key": plate,
        "plate_display": plate,
        "confidence": 0.9,
        "certainty": "sure",
        "read_count": revision,
        "best_read_id": str(uuid.uuid4()),
        "best_captured_at": moment,
        **more,
    }


def passages(offsets: Iterable[int], partition: int = 0) -> list[Message]:
    """A message with a passage of its own at each offset."""
    return [message("passages", offset, passage(plate()), partition) for offset in offsets]


def plate() -> str:
    """A plate that no other test has."""
    return "".join(random.choices("ABCDEFGHJKLMNPQRSTUVWXYZ", k=12))


def minutes_ago(minutes: float) -> datetime:
    """A moment before now."""
    return datetime.now(UTC) - timedelta(minutes=minutes)
