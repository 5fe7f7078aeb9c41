"""What is remembered of a partition, written down and read again. Pure: where it lies is the worker's matter."""

from __future__ import annotations

from collections import Counter

from msgspec import Struct, msgpack

from pipeline.clones.memory import Slice
from pipeline.clones.sighting import Sighting
from pipeline.clones.troubles import Trouble
from schemas.anomaly import Anomaly
from schemas.codec import decoder, encode

__all__ = ["FORM", "State", "read", "written"]

FORM = "watch 1"
"""To be changed with anything below, and with the layout of a packed sighting."""
_ANOMALY = decoder(Anomaly)


class State(Struct):
    """Of one partition, as it is held in memory."""

    names: list[str]
    """By number."""
    slices: list[Slice]
    troubles: dict[bytes, Trouble]
    found: dict[str, float]
    """Cameras whose clock is held to be wrong, see `Clocks`."""
    lasting: dict[str, tuple[int, int]]
    """Cameras for which that lasts, see `Clocks`."""
    clocks_told: dict[str, int]
    """Camera → slice in which it was told."""


class _Slice(Struct, array_like=True):
    number: int
    offset: int
    plates: dict[bytes, bytes]
    passages: dict[str, int]
    misfits: dict[bytes, list[tuple[str, str]]]
    ahead: dict[str, list[bytes]]


class _Trouble(Struct, array_like=True):
    needed: int
    began: int
    latest: int
    told: bytes
    """As a message of the topic: its contract is held by others than us. Empty: nothing was told."""
    kept: list[Sighting]


class _Written(Struct, array_like=True):
    names: list[str]
    slices: list[_Slice]
    troubles: dict[bytes, _Trouble]
    found: dict[str, float]
    lasting: dict[str, tuple[int, int]]
    clocks_told: dict[str, int]


_WRITTEN = msgpack.Decoder(_Written)


def written(state: State) -> bytes:
    """As bytes. Of a million passages it takes a few tenths of a second: what is packed is not looked into."""
    slices = [
        _Slice(
            one.number,
            one.offset,
            one.plates,
            dict(one.passages),
            {plate: sorted(pairs) for plate, pairs in one.misfits.items()},
            {camera: sorted(plates) for camera, plates in one.ahead.items()},
        )
        for one in state.slices
    ]
    troubles = {
        plate: _Trouble(
            one.needed,
            one.began,
            one.latest,
            b"" if one.told is None else encode(one.told),
            list(one.kept.values()),
        )
        for plate, one in state.troubles.items()
    }
    return msgpack.encode(_Written(state.names, slices, troubles, state.found, state.lasting, state.clocks_told))


def read(given: bytes) -> State:
    """What `written` gave. Raises ValueError."""
    kept = _WRITTEN.decode(given)
    return State(
        kept.names,
        [_slice(one) for one in kept.slices],
        {plate: _trouble(one) for plate, one in kept.troubles.items()},
        kept.found,
        kept.lasting,
        kept.clocks_told,
    )


def _slice(kept: _Slice) -> Slice:
    return Slice(
        kept.number,
        kept.offset,
        kept.plates,
        Counter(kept.passages),
        {plate: frozenset(pairs) for plate, pairs in kept.misfits.items()},
        {camera: set(plates) for camera, plates in kept.ahead.items()},
    )


def _trouble(kept: _Trouble) -> Trouble:
    told = _ANOMALY(kept.told) if kept.told else None
    return Trouble(kept.needed, kept.began, kept.latest, told, {one.passage_id: one for one in kept.kept})
