"""A broker's users and what they may: asked, compared with the files, set right.

What Kafka calls an ACL is here a right that a user has; rights of users that we do not know are never touched. Only a
super user may ask and change them. Raises KafkaException where the broker does not answer or refuses.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal, cast

from confluent_kafka.admin import (
    AclBinding,
    AclBindingFilter,
    AclOperation,
    AclPermissionType,
    AdminClient,
    ResourcePatternType,
    ResourceType,
    ScramCredentialInfo,
    ScramMechanism,
    UserScramCredentialDeletion,
    UserScramCredentialUpsertion,
)

from topics.access.model import RoleError, role_of
from topics.access.rights import Operation, Right, rights
from topics.model import Topics

__all__ = ["Difference", "differences", "end_users", "mend", "set_passwords", "users_with_password"]

_TIMEOUT_S = 30.0
_MECHANISM = ScramMechanism.SCRAM_SHA_512
_ITERATIONS = 8192
"""Twice the least that Kafka takes; a client pays for them each time it signs in."""
_PREFIX = "User:"
_KINDS: Mapping[str, ResourceType] = {"topic": ResourceType.TOPIC, "group": ResourceType.GROUP}
_OPERATIONS: Mapping[Operation, AclOperation] = {
    "read": AclOperation.READ,
    "write": AclOperation.WRITE,
    "describe": AclOperation.DESCRIBE,
}


@dataclass(frozen=True, slots=True, order=True)
class Difference:
    """One right in which a broker differs from the files."""

    user: str
    right: str
    """In words; of one that the files do not know, Kafka's own."""
    kind: Literal["missing", "beyond"]


def users_with_password(admin: AdminClient) -> list[str]:
    """Names of all users that sign in by password."""
    asked = cast("Any", admin).describe_user_scram_credentials(None, request_timeout=_TIMEOUT_S)
    return sorted(asked.result())


def set_passwords(admin: AdminClient, passwords: Mapping[str, str]) -> None:
    """Make these users, or give them new passwords; connections that are open stay."""
    info = ScramCredentialInfo(_MECHANISM, _ITERATIONS)
    changes = [UserScramCredentialUpsertion(user, info, word.encode()) for user, word in passwords.items()]
    _await(cast("Any", admin).alter_user_scram_credentials(changes, request_timeout=_TIMEOUT_S).values())


def end_users(admin: AdminClient, users: Collection[str]) -> None:
    """Take all rights from these users, which holds at once and for open connections too, and their passwords."""
    for user in users:
        _revoke(admin, _held(admin, user))
    gone = [UserScramCredentialDeletion(user, _MECHANISM) for user in users if user in users_with_password(admin)]
    if gone:
        _await(cast("Any", admin).alter_user_scram_credentials(gone, request_timeout=_TIMEOUT_S).values())


def differences(admin: AdminClient, users: Iterable[str], topics: Topics) -> list[Difference]:
    """Where these users' rights differ from the files; a user without a role may nothing, so all it has is beyond."""
    return sorted(one for user in users for one in _compared(user, _held(admin, user), topics))


def mend(admin: AdminClient, users: Iterable[str], topics: Topics, *, remove: bool) -> list[Difference]:
    """Give these users the rights that they lack, and with `remove` take those that the files do not give.

    Returns what was changed.
    """
    changed: list[Difference] = []
    for user in users:
        held = _held(admin, user)
        wanted = _wanted(user, topics)
        _grant(admin, [_binding(user, right) for right in wanted - held.keys()])
        beyond = {right: binding for right, binding in held.items() if right not in wanted} if remove else {}
        _revoke(admin, beyond)
        found = _compared(user, held, topics)
        changed += [one for one in found if remove or one.kind == "missing"]
    return sorted(changed)


Held = Mapping[Right | str, AclBinding]
"""What a user has, by our own word for it; what we have no word for by Kafka's."""


def _compared(user: str, held: Held, topics: Topics) -> Iterator[Difference]:
    wanted = _wanted(user, topics)
    yield from (Difference(user, str(right), "missing") for right in wanted - held.keys())
    yield from (Difference(user, str(right), "beyond") for right in held if right not in wanted)


def _wanted(user: str, topics: Topics) -> frozenset[Right]:
    try:
        return rights(role_of(user), user, topics)
    except RoleError:
        return frozenset()


def _held(admin: AdminClient, user: str) -> Held:
    any_name: Any = None  # the stubs lack it
    anything = AclBindingFilter(
        ResourceType.ANY,
        any_name,
        ResourcePatternType.ANY,
        _PREFIX + user,
        any_name,
        AclOperation.ANY,
        AclPermissionType.ANY,
    )
    bindings = admin.describe_acls(anything, request_timeout=_TIMEOUT_S).result()
    return {_right(binding) or str(binding): binding for binding in bindings}


def _right(binding: AclBinding) -> Right | None:
    """None: nothing that we grant, such as a right from one host only, or a denial."""
    kind = next((name for name, value in _KINDS.items() if value == binding.restype), None)
    operation = next((name for name, value in _OPERATIONS.items() if value == binding.operation), None)
    plain = binding.host == "*" and binding.permission_type == AclPermissionType.ALLOW
    if kind is None or operation is None or not plain:
        return None
    prefixed = binding.resource_pattern_type == ResourcePatternType.PREFIXED
    return Right(cast("Literal['topic', 'group']", kind), binding.name, operation, prefixed)


def _binding(user: str, right: Right) -> AclBinding:
    pattern = ResourcePatternType.PREFIXED if right.prefix else ResourcePatternType.LITERAL
    return AclBinding(
        _KINDS[right.kind],
        right.name,
        pattern,
        _PREFIX + user,
        "*",
        _OPERATIONS[right.operation],
        AclPermissionType.ALLOW,
    )


def _grant(admin: AdminClient, bindings: list[AclBinding]) -> None:
    if bindings:
        _await(admin.create_acls(bindings, request_timeout=_TIMEOUT_S).values())


def _revoke(admin: AdminClient, held: Held) -> None:
    filters = [
        AclBindingFilter(
            one.restype,
            one.name,
            one.resource_pattern_type,
            one.principal,
            one.host,
            one.operation,
            one.permission_type,
        )
        for one in held.values()
    ]
    if filters:
        _await(admin.delete_acls(filters, request_timeout=_TIMEOUT_S).values())


def _await(futures: Iterable[Any]) -> None:
    for future in futures:
        future.result()
