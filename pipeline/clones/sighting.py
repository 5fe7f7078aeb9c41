"""What is kept of a passage until nothing is impossible any more. Some hundred bytes: millions are kept at a time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from struct import Struct as Layout

from msgspec import Struct

from pipeline.geo import Point

__all__ = ["LONGEST_DELAY_MS", "Names", "Sighting", "packed", "unpacked"]

_LAYOUT = Layout("<16sqiIIddddHB")
"""Numbers as they were: what is found may not hang on which of two passages was kept and which is new."""
LONGEST_DELAY_MS = 2**31 - 1
"""Three weeks: whoever is later can have been anywhere."""


class Sighting(Struct, frozen=True, gc=False):
    """One passage under one plate."""

    passage_id: bytes
    revision: int
    withdrawn: bool
    camera_id: str
    captured_ms: int
    """Camera clock, epoch."""
    delay_ms: int
    """It may have been so much later: what the camera's clock may be behind. 0: the clock is trusted."""
    lat: float
    lon: float
    wrong: float
    """Probability that the plate is not right."""
    confidence: float
    """Of the reading, as told."""
    evidence: str = ""
    """Key of the picture; empty: none."""

    @property
    def place(self) -> Point:
        """Where that was."""
        return Point(self.lat, self.lon)

    @property
    def order(self) -> tuple[int, str, bytes]:
        """By camera clock; of equal ones always the same way."""
        return self.captured_ms, self.camera_id, self.passage_id


class Names:
    """Names by number: a camera is kept in four bytes. Grows with the cameras that there are."""

    def __init__(self, known: Iterable[str] = ()) -> None:
        """known: the first ones, in the order of their numbers."""
        self._names = list(known)
        self._numbers = {name: number for number, name in enumerate(self._names)}

    def __iter__(self) -> Iterator[str]:
        """In the order of their numbers."""
        return iter(self._names)

    def number(self, name: str) -> int:
        """The name's number, from now on always this one."""
        number = self._numbers.setdefault(name, len(self._names))
        if number == len(self._names):
            self._names.append(name)
        return number

    def __getitem__(self, number: int) -> str:
        return self._names[number]


def packed(one: Sighting, names: Names) -> bytes:
    """To keep. Several packed ones may be joined."""
    picture = one.evidence.encode()
    camera = names.number(one.camera_id)
    times = one.captured_ms, one.delay_ms, one.revision
    numbers = one.wrong, one.confidence, one.lat, one.lon
    return _LAYOUT.pack(one.passage_id, *times, camera, *numbers, len(picture), one.withdrawn) + picture


def unpacked(kept: bytes, names: Names) -> Iterator[Sighting]:
    """All that were joined, in that order."""
    at = 0
    while at < len(kept):
        passage_id, captured, delay, revision, camera, wrong, confidence, lat, lon, size, gone = _LAYOUT.unpack_from(
            kept, at
        )
        at += _LAYOUT.size + size
        yield Sighting(
            passage_id, revision, bool(gone), names[camera], captured, delay, lat, lon, wrong,
            confidence, kept[at - size : at].decode(),
        )  # fmt: skip
