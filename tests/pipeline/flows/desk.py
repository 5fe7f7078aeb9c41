"""A real cases worker in a process of its own, on a broker with the topics of the files."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.request import urlopen
from uuid import UUID

from confluent_kafka.admin import AdminClient

from anpr.embedded.child import Child, start_child, wait_ready
from anpr.settings import Settings
from pipeline.cases.records import InputRecord
from pipeline.messages import Message
from pipeline.runtime.kafka import KafkaConfig, producer_client
from schemas.anomaly import Anomaly
from schemas.case import Case
from schemas.case_input import CaseAction
from schemas.codec import decoder, encode
from schemas.hit import Hit
from tests.pipeline.runtime.workers import DEADLINE_S, contents, until
from topics.admin import create
from topics.spec import all_topics

PARTITIONS = {"static": 3, "group": 8}
START_S = 40.0
decode_case = decoder(Case)


@dataclass
class Desk:
    """The worker, what is sent to it and what it says."""

    bootstrap: str
    folder: Path
    assignment: str
    settings: Mapping[str, Any] = field(default_factory=dict)
    child: Child | None = None
    starts: int = 0

    @property
    def partitions(self) -> int:
        """Cap on partitions; on Apache Kafka hits have more of them than anomalies then."""
        return PARTITIONS[self.assignment]

    def open(self) -> None:
        """Create the topics, start the worker, wait until it is ready."""
        made = create(self._admin(), all_topics(), max_partitions=self.partitions, replication=1)
        assert not [one for one in made if one.outcome == "refused"]
        self.start()

    def start(self) -> None:
        """A worker, or its successor."""
        self.starts += 1
        self.ready.unlink(missing_ok=True)
        settings = Settings.model_validate(
            {
                "data_dir": self.folder,
                "kafka_bootstrap": self.bootstrap,
                "kafka_assignment": self.assignment,
                "kafka_fetch_wait_ms": 10,
                **self.settings,
            }
        )
        command = [sys.executable, "-m", "anpr", "worker", "cases", "--ready-file", str(self.ready)]
        log = self.folder / f"cases-{self.starts}.log"
        self.child = start_child("cases", command, log, environ=settings.environment())
        wait_ready(self.child, self.ready.exists, timeout_s=START_S)

    @property
    def ready(self) -> Path:
        """The file that says where its pages are."""
        return self.folder / "cases.ready"

    def page(self, name: str) -> str:
        """One of its pages."""
        port = json.loads(self.ready.read_text())["port"]
        with urlopen(f"http://127.0.0.1:{port}/{name}", timeout=10) as answer:
            return str(answer.read().decode())

    def log(self) -> str:
        """What the present worker logged."""
        return (self.folder / f"cases-{self.starts}.log").read_text()

    def stop(self) -> int | None:
        """End it in order; returns the exit code."""
        assert self.child is not None
        self.child.stop(DEADLINE_S)
        return self.child.returncode

    def send_hits(self, hits: Iterable[Hit]) -> None:
        """As the stage match writes them."""
        self._send("hits", ((hit.plate, encode(hit)) for hit in hits))

    def send_anomalies(self, anomalies: Iterable[Anomaly]) -> None:
        """As the stage watch writes them."""
        self._send("anomalies", ((one.plate or "", encode(one)) for one in anomalies))

    def act(self, plate: str, action: CaseAction) -> None:
        """As whoever acts on a case writes it."""
        given = InputRecord(plate=plate, at=datetime.now(UTC), action=action)
        self._send("case-inputs", [(plate, encode(given))])

    def send_rubbish(self, topic: str, key: str, value: bytes) -> None:
        """Something that nobody can read."""
        self._send(topic, [(key, value)])

    def _send(self, topic: str, messages: Iterable[tuple[str, bytes]]) -> None:
        """As every program of ours sends: compressed, partitioned by librdkafka."""
        producer = producer_client(KafkaConfig(self.bootstrap))
        for key, value in messages:
            producer.produce(topic, value, key.encode())
        assert producer.flush(DEADLINE_S) == 0

    def messages(self, topic: str) -> Sequence[Message]:
        """All of a topic."""
        found = self._admin().list_topics(topic, timeout=DEADLINE_S).topics[topic]
        return contents(self.bootstrap, topic, len(found.partitions))

    def _admin(self) -> AdminClient:
        return AdminClient({"bootstrap.servers": self.bootstrap})

    def told(self, plates: Iterable[str]) -> list[Case]:
        """Every state of a case of these vehicles that was published, in the order of the log."""
        wanted = set(plates)
        return [case for case in (decode_case(m.value) for m in self.messages("cases")) if case.plate in wanted]

    def cases(self, plates: Iterable[str]) -> dict[UUID, Case]:
        """The cases of these vehicles as they stand: the highest revision holds."""
        latest: dict[UUID, Case] = {}
        for case in self.told(plates):
            if case.case_id not in latest or case.revision >= latest[case.case_id].revision:
                latest[case.case_id] = case
        return latest

    def await_cases(self, plates: Iterable[str], enough: Any, what: str) -> dict[UUID, Case]:
        """The cases once they are as `enough` wants them. Raises TimeoutError."""
        found: dict[UUID, Case] = {}

        def look() -> None:
            found.clear()
            found.update(self.cases(plates))

        until(lambda: bool(found) and bool(enough(found)), look, what)
        return found
