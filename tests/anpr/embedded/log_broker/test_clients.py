"""Requests through librdkafka and aiokafka, on the embedded broker and on Apache Kafka: both must say the same."""

from __future__ import annotations

import asyncio
import time
import uuid
from collections.abc import Callable
from pathlib import Path

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.structs import TopicPartition as AioPartition
from confluent_kafka import Consumer, ConsumerGroupTopicPartitions, KafkaError, KafkaException, Producer, TopicPartition
from confluent_kafka.admin import (
    AdminClient,
    AlterConfigOpType,
    ConfigEntry,
    ConfigResource,
    NewPartitions,
    NewTopic,
    OffsetSpec,
)

from anpr.embedded.broker import start_broker
from tests.brokers import fresh_topic

pytestmark = pytest.mark.slow
LIMIT_S = 30.0


@pytest.fixture
def admin(broker: str) -> AdminClient:
    return AdminClient({"bootstrap.servers": broker})


def _produce(broker: str, topic: str, values: list[bytes], **how: int) -> None:
    producer = Producer({"bootstrap.servers": broker, "enable.idempotence": True, "linger.ms": 50})
    for value in values:
        producer.produce(topic, value, partition=0, **how)
    assert producer.flush(LIMIT_S) == 0


def _until(holds: Callable[[], bool]) -> None:
    deadline_s = time.monotonic() + LIMIT_S
    while not holds():
        assert time.monotonic() < deadline_s
        time.sleep(0.05)


def _code(call: Callable[[], object]) -> int:
    with pytest.raises(KafkaException) as refused:
        call()
    return int(refused.value.args[0].code())


def test_topics_that_cannot_be_are_refused(admin: AdminClient, broker: str) -> None:
    there = fresh_topic(broker)
    asked = [
        (NewTopic(there, 1, 1), KafkaError.TOPIC_ALREADY_EXISTS),
        (NewTopic("a b", 1, 1), KafkaError.TOPIC_EXCEPTION),
        (NewTopic(f"{there}-x", 1, 3), KafkaError.INVALID_REPLICATION_FACTOR),
        (NewTopic(f"{there}-y", 1, 1, config={"retention.ms": "soon"}), KafkaError.INVALID_CONFIG),
        (NewTopic(f"{there}-z", 1, 1, config={"no.such": "1"}), KafkaError.INVALID_CONFIG),
    ]
    for topic, code in asked:
        assert _code(lambda topic=topic: admin.create_topics([topic])[topic.topic].result()) == code


def test_trying_makes_no_topic(admin: AdminClient) -> None:
    name = f"t-{uuid.uuid4().hex[:12]}"
    admin.create_topics([NewTopic(name, 1, 1)], validate_only=True)[name].result()
    assert name not in admin.list_topics(timeout=LIMIT_S).topics


def test_a_topic_made_anew_is_another(admin: AdminClient, broker: str) -> None:
    topic = fresh_topic(broker)
    _produce(broker, topic, [b"x"] * 3)
    admin.delete_topics([topic])[topic].result()
    _until(lambda: topic not in admin.list_topics(timeout=LIMIT_S).topics)
    admin.create_topics([NewTopic(topic, 1, 1)])[topic].result()
    where = TopicPartition(topic, 0)
    _until(lambda: topic in admin.list_topics(timeout=LIMIT_S).topics)
    assert admin.list_offsets({where: OffsetSpec.latest()})[where].result().offset == 0


