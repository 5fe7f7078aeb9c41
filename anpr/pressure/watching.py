"""What is seen from outside while a scenario runs: memory, queues, what metrics and `anpr doctor` say."""

from __future__ import annotations

import re
import threading
import time
from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any
from urllib.error import URLError

import psutil
from confluent_kafka import KafkaException

from anpr.doctor import Finding, examine
from anpr.pressure.device import Device
from anpr.pressure.ground import WORKERS, Ground
from anpr.wiring import source_topics
from pipeline.runtime.backlog import backlog

__all__ = ["Memory", "Watch", "doctor_says", "queue", "said_by_metrics"]

LOOK_EVERY_S = 0.5
WAITING = re.compile(r'anpr_waiting_since_timestamp_seconds\{dependency="(\w+)",flow="([\w-]+)"\}')
LOOKED_AT_ELSEWHERE = ("vision", "python", "machine")
"""Of `anpr doctor`: what no fault of these changes."""


@dataclass(slots=True)
class Memory:
    """Of one process, MB."""

    before: float = 0.0
    highest: float = 0.0
    after: float = 0.0


@dataclass
class Watch:
    """Looks every half second, in a thread of its own."""

    ground: Ground
    device: Device
    memory: dict[str, Memory] = field(default_factory=lambda: defaultdict(Memory))
    most_spooled: int = 0
    waited: dict[str, float] = field(default_factory=dict)
    """`flow: dependency` → longest that its metric has shown it waiting, s."""
    stuck: dict[str, float] = field(default_factory=dict)
    """Worker → longest time without a sign of life, s."""
    _ended: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin."""
        self._thread = threading.Thread(target=self._run, name="watch", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """No more."""
        self._ended.set()
        if self._thread is not None:
            self._thread.join()

    def note_memory(self, when: str) -> None:
        """As it is `before` or `after`."""
        for name, size in self._resident().items():
            setattr(self.memory[name], when, size)

    def _run(self) -> None:
        while not self._ended.wait(LOOK_EVERY_S):
            for name, size in self._resident().items():
                self.memory[name].highest = max(self.memory[name].highest, size)
            self.most_spooled = max(self.most_spooled, self.device.waiting())
            for name in WORKERS:
                self._look_at(name)

    def _resident(self) -> dict[str, float]:
        found = {}
        for name, pid in self.ground.pids().items():
            try:
                found[name] = round(psutil.Process(pid).memory_info().rss / 1e6, 1)
            except psutil.NoSuchProcess:
                continue
        return found

    def _look_at(self, name: str) -> None:
        try:
            health, page = self.ground.health(name), self.ground.metrics(name)
        except (URLError, OSError, ValueError):
            return  # it is being started again, which `Ground.ended` tells
        self.stuck[name] = max(self.stuck.get(name, 0.0), health.get("last_step_s", 0.0))
        for key, since in page.items():
            if since and (found := WAITING.fullmatch(key)):
                told = f"{found[2]}: {found[1]}"
                self.waited[told] = max(self.waited.get(told, 0.0), round(time.time() - since, 1))


def queue(ground: Ground) -> dict[str, int]:
    """Messages at the broker that each flow has yet to do. Raises KafkaException."""
    kafka = ground.settings.kafka()
    return {name: backlog(kafka, name, source_topics(name, ground.settings), oldest=False).messages for name in WORKERS}


def queue_if_told(ground: Ground) -> dict[str, int] | None:
    """The same; None while the broker does not answer."""
    try:
        return queue(ground)
    except KafkaException:
        return None


def doctor_says(ground: Ground) -> list[Finding]:
    """What it finds amiss."""
    settings = ground.settings.model_copy(update={"edge_url": ground.door_url})
    return [one for one in examine(settings, without=LOOKED_AT_ELSEWHERE) if one.state != "ok"]


def said_by_metrics(ground: Ground) -> dict[str, Any]:
    """By process: its state in words, and what it counts of waits and refusals."""
    said: dict[str, Any] = {}
    for name in WORKERS:
        page = ground.metrics(name)
        said[name] = {
            "health": ground.health(name).get("state"),
            "retries": _sum(page, "anpr_retries_total"),
            "waiting": [key for key, value in page.items() if value and WAITING.fullmatch(key)],
        }
    page = ground.metrics("door")
    said["door"] = {
        "health": ground.health("door").get("trouble"),
        "told_to_come_again": _sum(page, "anpr_door_requests_total", "broker_slow|full|starting"),
        "waiting_s": _sum(page, "anpr_door_waiting_seconds"),
    }
    return said


def _sum(page: dict[str, float], name: str, outcomes: str = "") -> float:
    wanted = re.compile(rf'{name}(\{{.*"({outcomes or ".*"})".*\}})?')
    return sum(value for key, value in page.items() if wanted.fullmatch(key))
