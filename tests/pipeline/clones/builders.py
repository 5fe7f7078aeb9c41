"""Cameras along a road to the north, passages by them, and what the stage made of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from typing import Any

from pipeline.clones.memory import KEPT_SLICES, SLICE_MS
from pipeline.identity import fact_id
from pipeline.messages import Batch, Message
from pipeline.stages.watch import Watch
from schemas.anomaly import Anomaly
from schemas.base import GeoPoint
from schemas.camera import Camera
from schemas.codec import compiled, decoder
from schemas.passage import Passage
from tests.pipeline.builders import T0, at, camera, ms, passage, passage_message

decode_anomaly = decoder(Anomaly)
PointRecord = compiled(GeoPoint)
KM_NORTH = 1 / 111.195
"""Degrees of latitude."""
PLATE = "1ABC234"
LATER = T0 + timedelta(days=30)
"""Our clock, long after all that is read: no stamp is of the future."""
LET_GO_S = (KEPT_SLICES + 2) * SLICE_MS / 1000


def point(km: float) -> GeoPoint:
    """So far north of the first camera."""
    return PointRecord(lat=50.5 + km * KM_NORTH, lon=4.4)


def road(*km: float, **more: Any) -> dict[str, Camera]:
    """A camera at each of these, `km-20` at 20 km."""
    return {f"km-{far:g}": camera(f"km-{far:g}", position=point(far), **more) for far in km}


CAMERAS: Mapping[str, Camera] = {
    **road(0, 0.25, 20, 40, 60, 80, 100),
    "car": camera("car", kind="patrol_car"),
    "lost": camera("lost"),
    "upload": camera("upload", kind="upload", position=point(50)),
}


def seen(km: float | str, seconds: float, **changes: Any) -> Passage:
    """The plate, read by several reads without a doubt, at a camera."""
    name = km if isinstance(km, str) else f"km-{km:g}"
    plate = changes.get("plate", PLATE)
    sure: dict[str, Any] = {
        "camera_id": name,
        "confidence": 0.999,
        "read_count": 3,
        "passage_id": fact_id("test-passage", plate, name, int(seconds * 1000)),
        "evidence": f"{name}/{seconds:g}.jpg",
    }
    return passage(plate, seconds, **{**sure, **{k: v for k, v in changes.items() if k != "plate"}})


def messages(passages: Iterable[Passage], stamps: Sequence[float] | None = None) -> list[Message]:
    """As the log of one partition holds them, stamped when they were received or at these seconds."""
    told = list(passages)
    when = [ms(at(stamps[n])) if stamps else ms(one.received_at) for n, one in enumerate(told)]
    return [passage_message(one, n, timestamp_ms=when[n]) for n, one in enumerate(told)]


def run(stage: Watch, log: Sequence[Message], size: int = 7) -> list[Anomaly]:
    """What it tells of a log, taken so many messages at a time."""
    told: list[Anomaly] = []
    for first in range(0, len(log), size):
        outcome = stage(Batch(log[first : first + size], LATER))
        assert outcome.rejected == []
        told += [decode_anomaly(emit.value) for emit in outcome.emitted]
    return told


def told(*passages: Passage, cameras: Mapping[str, Camera] = CAMERAS) -> list[Anomaly]:
    """What a new stage tells of these passages."""
    return run(Watch(cameras), messages(passages))


def standing(anomalies: Iterable[Anomaly]) -> list[Anomaly]:
    """Of each the highest revision, without those taken back. Revisions of one must grow."""
    last: dict[Any, Anomaly] = {}
    for one in anomalies:
        before = last.get(one.anomaly_id)
        assert before is None or before.revision < one.revision
        last[one.anomaly_id] = one
    return [one for one in last.values() if not one.withdrawn]
