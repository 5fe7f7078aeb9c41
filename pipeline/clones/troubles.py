"""Plates of which it was told that two vehicles wear them: what was told, and what it rests on."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from msgspec import Struct, field

from pipeline.clones.memory import SLICE_MS
from pipeline.clones.sighting import Sighting
from schemas.anomaly import Anomaly

__all__ = ["LONGEST_SLICES", "MOST_KEPT", "Trouble", "Troubles"]

LONGEST_SLICES = 12 * 60 * 60_000 // SLICE_MS
"""Half a day: its messages are read again after a restart, so it may not go on for ever. Then another one begins."""
MOST_KEPT = 100
"""Passages, as many as an anomaly may name: the first ones, by which it began, and the latest."""


class Trouble(Struct):
    """Of one plate."""

    needed: int
    """Offset from which reading again finds it again."""
    began: int
    """Number of the slice in which it was first told …"""
    latest: int
    """… and of the latest passage."""
    told: Anomaly | None = None
    """As last told."""
    kept: dict[bytes, Sighting] = field(default_factory=dict)
    """Passages by identifier; longer than the memory keeps them."""

    def add(self, seen: Iterable[Sighting], number: int) -> list[Sighting]:
        """Take in what the memory holds at the time of this slice; all that is known of the plate."""
        self.latest = number
        for one in seen:
            before = self.kept.get(one.passage_id)
            if before is None or before.revision <= one.revision:
                self.kept[one.passage_id] = one
        while len(self.kept) > MOST_KEPT:
            in_order = sorted(self.kept.values(), key=lambda one: one.order)
            del self.kept[in_order[MOST_KEPT // 2].passage_id]
        return list(self.kept.values())


class Troubles(dict[bytes, Trouble]):
    """Of one partition, by plate."""

    def ended(self, oldest: int, number: int) -> Iterator[tuple[bytes, Trouble]]:
        """Those that are over at the time of slice `number`, taken out: nothing new since `oldest`, or too long."""
        over = [
            plate
            for plate, trouble in self.items()
            if trouble.latest < oldest or trouble.began < number - LONGEST_SLICES
        ]
        for plate in over:
            yield plate, self.pop(plate)
