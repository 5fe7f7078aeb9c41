"""Headers whose names are no text: the protocol allows them, a client library may not, and no worker may end of it."""

from __future__ import annotations

import struct
import uuid
from contextlib import closing

import pytest
from aiokafka.codec import lz4_encode
from aiokafka.consumer import fetcher
from aiokafka.record.util import calc_crc32c_py
from confluent_kafka import TopicPartition

from pipeline.messages import Message
from pipeline.runtime.forgiving_records import forgive_names
from pipeline.runtime.kafka import UNREADABLE_HEADERS, KafkaConfig, consumer_client, unpack
from tests.anpr.embedded.log_broker.batches import raw_batch
from tests.brokers import fresh_topic
from tests.pipeline.runtime.odd_headers import batch_with_header, produce_raw


def taken(bootstrap: str, topic: str) -> Message:
    with closing(consumer_client(KafkaConfig(bootstrap), f"g-{uuid.uuid4().hex}")) as consumer:
        consumer.assign([TopicPartition(topic, 0, 0)])
        raw = consumer.poll(10)
        assert raw is not None
        message = unpack(raw)
    assert message is not None
    return message


@pytest.mark.slow
def test_a_message_with_such_a_header_is_taken_and_says_so(embedded_broker: str) -> None:
    topic = fresh_topic(embedded_broker)
    produce_raw(embedded_broker, topic, batch_with_header(b"\xff\xfe", b"value"))
    message = taken(embedded_broker, topic)
    assert (message.key, message.value) == (b"key", b"value")
    assert [name for name, _ in message.headers] == [UNREADABLE_HEADERS]


def test_the_hole_in_the_library_s_list_kills_nobody(embedded_broker: str) -> None:
    """Asked again it gives the list without an error, and Python looks for none where a call was made often."""
    topic = fresh_topic(embedded_broker)
    produce_raw(embedded_broker, topic, batch_with_header(b"\xff\xfe", b"value"))
    with closing(consumer_client(KafkaConfig(embedded_broker), f"g-{uuid.uuid4().hex}")) as consumer:
        consumer.assign([TopicPartition(topic, 0, 0)])
        raw = consumer.poll(10)
        assert raw is not None
        for _ in range(20_000):
            message = unpack(raw)
            assert message is not None
            assert [name for name, _ in message.headers] == [UNREADABLE_HEADERS]


@pytest.mark.parametrize("compression", [0, 3])
def test_aiokafka_reads_it_too(compression: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a batch as it is, and of one that is packed (lz4)."""
    monkeypatch.setattr(fetcher, "MemoryRecords", fetcher.MemoryRecords)
    forgive_names()
    data = batch_with_header(b"\xff\xfe", b"value") + raw_batch([b"next"])
    if compression:
        data = packed(b"\xff\xfe") + raw_batch([b"next"])
    records, found = fetcher.MemoryRecords(data), []
    while records.has_next():
        batch = records.next_batch()
        assert batch.validate_crc()
        assert not batch.is_control_batch
        found += [(one.offset, one.key, one.value, tuple(one.headers)) for one in batch]
    assert found == [(0, b"key", b"value", (("\ufffd\ufffd", b"told"),)), (0, None, b"next", ())]
    assert records.next_batch() is None
    assert records.size_in_bytes() == len(data)


def packed(name: bytes) -> bytes:
    """As `batch_with_header`, its records in one lz4 frame."""
    plain = bytearray(batch_with_header(name, b"value"))
    body = lz4_encode(bytes(plain[61:]))
    data = bytearray(plain[:61]) + body
    struct.pack_into(">i", data, 8, len(data) - 12)
    struct.pack_into(">h", data, 21, 3)
    struct.pack_into(">I", data, 17, calc_crc32c_py(data[21:]))
    return bytes(data)


@pytest.mark.slow
def test_one_with_a_name_is_taken_as_it_is(embedded_broker: str) -> None:
    topic = fresh_topic(embedded_broker)
    produce_raw(embedded_broker, topic, batch_with_header("é".encode(), b"value"))
    assert taken(embedded_broker, topic).headers == (("é", b"told"),)
