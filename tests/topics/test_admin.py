"""Creating and checking topics, on the embedded broker and on Apache Kafka."""

from __future__ import annotations

import random
import time
import uuid
from unittest.mock import create_autospec

import pytest
from confluent_kafka import KafkaError, KafkaException
from confluent_kafka.admin import AdminClient, ConfigResource

from pipeline.messages import Message
from tests.pipeline.runtime.workers import contents, send, until
from topics.admin import Creation, Drift, check, create, plan
from topics.model import COMPACTED_SEGMENT_BYTES, Topics
from topics.spec import all_topics

SMALL = {"max_partitions": 4, "replication": 1}
FILE_BYTES = 100_000


def own(*names: str) -> Topics:
    """Copies of our topics under names that nobody else uses on a shared broker."""
    run = uuid.uuid4().hex[:8]
    chosen = {f"{name}-{run}": all_topics()[name] for name in names or all_topics()}
    return Topics({name: spec.model_copy(update={"name": name}) for name, spec in chosen.items()})


def changed(topics: Topics, **values: object) -> Topics:
    return Topics({name: spec.model_copy(update=values) for name, spec in topics.items()})


@pytest.fixture
def admin(broker: str) -> AdminClient:
    return AdminClient({"bootstrap.servers": broker})


def test_creates_all_then_finds_all_and_no_drift(admin: AdminClient) -> None:
    topics = own()
    assert create(admin, topics, **SMALL) == [Creation(name, "created") for name in topics]
    assert create(admin, topics, **SMALL) == [Creation(name, "exists") for name in topics]
    assert check(admin, topics, **SMALL) == []


def test_missing_topics_are_drift(admin: AdminClient) -> None:
    topics = own("reads", "cameras")
    assert check(admin, topics, **SMALL) == [Drift(n, "topic", "missing", "present", "absent") for n in topics]


def test_existing_topics_stay_as_they_are_and_differences_are_told(admin: AdminClient) -> None:
    topics = own("reads")
    create(admin, topics, **SMALL)
    other = changed(topics, retention="3d", cleanup="compact,delete", max_message_bytes=2_000_000, compression="zstd")
    assert {creation.outcome for creation in create(admin, other, max_partitions=6, replication=1)} == {"exists"}
    (name,) = topics
    assert set(check(admin, other, max_partitions=6, replication=2)) == {
        Drift(name, "partitions", "differs", "6", "4"),
        Drift(name, "replication", "differs", "2", "1"),
        Drift(name, "cleanup.policy", "differs", "compact,delete", "delete"),
        Drift(name, "compression.type", "differs", "zstd", "lz4"),
        Drift(name, "max.message.bytes", "differs", "2000000", "1048576"),
        Drift(name, "min.insync.replicas", "differs", "2", "1"),
        Drift(name, "retention.ms", "differs", "259200000", "604800000"),
    }


def test_settings_that_a_broker_does_not_name_cannot_be_told(embedded_broker: str) -> None:
    """Not every broker names all it has; silence must not pass for agreement."""
    real = AdminClient({"bootstrap.servers": embedded_broker})
    topics = own("cameras")
    create(real, topics, **SMALL)
    (name,) = topics
    terse = create_autospec(AdminClient, instance=True)
    terse.list_topics.side_effect = real.list_topics
    terse.describe_configs.return_value = {ConfigResource(ConfigResource.Type.TOPIC, name): _naming_nothing()}
    drifts = check(terse, topics, **SMALL)
    assert {"compression.type", "max.message.bytes", "min.insync.replicas"} <= {drift.field for drift in drifts}
    assert {(drift.kind, drift.actual) for drift in drifts} == {
        ("cannot tell", "the broker does not name this setting")
    }


