"""Create the topics on a broker, and say where a broker differs from the files.

Both may be repeated at will. Nothing is ever deleted or changed on the broker: a difference is reported, a
person decides. Partitions can be capped and replication set for small installations and the embedded broker.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from confluent_kafka import KafkaError, KafkaException
from confluent_kafka.admin import AdminClient, ConfigResource, NewTopic, TopicMetadata

from topics.model import Topics, TopicSpec

__all__ = ["Creation", "Drift", "Planned", "check", "create", "plan"]

_TIMEOUT_S = 30.0


@dataclass(frozen=True)
class Planned:
    """One topic as it will be on the broker."""

    topic: str
    partitions: int
    replication: int
    config: Mapping[str, str]
    """Kafka topic settings by name, values as Kafka writes them."""


@dataclass(frozen=True)
class Creation:
    """What became of one topic in `create`."""

    topic: str
    outcome: Literal["created", "exists", "refused"]
    detail: str = ""
    """The broker's words when it refused."""


@dataclass(frozen=True)
class Drift:
    """One difference between a file and the broker, or one thing the broker does not tell."""

    topic: str
    field: str
    """`topic`, `partitions`, `replication` or a Kafka setting."""
    kind: Literal["missing", "differs", "cannot tell"]
    expected: str
    actual: str
    """The broker's value, or why there is none."""


def plan(topics: Topics, *, max_partitions: int | None = None, replication: int | None = None) -> list[Planned]:
    """The topics as they will be created.

    max_partitions: cap on partitions; topics that must agree still do, since all are capped alike.
    replication: copies instead of the files' factor, such as 1 for one broker.
    """
    return [_planned(spec, max_partitions, replication) for spec in topics.values()]


def _planned(spec: TopicSpec, max_partitions: int | None, replication: int | None) -> Planned:
    copies = replication or spec.replication.factor
    return Planned(
        topic=spec.name,
        partitions=min(spec.partitions, max_partitions or spec.partitions),
        replication=copies,
        config=spec.config(min_insync=min(spec.replication.min_insync, copies)),
    )


def create(
    admin: AdminClient, topics: Topics, *, max_partitions: int | None = None, replication: int | None = None
) -> list[Creation]:
    """Create the topics that are missing; existing ones stay as they are (see `check`).

    One entry per topic; what was created is in the broker's metadata on return. Raises KafkaException when the
    broker does not answer, TimeoutError when it does not show a topic that it accepted.
    """
    wanted = plan(topics, max_partitions=max_partitions, replication=replication)
    existing = _metadata(admin)
    missing = [item for item in wanted if item.topic not in existing]
    results = _create_missing(admin, missing)
    _wait_visible(admin, {topic for topic, creation in results.items() if creation.outcome == "created"})
    return [results.get(item.topic, Creation(item.topic, "exists")) for item in wanted]


def _wait_visible(admin: AdminClient, created: set[str]) -> None:
    """Kafka accepts a topic a moment before its metadata has it, and a consumer would be told that there is none."""
    deadline_s = time.monotonic() + _TIMEOUT_S
    while hidden := created and created - _metadata(admin).keys():
        if time.monotonic() > deadline_s:
            raise TimeoutError(f"the broker accepted {', '.join(sorted(hidden))} but does not show it; check its log")


def _create_missing(admin: AdminClient, missing: list[Planned]) -> dict[str, Creation]:
    if not missing:
        return {}
    new = [NewTopic(item.topic, item.partitions, item.replication, config=dict(item.config)) for item in missing]
    futures = admin.create_topics(new, operation_timeout=_TIMEOUT_S, request_timeout=_TIMEOUT_S)
    return {topic: _creation(topic, future) for topic, future in futures.items()}


def _creation(topic: str, future: Any) -> Creation:
    try:
        future.result()
    except KafkaException as failure:
        code, words = _reason(failure)
        # Somebody else created it between our look and our request.
        if code == KafkaError.TOPIC_ALREADY_EXISTS:
            return Creation(topic, "exists")
        return Creation(topic, "refused", words)
    return Creation(topic, "created")


def _reason(failure: KafkaException) -> tuple[int, str]:
    """Kafka's error code and its words."""
    error = failure.args[0]
    assert isinstance(error, KafkaError)  # the type stubs allow text as well, the library never raises that
    return error.code(), error.str()


def check(
    admin: AdminClient, topics: Topics, *, max_partitions: int | None = None, replication: int | None = None
) -> list[Drift]:
    """Every difference between the files and the broker; empty when there is none.

    What the broker does not tell is reported as "cannot tell", never taken for agreement.
    Raises KafkaException when the broker does not answer.
    """
    wanted = plan(topics, max_partitions=max_partitions, replication=replication)
    existing = _metadata(admin)
    present = [item for item in wanted if item.topic in existing]
    configs = _configs(admin, [item.topic for item in present])
    return [
        *(Drift(item.topic, "topic", "missing", "present", "absent") for item in wanted if item not in present),
        *(drift for item in present for drift in _layout_drift(item, existing[item.topic])),
        *(drift for item in present for drift in _config_drift(item, configs[item.topic])),
    ]


def _metadata(admin: AdminClient) -> dict[str, TopicMetadata]:
    return dict(admin.list_topics(timeout=_TIMEOUT_S).topics)


def _layout_drift(item: Planned, actual: TopicMetadata) -> Iterator[Drift]:
    if (partitions := len(actual.partitions)) != item.partitions:
        yield Drift(item.topic, "partitions", "differs", str(item.partitions), str(partitions))
    copies = {len(partition.replicas) for partition in actual.partitions.values()}
    if copies != {item.replication}:
        yield Drift(item.topic, "replication", "differs", str(item.replication), ", ".join(map(str, sorted(copies))))


def _configs(admin: AdminClient, names: Iterable[str]) -> dict[str, dict[str, str] | str]:
    """Settings of each topic, or the reason why the broker does not give them."""
    resources = [ConfigResource(ConfigResource.Type.TOPIC, name) for name in names]
    if not resources:
        return {}
    futures = admin.describe_configs(resources, request_timeout=_TIMEOUT_S)
    return {resource.name: _settings(future) for resource, future in futures.items()}


def _settings(future: Any) -> dict[str, str] | str:
    try:
        return {name: entry.value for name, entry in future.result().items()}
    except KafkaException as failure:
        return _reason(failure)[1]


def _config_drift(item: Planned, actual: dict[str, str] | str) -> Iterator[Drift]:
    for name, expected in item.config.items():
        if isinstance(actual, str):
            yield Drift(item.topic, name, "cannot tell", expected, actual)
        elif name not in actual:
            yield Drift(item.topic, name, "cannot tell", expected, "the broker does not name this setting")
        elif _normal(actual[name]) != _normal(expected):
            yield Drift(item.topic, name, "differs", expected, actual[name])


def _normal(value: str) -> list[str]:
    """Kafka keeps lists such as `compact,delete` in the order they came."""
    return sorted(part.strip() for part in value.split(","))
