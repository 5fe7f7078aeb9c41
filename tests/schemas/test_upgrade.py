"""Older messages become what the current contract says, step by step; what nobody can read is refused in words."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar, Literal, cast

import msgspec
import pytest

from schemas.base import Contract, PlateText
from schemas.codec import Refused, compiled, current_form, decoder, encode
from schemas.compatibility import published_here
from schemas.registry import CONTRACTS
from schemas.upgrade import UPGRADES, Document, NoUpgrade, Step, check_way, upgrade


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
    # through `upgrade` alone: the decoder would go these steps by itself
    first = upgrade("sighting", 1, b'{"plate":"1ABC234"}', 3, STEPS)
    second = upgrade("sighting", 2, b'{"schema_version":2,"plates":["1ABC234"],"colour":"red"}', 3, STEPS)
    assert (decoder(Sighting)(first).plates, decoder(Sighting)(first).colour) == (("1ABC234",), "unknown")
    assert decoder(Sighting)(second).colour == "red"


def test_the_current_version_stays_byte_for_byte() -> None:
    message = b'{ "schema_version": 3, "plates": [], "colour": "red" }'
    assert upgrade("sighting", 3, message, 3, STEPS) is message


def test_what_cannot_be_read_is_refused() -> None:
    with pytest.raises(NoUpgrade, match="version 4, this program knows 3"):
        check_way("sighting", 4, 3, STEPS)
    with pytest.raises(NoUpgrade, match="how version 2 becomes 3"):
        check_way("sighting", 1, 3, {("sighting", 1): _plural})
    with pytest.raises(NoUpgrade):
        check_way("sighting", 0, 3, STEPS)


def test_every_published_version_can_be_read() -> None:
    """Whoever makes a new version of a contract writes the step from the one before."""
    published = [(path.split("/")[-2], int(path.split("/")[-1].removesuffix(".json"))) for path in published_here()]
    assert published
    for contract, version in published:
        check_way(contract, version, CONTRACTS[contract].version)
    known = {(name, version) for name, model in CONTRACTS.items() for version in range(1, model.version)}
    assert set(UPGRADES) <= known, "a step that leads from no version"


# ---- both versions on one topic ------------------------------------------------------------------------------


@pytest.fixture
def steps(monkeypatch: pytest.MonkeyPatch) -> None:
    """The program has the steps of the contract that was made for this test."""
    for step, function in STEPS.items():
        monkeypatch.setitem(cast(dict[tuple[str, int], Step], UPGRADES), step, function)


OF_ANY_VERSION = {
    "first, without a number": b'{"plate":"1ABC234"}',
    "first": b'{"schema_version":1,"plate":"1ABC234"}',
    "second": b'{"schema_version":2,"plates":["1ABC234"]}',
    "third": b'{"schema_version":3,"plates":["1ABC234"],"colour":"unknown"}',
    "third, its number last": b'{"plates":["1ABC234"],"colour":"unknown","schema_version":3}',
    "first, with a field of a later program": b'{"plate":"1ABC234","speed":5}',
}


@pytest.mark.usefixtures("steps")
@pytest.mark.parametrize("message", OF_ANY_VERSION.values(), ids=OF_ANY_VERSION)
def test_a_decoder_reads_every_version_as_the_current_one(message: bytes) -> None:
    told = decoder(Sighting)(message)
    assert (told.plates, told.colour) == (("1ABC234",), "unknown")
    assert decoder(Sighting, frozenset({"plates"}))(message).plates == ("1ABC234",)


@pytest.mark.usefixtures("steps")
def test_without_a_number_a_message_is_never_taken_for_a_later_version() -> None:
    """It holds all that version 3 wants, and is of version 1 all the same."""
    with pytest.raises(Refused) as refused:
        decoder(Sighting)(b'{"plates":["1ABC234"],"colour":"red"}')
    assert (refused.value.reason, refused.value.detail) == (
        "wrong_schema",
        "the message does not hold what sighting version 1 promises: KeyError",
    )


@pytest.mark.usefixtures("steps")
@pytest.mark.parametrize(
    ("message", "reason", "detail"),
    [
        (b'{"schema_version":4}', "unknown_version", "version 4, this program knows 3"),
        (b'{"schema_version":0}', "unknown_version", "version 0, this program knows 3"),
        (b'{"schema_version":true}', "wrong_schema", ""),
        (b'{"schema_version":2}', "wrong_schema", "plates: Field required (1 in all)"),
        (b'{"schema_version":2,"plates":["no plate"]}', "wrong_schema", "plates.0: String should match pattern"),
        (b'{"schema_version":1,"plate"', "not_json", ""),
        (b"[]", "wrong_schema", ""),
        (b"", "empty", ""),
    ],
)
def test_what_fits_no_version_is_refused_with_its_reason(message: bytes, reason: str, detail: str) -> None:
    with pytest.raises(Refused) as refused:
        decoder(Sighting)(message)
    assert refused.value.reason == reason
    assert detail in refused.value.detail
    assert "no plate" not in refused.value.detail


def test_a_version_without_a_way_is_refused_as_unknown() -> None:
    with pytest.raises(Refused, match=r"unknown_version: .*nothing says how version 2 becomes 3"):
        decoder(Sighting)(b'{"schema_version":2,"plates":[]}')


@pytest.mark.usefixtures("steps")
@pytest.mark.parametrize("message", OF_ANY_VERSION.values(), ids=OF_ANY_VERSION)
def test_who_keeps_the_bytes_keeps_them_in_the_current_version(message: bytes) -> None:
    kept = msgspec.json.decode(current_form(Sighting)(message))
    assert kept["schema_version"] == 3
    assert kept["plates"] == ["1ABC234"]
    assert "plate" not in kept


def test_bytes_of_our_own_writers_are_kept_as_they_are() -> None:
    value = encode(compiled(Sighting)(plates=(), colour="red"))
    assert current_form(Sighting)(value) is value
    unreadable = b'{"schema_version":4}'
    assert current_form(Sighting)(unreadable) is unreadable
