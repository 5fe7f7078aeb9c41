"""A real Faust worker in a process of its own, on a broker with the topics of the files."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar, TypeVar
from urllib.request import urlopen

from confluent_kafka.admin import AdminClient

from anpr.embedded.broker import start_broker
from anpr.embedded.child import Child, wait_ready
from anpr.embedded.forking import start_anpr
from anpr.settings import Settings
from pipeline.messages import Message
from pipeline.runtime.kafka import KafkaConfig, producer_client
from tests.pipeline.runtime.workers import DEADLINE_S, contents
from topics.admin import create
from topics.spec import all_topics

PARTITIONS = {"static": 3, "group": 8}
START_S = 40.0


W = TypeVar("W", bound="Workplace")


@contextmanager
def own_place(kind: type[W], folder: Path, kafka: str | None) -> Iterator[W]:
    """A worker with a broker of its own: the embedded one, or the Apache Kafka that is given."""
    broker = start_broker(log_path=folder / "broker.log") if kafka is None else None
    bootstrap = broker.bootstrap if broker else str(kafka)
    place = kind(bootstrap, folder, "static" if broker else "group")
    place.open()
    yield place
    place.stop()
    if broker:
        broker.kill()


@dataclass
class Workplace:
    """The worker, what is sent to it and what it says."""

    worker: ClassVar[str]
    """Its name."""

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
        words = ["worker", self.worker, "--ready-file", str(self.ready)]
        log = self.folder / f"{self.worker}-{self.starts}.log"
        self.child = self._started(words, log)
        wait_ready(self.child, self.ready.exists, timeout_s=START_S)

    def _started(self, words: Sequence[str], log: Path) -> Child:
        return start_anpr(self.worker, words, log, environ=self._environment())

    def _environment(self) -> dict[str, str]:
        settings = Settings.model_validate(
            {
                "data_dir": self.folder,
                "kafka_bootstrap": self.bootstrap,
                "kafka_assignment": self.assignment,
                "kafka_fetch_wait_ms": 10,
                **self.settings,
            }
        )
        return settings.environment()

    @property
    def ready(self) -> Path:
        """The file that says where its pages are."""
        return self.folder / f"{self.worker}.ready"

    def page(self, name: str) -> str:
        """One of its pages."""
        port = json.loads(self.ready.read_text())["port"]
        with urlopen(f"http://127.0.0.1:{port}/{name}", timeout=10) as answer:
            return str(answer.read().decode())

    def log(self) -> str:
        """What the present worker logged."""
        return (self.folder / f"{self.worker}-{self.starts}.log").read_text()

    def stop(self) -> int | None:
        """End it in order; returns the exit code."""
        assert self.child is not None
        self.child.stop(DEADLINE_S)
        return self.child.returncode

    def send_rubbish(self, topic: str, key: str, value: bytes) -> None:
        """Something that nobody can read."""
        self.send(topic, [(key, value)])

    def send(self, topic: str, messages: Iterable[tuple[str, bytes | None]]) -> None:
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
