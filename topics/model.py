"""The model of a topic file. What one file can say is here; what files must agree on is in `rules`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

__all__ = [
    "ORIGINAL_KEY",
    "WHOLE_MESSAGE",
    "Key",
    "Pii",
    "PiiClass",
    "Replication",
    "SchemaRef",
    "TopicSpec",
    "Topics",
]

ORIGINAL_KEY = "original"
"""Value of `key.field` where a message keeps the key it had in the topic it comes from."""

WHOLE_MESSAGE = frozenset({"key", "value"})
"""Names in `pii.fields` that mean the Kafka key or the whole value, not a field of the schema."""

_UNIT_MS = {"s": 1000, "m": 60_000, "h": 3_600_000, "d": 86_400_000}

Label = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]*$", max_length=64)]
"""The name of a team, a program part, a topic or a group of topics."""

Text = Annotated[str, StringConstraints(min_length=10, max_length=1000)]

Duration = Annotated[str, StringConstraints(pattern=r"^[1-9][0-9]*[smhd]$")]
"""A whole number with its unit: 90s, 15m, 1h, 7d."""

PiiClass = Literal["none", "plate", "person"]
"""none: about no one. plate: a vehicle, and so its keeper, can be followed. person: names somebody."""


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)


class Key(_Frozen):
    """What the Kafka key of a message is."""

    field: str
    """Field of the schema whose text is the key, or `original`."""
    why: Text
    """What must stay in one partition, and what breaks otherwise."""


class Replication(_Frozen):
    """Copies on a cluster of several brokers."""

    factor: Annotated[int, Field(ge=1, le=7)]
    """Brokers that hold each partition."""
    min_insync: Annotated[int, Field(ge=1, le=7)]
    """Copies that must have a message before a producer with `acks=all` hears of success."""


class Pii(_Frozen):
    """Personal data in the topic."""

    kind: Annotated[PiiClass, Field(alias="class")]
    """The strictest class of what the topic holds."""
    fields: tuple[str, ...]
    """Fields of the schema that make it so; `key` and `value` stand for the whole of them."""


class SchemaRef(_Frozen):
    """The contract of the messages."""

    name: str
    """A name in `schemas.registry.CONTRACTS`."""
    version: Annotated[int, Field(ge=1)]
    """Its current version."""


COMPACTED_SEGMENT_BYTES, COMPACTED_WITHIN_MS = 4 * 2**20, 600_000
"""A broker compacts no segment that it still writes to, and begins another one after a week or a gigabyte unless it is
told otherwise: until then whoever starts reads all that was ever written of a key, and what was removed is still there.
"""


class TopicSpec(_Frozen):
    """One topic. Its name is the stem of its file."""

    name: str
    """The Kafka topic."""
    description: Text
    """What one message says."""
    owner: Label
    """Who decides about it."""
    producers: Annotated[tuple[Label, ...], Field(min_length=1)]
    """Parts that write it."""
    consumers: Annotated[tuple[Label, ...], Field(min_length=1)]
    """Parts that read it."""
    key: Key
    """What decides about the partition."""
    partitions: Annotated[int, Field(ge=1, le=1000)]
    """Ceiling on the workers of one group; a change moves keys, so choose it large."""
    replication: Replication
    """Copies of each partition."""
    cleanup: Literal["delete", "compact", "compact,delete"]
    """delete: gone after `retention`. compact: the last message of each key stays. Both: the last one, until then."""
    retention: Duration | None = None
    """How long messages stay; none for `compact`."""
    max_message_bytes: Annotated[int, Field(ge=1024, le=64_000_000)]
    """Largest batch of messages as sent, after compression; a larger single message is refused."""
    compression: Literal["none", "lz4", "zstd"]
    """What producers use and the broker keeps."""
    pii: Pii
    """Personal data."""
    dead_letter_topic: Label | None
    """Where messages go that cannot be used; null only for dead letters themselves."""
    contract: Annotated[SchemaRef, Field(alias="schema")]
    """The contract of the messages."""
    copartition: Label | None = None
    """Group of topics whose equal keys must meet in partitions of equal number."""

    @property
    def retention_ms(self) -> int | None:
        """Retention in milliseconds."""
        return to_ms(self.retention) if self.retention else None

    def config(self, *, min_insync: int) -> dict[str, str]:
        """The topic's Kafka settings. min_insync: never more than the copies the topic will really have."""
        settings = {
            "cleanup.policy": self.cleanup,
            "compression.type": "uncompressed" if self.compression == "none" else self.compression,
            "max.message.bytes": str(self.max_message_bytes),
            "min.insync.replicas": str(min_insync),
        }
        if self.retention_ms is not None:
            settings["retention.ms"] = str(self.retention_ms)
        if self.cleanup == "compact":
            settings["segment.bytes"] = str(max(COMPACTED_SEGMENT_BYTES, self.max_message_bytes))
            settings["max.compaction.lag.ms"] = str(COMPACTED_WITHIN_MS)
        return settings


class Topics(Mapping[str, TopicSpec]):
    """All topics by name, in the order of their names. Read-only."""

    def __init__(self, specs: Mapping[str, TopicSpec]) -> None:
        self._specs = dict(sorted(specs.items()))

    def __getitem__(self, name: str) -> TopicSpec:
        """The topic of that name. Raises KeyError."""
        return self._specs[name]

    def __iter__(self) -> Iterator[str]:
        """Names, sorted."""
        return iter(self._specs)

    def __len__(self) -> int:
        """How many topics there are."""
        return len(self._specs)


def to_ms(duration: str) -> int:
    """Milliseconds of a `Duration`."""
    return int(duration[:-1]) * _UNIT_MS[duration[-1]]
