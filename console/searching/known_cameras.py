"""The register of cameras as it was a moment ago: every answer names some, and it hardly changes."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from typing import Generic, TypeVar

from clickhouse_connect.driver.client import Client

from console.searching.answers import CameraShown, Place, place_of
from pipeline.geo import Point
from sinks.clickhouse.queries.cameras import Registered, cameras

__all__ = ["KnownCameras", "Lately"]

FRESH_S = 5.0
Value = TypeVar("Value")


class Lately(Generic[Value]):
    """A value that is asked for again once it is older than so many seconds. Threads may share it."""

    def __init__(self, ask: Callable[[], Value], monotonic: Callable[[], float], fresh_s: float = FRESH_S) -> None:
        self._ask, self._monotonic, self._fresh_s = ask, monotonic, fresh_s
        self._lock = threading.Lock()
        self._found: tuple[float, Value] | None = None

    def get(self) -> Value:
        """The value. What `ask` raises passes through, and the next one asks again."""
        with self._lock:  # one asks, the others wait for its answer
            now = self._monotonic()
            if self._found is None or now - self._found[0] > self._fresh_s:
                self._found = now, self._ask()
            return self._found[1]


class KnownCameras:
    """Cameras by identifier."""

    def __init__(self, client: Client, monotonic: Callable[[], float]) -> None:
        self._client = client
        self._lately = Lately(self._read, monotonic)

    def _read(self) -> Mapping[str, Registered]:
        return {one.camera_id: one for one in cameras(self._client)}

    def all(self) -> Mapping[str, Registered]:
        """All that are registered. Errors of ClickHouse pass through."""
        return self._lately.get()

    def shown(self, camera_id: str, position: Point | None = None) -> CameraShown:
        """One of them. position: where a moving one was."""
        found = self.all().get(camera_id)
        place: Place | None = place_of(position or (found.position if found else None))
        return CameraShown(camera_id, found.name if found else "", place)
