"""What somebody is told of the streams of cases and hits, as far as their police zone goes."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Mapping
from uuid import UUID

from schemas.case import Case
from schemas.hit import Hit
from schemas.selection import HitSelection, Selector
from sinks.clickhouse.queries.case_sight import URGENT, CaseSight

__all__ = ["CasesTold", "hits_told"]

REMEMBERED = 20_000
"""Cases of which one stream knows that it told them: more than come in a day."""


class CasesTold:
    """Applies a sight to the cases of a log, in its order.

    A case that was told is told on, also when it is given to somebody else or its owner takes it off the list: nobody
    is to go on believing in what it was.
    """

    def __init__(self, sight: CaseSight, zone_of_camera: Mapping[str, str | None]) -> None:
        """zone_of_camera: every known camera, None where it stands in no zone; may change meanwhile."""
        self._sight, self._zones = sight, zone_of_camera
        self._told: OrderedDict[UUID, None] = OrderedDict()

    def takes(self, case: Case) -> bool:
        """Whether this state of a case is to be told."""
        if case.case_id not in self._told and not self._sight.sees(case, self._zones):
            return False
        self._told[case.case_id] = None
        self._told.move_to_end(case.case_id)
        if len(self._told) > REMEMBERED:
            self._told.popitem(last=False)
        return True


def hits_told(sight: CaseSight, zone_of_camera: Mapping[str, str | None]) -> Callable[[Hit], bool]:
    """Whether a hit is to be told: of their zone's list or camera, as a token of that zone has it, or urgent."""
    may = Selector(HitSelection(zones=sight.zones), zone_of_camera, unknown_cameras=False)
    return lambda hit: may.takes(hit) or hit.list_kind in URGENT
