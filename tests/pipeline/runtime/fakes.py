"""Recording parts for tests of the loop: each notes its name in one list of events, and fails when told to."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, cast

from pipeline.messages import Batch, Message
from pipeline.outcome import Emit, Outcome, Picture, Rejection
from pipeline.runtime.commits import Offsets, Rewinds
from pipeline.runtime.loop import Limits, Loop
from pipeline.runtime.metrics import Metrics
from pipeline.runtime.output import KafkaOutput
from pipeline.runtime.reference import ReferenceReader
from pipeline.runtime.source import Place, Polled
from tests.pipeline.builders import T0, message

PLACE = ("reads", 0)
NOTHING = Polled((), ())


class Broken(RuntimeError):
    """The failure that a test plants."""


@dataclass
class Journal:
    """What happened, in order, and what shall break."""

    events: list[str] = field(default_factory=list)
    breaking: str = ""

    def note(self, event: str) -> None:
        """Record a step; raises Broken if it is the one to break."""
        self.events.append(event)
        if event == self.breaking:
            raise Broken(event)

    def take(self) -> list[str]:
        """The events since the last look."""
        events, self.events = self.events, []
        return events


class TurnedClock:
    """A clock that a test turns; it starts at T0."""

    def __init__(self) -> None:
        self._passed_s = 0.0

    def now(self) -> datetime:
        return T0 + timedelta(seconds=self._passed_s)

    def monotonic(self) -> float:
        return 1000.0 + self._passed_s

    def sleep(self, seconds: float) -> None:
        self._passed_s += seconds


class ScriptedSource:
    """Gives the polls of its script, then nothing."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self.script: deque[Polled | Callable[[], Polled]] = deque()
        self.commits: list[tuple[dict[Place, int], dict[Place, int]]] = []
        self.notes: list[dict[Place, str]] = []
        """Of each of these."""
        self.answers = True
        self.paused = False
        self.lags: dict[Place, int] = {}
        self.gathered_s: list[float] = []
        self.while_alive: Callable[[], object] = lambda: None

    def open(self) -> None:
        self._journal.note("open")

    def poll(self, most: int, wait_s: float, gather_s: float = 0.0) -> Polled:  # noqa: ARG002 - the source's signature
        self._journal.note("poll")
        self.gathered_s.append(gather_s)
        assert not self.paused, "polled while paused: nothing would ever come"
        step = self.script.popleft() if self.script else NOTHING
        return step() if callable(step) else step

    def commit(self, offsets: Offsets, rewinds: Rewinds) -> bool:
        self._journal.note("commit")
        if self.answers:
            self.commits.append((dict(offsets), {place: rewind.offset for place, rewind in rewinds.items()}))
            self.notes.append({place: rewind.note for place, rewind in rewinds.items()})
        return self.answers

    def keep_alive(self) -> None:
        self._journal.note("keep_alive")
        self.paused = True
        self.while_alive()

    def resume(self) -> None:
        self._journal.note("resume")
        self.paused = False

    def lag(self) -> Mapping[Place, int]:
        return self.lags

    def at_end(self) -> frozenset[Place]:
        return frozenset(place for place, lag in self.lags.items() if lag == 0)

    def broker_answers(self) -> bool:
        return self.answers

    def close(self) -> None:
        self._journal.note("close")


class RecordingStage:
    """Emits each message again; rejects those whose value is `bad`, keeps a picture of those that are `picture`."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self.batches: list[Batch] = []
        self.needed: dict[Place, int] = {}
        self.forgotten: list[Place] = []

    def __call__(self, batch: Batch) -> Outcome:
        self._journal.note("stage")
        self.batches.append(batch)
        outcome = Outcome()
        for m in batch.messages:
            if m.value == b"bad":
                outcome.rejected.append(Rejection(m, "not_json", "no JSON"))
            else:
                outcome.emitted.append(Emit("passages", m.key or b"", m.value, m))
            if m.value == b"picture":
                outcome.pictures.append(Picture("a.jpg", b"jpeg"))
        return outcome

    def needed_from(self, place: Place) -> int | None:
        return self.needed.get(place)

    def open_tracks(self) -> int:
        return len(self.needed)

    def forget(self, places: Sequence[Place]) -> None:
        self.forgotten += places


class RecordingOutput:
    """Takes everything; says `waits` times first that it cannot take it yet."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self.sent: list[Emit] = []
        self.waits = 0
        self.refused: list[Rejection] = []

    def deliver(self, outcome: Outcome, while_waiting: Callable[[], None]) -> Sequence[Rejection]:
        for _ in range(self.waits):
            while_waiting()
        self._journal.note("deliver")
        self.sent += outcome.emitted
        refused, self.refused = self.refused, []
        return refused


