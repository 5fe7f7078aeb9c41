"""The rules of consumer groups, as functions of requests and time."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from anpr.embedded.log_broker.errors import Code, Refused
from anpr.embedded.log_broker.group import Group, State
from anpr.embedded.log_broker.groups import Committed, Groups
from anpr.embedded.log_broker.member import Joining

SESSION_S, REBALANCE_S = 6.0, 60.0


class Client:
    """One consumer: what it was told last."""

    def __init__(self, group: Group, *, instance: str | None = None, asked_back: bool = False) -> None:
        self.group, self.instance, self.asked_back = group, instance, asked_back
        self.member_id = ""
        self.joined: dict[str, Any] | None = None
        self.synced: dict[str, Any] | None = None

    def join(self, now_s: float = 0.0, protocols: tuple[tuple[str, bytes], ...] = (("range", b"m"),)) -> None:
        self.joined = self.synced = None
        wish = Joining(
            self.member_id, self.instance, "c", "/h", SESSION_S, REBALANCE_S, "consumer", protocols, self.asked_back
        )
        self.group.join(wish, self._on_joined, now_s)

    def _on_joined(self, body: dict[str, Any]) -> None:
        self.joined = body
        self.member_id = body["member_id"]

    @property
    def generation(self) -> int:
        assert self.joined is not None
        return int(self.joined["generation_id"])

    @property
    def leads(self) -> bool:
        return self.joined is not None and bool(self.joined["members"])

    def sync(self, now_s: float = 0.0) -> None:
        assert self.joined is not None
        members = [each["member_id"] for each in self.joined["members"]]
        given = {member_id: f"share {n} of {len(members)}".encode() for n, member_id in enumerate(members)}
        member = self.group.member(self.member_id, self.instance, self.generation)
        self.group.sync(member, given, self._on_synced, now_s)

    def _on_synced(self, body: dict[str, Any]) -> None:
        self.synced = body

    def heartbeat(self, now_s: float = 0.0) -> None:
        self.group.heartbeat(self.group.member(self.member_id, self.instance, self.generation), now_s)


def _refusal(call: Any, *args: Any) -> Code:
    with pytest.raises(Refused) as refused:
        call(*args)
    return refused.value.code


def _two() -> tuple[Group, Client, Client]:
    """A stable group of two."""
    group = Group("g")
    first, second = Client(group), Client(group)
    first.join()
    first.sync()
    second.join()
    assert _refusal(first.heartbeat) is Code.REBALANCE_IN_PROGRESS
    first.join()
    second.sync()
    assert second.synced is None
    first.sync()
    return group, first, second


def test_a_first_member_is_in_at_once() -> None:
    client = Client(Group("g"))
    client.join()
    assert client.leads
    client.sync()
    assert client.synced == {
        "error_code": 0,
        "protocol_type": "consumer",
        "protocol_name": "range",
        "assignment": b"share 0 of 1",
    }


def test_a_second_member_waits_for_the_first_and_the_leader_shares_out() -> None:
    group, first, second = _two()
    assert group.state is State.STABLE
    assert first.generation == second.generation == 2
    assert first.leads
    assert not second.leads
    assert first.synced is not None
    assert second.synced is not None
    assert {first.synced["assignment"], second.synced["assignment"]} == {b"share 0 of 2", b"share 1 of 2"}


def test_a_new_client_is_first_told_its_id() -> None:
    group = Group("g")
    client = Client(group, asked_back=True)
    client.join()
    assert client.joined == {"error_code": Code.MEMBER_ID_REQUIRED, "member_id": client.member_id}
    assert not group.members
    client.join()
    assert client.leads


def test_whoever_was_told_an_id_and_does_not_come_is_waited_for_until_its_session_ends() -> None:
    group = Group("g")
    gone, other = Client(group, asked_back=True), Client(group)
    gone.join()
    other.join(1.0)
    assert other.joined is None
    group.tick(SESSION_S)
    assert other.leads


def test_a_group_that_all_have_left_is_empty_even_if_somebody_is_expected() -> None:
    group = Group("g")
    first, expected = Client(group), Client(group, asked_back=True)
    first.join()
    expected.join()
    group.leave(first.member_id, None, 1.0)
    assert group.state is State.EMPTY
    expected.join(2.0)
    assert expected.leads


def test_a_silent_member_is_let_go_of_and_the_other_gets_all() -> None:
    group, first, second = _two()
    first.heartbeat(5.0)
    group.tick(SESSION_S)
    assert list(group.members) == [first.member_id]
    assert _refusal(second.heartbeat) is Code.UNKNOWN_MEMBER_ID
    assert _refusal(first.heartbeat) is Code.REBALANCE_IN_PROGRESS
    first.join(7.0)
    assert first.generation == 3
    assert first.leads


def test_a_member_that_does_not_join_again_in_time_is_left_behind() -> None:
    group, first, second = _two()
    third = Client(group)
    third.join(1.0)
    first.join(1.0)
    for now_s in range(2, 61, 5):
        with pytest.raises(Refused):
            second.heartbeat(now_s)
        group.tick(now_s)
    assert third.joined is None
    group.tick(61.0)
    assert set(group.members) == {first.member_id, third.member_id}
    assert third.joined is not None


def test_leaving_makes_room_at_once() -> None:
    group, first, second = _two()
    group.leave(first.member_id, None, 1.0)
    assert group.state is State.PREPARING
    second.join(1.0)
    assert second.leads
    group.leave(second.member_id, None, 2.0)
    assert group.state is State.EMPTY
    assert _refusal(group.leave, second.member_id, None, 2.0) is Code.UNKNOWN_MEMBER_ID


def test_a_former_generation_is_refused() -> None:
    group, first, _ = _two()
    assert _refusal(group.member, first.member_id, None, 1) is Code.ILLEGAL_GENERATION


def test_a_leader_that_never_shares_out_is_let_go_of() -> None:
    group = Group("g")
    first, second = Client(group), Client(group)
    first.join()
    first.sync()
    second.join()
    first.join()
    second.sync()
    group.tick(REBALANCE_S)
    assert list(group.members) == [second.member_id]
    assert second.synced == {"error_code": Code.REBALANCE_IN_PROGRESS}


def test_members_that_share_no_protocol_do_not_come_together() -> None:
    group = Group("g")
    Client(group).join()
    assert _refusal(Client(group).join, 0.0, (("sticky", b""),)) is Code.INCONSISTENT_GROUP_PROTOCOL


def test_the_protocol_is_one_that_all_know() -> None:
    group = Group("g")
    first, second = Client(group), Client(group)
    first.join(0.0, (("sticky", b"s"), ("range", b"r")))
    second.join(0.0, (("range", b"r"),))
    first.join(0.0, (("sticky", b"s"), ("range", b"r")))
    assert first.joined is not None
    assert first.joined["protocol_name"] == "range"


def test_a_static_member_that_comes_back_keeps_its_place_without_a_rebalance() -> None:
    group = Group("g")
    before = Client(group, instance="i")
    before.join()
    before.sync()
    after = Client(group, instance="i")
    after.join(1.0)
    assert group.state is State.STABLE
    assert after.generation == before.generation == 1
    assert not after.leads
    after.sync(1.0)
    assert after.synced is not None
    assert after.synced["assignment"] == b"share 0 of 1"
    assert _refusal(before.heartbeat) is Code.FENCED_INSTANCE_ID


class GroupMachine(RuleBasedStateMachine):
    """Clients that come, go, fall silent and come back, in any order: each always knows where it stands."""

    def __init__(self) -> None:
        super().__init__()
        self.group = Group("g")
        self.clients: list[Client] = []
        self.now_s = 0.0

    @rule(asked_back=st.booleans(), instance=st.none() | st.sampled_from("ab"))
    def come(self, asked_back: bool, instance: str | None) -> None:
        client = Client(self.group, instance=instance, asked_back=asked_back)
        self.clients.append(client)
        client.join(self.now_s)

    @rule(number=st.integers(0, 5))
    def go_on(self, number: int) -> None:
        """What a client would do next."""
        if number >= len(self.clients):
            return
        client = self.clients[number]
        if client.joined is None:
            return
        try:
            if client.joined["error_code"] or (client.synced and client.synced["error_code"]):
                client.join(self.now_s)
            elif client.synced is None:
                client.sync(self.now_s)
            else:
                client.heartbeat(self.now_s)
        except Refused as fault:
            if fault.code is not Code.REBALANCE_IN_PROGRESS:
                client.member_id = ""
            if fault.code is Code.FENCED_INSTANCE_ID:
                self.clients.remove(client)
            else:
                client.join(self.now_s)

    @rule(number=st.integers(0, 5))
    def leave(self, number: int) -> None:
        if number < len(self.clients) and self.clients[number].member_id in self.group.members:
            client = self.clients.pop(number)
            self.group.leave(client.member_id, None, self.now_s)

    @rule(number=st.integers(0, 5))
    def fall_silent(self, number: int) -> None:
        if number < len(self.clients):
            self.clients.pop(number)

    @rule(step_s=st.sampled_from([0.1, 3.0, 70.0]))
    def wait(self, step_s: float) -> None:
        self.now_s += step_s
        self.group.tick(self.now_s)

    @invariant()
    def stands(self) -> None:
        members = self.group.members.values()
        assert (self.group.state is State.EMPTY) == (not members)
        assert all(name == member.member_id for name, member in self.group.members.items())
        if self.group.state is State.STABLE:
            assert not any(member.waiting for member in members)
            assert self.group.leader in self.group.members
        if self.group.state is State.COMPLETING:
            assert not any(member.joining for member in members)
        if self.group.state is State.PREPARING:
            assert not any(member.syncing for member in members)

    def teardown(self) -> None:
        """Once everybody has fallen silent the group is empty, however it stood."""
        for _ in range(6):
            self.now_s += 2 * REBALANCE_S
            self.group.tick(self.now_s)
        assert self.group.state is State.EMPTY


def test_a_group_never_contradicts_itself() -> None:
    run_state_machine_as_test(GroupMachine, settings=settings(max_examples=40, stateful_step_count=30, deadline=None))


def test_strangers_commit_while_a_group_has_no_members() -> None:
    groups = Groups()
    group = groups.made("g")
    groups.may_commit(group, "", None, -1, 0.0)
    client = Client(group)
    client.join()
    assert _refusal(groups.may_commit, group, "", None, -1, 0.0) is Code.UNKNOWN_MEMBER_ID
    assert _refusal(groups.may_commit, group, client.member_id, None, 1, 0.0) is Code.REBALANCE_IN_PROGRESS
    client.sync()
    groups.may_commit(group, client.member_id, None, 1, 0.0)


def test_offsets_go_with_their_topic_and_with_their_group() -> None:
    groups = Groups()
    groups.made("g")
    for topic in ("a", "b"):
        groups.commit("g", (topic, 0), Committed(5, -1, "", 0.0))
    groups.forget_topic("a")
    assert set(groups.committed("g")) == {("b", 0)}
    groups.delete("g")
    assert not groups.committed("g")
    assert _refusal(groups.delete, "g") is Code.GROUP_ID_NOT_FOUND


def test_the_hindmost_group_is_known_while_it_counts() -> None:
    groups = Groups()
    groups.commit("slow", ("t", 0), Committed(5, -1, "", 10.0))
    groups.commit("fast", ("t", 0), Committed(9, -1, "", 20.0))
    assert groups.behind(("t", 0), 0.0) == 5
    assert groups.behind(("t", 0), 15.0) == 9
    assert groups.behind(("t", 1), 0.0) is None
