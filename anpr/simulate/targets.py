"""Where the traffic goes: topics, a recording, or standard output."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO, Protocol

from pipeline.runtime.kafka import KafkaConfig
from pipeline.runtime.output import KafkaOutput
from replay.recording.format import Recorded, SimulatedRun
from replay.recording.writer import RecordingWriter

__all__ = ["FileTarget", "KafkaTarget", "StreamTarget", "Target"]

TOPICS = ("cameras", "hotlist", "vehicles", "patrols", "reads")
SERVED_EVERY = 500
Pairs = Iterable[tuple[bytes, bytes]]


class Target(Protocol):
    """Takes messages in order."""

    sent: Counter[str]
    """By topic."""

    def put(self, topic: str, messages: Pairs, at_ms: Iterable[int]) -> None:
        """Take some. at_ms: of each, when it reaches the platform; since 1970."""
        ...

    def flush(self) -> None:
        """Return when all is where it belongs."""
        ...


class KafkaTarget:
    """The topics of a broker."""

    def __init__(self, kafka: KafkaConfig, tend: Callable[[], None]) -> None:
        self._output, self._tend = KafkaOutput(kafka), tend
        self.sent: Counter[str] = Counter()

    def put(self, topic: str, messages: Pairs, at_ms: Iterable[int]) -> None:  # noqa: ARG002 - the broker stamps
        """Hand them to the producer. Raises DeliveryFailed."""
        produce, tend = self._output.produce, self._tend
        for count, (key, value) in enumerate(messages, start=1):
            produce(topic, key, value, (), tend)
            if count % SERVED_EVERY == 0:
                self._output.serve()
            self.sent[topic] += 1

    def flush(self) -> None:
        """Wait until the broker has all. Raises DeliveryFailed."""
        self._output.flush(self._tend)


class FileTarget:
    """A recording, which `anpr replay play` plays. It appears when it is whole."""

    def __init__(self, path: Path, seed: int, parameters: dict[str, str | int | float | bool | None]) -> None:
        logs = {topic: f"simulated/{topic}" for topic in TOPICS}
        self._writer = RecordingWriter(path, logs, SimulatedRun(seed=seed, parameters=parameters))
        self.sent: Counter[str] = Counter()

    def __enter__(self) -> FileTarget:
        return self

    def __exit__(self, *exception: object) -> None:
        self._writer.__exit__(None, None, None)

    def put(self, topic: str, messages: Pairs, at_ms: Iterable[int]) -> None:
        """Take some, as if all were in one partition. Raises RecordingFault."""
        for (key, value), stamp_ms in zip(messages, at_ms, strict=True):
            self._writer.add(Recorded(topic, 0, self.sent[topic], stamp_ms, key, value))
            self.sent[topic] += 1

    def flush(self) -> None:
        """Nothing: `finish` makes the file."""

    def finish(self) -> None:
        """Let the file appear."""
        self._writer.finish(datetime.now(UTC))


class StreamTarget:
    """One JSON object a line, reads only: for other programs."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self.sent: Counter[str] = Counter()

    def put(self, topic: str, messages: Pairs, at_ms: Iterable[int]) -> None:  # noqa: ARG002 - it is in the message
        """Write the reads among them."""
        if topic == "reads":
            lines = [value for _, value in messages]
            self._stream.writelines(line + b"\n" for line in lines)
            self.sent[topic] += len(lines)

    def flush(self) -> None:
        """To whoever reads."""
        self._stream.flush()
