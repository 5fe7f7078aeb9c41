"""Older messages become what the current contract says, step by step; what nobody can read is refused in words."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar, Literal

import pytest

from schemas.base import Contract, PlateText
from schemas.codec import decoder
from schemas.compatibility import published_here
from schemas.registry import CONTRACTS
from schemas.upgrade import UPGRADES, Document, NoUpgrade, check_way, upgrade


class Sighting(Contract):
    """A contract made for this test, in its third version: `plates` were one `plate`, and `colour` had to come."""

    contract: ClassVar[str] = "sighting"
    version: ClassVar[int] = 3

    schema_version: Literal[3] = 3
    plates: tuple[PlateText, ...]
    colour: str


def _plural(old: Document) -> Document:
    return {"plates": [old["plate"]]} | {name: value for name, value in old.items() if name != "plate"}


def _coloured(old: Document) -> Document:
    return {"colour": "unknown", **old}


STEPS: dict[tuple[str, int], Callable[[Document], Document]] = {("sighting", 1): _plural, ("sighting", 2): _coloured}


def test_a_message_goes_through_every_version_between() -> None:
    first = upgrade("sighting", 1, b'{"plate":"1ABC234"}', STEPS, 3)
    second = upgrade("sighting", 2, b'{"schema_version":2,"plates":["1ABC234"],"colour":"red"}', STEPS, 3)
    assert (decoder(Sighting)(first).plates, decoder(Sighting)(first).colour) == (("1ABC234",), "unknown")
    assert decoder(Sighting)(second).colour == "red"


def test_the_current_version_stays_byte_for_byte() -> None:
    message = b'{ "schema_version": 3, "plates": [], "colour": "red" }'
    assert upgrade("sighting", 3, message, STEPS, 3) is message


def test_what_cannot_be_read_is_refused() -> None:
    with pytest.raises(NoUpgrade, match="version 4, this program knows 3"):
        check_way("sighting", 4, STEPS, 3)
    with pytest.raises(NoUpgrade, match="how version 2 becomes 3"):
        check_way("sighting", 1, {("sighting", 1): _plural}, 3)
    with pytest.raises(NoUpgrade):
        check_way("sighting", 0, STEPS, 3)


def test_every_published_version_can_be_read() -> None:
    """Whoever makes a new version of a contract writes the step from the one before."""
    published = [(path.split("/")[-2], int(path.split("/")[-1].removesuffix(".json"))) for path in published_here()]
    assert published
    for contract, version in published:
        check_way(contract, version)
    known = {(name, version) for name, model in CONTRACTS.items() for version in range(1, model.version)}
    assert set(UPGRADES) <= known, "a step that leads from no version"
