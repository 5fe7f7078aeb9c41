"""Topics → a recording."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from anpr.replay.faults import ReplayRefused
from anpr.replay.log_reader import LogReader, Span
from pipeline.runtime.clock import Clock
from pipeline.runtime.kafka import UNREADABLE_HEADERS, KafkaConfig, admin_client
from pipeline.runtime.log_identity import log_ids
from replay.recording.format import RecordingInfo, SimulatedRun
from replay.recording.writer import RecordingWriter
from topics.spec import all_topics

__all__ = ["RecordPlan", "record"]

TELL_EVERY = 1_000
Progress = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True)
class RecordPlan:
    """What to record."""

    topics: tuple[str, ...]
    since: datetime | None = None
    """By the stamps of the messages."""
    until: datetime | None = None
    """None: up to where the topics end; when following, no end."""
    follow: bool = False
    """Go on at the end of the topics, until told to stop or for `seconds`."""
    seconds: float | None = None
    simulated: SimulatedRun | None = None
    """The simulation that fills the topics, where it is known."""

    def __post_init__(self) -> None:
        unknown = [topic for topic in self.topics if topic not in all_topics()]
        if unknown:
            raise ReplayRefused(f"there is no topic {', '.join(unknown)}: `anpr topics list` shows all there are")
        if self.since is not None and self.until is not None and self.since >= self.until:
            raise ReplayRefused("the time ends before it begins: give a later --until")


def record(
    kafka: KafkaConfig, plan: RecordPlan, path: Path, clock: Clock, stop: Callable[[], bool], progress: Progress
) -> RecordingInfo:
    """Write the recording and return its description.

    stop: asked all the time; True ends it in order, with what was recorded so far. An exception leaves no file.
    Raises ReplayRefused, ReplayFault, RecordingFault, KafkaException.
    """
    began = clock.now()
    reader = LogReader(kafka, plan.topics, Span(_ms(plan.since), _ms(plan.until)), clock)
    try:
        logs = log_ids(admin_client(kafka), plan.topics)
        with RecordingWriter(path, logs, plan.simulated) as writer:
            unreadable = _fill(writer, reader, plan, clock, stop, progress)
            return writer.finish(began, unreadable)
    finally:
        reader.close()


def _fill(
    writer: RecordingWriter,
    reader: LogReader,
    plan: RecordPlan,
    clock: Clock,
    stop: Callable[[], bool],
    progress: Progress,
) -> int:
    """Returns how many messages came without their headers, as these cannot be read."""
    ends_at = clock.monotonic() + plan.seconds if plan.seconds is not None else None

    def over() -> bool:
        late = plan.follow and plan.until is not None and clock.now() >= plan.until
        return stop() or late or (ends_at is not None and clock.monotonic() >= ends_at)

    unreadable = 0
    for message in reader.messages(over, follow=plan.follow):
        if message is not None:
            writer.add(message)
            unreadable += any(name == UNREADABLE_HEADERS for name, _ in message.headers)
        if message is None or writer.messages % TELL_EVERY == 0:
            progress("recording", writer.messages, 0)
    return unreadable


def _ms(moment: datetime | None) -> int | None:
    return None if moment is None else int(moment.timestamp() * 1000)
