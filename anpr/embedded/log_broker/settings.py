"""Settings of topics: which there are, what they are by default, and what is refused.

Names, defaults and limits as in "Topic Configs" of Apache Kafka's documentation. Those that this broker acts on are in
`TopicSettings`; the others are kept and told as they were given, so that `topics check` sees them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

from anpr.embedded.log_broker.errors import Code, Refused

__all__ = ["KINDS", "Kind", "TopicSettings", "checked_settings"]

INT64_MAX: Final = 2**63 - 1


class Kind(IntEnum):
    """Type of a setting in an answer to DescribeConfigs."""

    BOOLEAN = 1
    STRING = 2
    INT = 3
    LONG = 5
    DOUBLE = 6
    LIST = 7


KINDS: Final[Mapping[str, tuple[Kind, str]]] = {
    "cleanup.policy": (Kind.LIST, "delete"),
    "compression.type": (Kind.STRING, "producer"),
    "delete.retention.ms": (Kind.LONG, "86400000"),
    "file.delete.delay.ms": (Kind.LONG, "60000"),
    "flush.messages": (Kind.LONG, str(INT64_MAX)),
    "flush.ms": (Kind.LONG, str(INT64_MAX)),
    "index.interval.bytes": (Kind.INT, "4096"),
    "max.compaction.lag.ms": (Kind.LONG, str(INT64_MAX)),
    "max.message.bytes": (Kind.INT, "1048588"),
    "message.timestamp.after.max.ms": (Kind.LONG, str(INT64_MAX)),
    "message.timestamp.before.max.ms": (Kind.LONG, str(INT64_MAX)),
    "message.timestamp.type": (Kind.STRING, "CreateTime"),
    "min.cleanable.dirty.ratio": (Kind.DOUBLE, "0.5"),
    "min.compaction.lag.ms": (Kind.LONG, "0"),
    "min.insync.replicas": (Kind.INT, "1"),
    "preallocate": (Kind.BOOLEAN, "false"),
    "retention.bytes": (Kind.LONG, "-1"),
    "retention.ms": (Kind.LONG, "604800000"),
    "segment.bytes": (Kind.INT, "1073741824"),
    "segment.index.bytes": (Kind.INT, "10485760"),
    "segment.jitter.ms": (Kind.LONG, "0"),
    "segment.ms": (Kind.LONG, "604800000"),
    "unclean.leader.election.enable": (Kind.BOOLEAN, "false"),
}
"""Setting → its type and its default."""

_CHOICES: Final[Mapping[str, frozenset[str]]] = {
    "cleanup.policy": frozenset({"delete", "compact"}),
    "compression.type": frozenset({"producer", "uncompressed", "gzip", "snappy", "lz4", "zstd"}),
    "message.timestamp.type": frozenset({"CreateTime", "LogAppendTime"}),
}
_LOWEST: Final[Mapping[str, int]] = {"retention.ms": -1, "retention.bytes": -1, "min.insync.replicas": 1}


@dataclass(frozen=True, slots=True)
class TopicSettings:
    """The settings of a topic that are acted on."""

    max_message_bytes: int
    retention_ms: int | None
    """None: nothing is deleted by age."""
    retention_bytes: int | None
    """Of each partition; None: nothing is deleted by size."""
    stamped_by_broker: bool
    compacted: bool
    """Compaction itself is not done: such a topic only grows."""

    @classmethod
    def of(cls, given: Mapping[str, str]) -> TopicSettings:
        """The given settings, or the defaults."""
        deletes = "delete" in _parts(_value(given, "cleanup.policy"))
        age_ms, size = int(_value(given, "retention.ms")), int(_value(given, "retention.bytes"))
        return cls(
            max_message_bytes=int(_value(given, "max.message.bytes")),
            retention_ms=age_ms if deletes and age_ms >= 0 else None,
            retention_bytes=size if deletes and size >= 0 else None,
            stamped_by_broker=_value(given, "message.timestamp.type") == "LogAppendTime",
            compacted="compact" in _parts(_value(given, "cleanup.policy")),
        )


def _value(given: Mapping[str, str], name: str) -> str:
    return given.get(name, KINDS[name][1])


def _parts(value: str) -> list[str]:
    return [part.strip() for part in value.split(",")]


def checked_settings(given: Mapping[str, str | None]) -> dict[str, str]:
    """The settings as given. Raises Refused for one that Kafka does not have, or a value that it does not take."""
    return {name: _checked(name, value) for name, value in given.items()}


def _checked(name: str, value: str | None) -> str:
    if name not in KINDS:
        raise Refused(Code.INVALID_CONFIG, f"Unknown topic config name: {name}")
    if value is None:
        raise Refused(Code.INVALID_CONFIG, f"Null value not supported for topic configs: {name}")
    if not _fits(name, value.strip()):
        raise Refused(Code.INVALID_CONFIG, f"Invalid value {value} for configuration {name}")
    return value.strip()


def _fits(name: str, value: str) -> bool:
    kind = KINDS[name][0]
    if name in _CHOICES:
        parts = _parts(value) if kind is Kind.LIST else [value]
        return set(parts) <= _CHOICES[name]
    if kind is Kind.BOOLEAN:
        return value.lower() in ("true", "false")
    try:
        number = float(value) if kind is Kind.DOUBLE else int(value)
    except ValueError:
        return False
    highest = 2**31 - 1 if kind is Kind.INT else INT64_MAX
    return _LOWEST.get(name, 0) <= number <= highest
