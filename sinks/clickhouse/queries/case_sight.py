"""Which cases somebody sees. `cases_open.sql` asks the same of the store as `CaseSight.sees` of one case."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from pipeline.hotlist.rules import list_rules
from schemas.case import Case
from schemas.hotlist import ListKind
from schemas.search import Role

__all__ = ["URGENT", "CaseSight", "sight_of"]

LOOKING: tuple[Role, ...] = ("officer", "investigator")
"""Roles in which people look at vehicles."""
URGENT: frozenset[ListKind] = frozenset(rule.kind for rule in list_rules() if rule.urgent)
"""Kinds of lists whose vehicles are everybody's: a pursuit crosses zones."""


@dataclass(frozen=True, slots=True)
class CaseSight:
    """Of one person."""

    officer: str
    zones: frozenset[str] = frozenset()
    """Police zones on whose cameras they look at vehicles; empty: all (federal)."""

    def sees(self, case: Case, zone_of_camera: Mapping[str, str | None]) -> bool:
        """Urgent, theirs to deal with, of their zone's list, seen in their zone, or without any place.

        zone_of_camera: every registered camera. One that nobody registered is in no zone: what somebody may see never
        grows by what we do not know. Of a long story only the events count that the case still tells one by one.
        """
        return (
            not self.zones
            or case.assigned_to == self.officer
            or not URGENT.isdisjoint(case.list_kinds)
            or not self.zones.isdisjoint(case.owners)
            or self._is_there(case, zone_of_camera)
        )

    def _is_there(self, case: Case, zone_of_camera: Mapping[str, str | None]) -> bool:
        seen_at = set(_cameras_of(case))
        return not seen_at or any(zone_of_camera.get(camera) in self.zones for camera in seen_at)


def _cameras_of(case: Case) -> Iterator[str]:
    if case.last_camera_id:
        yield case.last_camera_id
    for event in case.timeline:
        if event.camera_id:
            yield event.camera_id


def sight_of(officer: str, zones: Mapping[Role, str]) -> CaseSight:
    """zones: the roles in which somebody is registered, one at least, each with its police zone, empty: federal.

    Those in which they look at vehicles count; of who has none of these, all.
    """
    counting = [zones[role] for role in LOOKING if role in zones] or list(zones.values())
    return CaseSight(officer, frozenset() if "" in counting else frozenset(counting))
