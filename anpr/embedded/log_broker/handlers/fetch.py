"""Fetch: what is there, or as soon as something comes."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

from anpr.embedded.log_broker.broker import Broker
from anpr.embedded.log_broker.codec import Body
from anpr.embedded.log_broker.errors import Refused
from anpr.embedded.log_broker.partition import Partition
from anpr.embedded.log_broker.requests import Answer, Request

__all__ = ["fetch"]

FETCH_SESSION_ID_NOT_FOUND = 70


def fetch(broker: Broker, request: Request) -> Answer:
    """Answer at once with `min_bytes` or a fault, else when so much has come, or at the end of `max_wait_ms`.

    No fetch sessions: the answer names session 0, which tells a client to name all its partitions each time.
    """
    body = request.body
    if body["session_id"]:
        return {"error_code": FETCH_SESSION_ID_NOT_FOUND}
    missing = _missing(broker, body)
    if missing <= 0 or body["max_wait_ms"] <= 0:
        return _answer(broker, body)
    return _Wait(broker, body, missing).answer


def _missing(broker: Broker, body: Body) -> int:
    """How many bytes more must come before the answer; none with a fault to tell."""
    missing: int = body["min_bytes"]
    try:
        for partition, offset in _wanted(broker, body):
            if not partition.start <= offset <= partition.end:
                return 0
            missing -= partition.available(offset, missing)
    except Refused:
        return 0
    return missing


def _wanted(broker: Broker, body: Body) -> Iterator[tuple[Partition, int]]:
    for topic in body["topics"]:
        for part in topic["partitions"]:
            yield broker.topics.partition(topic["topic"], part["partition"])[1], part["fetch_offset"]


class _Wait:
    """A fetch that waits for data."""

    def __init__(self, broker: Broker, body: Body, missing: int) -> None:
        loop = asyncio.get_running_loop()
        self.answer: asyncio.Future[Body] = loop.create_future()
        self.answer.add_done_callback(self._end)
        self._broker, self._body, self._missing = broker, body, missing
        self._timer = loop.call_later(body["max_wait_ms"] / 1000, self._finish)
        self._partitions = [partition for partition, _ in _wanted(broker, body)]
        for partition in self._partitions:
            partition.appended.add(self._appended)

    def _appended(self, size_bytes: int) -> None:
        """Once enough has come, answer after the request that brought it: it may bring more."""
        was_missing, self._missing = self._missing, self._missing - size_bytes
        if was_missing > 0 >= self._missing:
            asyncio.get_running_loop().call_soon(self._finish)

    def _finish(self) -> None:
        if not self.answer.done():
            self.answer.set_result(_answer(self._broker, self._body))

    def _end(self, _: object) -> None:
        """Also when the client has gone and the answer was cancelled."""
        self._timer.cancel()
        for partition in self._partitions:
            partition.appended.discard(self._appended)


def _answer(broker: Broker, body: Body) -> Body:
    room, given = body["max_bytes"], 0
    topics = []
    for topic in body["topics"]:
        parts = []
        for part in topic["partitions"]:
            limit = min(part["partition_max_bytes"], room - given)
            answer = _partition(broker, topic["topic"], part, limit, at_least_one=not given)
            given += len(answer["records"])
            parts.append(answer)
        topics.append({"topic": topic["topic"], "partitions": parts})
    return {"responses": topics}


def _partition(broker: Broker, name: str, part: Body, limit: int, *, at_least_one: bool) -> Body:
    index = part["partition"]
    try:
        partition = broker.topics.partition(name, index)[1]
    except Refused as fault:
        return {"partition_index": index, "error_code": fault.code, "high_watermark": -1, "records": b""}
    answer: Body = {
        "partition_index": index,
        "high_watermark": partition.end,
        "last_stable_offset": partition.end,
        "log_start_offset": partition.start,
    }
    try:
        pieces = partition.read(part["fetch_offset"], limit, at_least_one=at_least_one)
    except Refused as fault:
        return {"partition_index": index, "error_code": fault.code, "high_watermark": -1, "records": b""}
    answer["records"] = pieces[0] if len(pieces) == 1 else b"".join(pieces)
    return answer
