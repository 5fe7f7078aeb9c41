"""Metadata, DescribeCluster, FindCoordinator: one node, which is everything."""

from __future__ import annotations

from anpr.embedded.log_broker.broker import NODE_ID, Broker
from anpr.embedded.log_broker.codec import Body
from anpr.embedded.log_broker.errors import Code, Refused
from anpr.embedded.log_broker.requests import Request
from anpr.embedded.log_broker.topics import Topic

__all__ = ["describe_cluster", "find_coordinator", "metadata"]

_NO_TOPIC_ID = bytes(16)
_GROUP = 0


def metadata(broker: Broker, request: Request) -> Body:
    """The node, and the topics asked for; topics are never made by asking for them."""
    asked = request.body["topics"]
    everything = asked is None or (request.version == 0 and not asked)
    topics = map(_described, broker.topics) if everything else (_asked(broker, one) for one in asked)
    node = {"node_id": NODE_ID, "host": broker.host, "port": broker.port}
    return {"brokers": [node], "cluster_id": broker.cluster_id, "controller_id": NODE_ID, "topics": list(topics)}


def _asked(broker: Broker, one: Body) -> Body:
    name, uid = one["name"], one["topic_id"]
    try:
        return _described(broker.topics.identified(uid) if uid != _NO_TOPIC_ID else broker.topics.named(name or ""))
    except Refused as fault:
        return {"error_code": fault.code, "name": name if uid == _NO_TOPIC_ID else None, "topic_id": uid}


def _described(topic: Topic) -> Body:
    partitions = [
        {
            "partition_index": partition.index,
            "leader_id": NODE_ID,
            "leader_epoch": 0,
            "replica_nodes": [NODE_ID],
            "isr_nodes": [NODE_ID],
        }
        for partition in topic.partitions
    ]
    return {"name": topic.name, "topic_id": topic.uid, "partitions": partitions}


def describe_cluster(broker: Broker, _: Request) -> Body:
    """The cluster's id and its node."""
    node = {"broker_id": NODE_ID, "host": broker.host, "port": broker.port}
    return {"cluster_id": broker.cluster_id, "controller_id": NODE_ID, "brokers": [node]}


def find_coordinator(broker: Broker, request: Request) -> Body:
    """For groups: this node. Transactions have none here."""
    if request.body["key_type"] != _GROUP:
        text = "this broker knows no transactions"
        return {"error_code": Code.COORDINATOR_NOT_AVAILABLE, "error_message": text, "node_id": -1, "port": -1}
    return {"node_id": NODE_ID, "host": broker.host, "port": broker.port, "error_message": None}
