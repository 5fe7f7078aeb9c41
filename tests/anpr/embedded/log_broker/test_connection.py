"""One client's bytes in, answers out: in order, one at a time; whatever is wrong ends this connection alone."""

from __future__ import annotations

import asyncio
import functools
import logging
import random
import struct
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from anpr.embedded.log_broker.broker import Broker
from anpr.embedded.log_broker.codec import codec
from anpr.embedded.log_broker.connection import LARGEST_REQUEST, Connection
from anpr.embedded.log_broker.errors import Code
from anpr.embedded.log_broker.layouts import apis
from anpr.embedded.log_broker.memory import Memory
from anpr.embedded.log_broker.wire import Reader, put_tags
from tests.anpr.embedded.log_broker.batches import raw_batch

PRODUCE, FETCH, METADATA, API_VERSIONS = 0, 1, 3, 18


def in_loop(test: Callable[..., Coroutine[Any, Any, None]]) -> Callable[..., None]:
    """A test that needs an event loop."""

    @functools.wraps(test)
    def run(*args: Any, **named: Any) -> None:
        asyncio.run(test(*args, **named))

    return run


class FakeTransport(asyncio.Transport):
    """Keeps what is written."""

    def __init__(self) -> None:
        super().__init__({"peername": ("127.0.0.1", 1)})
        self.written = bytearray()
        self.ended = False
        self.reading = True

    def write(self, data: Any) -> None:
        self.written += data

    def abort(self) -> None:
        self.ended = True

    def pause_reading(self) -> None:
        self.reading = False

    def resume_reading(self) -> None:
        self.reading = True


class Client:
    """A connection with a transport of ours."""

    def __init__(self, broker: Broker) -> None:
        self.transport = FakeTransport()
        self.connection = Connection(broker, set())
        self.connection.connection_made(self.transport)

    def send(self, data: bytes) -> None:
        self.connection.data_received(data)
        if self.transport.ended:
            self.connection.connection_lost(None)

    def answers(self) -> list[tuple[int, bytes]]:
        """Correlation id and the rest of each answer so far."""
        found, data, at = [], bytes(self.transport.written), 0
        while at < len(data):
            size, correlation = struct.unpack_from(">ii", data, at)
            found.append((correlation, data[at + 8 : at + 4 + size]))
            at += 4 + size
        return found


def _broker() -> Broker:
    broker = Broker("c", "127.0.0.1", 1, Memory(10**8))
    broker.topics.create("t", 2, {})
    return broker


def _request(key: int, version: int, body: dict[str, Any], correlation: int = 1) -> bytes:
    out = bytearray(struct.pack(">hhih", key, version, correlation, -1))
    if version in apis()[key].flexible:
        put_tags(out)
    codec(key, version).write_request(out, body)
    return struct.pack(">i", len(out)) + out


def _produce(correlation: int = 1, value: bytes = b"x") -> bytes:
    part = {"index": 0, "records": raw_batch([value])}
    topic = {"name": "t", "partition_data": [part]}
    return _request(PRODUCE, 9, {"acks": -1, "topic_data": [topic]}, correlation)


def _fetch(correlation: int, wait_ms: int, min_bytes: int = 1) -> bytes:
    part = {"partition": 0, "fetch_offset": 0, "partition_max_bytes": 10**6}
    body = {"max_wait_ms": wait_ms, "min_bytes": min_bytes, "topics": [{"topic": "t", "partitions": [part]}]}
    return _request(FETCH, 11, body, correlation)


def _records(answer: bytes) -> bytes:
    body = codec(FETCH, 11).read_response(Reader(memoryview(answer)))
    return bytes(body["responses"][0]["partitions"][0]["records"])


@in_loop
async def test_a_request_may_come_byte_by_byte() -> None:
    client = Client(_broker())
    for byte in _produce(7):
        client.send(bytes([byte]))
    assert [correlation for correlation, _ in client.answers()] == [7]


@in_loop
async def test_a_waiting_fetch_is_woken_and_what_stands_behind_it_keeps_its_turn() -> None:
    broker = _broker()
    reader, writer = Client(broker), Client(broker)
    reader.send(_fetch(1, wait_ms=60_000) + _request(METADATA, 1, {"topics": None}, 2))
    assert reader.answers() == []
    writer.send(_produce())
    while len(reader.answers()) < 2:
        await asyncio.sleep(0)
    assert [correlation for correlation, _ in reader.answers()] == [1, 2]
    assert len(_records(reader.answers()[0][1])) == len(raw_batch([b"x"]))


@in_loop
async def test_a_fetch_waits_for_as_much_as_it_wants_and_no_longer_than_it_wants() -> None:
    broker = _broker()
    client = Client(broker)
    Client(broker).send(_produce())
    client.send(_fetch(1, wait_ms=1, min_bytes=10**6))
    assert client.answers() == []
    while not client.answers():
        await asyncio.sleep(0.001)
    assert _records(client.answers()[0][1])


@in_loop
async def test_a_client_that_goes_while_it_waits_leaves_nothing_behind() -> None:
    broker = _broker()
    client = Client(broker)
    client.send(_fetch(1, wait_ms=60_000))
    partition = broker.topics.named("t").partitions[0]
    assert partition.appended
    client.connection.connection_lost(None)
    await asyncio.sleep(0)
    assert not partition.appended


