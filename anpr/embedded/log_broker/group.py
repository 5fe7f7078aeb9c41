"""One consumer group: who is in it, who takes which partitions, and up to where it has read.

A state machine of requests and time, without sockets or clocks. The rules are those of Apache Kafka's classic group
protocol (its GroupCoordinator), with `group.initial.rebalance.delay.ms=0`: a first member need not wait for others.
"""

from __future__ import annotations

import uuid
from collections import Counter
from enum import Enum

from anpr.embedded.log_broker.codec import Body
from anpr.embedded.log_broker.errors import Code, Refused
from anpr.embedded.log_broker.member import Joining, Member, Reply

__all__ = ["Group", "State"]


class State(Enum):
    """Of a group; the values are Kafka's words."""

    EMPTY = "Empty"
    PREPARING = "PreparingRebalance"
    COMPLETING = "CompletingRebalance"
    STABLE = "Stable"


class Group:
    """Members of one group and its generations. Requests that must wait are answered later through their `Reply`."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.state = State.EMPTY
        self.generation = 0
        self.protocol_type = ""
        self.protocol = ""
        self.leader = ""
        self.members: dict[str, Member] = {}
        self._instances: dict[str, str] = {}
        self._expected: dict[str, float] = {}
        """Members that were given an id and have yet to come with it, and until when they are waited for."""
        self._deadline_s = 0.0
        """Until when the members have time to join, or to ask for their assignment."""

    # --- joining

    def join(self, wish: Joining, reply: Reply, now_s: float) -> None:
        """Let somebody in, or in again. Raises Refused; else `reply` gets the answer, now or when all have come."""
        self._check_protocols(wish)
        if wish.member_id:
            self._rejoin(wish, reply, now_s)
        elif wish.instance_id is not None and wish.instance_id in self._instances:
            self._replace(wish, reply, now_s)
        elif wish.must_have_id and wish.instance_id is None:
            self._ask_back(wish, reply, now_s)
        else:
            self._enter(_new_id(wish), wish, reply, now_s)

    def _check_protocols(self, wish: Joining) -> None:
        if not wish.protocol_type or not wish.protocols:
            raise Refused(Code.INCONSISTENT_GROUP_PROTOCOL)
        others = [member for member in self.members.values() if member.member_id != wish.member_id]
        if not others:
            return
        names = {name for name, _ in wish.protocols}
        if wish.protocol_type != self.protocol_type or not names & self._known_to_all(others):
            raise Refused(Code.INCONSISTENT_GROUP_PROTOCOL)

    def _known_to_all(self, members: list[Member]) -> set[str]:
        return set.intersection(*({name for name, _ in member.wish.protocols} for member in members))

    def _ask_back(self, wish: Joining, reply: Reply, now_s: float) -> None:
        member_id = _new_id(wish)
        self._expected[member_id] = now_s + wish.session_s
        reply({"error_code": Code.MEMBER_ID_REQUIRED, "member_id": member_id})

    def _enter(self, member_id: str, wish: Joining, reply: Reply, now_s: float) -> None:
        self.protocol_type = wish.protocol_type
        member = self.members[member_id] = Member(member_id, wish, now_s + wish.session_s, joining=reply)
        if member.instance_id is not None:
            self._instances[member.instance_id] = member_id
        self._rebalance(now_s)

    def _rejoin(self, wish: Joining, reply: Reply, now_s: float) -> None:
        if self._expected.pop(wish.member_id, None) is not None:
            self._enter(wish.member_id, wish, reply, now_s)
            return
        member = self._member(wish.member_id, wish.instance_id)
        unchanged = member.wish.protocols == wish.protocols
        if unchanged and (self.state is State.COMPLETING or (self.state is State.STABLE and member is not self._led())):
            member.seen(now_s)
            reply(self._joined(member))
            return
        member.dismiss(Code.REBALANCE_IN_PROGRESS)
        member.wish, member.joining = wish, reply
        self._rebalance(now_s)

    def _replace(self, wish: Joining, reply: Reply, now_s: float) -> None:
        """A static member came back after a restart: it takes the place of its former self."""
        assert wish.instance_id is not None
        old = self.members[self._instances[wish.instance_id]]
        new = Member(_new_id(wish), wish, now_s + wish.session_s, assignment=old.assignment)
        self._instances[wish.instance_id] = new.member_id
        self.members = {m.member_id: m for m in (new if m is old else m for m in self.members.values())}
        old.dismiss(Code.FENCED_INSTANCE_ID)
        led, self.leader = self.leader, new.member_id if self.leader == old.member_id else self.leader
        if self.state is State.STABLE and old.wish.protocols == wish.protocols:
            # Named after its former self the leader does not take itself for it, and asks for its old assignment.
            reply(self._joined(new) | {"leader": led, "members": []})
            return
        new.joining = reply
        self._rebalance(now_s)

    def _led(self) -> Member | None:
        return self.members.get(self.leader)

    def _rebalance(self, now_s: float) -> None:
        """Ask all members to join again, or count one more that has."""
        if self.state is not State.PREPARING:
            for member in self.members.values():
                self._end_wait(member, now_s)
            self.state = State.PREPARING
            self._deadline_s = now_s + self._longest_rebalance_s()
        self._complete_if_all_joined(now_s)

    def _end_wait(self, member: Member, now_s: float) -> None:
        """Its silence until now was ours."""
        if member.syncing:
            member.seen(now_s)
            member.answer_sync({"error_code": Code.REBALANCE_IN_PROGRESS})

    def _longest_rebalance_s(self) -> float:
        return max((member.wish.rebalance_s for member in self.members.values()), default=0.0)

    def _complete_if_all_joined(self, now_s: float) -> None:
        """Whoever has yet to come with its new id is waited for, unless nobody is there to wait."""
        if not self.members or (not self._expected and all(member.joining for member in self.members.values())):
            self._complete(now_s)

    def _complete(self, now_s: float) -> None:
        """All have joined or had their time: begin the next generation."""
        for member in list(self.members.values()):
            if member.joining is None and member.instance_id is None:
                self._forget(member)
        if not self.members:
            self._begin(State.EMPTY, protocol="")
            return
        joined = [member for member in self.members.values() if member.joining]
        self._deadline_s = now_s + self._longest_rebalance_s()
        if not joined:
            return  # only static members, none back yet: they keep their places until their sessions end
        if (led := self._led()) is None or led.joining is None:
            self.leader = joined[0].member_id
        self._begin(State.COMPLETING, self._chosen_protocol())
        for member in joined:
            member.seen(now_s)
            member.answer_join(self._joined(member))

    def _begin(self, state: State, protocol: str) -> None:
        self.generation += 1
        self.state, self.protocol = state, protocol
        if state is State.EMPTY:
            self.leader = ""

    def _chosen_protocol(self) -> str:
        """Each member votes for the first of its protocols that all know."""
        common = self._known_to_all(list(self.members.values()))
        votes = Counter(
            next(name for name, _ in member.wish.protocols if name in common) for member in self.members.values()
        )
        return votes.most_common(1)[0][0]

    def _joined(self, member: Member) -> Body:
        led = member.member_id == self.leader
        return {
            "error_code": Code.NONE,
            "generation_id": self.generation,
            "protocol_name": self.protocol,
            "leader": self.leader,
            "member_id": member.member_id,
            "members": [self._described(each) for each in self.members.values()] if led else [],
        }

    def _described(self, member: Member) -> Body:
        return {
            "member_id": member.member_id,
            "group_instance_id": member.instance_id,
            "metadata": member.knows(self.protocol) or b"",
        }

    # --- assignments and signs of life

    def sync(self, member: Member, assignments: dict[str, bytes], reply: Reply, now_s: float) -> None:
        """Give a member its partitions: now, or when the leader has shared them out. Raises Refused."""
        if self.state is State.PREPARING:
            raise Refused(Code.REBALANCE_IN_PROGRESS)
        member.seen(now_s)
        if self.state is State.STABLE:
            reply(self._synced(member))
            return
        member.answer_sync({"error_code": Code.REBALANCE_IN_PROGRESS})
        member.syncing = reply
        if member.member_id == self.leader:
            self._share_out(assignments, now_s)

    def _share_out(self, assignments: dict[str, bytes], now_s: float) -> None:
        self.state = State.STABLE
        for member in self.members.values():
            member.assignment = assignments.get(member.member_id, b"")
            if member.syncing:
                member.seen(now_s)
                member.answer_sync(self._synced(member))

    def _synced(self, member: Member) -> Body:
        return {
            "error_code": Code.NONE,
            "protocol_type": self.protocol_type,
            "protocol_name": self.protocol,
            "assignment": member.assignment,
        }

    def member(self, member_id: str, instance_id: str | None, generation: int) -> Member:
        """A member of this generation. Raises Refused for whoever is not, or not any more."""
        member = self._member(member_id, instance_id)
        if generation != self.generation:
            raise Refused(Code.ILLEGAL_GENERATION)
        return member

    def _member(self, member_id: str, instance_id: str | None) -> Member:
        if instance_id is not None:
            if (owner := self._instances.get(instance_id)) is None:
                raise Refused(Code.UNKNOWN_MEMBER_ID)
            if owner != member_id:
                raise Refused(Code.FENCED_INSTANCE_ID)
        if (member := self.members.get(member_id)) is None:
            raise Refused(Code.UNKNOWN_MEMBER_ID)
        return member

    def heartbeat(self, member: Member, now_s: float) -> None:
        """A sign of life. Raises Refused to say that the members are to join again."""
        member.seen(now_s)
        if self.state is State.PREPARING:
            raise Refused(Code.REBALANCE_IN_PROGRESS)

    # --- the end of members

    def leave(self, member_id: str, instance_id: str | None, now_s: float) -> None:
        """Somebody goes; a static member may be named by its instance alone. Raises Refused when it is not in."""
        if self._expected.pop(member_id, None) is not None:
            if self.state is State.PREPARING:
                self._complete_if_all_joined(now_s)
            return
        if instance_id is not None and not member_id:
            member_id = self._instances.get(instance_id, "")
        self._remove(self._member(member_id, instance_id), now_s)

    def _remove(self, member: Member, now_s: float) -> None:
        self._forget(member)
        if self.state is State.PREPARING:
            self._complete_if_all_joined(now_s)
        else:
            self._rebalance(now_s)

    def _forget(self, member: Member) -> None:
        del self.members[member.member_id]
        if member.instance_id is not None:
            del self._instances[member.instance_id]
        member.dismiss(Code.UNKNOWN_MEMBER_ID)

    def tick(self, now_s: float) -> None:
        """Let go of whoever gave no sign of life, and go on without whoever did not come in time."""
        self._expected = {name: until_s for name, until_s in self._expected.items() if until_s > now_s}
        for member in list(self.members.values()):
            if member.member_id in self.members and not member.waiting and member.alive_until_s <= now_s:
                self._remove(member, now_s)
        if self.state is State.PREPARING:
            self._tick_preparing(now_s)
        elif self.state is State.COMPLETING and self._deadline_s <= now_s:
            self._end_of_patience(now_s)

    def _tick_preparing(self, now_s: float) -> None:
        if self._deadline_s <= now_s:
            self._complete(now_s)
        else:
            self._complete_if_all_joined(now_s)

    def _end_of_patience(self, now_s: float) -> None:
        """Members that never asked for their assignment go; the leader above all keeps the others waiting."""
        for member in [each for each in self.members.values() if each.syncing is None]:
            self._remove(member, now_s)

    @property
    def idle(self) -> bool:
        """Whether time changes nothing here."""
        return not self.members and not self._expected


def _new_id(wish: Joining) -> str:
    return f"{wish.instance_id or wish.client_id}-{uuid.uuid4()}"
