"""Which hits somebody wants, or may see: one rule for the client, for server-sent events and for webhooks.

A wish lets through what it cannot judge: a hit at a camera that nobody knows yet reaches every zone that asked, since a
missed alert is worse than one too many. A limit does not: what a token may see never grows by what we do not know.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from schemas.hit import Hit
from schemas.hotlist import ListKind

__all__ = ["LOWEST_PRIORITY", "AlertClass", "HitSelection", "Selector"]

AlertClass = Literal["alert", "confirm"]
LOWEST_PRIORITY = 100
REMEMBERED = 20_000
"""Hits of which a selector knows that it took them: some hours' worth, at ten times the busiest minute of a city."""


@dataclass(frozen=True, slots=True)
class HitSelection:
    """Hits by kind of list, police zone, class and urgency. Empty sets: all."""

    kinds: frozenset[ListKind] = frozenset()
    zones: frozenset[str] = frozenset()
    """Police zones: the owner of the entry is one of them, or the camera stands in one."""
    classes: frozenset[AlertClass] = frozenset()
    priority: int = LOWEST_PRIORITY
    """Only hits at least as urgent: 0 life in danger … 100 all."""
    late: bool = True
    """Old passages that were uploaded late, too."""
    retroactive: bool = True
    """What a new entry found among stored passages, too."""
    withdrawn: bool = True
    """Withdrawals too: who acted on a hit must learn that it is none."""


class Selector:
    """Applies a selection to the hits of a log, in its order.

    What can change from revision to revision (class, urgency, late) decides about the first one that fits only: later
    ones of a hit that was taken are taken as well, so that nobody goes on believing in an alert that became a doubt.
    Of hits taken before this object was made that is not known; their withdrawals are taken all the same.
    """

    def __init__(
        self, selection: HitSelection, zone_of_camera: Mapping[str, str | None], *, unknown_cameras: bool = True
    ) -> None:
        """zone_of_camera: every known camera, None where it stands in no zone; may change meanwhile.

        unknown_cameras: whether hits at other cameras are of every zone (a wish) or of their owner's only (a limit).
        """
        self.selection, self._zones, self._unknown = selection, zone_of_camera, unknown_cameras
        self._taken: OrderedDict[UUID, None] = OrderedDict()

    def takes(self, hit: Hit) -> bool:
        """Whether this hit is to be told."""
        wanted = self.selection
        if wanted.kinds and hit.list_kind not in wanted.kinds:
            return False
        if wanted.zones and not self._in_zones(hit):
            return False
        if hit.withdrawn:
            return wanted.withdrawn
        if hit.hit_id not in self._taken and not _fits(wanted, hit):
            return False
        self._remember(hit.hit_id)
        return True

    def _in_zones(self, hit: Hit) -> bool:
        if hit.owner in self.selection.zones:
            return True
        if hit.camera_id not in self._zones:
            return self._unknown
        return self._zones[hit.camera_id] in self.selection.zones

    def _remember(self, hit_id: UUID) -> None:
        self._taken[hit_id] = None
        self._taken.move_to_end(hit_id)
        if len(self._taken) > REMEMBERED:
            self._taken.popitem(last=False)


def _fits(wanted: HitSelection, hit: Hit) -> bool:
    return (
        hit.priority <= wanted.priority
        and (not wanted.classes or hit.alert_class in wanted.classes)
        and (wanted.late or not hit.late)
        and (wanted.retroactive or not hit.retroactive)
    )
