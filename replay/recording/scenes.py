"""Whether what was planted in the traffic was found: each kind of scenario by what an officer would have seen.

Arithmetic only: the caller brings what the store says, as `Seen`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import pairwise
from typing import NamedTuple

from replay.recording.hits import StoredHit
from replay.recording.scoring import StoredPassage, folded, share
from replay.truth import ScenarioKind, TrueScenario

__all__ = ["FoundScenario", "RouteQuality", "Seen", "StoredAnomaly", "StoredVerdict", "judge_scenario", "route_quality"]

SLACK = timedelta(minutes=2)
"""What is told of a scenario may be of a little before or after: clocks, passages that end late."""
LONG_SLACK = timedelta(hours=2)
"""A silent camera is told when it has been silent for longer than usual, a clone when its plate shows again."""
RECONSTRUCTED = 0.8
"""A way counts as found from this share of its cameras on."""
COMPANIONS_FOUND = 0.5
"""A convoy counts as found when so many of those who follow are named as companions."""
MOST_OFFENDERS = 0.5
"""Of offenders that were judged at all: one that is misread at its only camera in the zone is in doubt."""
NON_COMPLIANT = frozenset({"non_compliant", "unregistered"})


class StoredAnomaly(NamedTuple):
    """A finding, not withdrawn."""

    kind: str
    plate: str
    camera_id: str
    observed_at: datetime


class StoredVerdict(NamedTuple):
    """What the law says of a passage."""

    plate: str
    verdict: str
    captured_at: datetime


@dataclass(frozen=True, slots=True)
class Seen:
    """What the store says about the vehicles and cameras of scenarios."""

    passages: Sequence[StoredPassage]
    hits: Sequence[StoredHit]
    anomalies: Sequence[StoredAnomaly]
    verdicts: Sequence[StoredVerdict] | None
    """None: there is no database of the zones here."""
    companions: Callable[[str, datetime, datetime], Sequence[str]] | None = None
    """Plate, from, until → plates that travel with it; None: it cannot be asked."""


@dataclass(frozen=True, slots=True)
class RouteQuality:
    """How much of a true way the store shows."""

    cameras: int
    """That were passed."""
    found: int
    """Of them shown, in the true order."""
    longest_gap: int
    """Most cameras in a row that are missing."""
    longest_gap_s: float | None
    """Longest time between two passages shown; None: fewer than two."""

    @property
    def share(self) -> float | None:
        """Found, of those passed."""
        return share(self.found, self.cameras)


@dataclass(frozen=True, slots=True)
class FoundScenario:
    """One scenario, and what became of it."""

    kind: ScenarioKind
    found: bool | None
    """None: cannot be told here; `how` says why."""
    how: str
    """One sentence for people, without a plate."""
    plates: tuple[str, ...]
    routes: Mapping[str, RouteQuality] = field(default_factory=dict)
    """Plate → its way, of scenarios that have one."""


def route_quality(cameras: Sequence[str], passages: Sequence[StoredPassage]) -> RouteQuality:
    """The true way against what is stored of the vehicle: the longest common course, so that what is out of order and
    what is strange does not count."""
    way = sorted(passages, key=lambda passage: passage.captured_at)
    shown = _common(cameras, [passage.camera_id for passage in way])
    gap = longest = 0
    for place in range(len(cameras)):
        gap = 0 if place in shown else gap + 1
        longest = max(longest, gap)
    steps = [(b.captured_at - a.captured_at).total_seconds() for a, b in pairwise(way)]
    return RouteQuality(len(cameras), len(shown), longest, round(max(steps), 1) if steps else None)


def _common(one: Sequence[str], other: Sequence[str]) -> set[int]:
    """Places in `one` of a longest common subsequence with `other`."""
    best = [[0] * (len(other) + 1) for _ in range(len(one) + 1)]
    for i in range(len(one) - 1, -1, -1):
        for j in range(len(other) - 1, -1, -1):
            same = one[i] == other[j]
            best[i][j] = best[i + 1][j + 1] + 1 if same else max(best[i + 1][j], best[i][j + 1])
    i = j = 0
    places = set()
    while i < len(one) and j < len(other):
        if one[i] == other[j]:
            places.add(i)
            i, j = i + 1, j + 1
        elif best[i + 1][j] >= best[i][j + 1]:
            i += 1
        else:
            j += 1
    return places


def judge_scenario(true: TrueScenario, seen: Seen) -> FoundScenario:
    """Whether it was found."""
    return _JUDGES[true.kind](true, seen)


def _during(true: TrueScenario, at: datetime, slack: timedelta = SLACK) -> bool:
    return true.begins - slack <= at <= true.ends + slack


def _routes(true: TrueScenario, seen: Seen) -> dict[str, RouteQuality]:
    """Misread characters are an officer's matter too: a plate is looked for as it may be read."""
    routes = {}
    for plate in true.plates:
        key = folded(plate)
        way = [p for p in seen.passages if folded(p.plate) == key and _during(true, p.captured_at)]
        routes[plate] = route_quality(true.camera_ids, way)
    return routes


