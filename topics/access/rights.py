"""What a user may do: its role and the topic files → rights, as Kafka knows them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from topics.access.model import Role
from topics.model import Topics

__all__ = ["Operation", "Right", "rights"]

Operation = Literal["read", "write", "describe"]


@dataclass(frozen=True, slots=True, order=True)
class Right:
    """One thing that is allowed. Whoever may read or write a thing may also know of it (describe)."""

    kind: Literal["topic", "group"]
    name: str
    """Of the topic or group; with `prefix`, what their names begin with; `*`: each of them."""
    operation: Operation
    prefix: bool = False

    def __str__(self) -> str:
        return f"{self.operation} {self.kind} {self.name}{'*' if self.prefix else ''}"


def rights(role: Role, user: str, topics: Topics) -> frozenset[Right]:
    """All rights of a user. An idempotent producer needs none of its own beside those to write (KIP-679)."""
    own = {*_of_topics(role, topics), *_of_groups(role, user, topics)}
    stronger = {(right.kind, right.name, right.prefix) for right in own if right.operation != "describe"}
    return frozenset(
        right
        for right in own
        if right.operation != "describe" or (right.kind, right.name, right.prefix) not in stronger
    )


def _of_topics(role: Role, topics: Topics) -> Iterator[Right]:
    for spec in topics.values():
        if _has(role, spec.producers):
            yield Right("topic", spec.name, "write")
        if _has(role, spec.consumers):
            yield Right("topic", spec.name, "read")
    yield from (Right("topic", name, "describe") for name in role.describes)
    yield from (Right("topic", name, operation) for operation in role.all_topics for name in topics)


def _of_groups(role: Role, user: str, topics: Topics) -> Iterator[Right]:
    yield from (_group(name, user, "read") for name in role.groups)
    yield from (_group(name, user, "describe") for name in role.looks)
    # A client that follows a topic as a reference names a group that it neither joins nor commits in.
    read = (spec.name for spec in topics.values() if _has(role, spec.consumers))
    yield from (_group(f"reference.{name}", user, "describe") for name in read)


def _has(role: Role, parts: tuple[str, ...]) -> bool:
    return not set(role.parts).isdisjoint(parts)


def _group(pattern: str, user: str, operation: Operation) -> Right:
    name = pattern.replace("{user}", user)
    if name != "*" and name.endswith("*"):
        return Right("group", name.removesuffix("*"), operation, prefix=True)
    return Right("group", name, operation)
