"""The passages of one partition's plates, for as long as another may turn up that does not fit.

Kept in slices of log time, which are let go whole: no passage is ever looked at for being old. A passage belongs to the
slice of the latest message about it, so all that is kept can be read again from the first message of the oldest slice.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from msgspec import Struct, field

from pipeline.clones.sighting import Names, Sighting, packed, unpacked

__all__ = ["KEPT_SLICES", "MOST_OF_A_PLATE", "SLICE_MS", "Memory", "Misfits", "Slice"]

Misfits = frozenset[tuple[str, str]]
"""Of one plate: pairs of cameras at which it was when no car could."""

SLICE_MS = 30 * 60_000
KEPT_SLICES = 4
"""Full ones behind the present one: two hours at least. After 72 minutes nothing is impossible (`clones.sides`); the
rest is for passages that reach us late."""
MOST_OF_A_PLATE = 32
"""The latest of these. A bus past every camera of a town stays below; a sign that is read as a plate does not."""


class Slice(Struct):
    """Half an hour of the log."""

    number: int
    """Log time over SLICE_MS."""
    offset: int
    """Of its first message."""
    plates: dict[bytes, bytes] = field(default_factory=dict)
    """Packed sightings by plate."""
    passages: Counter[str] = field(default_factory=Counter)
    """By camera."""
    misfits: dict[bytes, Misfits] = field(default_factory=dict)
    """By plate that does not fit."""
    ahead: dict[str, set[bytes]] = field(default_factory=dict)
    """Camera whose clock is ahead → plates that it saw so, a few."""


class Memory:
    """State of one partition."""

    def __init__(self, names: Names, slices: Iterable[Slice] = ()) -> None:
        """slices: as they were, when state is taken over."""
        self.names = names
        self.slices = list(slices)
        """Oldest first; the last one is the present."""

    def advance(self, number: int, offset: int) -> list[Slice]:
        """Begin the slice if it is a new one; those that are let go for it. The log's time never goes back."""
        if self.slices and number <= self.slices[-1].number:
            return []
        self.slices.append(Slice(number, offset))
        gone = [one for one in self.slices if one.number < number - KEPT_SLICES]
        del self.slices[: len(gone)]
        return gone

    @property
    def present(self) -> Slice:
        """The slice of the message in hand."""
        return self.slices[-1]

    def of(self, plate: bytes) -> list[Sighting]:
        """What is kept of a plate, withdrawn passages included."""
        return [one for part in self.slices if (kept := part.plates.get(plate)) for one in unpacked(kept, self.names)]

    def keep(self, plate: bytes, one: Sighting, known: list[Sighting]) -> None:
        """Remember a passage, or its revision. known: `of` this plate, which it is added to."""
        revised = bool(known) and self._make_room(plate, one.passage_id, known)
        present = self.slices[-1]
        if not revised:
            present.passages[one.camera_id] += 1
        present.plates[plate] = present.plates.get(plate, b"") + packed(one, self.names)
        known.append(one)

    def _make_room(self, plate: bytes, passage_id: bytes, known: list[Sighting]) -> bool:
        """Forget what the passage was before, or the oldest of too many; whether it was kept before."""
        others = [other for other in known if other.passage_id != passage_id]
        revised = len(others) < len(known)
        if revised or len(others) >= MOST_OF_A_PLATE:
            self._drop(plate, passage_id, spare=MOST_OF_A_PLATE - 1)
        known[:] = others[-MOST_OF_A_PLATE + 1 :]
        return revised

    def _drop(self, plate: bytes, passage_id: bytes, spare: int) -> None:
        """Forget one passage of a plate, and of the others all but the latest."""
        for part in reversed(self.slices):
            if plate in part.plates:
                kept = [one for one in unpacked(part.plates[plate], self.names) if one.passage_id != passage_id]
                kept = kept[len(kept) - min(spare, len(kept)) :]
                spare -= len(kept)
                part.plates[plate] = b"".join(packed(one, self.names) for one in kept)

    def note_misfits(self, plate: bytes, pairs: Misfits) -> bool:
        """Remember at which cameras a plate does not fit; whether that is new."""
        before = self.misfits_of(plate)
        if not before and not pairs:
            return False
        for part in self.slices:
            part.misfits.pop(plate, None)
        if pairs:
            self.present.misfits[plate] = pairs
        return pairs != before

    def misfits_of(self, plate: bytes) -> Misfits:
        """As last noted; empty: it fits."""
        return next((part.misfits[plate] for part in self.slices if plate in part.misfits), frozenset())

    def misfits(self) -> dict[bytes, Misfits]:
        """Of all plates that do not fit."""
        return {plate: pairs for part in self.slices for plate, pairs in part.misfits.items()}

    def passages_at(self, cameras: Iterable[str]) -> dict[str, int]:
        """By camera."""
        return {camera: sum(part.passages[camera] for part in self.slices) for camera in cameras}

    def note_ahead(self, camera_id: str, plate: bytes, enough: int) -> bool:
        """Remember that a camera's clock was ahead; whether these are now so many different plates, just now."""
        before = {one for part in self.slices for one in part.ahead.get(camera_id, ())}
        if plate in before or len(before) >= enough:
            return False
        self.present.ahead.setdefault(camera_id, set()).add(plate)
        return len(before) + 1 == enough

    def __len__(self) -> int:
        return sum(len(part.plates) for part in self.slices)
