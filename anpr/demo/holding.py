"""What keeps a demo from growing while it lives on: its broker lets messages go sooner, its old pictures and reads go.

Only of parts that the demo started itself. What else it stored stays, by the terms of the store.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable
from datetime import datetime, timedelta
from pathlib import Path
from stat import S_ISREG

from clickhouse_connect.driver.client import Client
from confluent_kafka.admin import AdminClient, AlterConfigOpType, ConfigEntry, ConfigResource

from topics.model import Topics, TopicSpec

__all__ = ["PicturesOf", "ReadsOf", "shorten", "term_of"]

KEPT = frozenset({"cameras", "hotlist", "vehicles", "lez-passes", "lez-permits", "searches"})
"""Told once and read whole by each worker that starts, or for the auditor: they stay."""
FRAMES = timedelta(minutes=10)
"""Pictures are by far the most; the reader has them within a second."""
MESSAGES = timedelta(hours=3)
"""The worker that looks back furthest when it starts, `watch`, looks back two hours and a half."""
STATES = timedelta(hours=6)
"""The embedded broker does not compact: each state of a case or a plate stays. A worker that starts again forgets whom
it has not seen for so long."""
PICTURES = timedelta(hours=6)
LOOK_EVERY = timedelta(minutes=10)
READS, READS_EVERY = timedelta(hours=6), timedelta(hours=1)
OLD_READS = "ALTER TABLE reads DELETE WHERE received_at < {before:DateTime64(3, 'UTC')}"


def shorten(admin: AdminClient, topics: Topics) -> None:
    """Let the broker keep for hours what it would keep for days. Raises KafkaException where it refuses."""
    changes = [_change(name, term) for name, spec in topics.items() if (term := term_of(spec)) is not None]
    for done in admin.incremental_alter_configs(changes).values():
        done.result()


def term_of(spec: TopicSpec) -> timedelta | None:
    """How long a demo that lives on keeps the messages of a topic; None: as its file says."""
    if spec.name in KEPT:
        return None
    if spec.name == "frames":
        return FRAMES
    return MESSAGES if "delete" in spec.cleanup else STATES


def _change(topic: str, term: timedelta) -> ConfigResource:
    term_ms = str(term // timedelta(milliseconds=1))
    entries = [
        ConfigEntry("retention.ms", term_ms, incremental_operation=AlterConfigOpType.SET),
        ConfigEntry("cleanup.policy", "delete", incremental_operation=AlterConfigOpType.APPEND),
    ]
    return ConfigResource(ConfigResource.Type.TOPIC, topic, incremental_configs=entries)


class PicturesOf:
    """Evidence pictures of the demo's own cameras, in the folder of the demo."""

    def __init__(self, folder: Path, cameras: Iterable[str], held: Callable[[], Container[str]]) -> None:
        """held: keys of the pictures that stay whatever their age, as a case holds them."""
        self._folder, self._cameras, self._held = folder, tuple(cameras), held
        self._next_look: datetime | None = None

    def tend(self, now: datetime) -> int:
        """Every few minutes, take away what is too old; returns how many. now: aware."""
        if self._next_look is not None and now < self._next_look:
            return 0
        self._next_look = now + LOOK_EVERY
        return self._drop(now - PICTURES)

    def _drop(self, before: datetime) -> int:
        kept = (path for camera in self._cameras for path in (self._folder / camera).rglob("*"))
        old = [path for path in kept if _is_older(path, before)]
        held = self._held() if old else ()
        going = [path for path in old if path.relative_to(self._folder).as_posix() not in held]
        for path in going:
            path.unlink(missing_ok=True)
        return len(going)


class ReadsOf:
    """Rows of single reads in the demo's own store: kept to be compared with the truth, and the largest part of what it
    stores. What passed stays, with its best read."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._next_look: datetime | None = None

    def tend(self, now: datetime) -> None:
        """Every hour, take away what is too old. now: aware. Errors of ClickHouse pass through."""
        if self._next_look is None or now >= self._next_look:
            self._next_look = now + READS_EVERY
            self._client.command(OLD_READS, parameters={"before": now - READS})


def _is_older(path: Path, before: datetime) -> bool:
    """Whether it is a picture from before. One that is being written changes its name and is gone: it is younger."""
    try:
        found = path.stat()
    except FileNotFoundError:
        return False
    return S_ISREG(found.st_mode) and found.st_mtime < before.timestamp()
