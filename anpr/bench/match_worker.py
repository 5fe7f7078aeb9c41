"""A worker `match` with a list of millions, on the embedded broker: how fast it starts, and how fast a change holds."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from queue import Empty, SimpleQueue
from typing import Any
from uuid import uuid4

import psutil

from anpr.bench.match_traffic import unlisted_entry
from anpr.hit_watch import HitWatch, quantile
from anpr.platform import open_platform
from anpr.settings import Settings
from pipeline.runtime.kafka import KafkaConfig
from pipeline.runtime.output import KafkaOutput
from schemas.codec import compiled, encode
from schemas.hit import Hit
from schemas.passage import Passage

__all__ = ["worker_figures"]

CHANGES = 20
ASK_EVERY_S = 0.01
LONGEST_S = 30.0
Say = Callable[[str], None]
Show = Callable[[str, int, int], None]
PassageRecord = compiled(Passage)


def worker_figures(
    settings: Settings, count: int, listed: Iterable[tuple[bytes, bytes]], say: Say, show: Show
) -> dict[str, Any]:
    """Start-up with the list, memory, and time from a new entry to the first passage that it matches."""
    with open_platform(settings, workers=(), say=say) as platform:
        kafka = platform.settings.kafka()
        _publish(kafka, listed, lambda done: show("entries published", done, count))
        say("starting the worker")
        began = time.monotonic()
        platform.start_workers(["match"])
        started = time.monotonic() - began
        say(f"started in {started:.1f} s; changing the list")
        memory = psutil.Process(platform.workers["match"].pid).memory_full_info()
        updates = list(_changes(kafka))
        return {
            "start_s": round(started, 1),
            "worker_mb": {"rss": round(memory.rss / 1e6), "uss": round(memory.uss / 1e6)},
            "update_s": quantile(updates, 0.95, 3),
            "update_p50_s": quantile(updates, 0.5, 3),
        }


def _publish(kafka: KafkaConfig, listed: Iterable[tuple[bytes, bytes]], progress: Callable[[int], None]) -> None:
    output = KafkaOutput(kafka)
    for number, (key, value) in enumerate(listed):
        output.produce("hotlist", key, value, ())
        if number % 10_000 == 0:
            progress(number)
    output.flush()


def _changes(kafka: KafkaConfig) -> Iterator[float]:
    """From an entry's acknowledgement to the moment at which the first passage that hit was sent, s, some times."""
    output, hits = KafkaOutput(kafka, linger_ms=0), SimpleQueue[Hit]()
    watch = HitWatch(kafka, lambda hit, _ms: hits.put(hit))
    try:
        for number in range(CHANGES):
            key, value, plate = unlisted_entry(number)
            output.produce("hotlist", key, value, ())
            output.flush()
            yield _first_hit(output, plate, hits)
    finally:
        watch.close()


def _first_hit(output: KafkaOutput, plate: str, hits: SimpleQueue[Hit]) -> float:
    began = time.monotonic()
    sent: dict[object, float] = {}
    while time.monotonic() < began + LONGEST_S:
        passage = _passage(plate)
        sent[passage.passage_id] = time.monotonic()
        output.produce("passages", plate.encode(), encode(passage), ())
        output.flush()
        with contextlib.suppress(Empty):  # not yet: ask with another passage
            while (hit := hits.get(timeout=ASK_EVERY_S)).passage_id not in sent:
                pass
            return max(0.0, sent[hit.passage_id] - began)
    raise TimeoutError(f"a new entry was not matched within {LONGEST_S:.0f} s")


def _passage(plate: str) -> Passage:
    now = datetime.now(UTC)
    return PassageRecord(
        passage_id=uuid4(),
        revision=1,
        camera_id="bench",
        captured_at=now,
        last_captured_at=now,
        received_at=now,
        plate_raw=plate,
        plate=plate,
        plate_key=plate,
        plate_display=plate,
        confidence=0.97,
        certainty="sure",
        read_count=1,
        best_read_id=uuid4(),
        best_captured_at=now,
    )
