"""What a recording is: a Parquet file of messages, one a row, with a description in its metadata.

Rows are in the order of their stamps as far as partitions allow: within one partition they stand as in the log. Keys,
values and headers are the bytes that were in the topic. docs/decisions/0026.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

import pyarrow as pa
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

__all__ = [
    "COLUMNS",
    "FORMAT",
    "METADATA_KEY",
    "VERSION",
    "Recorded",
    "RecordedPartition",
    "RecordedTopic",
    "RecordingFault",
    "RecordingInfo",
    "SimulatedRun",
]

FORMAT: Literal["anpr-recording"] = "anpr-recording"
VERSION: Literal[1] = 1
METADATA_KEY = b"anpr-recording"
"""Where the description stands in the file's metadata, as JSON."""

COLUMNS = pa.schema(
    [
        pa.field("topic", pa.dictionary(pa.int16(), pa.string()), nullable=False),
        pa.field("partition", pa.int32(), nullable=False),
        pa.field("offset", pa.int64(), nullable=False),
        pa.field("timestamp", pa.timestamp("ms", tz="UTC"), nullable=False),
        pa.field("key", pa.binary()),
        pa.field("value", pa.binary()),
        pa.field(
            "headers",
            pa.list_(pa.struct([pa.field("name", pa.string(), nullable=False), pa.field("value", pa.binary())])),
            nullable=False,
        ),
        pa.field("version", pa.int16()),
    ]
)
"""`version`: of the contract that a message was written in; null: it says none that can be read, or has no value."""


class RecordingFault(ValueError):
    """The file is no recording that can be used; the message says why."""


class Recorded(NamedTuple):
    """One message as it was in its topic."""

    topic: str
    partition: int
    offset: int
    timestamp_ms: int
    """When the producer (or broker) stamped it; epoch, ms."""
    key: bytes | None
    value: bytes | None
    """None: a tombstone, which takes the key's record away."""
    headers: tuple[tuple[str, bytes | None], ...] = ()
    version: int | None = None
    """See `COLUMNS`."""


class _Description(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore", use_attribute_docstrings=True)


class RecordedPartition(_Description):
    """What was taken of a partition."""

    partition: int
    messages: int
    first_offset: int
    last_offset: int


class RecordedTopic(_Description):
    """What was taken of a topic."""

    topic: str
    log: str
    """Identifier of the topic's incarnation, `<cluster>/<topic id>`."""
    contract: str
    version: int
    """Of the contract, where it was recorded."""
    versions: dict[int, int] = Field(default_factory=dict)
    """Version that messages are written in → how many."""
    partitions: tuple[RecordedPartition, ...] = ()

    @property
    def messages(self) -> int:
        """All of them."""
        return sum(one.messages for one in self.partitions)


class SimulatedRun(_Description):
    """The simulation whose messages these are, as its truth file names it."""

    seed: int
    parameters: dict[str, str | int | float | bool | None]


class RecordingInfo(_Description):
    """The description of a recording."""

    format: Literal["anpr-recording"] = FORMAT
    version: Literal[1] = VERSION
    recorded_at: AwareDatetime
    topics: tuple[RecordedTopic, ...]
    messages: int
    value_bytes: int
    """Bytes of keys and values before compression."""
    first_stamp_ms: int | None = None
    """Earliest stamp; None: no message."""
    last_stamp_ms: int | None = None
    received_from: AwareDatetime | None = None
    """Of reads, frames and passages: the earliest receipt …"""
    received_until: AwareDatetime | None = None
    """… and the latest."""
    cameras: tuple[str, ...] = ()
    """Cameras they are of."""
    simulated: SimulatedRun | None = None
    """None: not known to be of a simulation."""
    headers_unreadable: int = 0
    """Messages that lie in it without their headers: a name of these is no text, which no client can read."""