@in_loop
async def test_a_deleted_topic_wakes_its_readers_to_say_so() -> None:
    broker = _broker()
    client = Client(broker)
    client.send(_fetch(1, wait_ms=60_000))
    broker.topics.delete(broker.topics.named("t"))
    while not client.answers():
        await asyncio.sleep(0)
    body = codec(FETCH, 11).read_response(Reader(memoryview(client.answers()[0][1])))
    assert body["responses"][0]["partitions"][0]["error_code"] == Code.UNKNOWN_TOPIC_OR_PARTITION


@in_loop
async def test_a_slow_reader_is_served_no_further_until_it_has_read() -> None:
    client = Client(_broker())
    client.connection.pause_writing()
    client.send(_produce(1, b"x" * 2000) * 1000)
    assert client.answers() == []
    assert not client.transport.reading
    client.connection.resume_writing()
    assert len(client.answers()) == 1000
    assert client.transport.reading


@pytest.mark.parametrize("version", [4, 99, -1])
@in_loop
async def test_whoever_asks_in_an_unknown_version_hears_what_there_is(version: int) -> None:
    client = Client(_broker())
    client.send(struct.pack(">ihhi", 8, API_VERSIONS, version, 3))
    ((correlation, answer),) = client.answers()
    body = codec(API_VERSIONS, 0).read_response(Reader(memoryview(answer)))
    assert (correlation, body["error_code"]) == (3, Code.UNSUPPORTED_VERSION)
    assert {each["api_key"] for each in body["api_keys"]} == set(apis())


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (struct.pack(">i", LARGEST_REQUEST + 1), "at most"),
        (struct.pack(">i", -1), "at most"),
        (struct.pack(">ihhi", 8, 999, 0, 0), "API 999 is not offered"),
        (struct.pack(">ihhi", 8, PRODUCE, 2, 0), "Produce v2 is not offered"),
        (struct.pack(">i", 3) + b"abc", "ends too early"),
    ],
)
@in_loop
async def test_what_is_no_request_ends_the_connection(data: bytes, why: str, caplog: pytest.LogCaptureFixture) -> None:
    client = Client(_broker())
    client.send(data)
    assert client.transport.ended
    assert why in caplog.text


def _valid() -> list[bytes]:
    """One request of every API in every version, with something in it where that is simple."""
    empty = [
        _request(key, version, {"topics": [], "session_timeout_ms": 6000, "group_id": "g"})
        for key in apis()
        for version in apis()[key].versions
    ]
    topic = {
        "name": "n",
        "num_partitions": 1,
        "replication_factor": 1,
        "configs": [{"name": "retention.ms", "value": "1"}],
    }
    join = {
        "group_id": "g",
        "session_timeout_ms": 6000,
        "protocol_type": "consumer",
        "protocols": [{"name": "range", "metadata": b""}],
    }
    place = {"name": "t", "partitions": [{"partition_index": 0, "timestamp": 5, "committed_offset": 1, "offset": -1}]}
    resource = {"resource_type": 2, "resource_name": "t", "configs": [{"name": "retention.ms", "value": "1"}]}
    return [
        *empty,
        *[_produce()] * 20,
        *[_fetch(1, 0)] * 20,
        *[_request(19, 7, {"topics": [topic]})] * 5,
        *[_request(11, 5, join)] * 5,
        *[_request(2, 7, {"topics": [place]})] * 5,
        *[_request(8, 8, {"group_id": "g", "topics": [place]})] * 5,
        *[_request(21, 2, {"topics": [place]})] * 5,
        *[_request(44, 1, {"resources": [resource]})] * 5,
        *[_request(32, 4, {"resources": [resource | {"configuration_keys": None}]})] * 5,
    ]


@in_loop
async def test_no_bytes_make_a_handler_fail(caplog: pytest.LogCaptureFixture) -> None:
    """Requests with a few bytes changed, cut or repeated: each is answered or ends its connection with a reason."""
    caplog.set_level(logging.ERROR)
    broker, chance, valid = _broker(), random.Random(8), _valid()
    for request in valid:
        client = Client(broker)
        client.send(request)
        client.connection.connection_lost(None)
    for _ in range(3000):
        client = Client(broker)
        client.send(_mutated(chance.choice(valid), chance))
        client.connection.connection_lost(None)
    assert not caplog.records, caplog.text
    client = Client(broker)
    client.send(_request(METADATA, 1, {"topics": None}, 5))
    assert client.answers()


def _mutated(request: bytes, chance: random.Random) -> bytes:
    body = bytearray(request[4:])
    for _ in range(chance.randint(1, 4)):
        at = chance.randrange(8 if chance.random() < 0.9 else 0, max(9, len(body)))
        what = chance.random()
        if what < 0.6 and at < len(body):
            body[at] = chance.choice((0, 1, 0x7F, 0x80, 0xFF, chance.randrange(256)))
        elif what < 0.8:
            del body[at : at + chance.randint(1, 8)]
        else:
            body[at:at] = chance.randbytes(chance.randint(1, 8))
    return struct.pack(">i", len(body)) + body
