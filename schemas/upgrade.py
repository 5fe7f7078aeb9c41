"""Messages of an older version of a contract, made into what the current one says.

A log or a recording may be older than the program. Within one version every reader reads every message; across
versions somebody must say what the old fields mean now: one function for each step, from a version to the next.
Whoever gives a contract a new version adds its step here; tests/schemas/test_upgrade.py asks for it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

import msgspec

from schemas.codec import VERSION_FIELD
from schemas.registry import CONTRACTS

__all__ = ["UPGRADES", "Document", "NoUpgrade", "Step", "Upgrades", "check_way", "upgrade"]

Document: TypeAlias = dict[str, Any]
Step: TypeAlias = Callable[[Document], Document]
"""A message of one version → the same of the next, without its version number. May not change what it is given."""
Upgrades: TypeAlias = Mapping[tuple[str, int], Step]

UPGRADES: Upgrades = {}
"""(contract, version) → the step from this version to the next. Every contract is still in its first version."""


class NoUpgrade(ValueError):
    """A version that cannot be made into the current one; the message says which and what to do."""


def check_way(contract: str, version: int, upgrades: Upgrades = UPGRADES, current: int | None = None) -> None:
    """Whether messages of this version can be read. current: None, the contract's own. Raises NoUpgrade."""
    known = CONTRACTS[contract].version if current is None else current
    if version > known:
        raise NoUpgrade(
            f"messages are {contract} version {version}, this program knows {known}: read them with a newer program"
        )
    missing = next((step for step in range(version, known) if (contract, step) not in upgrades), None)
    if version < 1 or missing is not None:
        raise NoUpgrade(
            f"messages are {contract} version {version}, and nothing says how version {missing or version} becomes "
            f"{(missing or version) + 1}"
        )


def upgrade(
    contract: str, version: int, message: bytes, upgrades: Upgrades = UPGRADES, current: int | None = None
) -> bytes:
    """The message, JSON, in the current version; as it is where it is of it already. Raises NoUpgrade."""
    known = CONTRACTS[contract].version if current is None else current
    check_way(contract, version, upgrades, known)
    if version == known:
        return message
    document: Document = msgspec.json.decode(message)
    for step in range(version, known):
        document = {**upgrades[contract, step](document), VERSION_FIELD: step + 1}
    return msgspec.json.encode(document)
