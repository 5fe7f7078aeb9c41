"""Many cameras with one trouble at once: a line, a broker, a closed ring. One message instead of four hundred."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from math import log

from pipeline.health.common import Common, Sums
from pipeline.health.evidence import evidence_of
from pipeline.health.hours import cusum
from pipeline.health.limits import Limits
from pipeline.health.records import FileRecord
from pipeline.health.troubles import Troubles
from pipeline.health.week import HOUR
from schemas.anomaly import Anomaly
from schemas.codec import changed
from schemas.health_file import HealthFile

__all__ = ["ALL", "by_zone", "looked_at_rates", "silent_together", "subject_of", "told_silent"]

ALL = "*"
SILENT = "cameras_silent"
ZONES_LEAST, MOST_LEAST = 2, 3
DIFFERS, DIFFERS_ALL = 0.2, 0.25
"""How the rate of a zone differs from hour to hour against all others, and that of all: weather, holidays."""
READS_LEAST = 100.0


def subject_of(zone: str) -> str:
    """Key of the file of a zone."""
    return ALL + zone


def silent_together(
    suspects: Mapping[str, Sequence[str]],
    watched: Mapping[str, Sequence[str]],
    usual: Mapping[str, float],
    limits: Limits,
) -> tuple[dict[str, int], dict[str, int]]:
    """Subjects in which so many are silent at once that it is one trouble, and those in which it lasts; → how many.

    suspects: zone → cameras that may be silent. watched: zone → cameras in all. usual: camera → its usual reads: where
    the busy ones are silent, the quiet ones only could not show it yet.
    """
    new: dict[str, int] = {}
    lasting: dict[str, int] = {}
    for zone, cameras in watched.items():
        if not zone:
            continue
        count, found = len(cameras), len(suspects.get(zone, ()))
        most = _sum(suspects.get(zone, ()), usual) >= limits.together_traffic * _sum(cameras, usual)
        if found >= max(limits.together_least, limits.together_share * count) or (found >= MOST_LEAST and most):
            new[subject_of(zone)] = found
        if found >= limits.together_share * count / 2 and found > 1:
            lasting[subject_of(zone)] = found
    everywhere, all_of_them = sum(map(len, suspects.values())), sum(map(len, watched.values()))
    zones_hit = sum(bool(one) for one in suspects.values())
    if everywhere >= max(limits.together_least, limits.together_share * all_of_them) and zones_hit >= min(
        ZONES_LEAST, len(watched)
    ):
        new[ALL] = everywhere
    if everywhere >= limits.together_share * all_of_them / 2 and everywhere > 1:
        lasting[ALL] = everywhere
    return new, lasting


def _sum(cameras: Iterable[str], usual: Mapping[str, float]) -> float:
    return sum(usual.get(one, 0.0) for one in cameras)


def looked_at_rates(
    files: Mapping[str, HealthFile], common: Common, hour_from: datetime, limits: Limits
) -> Iterable[tuple[HealthFile, Sequence[Anomaly]]]:
    """The files of zones and of all, with an hour that is over: what all have less is told once, of all."""
    overall = common.all.factor(1.0)
    if _is_known(common.all):
        yield _rated(files.get(ALL), ALL, _off(overall, DIFFERS_ALL, common.all.expected), overall, hour_from, limits)
    for zone, sums in common.zones.items():
        if zone and _is_known(sums):
            own = sums.factor(overall)
            name = subject_of(zone)
            yield _rated(files.get(name), name, _off(own / overall, DIFFERS, sums.expected), own, hour_from, limits)


def _is_known(sums: Sums) -> bool:
    return sums.expected >= READS_LEAST and sums.known >= sums.expected / 2


def _off(factor: float, differs: float, expected: float) -> float:
    return float(log(factor) / (differs**2 + 1 / expected) ** 0.5)


def _rated(
    file: HealthFile | None, subject: str, off: float, factor: float, hour_from: datetime, limits: Limits
) -> tuple[HealthFile, Sequence[Anomaly]]:
    file = file or FileRecord(subject=subject)
    held, troubles, at = evidence_of(file), Troubles(file), hour_from + HOUR
    if SILENT in troubles:
        return file, ()
    sums = {"cameras_rate_low": cusum(held.fewer, -off, limits), "cameras_rate_high": cusum(held.more, off, limits)}
    for kind, total in sums.items():
        if total >= limits.rate_sum:
            known = troubles.get(kind)
            since = hour_from if known is None else known.anomaly.observed_at
            detail = f"{_whose(subject)} have {factor:.0%} of their usual reads: a holiday, a closed road, or a line?"
            troubles.tell(kind, since, at, 0.9, detail, (at - since).total_seconds())
        elif total < limits.rate_sum / 2:
            troubles.end(kind, at)
    after = changed(held, fewer=sums["cameras_rate_low"], more=sums["cameras_rate_high"])
    return changed(file, evidence=after, open=troubles.kept()), troubles.told


def told_silent(
    file: HealthFile | None, subject: str, count: int, since: datetime, at: datetime
) -> tuple[HealthFile, Sequence[Anomaly]]:
    """The file of a zone, or of all, with this many of its cameras silent; 0: it is over."""
    file = file or FileRecord(subject=subject)
    troubles = Troubles(file)
    if count:
        held = troubles.get(SILENT)
        since = since if held is None else held.anomaly.observed_at
        detail = f"{count} of the {_whose(subject, article=False)} fell silent at once: look at what they share"
        troubles.tell(SILENT, since, at, 0.99, detail, (at - since).total_seconds())
    else:
        troubles.end(SILENT, at)
    return changed(file, open=troubles.kept()), troubles.told


def _whose(subject: str, *, article: bool = True) -> str:
    if subject == ALL:
        return "all cameras together" if article else "cameras"
    return f"{'the ' if article else ''}cameras of {subject.removeprefix(ALL)}"


def by_zone(cameras: Iterable[tuple[str, str]]) -> defaultdict[str, list[str]]:
    """Zone → cameras, of pairs of camera and zone."""
    found: defaultdict[str, list[str]] = defaultdict(list)
    for camera_id, zone in cameras:
        found[zone].append(camera_id)
    return found
