"""A broker with topics of ours: messages that were refused, their letters, and what lies where."""

from __future__ import annotations

import json
from collections.abc import Iterable
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

from confluent_kafka import KafkaError
from confluent_kafka import Message as RawMessage

from anpr.bench.fuzz.mutate import valid_documents
from console.dead_letters.letter import Letter, letter_of
from console.dead_letters.reading import Reading
from console.dead_letters.replay_log import ReplayLog
from console.dead_letters.replaying import Replayer, Told
from console.dead_letters.target import Target, Wanted
from pipeline.messages import Message
from pipeline.outcome import Rejection
from pipeline.runtime.clock import Clock
from pipeline.runtime.dead_letters import TOPIC, Headers, letters
from pipeline.runtime.kafka import KafkaConfig, admin_client, producer_client
from schemas.dead_letter import Reason
from tests.pipeline.flows.workplace import PARTITIONS
from tests.pipeline.runtime.fakes import TurnedClock
from topics.admin import create
from topics.model import Topics
from topics.spec import all_topics

NAMES = ("reads", "hotlist", "cameras", "lez-passes", "frames", TOPIC, "letter-replays")
LOG = "a-cluster/a-log"


class Killed(BaseException):
    """The run ends here, as a kill -9 would end it."""


@dataclass
class Post:
    """One broker."""

    bootstrap: str

    def __post_init__(self) -> None:
        self.kafka = KafkaConfig(self.bootstrap, "static")
        self._producer = producer_client(self.kafka)

    def make_topics(self) -> None:
        """Those that are needed here, with as many partitions as other tests on the same broker give their neighbours.

        The files of a vehicle follow from several topics, and are astray where these differ in partitions.
        """
        wanted = Topics({name: all_topics()[name] for name in NAMES})
        create(admin_client(self.kafka), wanted, max_partitions=PARTITIONS["group"], replication=1)

    def send(
        self, topic: str, key: bytes | None, value: bytes | None, headers: Headers = (), partition: int = 0
    ) -> Message:
        """As it lies in the log."""
        lies: list[Message] = []

        def arrived(error: KafkaError | None, raw: RawMessage) -> None:
            assert error is None, error
            place = (raw.partition() or 0, raw.offset() or 0, raw.timestamp()[1])
            lies.append(Message(topic, *place, key, value or b"", headers))

        self._producer.produce(topic, value, key, partition, arrived, headers=list(headers))
        while self._producer.flush(1.0):
            pass
        return lies[0]

    def bury(self, message: Message, reason: Reason = "unknown_camera", stage: str = "consolidate") -> Letter:
        """Write the letter of a message that a stage refused, as the loop does."""
        rejection = Rejection(message, reason, "as a test wants it")
        ((emit, headers),) = letters(stage, {message.topic: LOG}, [rejection], datetime.now(UTC))
        letter = letter_of(self.send(TOPIC, emit.key, emit.value, headers))
        assert letter is not None
        return letter

    def refused(
        self, topic: str = "reads", key: bytes | None = b"cam-1", value: bytes | None = None, **more: Any
    ) -> Letter:
        """A message in its topic, and the letter about it."""
        value = read_of(key or b"cam-1") if value is None else value
        return self.bury(self.send(topic, key, value, more.pop("headers", ())), **more)

    def messages(self, topic: str) -> list[Message]:
        """All that lies in a topic, by partition and offset."""
        with closing(Reading(self.kafka)) as reading:
            spans = reading.spans(topic)
            begins, ends = ({n: span[side] for n, span in spans.items()} for side in (0, 1))
            return sorted(reading.messages(topic, begins, ends), key=lambda one: (one.partition, one.offset))

    def copies(self, letter: Letter) -> list[Message]:
        """What was put back of a letter."""
        name = str(letter.about.dead_letter_id).encode()
        return [one for one in self.messages(letter.about.source_topic) if dict(one.headers).get("replay_of") == name]


@dataclass
class Run:
    """One run of the command, that may be killed behind a step."""

    post: Post
    clock: Clock
    killed_after: str = ""

    def replay(self, *wanted: Letter | Wanted, dry: bool = False) -> list[Told]:
        """What it tells of each."""
        chunk = [one if isinstance(one, Wanted) else Wanted(one, one.message.key, one.message.value) for one in wanted]
        with closing(Reading(self.post.kafka)) as reading:
            log, target = ReplayLog(self.post.kafka, reading), Target(self.post.kafka, reading)
            return Replayer(log, target, self.clock, uuid4(), on_step=self._step).replay(chunk, dry=dry)

    def _step(self, step: str) -> None:
        if step == self.killed_after:
            raise Killed(step)

    def fates(self, *wanted: Letter | Wanted, dry: bool = False) -> dict[UUID, str]:
        """Letter → what became of it."""
        return {one.about.dead_letter_id: one.fate for one in self.replay(*wanted, dry=dry)}

    def fate(self, wanted: Letter | Wanted, dry: bool = False) -> str:
        """Of one."""
        (told,) = self.replay(wanted, dry=dry)
        return told.fate


def read_of(camera: bytes, **changes: Any) -> bytes:
    """A read that fits its contract, of a camera."""
    document = {**valid_documents("read")[0], "camera_id": camera.decode(), **changes}
    return json.dumps(document).encode()


def turned() -> TurnedClock:
    """A clock that a test turns."""
    return TurnedClock()


def keys(messages: Iterable[Message]) -> list[bytes | None]:
    """In their order."""
    return [one.key for one in messages]
