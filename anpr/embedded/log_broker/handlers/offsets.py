"""ListOffsets and DeleteRecords: where a log begins and ends, where a time is, and a new beginning."""

from __future__ import annotations

from typing import Any

from anpr.embedded.log_broker.broker import Broker
from anpr.embedded.log_broker.codec import Body
from anpr.embedded.log_broker.errors import Code, Refused
from anpr.embedded.log_broker.partition import Partition
from anpr.embedded.log_broker.records import first_at, latest
from anpr.embedded.log_broker.requests import Request

__all__ = ["delete_records", "list_offsets"]

_LATEST, _EARLIEST, _MAX_TIMESTAMP = -1, -2, -3


def list_offsets(broker: Broker, request: Request) -> Body:
    """For each partition the offset that stands for a time, or for the beginning or the end."""
    return {
        "topics": [
            {
                "name": topic["name"],
                "partitions": [_listed(broker, topic["name"], part) for part in topic["partitions"]],
            }
            for topic in request.body["topics"]
        ]
    }


def _listed(broker: Broker, name: str, part: Body) -> Body:
    index = part["partition_index"]
    try:
        _, partition = broker.topics.partition(name, index)
        offset, time_ms = _offset_at(partition, part["timestamp"])
    except Refused as fault:
        return {"partition_index": index, "error_code": fault.code}
    return {"partition_index": index, "timestamp": time_ms, "offset": offset, "leader_epoch": 0 if offset >= 0 else -1}


def _offset_at(partition: Partition, time_ms: int) -> tuple[int, int]:
    """Offset and time of the record; (-1, -1) where there is none."""
    if time_ms == _LATEST:
        return partition.end, -1
    if time_ms == _EARLIEST:
        return partition.start, -1
    if time_ms == _MAX_TIMESTAMP:
        batch = partition.latest_batch()
        return (-1, -1) if batch is None else latest(batch)
    if time_ms < 0:
        raise Refused(Code.UNSUPPORTED_VERSION)
    batch = partition.batch_at_time(time_ms)
    return (-1, -1) if batch is None else first_at(batch, time_ms, partition.start)


def delete_records(broker: Broker, request: Request) -> Body:
    """Move the beginning of partitions to an offset, -1 for their end."""
    topics = [
        {"name": topic["name"], "partitions": [_cut(broker, topic["name"], part) for part in topic["partitions"]]}
        for topic in request.body["topics"]
    ]
    broker.memory.recount(broker.topics)
    return {"topics": topics}


def _cut(broker: Broker, name: str, part: Body) -> dict[str, Any]:
    index = part["partition_index"]
    try:
        _, partition = broker.topics.partition(name, index)
        partition.delete_before(partition.end if part["offset"] == -1 else part["offset"])
    except Refused as fault:
        return {"partition_index": index, "low_watermark": -1, "error_code": fault.code}
    return {"partition_index": index, "low_watermark": partition.start}
