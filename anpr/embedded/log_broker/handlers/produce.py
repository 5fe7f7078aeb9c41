"""Produce and InitProducerId."""

from __future__ import annotations

from typing import Any

from anpr.embedded.log_broker.batch import checked, stamped_by_broker
from anpr.embedded.log_broker.broker import Broker
from anpr.embedded.log_broker.codec import Body
from anpr.embedded.log_broker.errors import Code, Refused
from anpr.embedded.log_broker.requests import Request

__all__ = ["init_producer_id", "produce"]

_ACKS = (-1, 0, 1)


def produce(broker: Broker, request: Request) -> Body | None:
    """Write each batch to its partition. With `acks` 0 there is no answer; a fault then ends the connection."""
    answers = [_topic(broker, topic, request.body["acks"]) for topic in request.body["topic_data"]]
    if request.body["acks"]:
        return {"responses": answers}
    for answer in answers:
        for part in answer["partition_responses"]:
            if part.get("error_code"):
                raise Refused(part["error_code"], part["error_message"])
    return None


def _topic(broker: Broker, topic: Body, acks: int) -> Body:
    name = topic["name"]
    return {
        "name": name,
        "partition_responses": [_partition(broker, name, part, acks) for part in topic["partition_data"]],
    }


def _partition(broker: Broker, name: str, part: Body, acks: int) -> Body:
    index = part["index"]
    try:
        if acks not in _ACKS:
            raise Refused(Code.INVALID_REQUIRED_ACKS)
        return {"index": index, **_append(broker, name, index, part["records"])}
    except Refused as fault:
        return {"index": index, "error_code": fault.code, "base_offset": -1, "error_message": fault.text}


def _append(broker: Broker, name: str, index: int, data: memoryview | None) -> dict[str, Any]:
    topic, partition = broker.topics.partition(name, index)
    size = len(data) if data is not None else 0
    if size > topic.settings.max_message_bytes:
        raise Refused(
            Code.MESSAGE_TOO_LARGE, f"{size} bytes, the topic takes {topic.settings.max_message_bytes} at once"
        )
    batch = checked(data if data is not None else memoryview(b""))
    broker.memory.make_room(size, broker.topics, broker.groups, broker.now_s())
    now_ms, stamp_ms = broker.clock_ms(), -1
    if topic.settings.stamped_by_broker:
        batch, stamp_ms = stamped_by_broker(batch, now_ms), now_ms
    before = partition.held_bytes
    offset = partition.append(batch, now_ms)
    broker.memory.held_bytes += partition.held_bytes - before
    return {"base_offset": offset, "log_append_time_ms": stamp_ms, "log_start_offset": partition.start}


def init_producer_id(broker: Broker, request: Request) -> Body:
    """An id for an idempotent producer; one that has an id and comes again keeps it, in the next epoch."""
    if request.body["transactional_id"] is not None:
        return {"error_code": Code.INVALID_REQUEST, "producer_id": -1, "producer_epoch": -1}
    known, epoch = request.body["producer_id"], request.body["producer_epoch"]
    if known >= 0 and 0 <= epoch < 0x7FFE:
        return {"producer_id": known, "producer_epoch": epoch + 1}
    return {"producer_id": broker.new_producer_id(), "producer_epoch": 0}
