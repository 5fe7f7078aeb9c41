"""Which police zone each camera stands in, as the topic of cameras says it now."""

from __future__ import annotations

import logging
from collections.abc import Iterable

from pipeline.runtime.kafka import KafkaConfig
from pipeline.runtime.metrics import Metrics
from pipeline.runtime.reference import Reference, ReferenceReader
from schemas.camera import Camera
from schemas.codec import decoder

__all__ = ["CameraZones"]

LOGGER = logging.getLogger(__name__)
MOST_NAMED = 1_000
"""Unknown cameras that are told of in the log, each once."""


class CameraZones:
    """Read by one thread, looked at by all. `load` first, then `refresh` now and then."""

    def __init__(self, kafka: KafkaConfig, metrics: Metrics) -> None:
        self._metrics = metrics
        self.zones: dict[str, str | None] = {}
        """Camera → police zone, None where it stands in none; changes as the topic does."""
        self._reader = ReferenceReader(
            kafka, Reference("cameras", decoder(Camera), self._put, self._remove, self.zones.__len__)
        )
        self._named: set[str] = set()

    def _put(self, _key: bytes, camera: Camera) -> None:
        self.zones[camera.camera_id] = camera.police_zone

    def _remove(self, key: bytes) -> None:
        self.zones.pop(key.decode("utf-8", "replace"), None)

    def load(self) -> None:
        """Read all that are registered. Raises KafkaUnusable, KafkaException."""
        if rejected := self._reader.load():
            LOGGER.error("%d records of cameras cannot be used", len(rejected))

    def refresh(self) -> None:
        """Read what has changed."""
        self._reader.refresh()
        self._reader.measure(self._metrics, "api")

    def close(self) -> None:
        """Let go of the connection."""
        self._reader.close()

    def note_unknown(self, cameras: Iterable[str]) -> None:
        """Of hits: a zone's subscribers miss those at a camera that nobody registered, and somebody must hear of it."""
        for camera in cameras:
            if camera in self.zones:
                continue
            self._metrics.count("anpr_hits_without_zone_total")
            if camera not in self._named and len(self._named) < MOST_NAMED:
                self._named.add(camera)
                LOGGER.warning("hits at camera %s, which nobody registered: no zone is told of them", camera)