def _stolen_car(true: TrueScenario, seen: Seen) -> FoundScenario:
    hits = [h for h in seen.hits if h.listed_plate in true.plates and _during(true, h.captured_at)]
    cameras = len({hit.camera_id for hit in hits} & set(true.camera_ids))
    alerts = sum(hit.alert_class == "alert" for hit in hits)
    how = f"{len(hits)} hits, {alerts} of them alerts, at {cameras} of its {len(true.camera_ids)} cameras"
    return FoundScenario(true.kind, bool(hits), how, true.plates, _routes(true, seen))


def _escape(true: TrueScenario, seen: Seen) -> FoundScenario:
    routes = _routes(true, seen)
    found = all((way.share or 0) >= RECONSTRUCTED for way in routes.values())
    return FoundScenario(true.kind, found and bool(routes), _way_told(routes), true.plates, routes)


def _way_told(routes: Mapping[str, RouteQuality]) -> str:
    told = [
        f"{way.found} of {way.cameras} cameras of the way in order, longest gap {way.longest_gap} cameras"
        for way in routes.values()
    ]
    return "; ".join(told) or "no vehicle is named"


def _convoy(true: TrueScenario, seen: Seen) -> FoundScenario:
    routes = _routes(true, seen)
    if seen.companions is None:
        return FoundScenario(true.kind, None, "the search for companions cannot be asked here", true.plates, routes)
    leader, *others = true.plates
    named = {folded(plate) for plate in seen.companions(leader, true.begins - SLACK, true.ends + SLACK)}
    told = sum(folded(plate) in named for plate in others)
    found = bool(others) and told >= COMPANIONS_FOUND * len(others)
    strangers = len(named) - told
    how = f"the search for companions of the first names {told} of {len(others)} others, and {strangers} strangers"
    return FoundScenario(true.kind, found, how, true.plates, routes)


def _cloned_plate(true: TrueScenario, seen: Seen) -> FoundScenario:
    keys = {folded(plate) for plate in true.plates}
    told = [
        one
        for one in seen.anomalies
        if one.kind == "impossible_travel" and folded(one.plate) in keys and _during(true, one.observed_at, LONG_SLACK)
    ]
    cameras = {p.camera_id for p in seen.passages if folded(p.plate) in keys}
    how = f"{len(told)} findings that one plate was at two places" if told else "no finding about the plate"
    if not told and len(cameras) < 2:
        how += f", which passed {len(cameras)} cameras: too few to tell"
    return FoundScenario(true.kind, bool(told), how, true.plates)


def _lez_offender(true: TrueScenario, seen: Seen) -> FoundScenario:
    if seen.verdicts is None:
        return FoundScenario(true.kind, None, "there is no database of the zones here", true.plates)
    told = [v for v in seen.verdicts if v.plate in true.plates and _during(true, v.captured_at)]
    against = [verdict.plate for verdict in told if verdict.verdict in NON_COMPLIANT]
    judged, vehicles = len({verdict.plate for verdict in told}), len(set(against))
    how = (
        f"{vehicles} of {judged} vehicles judged have a verdict against them ({len(true.plates)} planted), "
        f"{len(against)} of {len(told)} verdicts"
    )
    return FoundScenario(true.kind, judged > 0 and vehicles >= MOST_OFFENDERS * judged, how, true.plates)


def _silent_camera(true: TrueScenario, seen: Seen) -> FoundScenario:
    told = [
        one
        for one in seen.anomalies
        if one.kind == "camera_silent"
        and one.camera_id in true.camera_ids
        and _during(true, one.observed_at, LONG_SLACK)
    ]
    how = f"{len(told)} findings that the camera is silent" if told else "no finding about the camera"
    return FoundScenario(true.kind, bool(told), how, true.plates)


_JUDGES: dict[ScenarioKind, Callable[[TrueScenario, Seen], FoundScenario]] = {
    "stolen_car": _stolen_car,
    "escape": _escape,
    "convoy": _convoy,
    "cloned_plate": _cloned_plate,
    "lez_offender": _lez_offender,
    "silent_camera": _silent_camera,
}
