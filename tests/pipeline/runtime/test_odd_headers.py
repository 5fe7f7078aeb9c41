"""Headers whose names are no text: the protocol allows them, a client library may not, and no worker may end of it."""

from __future__ import annotations

import socket
import struct
import uuid
from contextlib import closing

import pytest
from aiokafka.codec import lz4_encode
from aiokafka.consumer import fetcher
from aiokafka.record.default_records import DefaultRecordBatchBuilder
from aiokafka.record.util import calc_crc32c_py
from confluent_kafka import TopicPartition

from pipeline.messages import Message
from pipeline.runtime.forgiving_records import forgive_names
from pipeline.runtime.kafka import UNREADABLE_HEADERS, KafkaConfig, consumer_client, unpack
from tests.anpr.embedded.log_broker.batches import raw_batch
from tests.brokers import fresh_topic

NAME = b"zz"


def batch_with_header(name: bytes, value: bytes) -> bytes:
    """A batch of one message, with a header of two bytes that the builder would not write."""
    builder = DefaultRecordBatchBuilder(2, 0, 0, -1, -1, -1, 100_000)
    builder.append(0, 1_700_000_000_000, b"key", value, [(NAME.decode(), b"told")])
    data = bytearray(builder.build())
    at = data.index(NAME)
    data[at : at + len(name)] = name
    struct.pack_into(">I", data, 17, calc_crc32c_py(data[21:]))
    return bytes(data)


def produce_raw(bootstrap: str, topic: str, batch: bytes) -> None:
    """Hand a batch to the broker as it is: Produce, version 3."""
    host, _, port = bootstrap.partition(":")
    body = struct.pack(">hhi", -1, -1, 10_000) + struct.pack(">i", 1) + _string(topic)
    body += struct.pack(">iii", 1, 0, len(batch)) + batch
    request = struct.pack(">hhi", 0, 3, 1) + _string("test") + body
    with socket.create_connection((host, int(port)), timeout=10) as connection:
        connection.sendall(struct.pack(">i", len(request)) + request)
        size = struct.unpack(">i", connection.recv(4))[0]
        answer = connection.recv(size)
    (code,) = struct.unpack_from(">h", answer, 4 + 4 + 2 + len(topic) + 4 + 4)
    assert code == 0


def _string(text: str) -> bytes:
    return struct.pack(">h", len(text)) + text.encode()


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
