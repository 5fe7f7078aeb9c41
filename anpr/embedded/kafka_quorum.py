"""Who leads a cluster of Apache Kafka: asked of the quorum itself, as clients are told any broker by the name of it."""

from __future__ import annotations

import socket
import struct

__all__ = ["QuorumUnknown", "leader_of"]

TIMEOUT_S = 3.0
DESCRIBE_QUORUM, VERSION, HEADER_OF_CLIENT = 55, 0, b"anpr"
METADATA_TOPIC = b"__cluster_metadata"


class QuorumUnknown(RuntimeError):
    """The broker did not tell who leads."""


def leader_of(bootstrap: str) -> int:
    """Node id of the active controller, as one broker (host:port) knows it. Raises QuorumUnknown."""
    host, _, port = bootstrap.rpartition(":")
    try:
        with socket.create_connection((host, int(port)), TIMEOUT_S) as connection:
            connection.sendall(_request())
            answer = _take(connection, struct.unpack(">i", _take(connection, 4))[0])
    except OSError as error:
        raise QuorumUnknown(f"{bootstrap} does not answer: {error}") from error
    return _leader(answer)


def _request() -> bytes:
    """DescribeQuorum of the one partition there is; header version 2, body version 0 (KIP-595, KIP-642)."""
    header = struct.pack(">hhih", DESCRIBE_QUORUM, VERSION, 1, len(HEADER_OF_CLIENT)) + HEADER_OF_CLIENT + b"\0"
    name = bytes([len(METADATA_TOPIC) + 1]) + METADATA_TOPIC
    body = b"\x02" + name + b"\x02" + struct.pack(">i", 0) + b"\0" + b"\0" + b"\0"
    return struct.pack(">i", len(header) + len(body)) + header + body


def _take(connection: socket.socket, count: int) -> bytes:
    taken = b""
    while len(taken) < count:
        more = connection.recv(count - len(taken))
        if not more:
            raise ConnectionError("the connection was closed")
        taken += more
    return taken


def _leader(answer: bytes) -> int:
    """Correlation id, tags, error; one topic (its name), one partition (its number, error, leader)."""
    error = struct.unpack_from(">h", answer, 5)[0]
    place = 7 + 1 + 1 + len(METADATA_TOPIC) + 1
    if error or len(answer) < place + 10:
        raise QuorumUnknown(f"the quorum is not told: error {error}")
    _number, fault, leader = struct.unpack_from(">ihi", answer, place)
    if fault or leader < 0:
        raise QuorumUnknown(f"no leader is known: error {fault}")
    return int(leader)
