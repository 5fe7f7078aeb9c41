"""The platform under pressure: door, broker, workers, store, as processes, with lines between that can be cut."""

from __future__ import annotations

import contextlib
import json
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.request import urlopen

from anpr.doctor.workers import health_page
from anpr.door.tokens import hashed, make_token
from anpr.embedded.broker import BrokerProcess, start_broker
from anpr.embedded.child import Child, free_port, wait_ready
from anpr.embedded.forking import load_ahead, start_anpr
from anpr.embedded.kafka import KafkaCluster, KafkaNode, start_kafka
from anpr.embedded.kafka_jars import fetch_kafka_jars, jar_cache
from anpr.platform import Platform, PlatformFault, create_topics, open_platform, restart_store
from anpr.pressure.device import CAMERAS, NAME
from anpr.pressure.disk import SmallDisk, small_disk
from anpr.pressure.line import Line
from anpr.pressure.plan import PressurePlan, Say
from anpr.registering import register
from anpr.settings import Settings
from replay.bulk import vehicle_plate
from schemas.camera import Camera
from schemas.camera_key import CameraKey
from schemas.hotlist import HotlistEntry

__all__ = ["WORKERS", "Ground", "open_ground"]

WORKERS = ("consolidate", "match", "cases", "store")
START_S = 120.0
PAGE_S = 5.0
LISTED_EACH, LISTED = 500, 200
"""Every so many vehicles one is on the hotlist, so that hits and cases go on too."""


@dataclass(slots=True)
class Ground:
    """All of it."""

    plan: PressurePlan
    platform: Platform
    broker: BrokerProcess | KafkaCluster
    lines: dict[str, Line]
    """By scenario: to the store, or to the broker for one worker."""
    disk: SmallDisk | None
    children: dict[str, Child] = field(default_factory=dict)
    """Workers and the door, by name."""
    ended: list[str] = field(default_factory=list)
    """Workers and doors that have ended though nobody told them to: none may."""
    token: str = ""

    @property
    def settings(self) -> Settings:
        """By which an operator's commands find all of it."""
        return self.platform.settings

    @property
    def node(self) -> KafkaNode:
        """The broker, where it is Apache Kafka."""
        assert isinstance(self.broker, KafkaCluster)
        return self.broker.nodes[0]

    def start(self) -> None:
        """Start workers and door, and wait until each runs. Raises ChildError."""
        for name in (*WORKERS, "door"):
            self._spawn(name)
        for name, child in self.children.items():
            wait_ready(child, self._ready_file(name).exists, timeout_s=START_S)
        self._await_door()

    def _spawn(self, name: str) -> None:
        ready = self._ready_file(name)
        ready.unlink(missing_ok=True)
        words = ["door", "--port", "0"] if name == "door" else ["worker", name]
        words += ["--ready-file", str(ready)]
        self.children[name] = start_anpr(name, words, self.log(name), environ=self._environment(name))

    def _environment(self, name: str) -> dict[str, str]:
        given = self.settings.environment()
        given |= {"ANPR_DOOR_READS_PER_S": "1000000", "ANPR_DOOR_ANSWER_S": "3"}
        if name == "door":
            given["ANPR_SERVICE_PORT"] = str(free_port())
            self.platform.ports["door pages"] = int(given["ANPR_SERVICE_PORT"])
        if name == "consolidate" and self.plan.scenario == "cut":
            given["ANPR_KAFKA_BOOTSTRAP"] = f"127.0.0.1:{self.lines['cut'].port}"
        return given

    def log(self, name: str) -> Path:
        """What a process writes."""
        return self.settings.data_dir / "logs" / f"{name}.log"

    def _ready_file(self, name: str) -> Path:
        return self.settings.data_dir / f"worker.{name}.ready"

    def port(self, name: str) -> int:
        """Of a worker's pages, and of the door itself."""
        return int(json.loads(self._ready_file(name).read_text())["port"])

    @property
    def door_url(self) -> str:
        """Where devices upload."""
        return f"http://127.0.0.1:{self.port('door')}"

    def _await_door(self) -> None:
        deadline = time.monotonic() + START_S
        while not self.health("door").get("ready"):
            if time.monotonic() > deadline:
                raise PlatformFault("the door does not get ready")
            time.sleep(0.05)

    def health(self, name: str) -> dict[str, Any]:
        """What it says of itself; empty: it does not answer."""
        port = self.platform.ports["door pages"] if name == "door" else self.port(name)
        return health_page(port, PAGE_S) or {}

    def metrics(self, name: str) -> dict[str, float]:
        """What it shows Prometheus: metric with labels → value."""
        port = self.platform.ports["door pages"] if name == "door" else self.port(name)
        with urlopen(f"http://127.0.0.1:{port}/metrics", timeout=PAGE_S) as answer:
            lines = answer.read().decode().splitlines()
        pairs = (line.rsplit(" ", 1) for line in lines if not line.startswith("#"))
        return {name: float(value) for name, value in pairs}

    def pids(self) -> dict[str, int]:
        """Of the parts whose memory is looked at."""
        found = {name: child.pid for name, child in self.children.items() if child.returncode is None}
        broker = self.node.child if isinstance(self.broker, KafkaCluster) else self.broker.child
        if broker.returncode is None:
            found["broker"] = broker.pid
        if self.platform.store is not None and self.platform.store.child.returncode is None:
            found["clickhouse"] = self.platform.store.pid
        return found

    def tend(self) -> None:
        """Start again what has ended, as a service manager would, and note that it had."""
        for name, child in list(self.children.items()):
            if child.returncode is not None:
                self.ended.append(f"{name} ended with {child.returncode}")
                self._spawn(name)

    def kill_store(self) -> None:
        """As its machine's end."""
        assert self.platform.store is not None
        self.platform.store.kill()

    def restart_store(self) -> None:
        """On its old address and folder; workers and an operator's settings come to it as before."""
        through = self.settings.store_dsn
        restart_store(self.platform)
        self.platform.settings = Settings.model_validate({**self.settings.model_dump(), "store_dsn": through})

    def restart_broker(self) -> None:
        """On what its folder holds."""
        self.node.start()

    def stop(self) -> None:
        """End workers and door in order."""
        for line in self.lines.values():
            line.mend()
        for child in self.children.values():
            child.stop(20.0)


