"""A real health worker in a process of its own: counts in, anomalies and rows out."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from pipeline.health.week import hour_of
from schemas.anomaly import Anomaly
from schemas.camera import Camera
from schemas.camera_health import CameraHealth
from schemas.camera_tally import CameraTally
from schemas.codec import decoder, encode
from tests.pipeline.flows.workplace import Workplace
from tests.pipeline.health.builders import MONDAY
from tests.pipeline.runtime.workers import until


def later_than_others() -> datetime:
    """An hour of the log after those of all desks before: on one broker the log's time does not go back."""
    return hour_of(MONDAY + timedelta(minutes=20 * (int(time.time()) % 10_000_000)))


decode_anomaly, decode_row = decoder(Anomaly), decoder(CameraHealth)
Anomalies = dict[UUID, Anomaly]


class HealthDesk(Workplace):
    """The health worker."""

    worker = "health"

    def register(self, cameras: Iterable[Camera]) -> None:
        """As whoever puts up cameras writes them; the worker knows them then."""
        known, new = self._known(), list(cameras)
        self.send("cameras", ((one.camera_id, encode(one)) for one in new))
        until(lambda: self._known() >= known + len(new), lambda: None, "the cameras")

    def _known(self) -> int:
        found = re.search(r'anpr_reference_records{flow="health",topic="cameras"} (\d+)', self.page("metrics"))
        return int(found[1]) if found else 0

    def count(self, tallies: Iterable[CameraTally]) -> None:
        """As the worker consolidate writes them."""
        self.send("camera-tallies", ((one.camera_id or "", encode(one)) for one in tallies))

    def told(self, cameras: Iterable[str]) -> Sequence[Anomaly]:
        """All that was told of these cameras, in the order of the log; others leave there what nobody can read."""
        wanted = {name.encode() for name in cameras}
        return [decode_anomaly(message.value) for message in self.messages("anomalies") if message.key in wanted]

    def stands(self, cameras: Iterable[str]) -> Anomalies:
        """The highest revision holds."""
        latest: Anomalies = {}
        for one in self.told(cameras):
            if one.anomaly_id not in latest or one.revision >= latest[one.anomaly_id].revision:
                latest[one.anomaly_id] = one
        return latest

    def rows(self, cameras: Iterable[str]) -> dict[tuple[str, datetime], CameraHealth]:
        """Rows of these cameras as the store would have them."""
        wanted, latest = set(cameras), dict[tuple[str, datetime], CameraHealth]()
        for message in self.messages("camera-health"):
            row = decode_row(message.value)
            key = (row.camera_id, row.hour_from)
            if row.camera_id in wanted and (key not in latest or row.revision >= latest[key].revision):
                latest[key] = row
        return latest

    def await_told(self, cameras: Sequence[str], enough: Callable[[Anomalies], object], what: str) -> Anomalies:
        """What stands, once it is as `enough` wants it. Raises TimeoutError."""
        found: Anomalies = {}

        def look() -> None:
            found.clear()
            found.update(self.stands(cameras))

        until(lambda: bool(found) and bool(enough(found)), look, what)
        return found
