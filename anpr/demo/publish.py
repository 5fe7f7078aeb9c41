"""Publishes the simulated city: reads of smart cameras, rendered frames of the others, patrol positions."""

from __future__ import annotations

import threading
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from uuid import UUID

from pipeline.runtime.kafka import KafkaConfig
from pipeline.runtime.output import KafkaOutput
from pipeline.stages.read_plates import FRAME_HEADER
from replay.observation import RenderRequest
from replay.render import render_frame
from replay.traffic import Simulation
from schemas.camera import PatrolPosition
from schemas.read import Read

__all__ = ["Published", "Publisher"]

AHEAD = timedelta(seconds=1)
"""The simulation is asked for so much at a time."""


@dataclass(slots=True)
class Published:
    """What went into the topics, to compare with what came out."""

    counts: Counter[str] = field(default_factory=Counter)
    track_of_read: dict[UUID, str] = field(default_factory=dict)
    """Read id → its track: reads of one track are one vehicle."""
    plates_of_frame: dict[UUID, tuple[str, ...]] = field(default_factory=dict)
    """Frame id → plates that are in the picture."""


class Publisher:
    """A thread that hands out the simulation in real time until a moment."""

    def __init__(
        self, kafka: KafkaConfig, simulation: Simulation, seed: int, until: datetime, *, scored: bool = True
    ) -> None:
        """scored: False: what is handed out is counted and forgotten, and so is its truth."""
        self._output = KafkaOutput(kafka)
        self._simulation, self._seed, self._until, self._scored = simulation, seed, until, scored
        self._stopping = threading.Event()
        self.published = Published()
        self.failure: Exception | None = None
        self._thread = threading.Thread(target=self._run, name="publisher", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    @property
    def running(self) -> bool:
        """True until all is handed out, `stop` was called, or it failed."""
        return self._thread.is_alive()

    def stop(self) -> None:
        """Hand out no more; returns when the broker has all. Raises what ended the thread."""
        self._stopping.set()
        self._thread.join()
        if self.failure is not None:
            raise self.failure

    def _run(self) -> None:
        try:
            self._publish()
            self._output.flush()
        except Exception as error:
            self.failure = error

    def _publish(self) -> None:
        moment = datetime.now(UTC)
        while moment < self._until and not self._stopping.is_set():
            moment = min(self._until, moment + AHEAD)
            for seen in self._simulation.events(moment):
                self._wait_until(seen.at)
                if self._stopping.is_set():
                    return
                self._send(seen.item)
            self._output.serve()
            if not self._scored:
                self._simulation.forget()

    def _wait_until(self, moment: datetime) -> None:
        ahead_s = (moment - datetime.now(UTC)).total_seconds()
        if ahead_s > 0:
            self._output.flush()  # nothing lingers while the street is quiet
            self._stopping.wait((moment - datetime.now(UTC)).total_seconds())

    def _send(self, item: Read | RenderRequest | PatrolPosition) -> None:
        match item:
            case Read():
                self._send_read(item)
            case RenderRequest():
                self._send_frame(item)
            case PatrolPosition():
                self._produce("patrols", item.patrol_id, item.model_dump_json(exclude_defaults=True).encode())

    def _send_read(self, read: Read) -> None:
        received = read.model_copy(update={"received_at": datetime.now(UTC)})
        self._produce("reads", read.camera_id, received.model_dump_json(exclude_defaults=True).encode())
        if self._scored:
            self.published.track_of_read[read.read_id] = read.track_id or str(read.read_id)

    def _send_frame(self, request: RenderRequest) -> None:
        picture = render_frame(request, self._seed)
        frame = request.frame(picture).model_copy(update={"received_at": datetime.now(UTC)})
        header = frame.model_dump_json(exclude_defaults=True).encode()
        self._output.produce("frames", frame.camera_id.encode(), picture, ((FRAME_HEADER, header),))
        self.published.counts["frames"] += 1
        if self._scored:
            self.published.plates_of_frame[frame.frame_id] = tuple(vehicle.plate for vehicle in request.visible)

    def _produce(self, topic: str, key: str, value: bytes) -> None:
        self._output.produce(topic, key.encode(), value, ())
        self.published.counts[topic] += 1
