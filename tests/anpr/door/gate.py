"""A door as the process that people run, a device with a key, and what then lies in the log."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, ClassVar

import httpx
from confluent_kafka import Consumer, KafkaError, TopicPartition
from confluent_kafka import Message as RawMessage
from confluent_kafka.admin import AdminClient

from anpr.door.tokens import hashed, make_token
from anpr.embedded.child import free_port
from anpr.registering import register
from pipeline.runtime.kafka import KafkaConfig
from schemas.camera_key import CameraKey
from tests.anpr.program import Serving, wait_until
from topics.admin import create
from topics.model import Topics
from topics.spec import all_topics

TOPICS = ("reads", "frames", "camera-keys", "uploads")
PARTITIONS = 3
CAMERAS = ("gate-1", "gate-2")
DEADLINE_S = 30.0


def make_topics(bootstrap: str) -> None:
    """Those that the door knows."""
    wanted = Topics({name: all_topics()[name] for name in TOPICS})
    made = create(AdminClient({"bootstrap.servers": bootstrap}), wanted, max_partitions=PARTITIONS, replication=1)
    assert [one for one in made if one.outcome == "refused"] == []


def a_read(plate: str = "1ABC234", camera: str = "gate-1", **more: Any) -> dict[str, Any]:
    """As a smart camera sends it: without an id."""
    captured = more.pop("captured_at", datetime.now(UTC)).isoformat()
    return {"camera_id": camera, "captured_at": captured, "plate_raw": plate, "confidence": 0.9, **more}


def reads(count: int, camera: str = "gate-1", seed: int = 0) -> list[dict[str, Any]]:
    """Of so many vehicles, a second apart."""
    begin = datetime(2026, 11, 26, 8, tzinfo=UTC) + timedelta(days=seed)
    return [
        a_read(f"1AAA{number:03}"[-7:], camera, captured_at=begin + timedelta(seconds=number))
        for number in range(count)
    ]


@dataclass
class Gate(Serving):
    """One broker, several door processes one after the other, a device."""

    bootstrap: str
    folder: Path
    settings: dict[str, str] = field(default_factory=dict)
    pages: int = field(default_factory=free_port)
    process: subprocess.Popen[str] | None = None
    port: int = 0
    ends_within_s: ClassVar[float] = 60.0

    def environment(self) -> dict[str, str]:
        """Settings of the door."""
        ours = {"kafka_bootstrap": self.bootstrap, "kafka_fetch_wait_ms": "20", "service_port": str(self.pages)}
        return {**ours, **self.settings}

    def serve(self, *, ready: bool = True) -> None:
        """Start the door and wait until it serves; ready: until it knows its keys."""
        self.begin("door", **self.environment())
        if ready:
            wait_until(lambda: self.health()["ready"], what="the door knows its keys")

    def health(self) -> dict[str, Any]:
        """What it says of itself."""
        found: dict[str, Any] = httpx.get(f"{self.url}/health", timeout=10).json()
        return found

    def key(self, device: str, *cameras: str, revoked: bool = False) -> str:
        """Give a device a key, and wait until the door knows it; its token."""
        token = make_token(device)
        now = datetime.now(UTC)
        given = CameraKey(
            device=device,
            token_sha256=hashed(token),
            cameras=cameras or CAMERAS,
            given_at=now,
            revoked_at=now if revoked else None,
        )
        register(KafkaConfig(self.bootstrap, "static"), [given])
        return token

    def known(self, device: str, *cameras: str) -> str:
        """As `key`, and the door has heard of it."""
        token = self.key(device, *cameras)
        wait_until(lambda: self.post([], token).status_code != 401, what=f"the door knows {device}")
        return token

    def post(self, content: Any, token: str, headers: Mapping[str, str] | None = None) -> httpx.Response:
        """Upload reads; bytes as they are, all else as JSON."""
        body = content if isinstance(content, bytes) else json.dumps(content).encode()
        given = {**_shown(token), "Content-Type": "application/json", **(headers or {})}
        return httpx.post(f"{self.url}/api/v1/reads", content=body, headers=given, timeout=60)

    def post_frame(self, picture: bytes, about: Any, token: str, media_type: str = "image/jpeg") -> httpx.Response:
        """Upload a picture."""
        header = about if isinstance(about, str) else json.dumps(about)
        given = {**_shown(token), "Content-Type": media_type, "Anpr-Frame": header}
        return httpx.post(f"{self.url}/api/v1/frames", content=picture, headers=given, timeout=60)

    def log(self, topic: str) -> list[RawMessage]:
        """All messages of a topic."""
        found: list[RawMessage] = []
        settings = {"bootstrap.servers": self.bootstrap, "group.id": "look", "enable.partition.eof": True}
        with closing(Consumer(settings | {"enable.auto.commit": False})) as consumer:
            unread = set(consumer.list_topics(topic, timeout=DEADLINE_S).topics[topic].partitions)
            consumer.assign([TopicPartition(topic, place, 0) for place in unread])
            while unread:
                for raw in consumer.consume(1000, 0.1):
                    error = raw.error()
                    if error is None:
                        found.append(raw)
                    elif error.code() == KafkaError._PARTITION_EOF:
                        unread.discard(raw.partition() or 0)
        return found

    def stored(self, camera: str) -> list[dict[str, Any]]:
        """Reads of a camera in the log, in order."""
        return [json.loads(raw.value() or b"") for raw in self.log("reads") if raw.key() == camera.encode()]

    def metric(self, name: str, **labels: str) -> float:
        """What the door's page says, added up over other labels."""
        page = httpx.get(f"http://127.0.0.1:{self.pages}/metrics", timeout=10).text
        wanted: Sequence[str] = [f'{label}="{value}"' for label, value in labels.items()]
        lines = [line for line in page.splitlines() if line.startswith((f"{name} ", f"{name}{{"))]
        return sum(float(line.split()[-1]) for line in lines if all(one in line for one in wanted))


def _shown(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"} if token else {}


def spooled(number: int, spool: str = "spool-1") -> dict[str, str]:
    """Headers of a device that keeps count."""
    return {"Anpr-Spool": spool, "Anpr-Sequence": str(number)}
