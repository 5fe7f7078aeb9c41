"""JoinGroup, SyncGroup, Heartbeat, LeaveGroup, and what is told of groups."""

from __future__ import annotations

import asyncio

from anpr.embedded.log_broker.broker import Broker
from anpr.embedded.log_broker.codec import Body
from anpr.embedded.log_broker.errors import Code, Refused
from anpr.embedded.log_broker.group import Group
from anpr.embedded.log_broker.member import Joining, Reply
from anpr.embedded.log_broker.requests import Answer, Request

__all__ = ["delete_groups", "describe_groups", "heartbeat", "join_group", "leave_group", "list_groups", "sync_group"]

SHORTEST_SESSION_MS, LONGEST_SESSION_MS = 100, 1_800_000
"""Apache Kafka takes 6 s at the least; here a test need not wait for so long."""
_ASKED_BACK_FROM = 4
"""From this version of JoinGroup on a new member is first told its id."""


def join_group(broker: Broker, request: Request) -> Answer:
    """Let a member in. It is answered when all members of its group have come."""
    wish = _wish(request)
    answer, reply = _later()
    try:
        if not SHORTEST_SESSION_MS <= request.body["session_timeout_ms"] <= LONGEST_SESSION_MS:
            raise Refused(Code.INVALID_SESSION_TIMEOUT)
        name = request.body["group_id"]
        group = broker.groups.existing(name) if wish.member_id else broker.groups.made(name)
        group.join(wish, reply, broker.now_s())
    except Refused as fault:
        return {"error_code": fault.code, "member_id": wish.member_id}
    return answer


def _wish(request: Request) -> Joining:
    body = request.body
    session_ms = body["session_timeout_ms"]
    rebalance_ms = body["rebalance_timeout_ms"] if body["rebalance_timeout_ms"] >= 0 else session_ms
    return Joining(
        body["member_id"],
        body["group_instance_id"],
        request.client_id,
        request.client_host,
        session_ms / 1000,
        rebalance_ms / 1000,
        body["protocol_type"],
        tuple((each["name"], each["metadata"]) for each in body["protocols"]),
        request.version >= _ASKED_BACK_FROM,
    )


def _later() -> tuple[asyncio.Future[Body], Reply]:
    answer: asyncio.Future[Body] = asyncio.get_running_loop().create_future()

    def reply(body: Body) -> None:
        if not answer.done():  # the client may have gone
            answer.set_result(body)

    return answer, reply


def sync_group(broker: Broker, request: Request) -> Answer:
    """Give a member its assignment. It is answered when the leader has sent those of all."""
    body = request.body
    answer, reply = _later()
    try:
        group = broker.groups.existing(body["group_id"])
        member = group.member(body["member_id"], body["group_instance_id"], body["generation_id"])
        _check_protocol(group, body)
        given = {each["member_id"]: each["assignment"] for each in body["assignments"]}
        group.sync(member, given, reply, broker.now_s())
    except Refused as fault:
        return {"error_code": fault.code}
    return answer


def _check_protocol(group: Group, body: Body) -> None:
    named = ((body["protocol_type"], group.protocol_type), (body["protocol_name"], group.protocol))
    if any(said is not None and said != ours for said, ours in named):
        raise Refused(Code.INCONSISTENT_GROUP_PROTOCOL)


def heartbeat(broker: Broker, request: Request) -> Body:
    """A member lives."""
    body = request.body
    try:
        group = broker.groups.existing(body["group_id"])
        member = group.member(body["member_id"], body["group_instance_id"], body["generation_id"])
        group.heartbeat(member, broker.now_s())
    except Refused as fault:
        return {"error_code": fault.code}
    return {"error_code": Code.NONE}


def leave_group(broker: Broker, request: Request) -> Body:
    """Members go; the others share out what they had."""
    body = request.body
    one = [{"member_id": body["member_id"], "group_instance_id": None}]
    left = [_left(broker, body["group_id"], member) for member in (one if request.version < 3 else body["members"])]
    return {"members": left} if request.version >= 3 else {"error_code": left[0]["error_code"]}


def _left(broker: Broker, name: str, member: Body) -> Body:
    member_id, instance_id = member["member_id"], member["group_instance_id"]
    answer = {"member_id": member_id, "group_instance_id": instance_id}
    try:
        broker.groups.existing(name).leave(member_id, instance_id, broker.now_s())
    except Refused as fault:
        return answer | {"error_code": fault.code}
    return answer | {"error_code": Code.NONE}


def describe_groups(broker: Broker, request: Request) -> Body:
    """Groups with their members."""
    return {"groups": [_described(name, broker.groups.get(name)) for name in request.body["groups"]]}


def _described(name: str, group: Group | None) -> Body:
    if group is None:
        return {"group_id": name, "group_state": "Dead"}
    return {
        "group_id": name,
        "group_state": group.state.value,
        "protocol_type": group.protocol_type,
        "protocol_data": group.protocol,
        "members": [
            {
                "member_id": member.member_id,
                "group_instance_id": member.instance_id,
                "client_id": member.wish.client_id,
                "client_host": member.wish.client_host,
                "member_metadata": member.knows(group.protocol) or b"",
                "member_assignment": member.assignment,
            }
            for member in group.members.values()
        ],
    }


def list_groups(broker: Broker, request: Request) -> Body:
    """All groups, or those in some states."""
    states = request.body["states_filter"]
    return {
        "groups": [
            {"group_id": group.name, "protocol_type": group.protocol_type, "group_state": group.state.value}
            for group in broker.groups
            if not states or group.state.value in states
        ]
    }


def delete_groups(broker: Broker, request: Request) -> Body:
    """Forget groups without members, and their offsets."""
    return {"results": [_deleted(broker, name) for name in request.body["groups_names"]]}


def _deleted(broker: Broker, name: str) -> Body:
    try:
        broker.groups.delete(name)
    except Refused as fault:
        return {"group_id": name, "error_code": fault.code}
    return {"group_id": name}
