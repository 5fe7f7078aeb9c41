"""Encounters counted by loops over all passages: what the question `companions` counts in the store."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sinks.clickhouse.investigation.company import Companion, Met, TargetPassage, Traffic, score_companions

__all__ = ["Passing", "around", "companions_by_hand"]


@dataclass(frozen=True, slots=True)
class Passing:
    """One vehicle at one camera."""

    plate: str
    camera_id: str
    at: datetime


def around(
    passings: Sequence[Passing], plate: str, near_s: int, within_s: int
) -> tuple[list[TargetPassage], list[Met], Traffic]:
    """The target's passages, the others near them, and the traffic around."""
    by_camera: dict[str, list[Passing]] = defaultdict(list)
    for one in sorted(passings, key=lambda p: p.at):
        by_camera[one.camera_id].append(one)
    its_own = {TargetPassage(p.camera_id, p.at) for p in passings if p.plate == plate}
    target = sorted(its_own, key=lambda p: p.captured_at)
    near: dict[str, dict[TargetPassage, float]] = defaultdict(dict)
    ring: dict[str, int] = defaultdict(int)
    for passage in target:
        line = by_camera[passage.camera_id]
        wide = timedelta(seconds=within_s)
        begin = bisect_left(line, passage.captured_at - wide, key=lambda p: p.at)
        end = bisect_right(line, passage.captured_at + wide, key=lambda p: p.at)
        for other in line[begin:end]:
            after_s = (other.at - passage.captured_at).total_seconds()
            if other.plate == plate:
                continue
            if abs(after_s) > near_s:
                ring[other.plate] += 1
            elif abs(after_s) < abs(near[other.plate].get(passage, float("inf"))):
                near[other.plate][passage] = after_s
    met = [Met(name, (name,), places, ring.get(name, 0)) for name, places in near.items() if places]
    return target, met, Traffic(sum(ring.values()), len(set(near) | set(ring)))


def companions_by_hand(passings: Sequence[Passing], plate: str, near_s: int = 60, least: int = 3) -> list[Companion]:
    """The whole question, without a store."""
    target, met, traffic = around(passings, plate, near_s, near_s * 10)
    return score_companions(target, met, traffic, least)
