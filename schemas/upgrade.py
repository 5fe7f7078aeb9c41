"""Messages of an older version of a contract, made into what the current one says.

A log or a recording may be older than the program. Within one version every reader reads every message; across
versions somebody must say what the old fields mean now: one function for each step, from a version to the next.
Every decoder of `schemas.codec` goes these steps by itself, so a topic may hold both versions side by side.
Whoever gives a contract a new version adds its step here; tests/schemas/test_upgrade.py asks for it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

import msgspec

__all__ = ["UPGRADES", "VERSION_FIELD", "Document", "NoUpgrade", "Step", "Upgrades", "check_way", "upgrade"]

VERSION_FIELD = "schema_version"
Document: TypeAlias = dict[str, Any]
Step: TypeAlias = Callable[[Document], Document]
"""A message of one version → the same of the next, without its version number. May not change what it is given."""
Upgrades: TypeAlias = Mapping[tuple[str, int], Step]

UPGRADES: Upgrades = {}
"""(contract, version) → the step from this version to the next. Every contract is still in its first version."""


class NoUpgrade(ValueError):
    """A version that cannot be made into the current one; the message says which and what to do."""

    def __init__(self, words: str, *, misfit: bool = False) -> None:
        super().__init__(words)
        self.misfit = misfit
        """True: there is a way, but this message is not what its version promises."""


def check_way(contract: str, version: int, current: int, upgrades: Upgrades = UPGRADES) -> None:
    """Whether messages of this version can be read. current: what the program knows. Raises NoUpgrade."""
    if version > current:
        raise NoUpgrade(
            f"messages are {contract} version {version}, this program knows {current}: read them with a newer program"
        )
    missing = next((step for step in range(version, current) if (contract, step) not in upgrades), None)
    if version < 1 or missing is not None:
        raise NoUpgrade(
            f"messages are {contract} version {version}, and nothing says how version {missing or version} becomes "
            f"{(missing or version) + 1}"
        )


def upgrade(contract: str, version: int, message: bytes, current: int, upgrades: Upgrades = UPGRADES) -> bytes:
    """The message, JSON, in the current version; as it is where it is of it already.

    Raises NoUpgrade where there is no way, or where the message is not what its version promises.
    """
    check_way(contract, version, current, upgrades)
    if version == current:
        return message
    document: Document = msgspec.json.decode(message)
    for step in range(version, current):
        try:
            document = {**upgrades[contract, step](document), VERSION_FIELD: step + 1}
        except (LookupError, TypeError, ValueError, AttributeError) as error:  # a step trusts that fields are there
            raise NoUpgrade(
                f"the message does not hold what {contract} version {step} promises: {type(error).__name__}",
                misfit=True,
            ) from error
    return msgspec.json.encode(document)
