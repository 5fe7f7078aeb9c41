"""CreateTopics, DeleteTopics and CreatePartitions."""

from __future__ import annotations

from collections import Counter
from typing import Any

from anpr.embedded.log_broker.broker import NODE_ID, Broker
from anpr.embedded.log_broker.codec import Body
from anpr.embedded.log_broker.errors import Code, Refused
from anpr.embedded.log_broker.requests import Request
from anpr.embedded.log_broker.settings import KINDS, checked_settings
from anpr.embedded.log_broker.topics import MOST_PARTITIONS, Topic

__all__ = ["create_partitions", "create_topics", "delete_topics"]

_GIVEN, _DEFAULT = 1, 5
"""Where a setting comes from, as `config_source` tells it."""


def create_topics(broker: Broker, request: Request) -> Body:
    """Make topics, or only say what would become of it."""
    twice = _repeated(topic["name"] for topic in request.body["topics"])
    validate_only = request.body["validate_only"]
    return {"topics": [_created(broker, wish, wish["name"] in twice, validate_only) for wish in request.body["topics"]]}


def _repeated(names: Any) -> set[str]:
    return {name for name, times in Counter(names).items() if times > 1}


def _created(broker: Broker, wish: Body, twice: bool, validate_only: bool) -> Body:
    name = wish["name"]
    try:
        if twice:
            raise Refused(Code.INVALID_REQUEST, "Duplicate topic name.")
        broker.topics.check_name(name)
        partitions = _partitions(wish)
        given = checked_settings({each["name"]: each["value"] for each in wish["configs"]})
    except Refused as fault:
        return {"name": name, "error_code": fault.code, "error_message": fault.text, "configs": None}
    topic = Topic(name, partitions, given) if validate_only else broker.topics.create(name, partitions, given)
    return {
        "name": name,
        "topic_id": topic.uid,
        "error_message": None,
        "num_partitions": partitions,
        "replication_factor": 1,
        "configs": _settings(given),
    }


def _settings(given: dict[str, str]) -> list[Body]:
    return [
        {"name": name, "value": given.get(name, default), "config_source": _GIVEN if name in given else _DEFAULT}
        for name, (_, default) in KINDS.items()
    ]


def _partitions(wish: Body) -> int:
    count: int = wish["num_partitions"]
    if wish["assignments"]:
        return _assigned(wish)
    if wish["replication_factor"] not in (-1, 1):
        raise Refused(Code.INVALID_REPLICATION_FACTOR, "there is one broker, so the replication factor is 1")
    if count == -1:
        return 1
    if not 1 <= count <= MOST_PARTITIONS:
        raise Refused(Code.INVALID_PARTITIONS, f"a topic has 1 to {MOST_PARTITIONS} partitions")
    return count


def _assigned(wish: Body) -> int:
    if wish["num_partitions"] != -1 or wish["replication_factor"] != -1:
        raise Refused(Code.INVALID_REQUEST, "a topic has either an assignment or a number of partitions and copies")
    indexes = sorted(each["partition_index"] for each in wish["assignments"])
    if indexes != list(range(len(indexes))) or len(indexes) > MOST_PARTITIONS:
        raise Refused(Code.INVALID_REPLICA_ASSIGNMENT, "partitions are numbered from 0 without a gap")
    _check_replicas(each["broker_ids"] for each in wish["assignments"])
    return len(indexes)


def _check_replicas(assignments: Any) -> None:
    if any(replicas != [NODE_ID] for replicas in assignments):
        raise Refused(Code.INVALID_REPLICA_ASSIGNMENT, f"there is one broker, {NODE_ID}")


def delete_topics(broker: Broker, request: Request) -> Body:
    """Delete topics, and what groups have committed for them."""
    asked = request.body["topics"] if request.version >= 6 else [{"name": n} for n in request.body["topic_names"]]
    answers = [_deleted(broker, one) for one in asked]
    broker.memory.recount(broker.topics)
    return {"responses": answers}


def _deleted(broker: Broker, one: Body) -> Body:
    name, uid = one["name"], one.get("topic_id", bytes(16))
    try:
        topic = broker.topics.identified(uid) if name is None else broker.topics.named(name)
    except Refused as fault:
        return {"name": name, "topic_id": uid, "error_code": fault.code, "error_message": fault.text}
    broker.topics.delete(topic)
    broker.groups.forget_topic(topic.name)
    return {"name": topic.name, "topic_id": topic.uid}


def create_partitions(broker: Broker, request: Request) -> Body:
    """Add partitions to topics, or only say what would become of it."""
    twice = _repeated(topic["name"] for topic in request.body["topics"])
    validate_only = request.body["validate_only"]
    return {"results": [_grown(broker, one, one["name"] in twice, validate_only) for one in request.body["topics"]]}


def _grown(broker: Broker, one: Body, twice: bool, validate_only: bool) -> Body:
    name, count = one["name"], one["count"]
    try:
        if twice:
            raise Refused(Code.INVALID_REQUEST, "Duplicate topic name.")
        topic = broker.topics.named(name)
        more = count - len(topic.partitions)
        if more <= 0 or count > MOST_PARTITIONS:
            raise Refused(Code.INVALID_PARTITIONS, f"Topic '{name}' has {len(topic.partitions)} partitions already.")
        if one["assignments"] is not None:
            _check_added(one["assignments"], more)
    except Refused as fault:
        return {"name": name, "error_code": fault.code, "error_message": fault.text}
    if not validate_only:
        topic.grow(count)
    return {"name": name}


def _check_added(assignments: list[Body], more: int) -> None:
    if len(assignments) != more:
        raise Refused(Code.INVALID_REPLICA_ASSIGNMENT, f"{more} partitions are added, {len(assignments)} are assigned")
    _check_replicas(each["broker_ids"] for each in assignments)