@contextlib.contextmanager
def open_ground(settings: Settings, plan: PressurePlan, say: Say = lambda _: None) -> Iterator[Ground]:
    """All there and running. Raises PlatformFault; NoSmallDisk where a scenario needs one and none can be had."""
    load_ahead()
    with contextlib.ExitStack() as stack:
        disk = _disk(settings, plan, stack)
        platform = stack.enter_context(open_platform(settings, broker="none", say=say))
        lines: dict[str, Line] = {plan.scenario: Line()} if plan.scenario in ("slow-store", "cut") else {}
        for line in lines.values():
            stack.callback(line.close)
        broker = _start_broker(settings, plan, lines)
        stack.callback(broker.kill)
        _name(platform, plan, broker, lines)
        create_topics(platform.settings)
        ground = Ground(plan, platform, broker, lines, disk, token=make_token(NAME))
        register(platform.settings.kafka(), [*_references(), _key(ground.token)])
        stack.callback(ground.stop)
        say(f"starting {', '.join(WORKERS)} and the door")
        ground.start()
        yield ground


def _disk(settings: Settings, plan: PressurePlan, stack: contextlib.ExitStack) -> SmallDisk | None:
    """The store's is the whole data folder: what workers log lies beside it, as at most places."""
    place = {"disk-full-store": settings.data_dir, "disk-full-broker": settings.data_dir / "kafka"}.get(plan.scenario)
    return None if place is None else stack.enter_context(small_disk(place, plan.disk_mb))


def _start_broker(settings: Settings, plan: PressurePlan, lines: dict[str, Line]) -> BrokerProcess | KafkaCluster:
    if not plan.on_kafka:
        return start_broker(log_path=settings.data_dir / "logs" / "broker.log")
    by_line = None
    if plan.scenario == "cut":
        lines["cut"].to_port = free_port()
        by_line = (lines["cut"].to_port, lines["cut"].port)
    jars = fetch_kafka_jars(jar_cache())
    return start_kafka(jars, settings.data_dir / "kafka", timeout_s=START_S, settings=SMALL_SEGMENTS, by_line=by_line)


SMALL_SEGMENTS = {"log.segment.bytes": str(16 << 20), "log.index.size.max.bytes": str(256 << 10)}
"""So that a small disk is full of messages, not of what Kafka reserves for each partition."""


def _name(platform: Platform, plan: PressurePlan, broker: BrokerProcess | KafkaCluster, lines: dict[str, Line]) -> None:
    """In a group where it is Apache Kafka, as in production: who is silent for six seconds is put out of it."""
    named: dict[str, Any] = {
        "kafka_bootstrap": broker.bootstrap,
        "kafka_assignment": "group" if plan.on_kafka else "static",
        "topics_max_partitions": 4 if plan.on_kafka else 1,
        "topics_replication": 1,
    }
    if plan.scenario == "slow-store":
        assert platform.store is not None
        line = lines["slow-store"]
        line.to_port = platform.store.port
        named["store_dsn"] = platform.settings.dsn().replace(f":{platform.store.port}/", f":{line.port}/")
    platform.settings = Settings.model_validate({**platform.settings.model_dump(), **named})


def _references() -> list[Camera | HotlistEntry]:
    since = datetime.now(UTC) - timedelta(days=1)
    found: list[Camera | HotlistEntry] = [
        Camera(camera_id=name, name=name, kind="fixed", reads_plates=True) for name in CAMERAS
    ]
    found += [
        HotlistEntry(
            entry_id=f"pressure-{number:03d}",
            list_kind="stolen_vehicle",
            plate=vehicle_plate(number * LISTED_EACH)[0].decode(),
            owner="federal",
            priority=10,
            reason="Pressure",
            valid_from=since,
        )
        for number in range(LISTED)
    ]
    return found


def _key(token: str) -> CameraKey:
    return CameraKey(device=NAME, token_sha256=hashed(token), cameras=CAMERAS, given_at=datetime.now(UTC))