class RecordingAhead(RecordingOutput):
    """The same, and it may be given more meanwhile; says `waits` times first that it is not acknowledged yet."""

    def hand_over(self, outcome: Outcome, while_waiting: Callable[[], None]) -> None:
        del while_waiting
        self._journal.note("hand over")
        self.sent += outcome.emitted

    def settle(self, while_waiting: Callable[[], None]) -> None:
        for _ in range(self.waits):
            while_waiting()
        self._journal.note("settle")


class RecordingLetters:
    """The part of `KafkaOutput` that dead letters use."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self.letters: list[tuple[str, bytes | None, bytes, dict[str, bytes]]] = []
        self.waits = 0

    def produce(
        self,
        topic: str,
        key: bytes | None,
        value: bytes,
        headers: tuple[tuple[str, bytes], ...],
        while_waiting: Callable[[], None],
    ) -> None:
        del while_waiting
        self.letters.append((topic, key, value, dict(headers)))

    def flush(self, while_waiting: Callable[[], None]) -> None:
        for _ in range(self.waits):
            while_waiting()
        self._journal.note("letters")


class RecordingPictures:
    """Keeps pictures."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self.kept: list[str] = []

    def put(self, pictures: Sequence[Picture], while_waiting: Callable[[], None]) -> None:
        del while_waiting
        self._journal.note("pictures")
        self.kept += [picture.key for picture in pictures]


class RecordingReference:
    """A reference reader with a record count of 1."""

    @dataclass(frozen=True)
    class _Reference:
        topic: str = "cameras"

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self.reference = self._Reference()
        self.rejections: list[Rejection] = []

    def load(self) -> list[Rejection]:
        self._journal.note("load")
        return []

    def refresh(self) -> list[Rejection]:
        self._journal.note("refresh")
        rejections, self.rejections = self.rejections, []
        return rejections

    def measure(self, metrics: Metrics, flow: str) -> None:
        metrics.set("anpr_reference_records", 1, flow=flow, topic=self.reference.topic)

    def close(self) -> None:
        self._journal.note("close reference")


class Bench:
    """A loop of recording parts."""

    def __init__(self, *, stateful: bool = False, ahead: bool = False, **limits: Any) -> None:
        self.journal, self.clock = Journal(), TurnedClock()
        self.source, self.stage = ScriptedSource(self.journal), RecordingStage(self.journal)
        self.output, self.letters = RecordingAhead(self.journal), RecordingLetters(self.journal)
        self.pictures, self.reference = RecordingPictures(self.journal), RecordingReference(self.journal)
        self.metrics = Metrics()
        self.beats = 0
        self.loop = Loop(
            flow="match",
            source=self.source,
            stage=self.stage,
            output=self.output,
            ahead=self.output if ahead else None,
            dead_letters=cast(KafkaOutput, self.letters),
            metrics=self.metrics,
            clock=self.clock,
            limits=Limits(**{"commit_every_s": 0.0, "refresh_every_s": 0.0} | limits),
            references=[cast(ReferenceReader, self.reference)],
            pictures=self.pictures,
            logs={"reads": "cluster/log"},
            stateful=self.stage if stateful else None,
            on_progress=self._beat,
        )

    def _beat(self) -> None:
        self.beats += 1

    def feed(self, *values: bytes, offset: int = 0, replayed: Iterable[bytes] = ()) -> None:
        """Script one poll: replayed messages, then fresh ones, at offsets from `offset` on."""
        again = [message(value, offset + n) for n, value in enumerate(replayed)]
        start = offset + len(again)
        self.source.script.append(Polled(again, [message(value, start + n) for n, value in enumerate(values)]))

    def step(self, *values: bytes, **poll: Any) -> list[str]:
        """One step over these messages; returns the events."""
        if values or poll:
            self.feed(*values, **poll)
        self.loop.step()
        return self.journal.take()

    def stop_at_next_poll(self) -> None:
        """Script a poll that brings nothing, during which somebody says stop."""

        def poll() -> Polled:
            self.loop.stop()
            return NOTHING

        self.source.script.append(poll)

    def give_away(self, place: Place = PLACE) -> None:
        """As the source does when a partition goes to another worker."""
        self.loop.commit()
        self.loop.forget([place])

    def metric(self, name: str, **labels: str) -> float:
        """Value of a counter or gauge; 0 where it was never touched."""
        return self.metrics.registry.get_sample_value(name, {"flow": "match", **labels}) or 0.0


def bad_reference() -> Rejection:
    """A reference record that nobody can use."""
    letter: Message = message(b"{", 7, topic="cameras")
    return Rejection(letter, "not_json", "no JSON")
