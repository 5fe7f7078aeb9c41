"""The groups of the broker, and the offsets that they have committed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from anpr.embedded.log_broker.errors import Code, Refused
from anpr.embedded.log_broker.group import Group, State

__all__ = ["LONGEST_METADATA", "Committed", "Groups"]

LONGEST_METADATA = 4096
"""Characters of text that may be kept with an offset."""
Place = tuple[str, int]
"""Topic and partition."""


@dataclass(frozen=True, slots=True)
class Committed:
    """Up to where a group has read a partition."""

    offset: int
    leader_epoch: int
    metadata: str
    at_s: float
    """When it said so, on the monotonic clock."""


class Groups:
    """Groups by name. A group without members whose offsets were committed is a group as well."""

    def __init__(self) -> None:
        self._groups: dict[str, Group] = {}
        self._offsets: dict[str, dict[Place, Committed]] = {}

    def __iter__(self) -> Iterator[Group]:
        return iter(tuple(self._groups.values()))

    def get(self, name: str) -> Group | None:
        """None: nobody has named it yet."""
        return self._groups.get(name)

    def existing(self, name: str) -> Group:
        """For a request of a member. Raises Refused when there is no such group, so no such member either."""
        if (group := self._groups.get(name)) is None:
            raise Refused(Code.UNKNOWN_MEMBER_ID)
        return group

    def made(self, name: str) -> Group:
        """The group, made if need be. Raises Refused for a name that none can have."""
        if not name:
            raise Refused(Code.INVALID_GROUP_ID)
        return self._groups.setdefault(name, Group(name))

    def delete(self, name: str) -> None:
        """Forget a group without members, and its offsets. Raises Refused."""
        if (group := self._groups.get(name)) is None:
            raise Refused(Code.GROUP_ID_NOT_FOUND)
        if group.state is not State.EMPTY:
            raise Refused(Code.NON_EMPTY_GROUP)
        del self._groups[name]
        self._offsets.pop(name, None)

    def may_commit(self, group: Group, member_id: str, instance_id: str | None, generation: int, now_s: float) -> None:
        """Raises Refused for whoever may not commit: a former member, and a stranger while there are members."""
        if generation < 0 and group.state is State.EMPTY:
            return
        group.member(member_id, instance_id, generation).seen(now_s)
        if group.state is State.COMPLETING:
            raise Refused(Code.REBALANCE_IN_PROGRESS)

    def commit(self, name: str, place: Place, committed: Committed) -> None:
        """Keep an offset. Raises Refused."""
        if len(committed.metadata) > LONGEST_METADATA:
            raise Refused(Code.OFFSET_METADATA_TOO_LARGE)
        self._offsets.setdefault(name, {})[place] = committed

    def committed(self, name: str) -> dict[Place, Committed]:
        """All offsets of a group."""
        return self._offsets.get(name, {})

    def behind(self, place: Place, since_s: float) -> int | None:
        """The lowest offset of the groups that have committed one for this partition since then; None: no group has."""
        found = (offsets[place] for offsets in self._offsets.values() if place in offsets)
        return min((each.offset for each in found if each.at_s >= since_s), default=None)

    def forget_topic(self, topic: str) -> None:
        """A topic of the same name would be another log."""
        for name, offsets in self._offsets.items():
            self._offsets[name] = {place: kept for place, kept in offsets.items() if place[0] != topic}

    def tick(self, now_s: float) -> None:
        """Let time pass in all groups."""
        for group in self:
            if not group.idle:
                group.tick(now_s)
