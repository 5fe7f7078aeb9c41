"""OffsetCommit and OffsetFetch."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from anpr.embedded.log_broker.broker import Broker
from anpr.embedded.log_broker.codec import Body
from anpr.embedded.log_broker.errors import Code, Refused
from anpr.embedded.log_broker.groups import Committed
from anpr.embedded.log_broker.requests import Request

__all__ = ["offset_commit", "offset_fetch"]

_MANY_GROUPS_FROM = 8
"""From this version of OffsetFetch on a request names several groups."""


def offset_commit(broker: Broker, request: Request) -> Body:
    """Keep offsets for a group, from one of its members or, while it has none, from anybody."""
    body = request.body
    fault = _fault(broker, body)
    return {
        "topics": [
            {
                "name": topic["name"],
                "partitions": [
                    {
                        "partition_index": part["partition_index"],
                        "error_code": fault or _kept(broker, body["group_id"], topic["name"], part),
                    }
                    for part in topic["partitions"]
                ],
            }
            for topic in body["topics"]
        ]
    }


def _fault(broker: Broker, body: Body) -> Code:
    name, generation = body["group_id"], body["generation_id_or_member_epoch"]
    try:
        # A former member of a group that is gone is told so, and does not make the group anew.
        group = broker.groups.made(name) if generation < 0 else broker.groups.existing(name)
        broker.groups.may_commit(group, body["member_id"], body["group_instance_id"], generation, broker.now_s())
    except Refused as fault:
        return fault.code
    return Code.NONE


def _kept(broker: Broker, group: str, topic: str, part: Body) -> Code:
    index = part["partition_index"]
    try:
        broker.topics.partition(topic, index)
        epoch, metadata = part["committed_leader_epoch"], part["committed_metadata"] or ""
        committed = Committed(part["committed_offset"], epoch, metadata, broker.now_s())
        broker.groups.commit(group, (topic, index), committed)
    except Refused as fault:
        return fault.code
    return Code.NONE


def offset_fetch(broker: Broker, request: Request) -> Body:
    """What groups have committed; -1 for a partition for which they have not."""
    if request.version < _MANY_GROUPS_FROM:
        return {"topics": list(_topics(broker, request.body))}
    return {
        "groups": [
            {"group_id": group["group_id"], "topics": list(_topics(broker, group))} for group in request.body["groups"]
        ]
    }


def _topics(broker: Broker, asked: Body) -> Iterator[Body]:
    committed = broker.groups.committed(asked["group_id"])
    wanted: Iterable[tuple[str, Iterable[int]]]
    if asked["topics"] is None:
        names = dict.fromkeys(topic for topic, _ in committed)
        wanted = [(name, [index for topic, index in committed if topic == name]) for name in names]
    else:
        wanted = [(topic["name"], topic["partition_indexes"]) for topic in asked["topics"]]
    for name, indexes in wanted:
        yield {"name": name, "partitions": [_partition(committed.get((name, index)), index) for index in indexes]}


def _partition(kept: Committed | None, index: int) -> Body:
    answer: Body = {"partition_index": index, "committed_leader_epoch": -1}
    if kept is None:
        return answer | {"committed_offset": -1, "metadata": ""}
    epoch = kept.leader_epoch
    return answer | {"committed_offset": kept.offset, "metadata": kept.metadata, "committed_leader_epoch": epoch}