def test_a_broker_that_refuses_to_describe_is_no_failure(embedded_broker: str) -> None:
    real = AdminClient({"bootstrap.servers": embedded_broker})
    topics = own("cameras")
    create(real, topics, **SMALL)
    (name,) = topics
    deaf = create_autospec(AdminClient, instance=True)
    deaf.list_topics.side_effect = real.list_topics
    deaf.describe_configs.return_value = {ConfigResource(ConfigResource.Type.TOPIC, name): _refusing()}
    drifts = check(deaf, topics, **SMALL)
    assert {drift.kind for drift in drifts} == {"cannot tell"}
    assert {drift.actual for drift in drifts} == {"not here"}


def test_a_topic_made_by_somebody_else_meanwhile_exists(embedded_broker: str) -> None:
    real = AdminClient({"bootstrap.servers": embedded_broker})
    topics = own("cameras")
    create(real, topics, **SMALL)
    late = create_autospec(AdminClient, instance=True)
    late.list_topics.return_value.topics = {}
    late.create_topics.side_effect = real.create_topics
    assert create(late, topics, **SMALL) == [Creation(name, "exists") for name in topics]


@pytest.mark.kafka
def test_refusal_carries_the_brokers_words(kafka: str) -> None:
    (creation,) = create(AdminClient({"bootstrap.servers": kafka}), own("reads"), replication=7)
    assert creation.outcome == "refused"
    assert "replication factor" in creation.detail.lower()


@pytest.mark.slow
@pytest.mark.kafka
def test_who_reads_the_files_of_a_worker_reads_no_week_of_them(kafka: str) -> None:
    """The broker looks each quarter of a minute for what it can compact."""
    topics = own("case-files")
    (name,) = topics
    assert [one.outcome for one in create(AdminClient({"bootstrap.servers": kafka}), topics, **SMALL)] == ["created"]
    now_ms, written = int(time.time() * 1000), 3 * COMPACTED_SEGMENT_BYTES // FILE_BYTES
    send(kafka, name, (Message("", 0, 0, now_ms, b"1ABC234", random.randbytes(FILE_BYTES)) for _ in range(written)))
    found = [written]
    until(lambda: found[-1] <= written // 2, lambda: found.append(len(contents(kafka, name, 4))), "a compacted log")


def test_a_dead_broker_is_an_error() -> None:
    admin = AdminClient({"bootstrap.servers": "127.0.0.1:1", "log_level": 0})
    admin_topics = create_autospec(AdminClient, instance=True)
    admin_topics.list_topics.side_effect = lambda **_: admin.list_topics(timeout=0.2)
    for act in (check, create):
        with pytest.raises(KafkaException):
            act(admin_topics, all_topics())


def test_plan_caps_partitions_alike_and_required_copies_with_them() -> None:
    planned = {item.topic: item for item in plan(all_topics(), **SMALL)}
    assert {planned[name].partitions for name in ("passages", "vehicles", "lez-passes")} == {4}
    assert planned["patrols"].partitions == 3
    assert {item.config["min.insync.replicas"] for item in planned.values()} == {"1"}


def test_plan_writes_settings_as_kafka_names_them() -> None:
    planned = {item.topic: item for item in plan(all_topics())}
    assert planned["frames"].config == {
        "cleanup.policy": "delete",
        "compression.type": "uncompressed",
        "max.message.bytes": "8000000",
        "min.insync.replicas": "2",
        "retention.ms": "3600000",
    }
    assert planned["case-files"].config == {
        "cleanup.policy": "compact",
        "compression.type": "lz4",
        "max.compaction.lag.ms": "600000",
        "max.message.bytes": "2097152",
        "min.insync.replicas": "2",
        "segment.bytes": "4194304",
    }


def _refusing() -> object:
    future = create_autospec(_spec_of_future(), instance=True)
    future.result.side_effect = KafkaException(KafkaError(KafkaError.UNSUPPORTED_VERSION, "not here"))
    return future


def _naming_nothing() -> object:
    future = create_autospec(_spec_of_future(), instance=True)
    future.result.return_value = {}
    return future


def _spec_of_future() -> type:
    from concurrent.futures import Future

    return Future
