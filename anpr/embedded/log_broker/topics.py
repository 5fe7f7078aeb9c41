"""The topics of the broker."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator, Mapping

from anpr.embedded.log_broker.errors import Code, Refused
from anpr.embedded.log_broker.partition import Partition
from anpr.embedded.log_broker.settings import TopicSettings

__all__ = ["MOST_PARTITIONS", "Topic", "Topics"]

MOST_PARTITIONS = 10_000
"""Of one topic."""
_NAME = re.compile(r"[a-zA-Z0-9._-]{1,249}")


class Topic:
    """A topic with its partitions. `uid` tells it from an earlier one of the same name."""

    def __init__(self, name: str, partitions: int, given: Mapping[str, str]) -> None:
        self.name = name
        self.uid = uuid.uuid4().bytes
        self.partitions = [Partition(name, index) for index in range(partitions)]
        self.configure(given)

    def configure(self, given: Mapping[str, str]) -> None:
        """Replace all settings that were given."""
        self.given = dict(given)
        self.settings = TopicSettings.of(given)

    def grow(self, partitions: int) -> None:
        """Add partitions until there are so many."""
        self.partitions += [Partition(self.name, index) for index in range(len(self.partitions), partitions)]


class Topics:
    """All topics by name and by id."""

    def __init__(self) -> None:
        self._named: dict[str, Topic] = {}
        self._by_uid: dict[bytes, Topic] = {}

    def __iter__(self) -> Iterator[Topic]:
        return iter(tuple(self._named.values()))

    def partitions(self) -> Iterator[tuple[Topic, Partition]]:
        """Every partition with its topic."""
        return ((topic, partition) for topic in self for partition in topic.partitions)

    def named(self, name: str) -> Topic:
        """Raises Refused when there is none."""
        if (topic := self._named.get(name)) is None:
            raise Refused(Code.UNKNOWN_TOPIC_OR_PARTITION, "This server does not host this topic-partition.")
        return topic

    def identified(self, uid: bytes) -> Topic:
        """Raises Refused when there is none."""
        if (topic := self._by_uid.get(uid)) is None:
            raise Refused(Code.UNKNOWN_TOPIC_ID, "This server does not host this topic ID.")
        return topic

    def partition(self, name: str, index: int) -> tuple[Topic, Partition]:
        """Raises Refused when there is none."""
        topic = self.named(name)
        if not 0 <= index < len(topic.partitions):
            raise Refused(Code.UNKNOWN_TOPIC_OR_PARTITION, "This server does not host this topic-partition.")
        return topic, topic.partitions[index]

    def check_name(self, name: str) -> None:
        """Raises Refused for a name that a topic cannot have, or that one has."""
        if not _NAME.fullmatch(name) or name in (".", ".."):
            raise Refused(Code.INVALID_TOPIC_EXCEPTION, f"'{name}' is not a name for a topic")
        if name in self._named:
            raise Refused(Code.TOPIC_ALREADY_EXISTS, f"Topic '{name}' already exists.")

    def create(self, name: str, partitions: int, given: Mapping[str, str]) -> Topic:
        """Make a topic; its name and settings have been checked."""
        topic = self._named[name] = Topic(name, partitions, given)
        self._by_uid[topic.uid] = topic
        return topic

    def delete(self, topic: Topic) -> None:
        """Forget a topic and all that is in it. Whoever waits for its data is woken, to hear that it is gone."""
        del self._named[topic.name], self._by_uid[topic.uid]
        for partition in topic.partitions:
            partition.close()
