"""The one reader of new hits for all who listen, and of the cameras' zones that they are told apart by."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence

from confluent_kafka import OFFSET_END

from console.log_reader import LogReader
from console.ring import Ring, Told
from pipeline.runtime.kafka import KafkaConfig
from pipeline.runtime.metrics import Metrics
from pipeline.runtime.reference import Reference, ReferenceReader
from schemas.camera import Camera
from schemas.codec import decoder

__all__ = ["TOPIC", "Feed"]

LOGGER = logging.getLogger(__name__)
TOPIC = "hits"
POLL_S = 0.25
MOST_NAMED = 1_000
"""Unknown cameras that are told of in the log, each once."""


class Feed:
    """Fills the ring. `load` first, then `run` in a thread of its own."""

    def __init__(self, kafka: KafkaConfig, ring: Ring, metrics: Metrics) -> None:
        self._kafka, self._ring, self._metrics = kafka, ring, metrics
        self.zones: dict[str, str | None] = {}
        """Camera → police zone, None where it stands in none; changes as the topic does."""
        self._cameras = ReferenceReader(
            kafka, Reference("cameras", decoder(Camera), self._put, self._remove, self.zones.__len__)
        )
        self._reader: LogReader | None = None
        self._named: set[str] = set()
        self._ended = threading.Event()
        self.on_new: Callable[[], None] = lambda: None
        """Called from the reading thread when there is something new."""
        self.on_step: Callable[[], None] = lambda: None
        """Called from the reading thread four times a second or oftener: a sign of life."""

    def _put(self, _key: bytes, camera: Camera) -> None:
        self.zones[camera.camera_id] = camera.police_zone

    def _remove(self, key: bytes) -> None:
        self.zones.pop(key.decode("utf-8", "replace"), None)

    def load(self) -> None:
        """Read the cameras, and find the end of the hits: what comes from now on is in the ring.

        Raises KafkaUnusable, KafkaException.
        """
        if rejected := self._cameras.load():
            LOGGER.error("%d records of cameras cannot be used", len(rejected))
        self._reader = LogReader(self._kafka, TOPIC, {}, OFFSET_END)
        while self._reader.partitions - self._ring.starts().keys() and not self._ended.is_set():
            self._take(self._reader)

    def run(self) -> None:
        """Read until `stop`. Raises KafkaUnusable."""
        assert self._reader is not None, "load first"
        try:
            while not self._ended.is_set():
                self._take(self._reader)
        finally:
            self._reader.close()
            self._cameras.close()

    def stop(self) -> None:
        """Read no more."""
        self._ended.set()

    def _take(self, reader: LogReader) -> None:
        before = reader.unreadable
        self.on_step()
        told, ends = reader.read(POLL_S)
        self._cameras.refresh()
        self._cameras.measure(self._metrics, "api")
        self._note_unknown(told)
        self._ring.put(told, ends)
        if told:
            self._metrics.count("anpr_consumed_total", len(told), flow="api")
            self.on_new()
        if reader.unreadable > before:
            self._metrics.count("anpr_dropped_total", reader.unreadable - before, flow="api", reason="no_hit")

    def _note_unknown(self, told: Sequence[Told]) -> None:
        """A zone's subscribers miss hits at a camera that nobody registered: somebody must hear of it."""
        for one in told:
            camera = one.hit.camera_id
            if camera in self.zones:
                continue
            self._metrics.count("anpr_hits_without_zone_total")
            if camera not in self._named and len(self._named) < MOST_NAMED:
                self._named.add(camera)
                LOGGER.warning("hits at camera %s, which nobody registered: no zone is told of them", camera)