def test_settings_are_changed_one_by_one(admin: AdminClient, broker: str) -> None:
    topic = fresh_topic(broker, retention_ms="5000", cleanup_policy="delete")
    entries = [
        ConfigEntry("retention.ms", None, incremental_operation=AlterConfigOpType.DELETE),
        ConfigEntry("max.message.bytes", "2000", incremental_operation=AlterConfigOpType.SET),
        ConfigEntry("cleanup.policy", "compact", incremental_operation=AlterConfigOpType.APPEND),
    ]
    changed = ConfigResource(ConfigResource.Type.TOPIC, topic, incremental_configs=entries)
    admin.incremental_alter_configs([changed])[changed].result()
    asked = ConfigResource(ConfigResource.Type.TOPIC, topic)
    wanted = {"retention.ms": "604800000", "max.message.bytes": "2000", "cleanup.policy": "delete,compact"}

    def told() -> dict[str, str]:
        found = admin.describe_configs([asked])[asked].result()
        return {name: found[name].value for name in wanted}

    _until(lambda: told() == wanted)


def test_a_log_can_be_cut_at_its_front(admin: AdminClient, broker: str) -> None:
    topic = fresh_topic(broker)
    _produce(broker, topic, [b"%d" % n for n in range(10)])
    where = TopicPartition(topic, 0, 4)
    assert next(iter(admin.delete_records([where]).values())).result().low_watermark == 4
    consumer = Consumer({"bootstrap.servers": broker, "group.id": topic, "auto.offset.reset": "earliest"})
    consumer.assign([TopicPartition(topic, 0, 0)])
    assert [m.value() for m in consumer.consume(6, LIMIT_S)] == [b"4", b"5", b"6", b"7", b"8", b"9"]
    consumer.close()


def test_partitions_are_added_and_never_taken(admin: AdminClient, broker: str) -> None:
    topic = fresh_topic(broker, partitions=2)
    admin.create_partitions([NewPartitions(topic, 3)])[topic].result()
    _until(lambda: len(admin.list_topics(topic, timeout=LIMIT_S).topics[topic].partitions) == 3)
    fewer = [NewPartitions(topic, 1)]
    assert _code(admin.create_partitions(fewer)[topic].result) == KafkaError.INVALID_PARTITIONS


@pytest.mark.parametrize("codec", ["none", "gzip", "snappy", "lz4", "zstd"])
def test_times_are_found_in_batches_of_any_compression(broker: str, admin: AdminClient, codec: str) -> None:
    topic = fresh_topic(broker)
    producer = Producer({"bootstrap.servers": broker, "compression.type": codec, "linger.ms": 50})
    for n in range(10):
        producer.produce(topic, b"x" * 200, timestamp=1000 + n * 10)
    assert producer.flush(LIMIT_S) == 0
    where = TopicPartition(topic, 0)
    for spec, offset in (
        (OffsetSpec.for_timestamp(1000), 0),
        (OffsetSpec.for_timestamp(1041), 5),
        (OffsetSpec.for_timestamp(5000), -1),
        (OffsetSpec.max_timestamp(), 9),
    ):
        assert admin.list_offsets({where: spec})[where].result().offset == offset


def test_groups_are_told_of_and_forgotten(broker: str, admin: AdminClient) -> None:
    topic, group = fresh_topic(broker, partitions=2), f"g-{uuid.uuid4().hex[:8]}"
    consumer = Consumer({"bootstrap.servers": broker, "group.id": group, "client.id": "me", "session.timeout.ms": 6000})
    consumer.subscribe([topic])
    deadline_s = time.monotonic() + LIMIT_S
    while not consumer.assignment() and time.monotonic() < deadline_s:
        consumer.poll(0.05)
    told = admin.describe_consumer_groups([group])[group].result()
    assert (told.state.name, told.partition_assignor, len(told.members)) == ("STABLE", "range", 1)
    assert (told.members[0].client_id, len(told.members[0].assignment.topic_partitions)) == ("me", 2)
    assert _code(admin.delete_consumer_groups([group])[group].result) == KafkaError.NON_EMPTY_GROUP
    consumer.commit(offsets=[TopicPartition(topic, 1, 7)], asynchronous=False)
    consumer.close()
    assert group in {each.group_id for each in admin.list_consumer_groups().result().valid}
    asked = ConsumerGroupTopicPartitions(group)
    kept = admin.list_consumer_group_offsets([asked])[group].result().topic_partitions
    assert [(each.partition, each.offset) for each in kept] == [(1, 7)]
    admin.delete_consumer_groups([group])[group].result()
    assert _code(admin.delete_consumer_groups([group])[group].result) == KafkaError.GROUP_ID_NOT_FOUND


def test_a_static_member_comes_back_to_its_partitions(broker: str) -> None:
    topic, group = fresh_topic(broker, partitions=2), f"g-{uuid.uuid4().hex[:8]}"
    settings = {"bootstrap.servers": broker, "group.id": group, "session.timeout.ms": 6000, "group.instance.id": "one"}
    for _ in range(2):
        consumer = Consumer(settings)
        consumer.subscribe([topic])
        deadline_s = time.monotonic() + LIMIT_S
        while not consumer.assignment() and time.monotonic() < deadline_s:
            consumer.poll(0.05)
        assert len(consumer.assignment()) == 2
        consumer.close()


def test_aiokafka_writes_idempotently_and_reads_in_a_group(broker: str) -> None:
    topic = fresh_topic(broker, partitions=2)
    assert asyncio.run(_through_aiokafka(broker, topic)) == sorted(b"%d" % n for n in range(100))


async def _through_aiokafka(broker: str, topic: str) -> list[bytes]:
    async with AIOKafkaProducer(bootstrap_servers=broker, enable_idempotence=True, compression_type="lz4") as producer:
        sent = [await producer.send(topic, b"%d" % n, partition=n % 2) for n in range(100)]
        await asyncio.gather(*sent)
    group = f"g-{uuid.uuid4().hex[:8]}"
    async with AIOKafkaConsumer(
        topic, bootstrap_servers=broker, group_id=group, auto_offset_reset="earliest", enable_auto_commit=False
    ) as consumer:
        found = [(await asyncio.wait_for(consumer.getone(), LIMIT_S)).value for _ in range(100)]
        await consumer.commit()
        assert await consumer.committed(AioPartition(topic, 0)) == 50
        assert await consumer.end_offsets([AioPartition(topic, 1)]) == {AioPartition(topic, 1): 50}
    return sorted(found)


def test_a_broker_that_was_killed_starts_anew_and_its_clients_find_it(tmp_path: Path) -> None:
    first = start_broker(log_path=tmp_path / "broker.log")
    producer = Producer(
        {"bootstrap.servers": first.bootstrap, "enable.idempotence": True, "reconnect.backoff.max.ms": 100}
    )
    topic = fresh_topic(first.bootstrap)
    producer.produce(topic, b"lost")
    assert producer.flush(LIMIT_S) == 0
    first.kill()
    second = start_broker(port=first.port, log_path=tmp_path / "broker.log")
    try:
        assert second.cluster_id != first.cluster_id
        admin = AdminClient({"bootstrap.servers": second.bootstrap})
        admin.create_topics([NewTopic(topic, 1, 1)])[topic].result()
        producer.produce(topic, b"kept")
        assert producer.flush(LIMIT_S) == 0
        consumer = Consumer({"bootstrap.servers": second.bootstrap, "group.id": "g", "enable.partition.eof": True})
        consumer.assign([TopicPartition(topic, 0, 0)])
        found = [message.value() for message in consumer.consume(2, LIMIT_S) if not message.error()]
        assert found == [b"kept"]
        consumer.close()
    finally:
        second.kill()


def test_it_ends_when_asked_to_while_clients_wait(tmp_path: Path) -> None:
    broker = start_broker(log_path=tmp_path / "broker.log")
    consumer = Consumer(
        {"bootstrap.servers": broker.bootstrap, "group.id": "g", "fetch.wait.max.ms": 30_000, "log_level": 0}
    )
    consumer.assign([TopicPartition(fresh_topic(broker.bootstrap), 0, 0)])
    consumer.poll(0.5)
    broker.stop()
    assert broker.child.returncode == 0
    assert "ended; what it held is gone" in broker.child.log_tail()
    consumer.close()
