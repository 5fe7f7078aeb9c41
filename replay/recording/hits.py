"""Holds what a store says of hits against the truth. Arithmetic only: the caller brings both."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import NamedTuple

from replay.recording.scoring import WINDOW, read_rightly, share
from replay.truth import TruePassage

__all__ = ["HitScore", "StoredHit", "score_hits"]


class StoredHit(NamedTuple):
    """A hit as the store has it, not withdrawn."""

    listed_plate: str
    camera_id: str
    captured_at: datetime
    alert_class: str


@dataclass(frozen=True, slots=True)
class HitScore:
    """How well listed vehicles were told."""

    listed: int
    """Passages of listed vehicles that were seen."""
    expected: int
    """Of them those that a camera read rightly."""
    found: int
    """Of the expected: told, as an alert or to be compared first."""
    found_misread: int
    """Told although no camera read the plate rightly, or the reader of the pictures is ours."""
    alerts: int
    wrong_alerts: int
    """Alerts where the listed vehicle did not pass."""
    to_compare: int
    """Hits that a person compares first."""
    wrong_to_compare: int
    recall: float | None
    """Found, of the expected."""
    recall_of_listed: float | None
    """Told, of all listed vehicles that were seen."""
    precision: float | None
    """Of alerts: those that are right."""
    precision_of_all: float | None
    """Of all hits."""
    missing: tuple[int, ...] = field(repr=False)
    """The expected ones that were not told: places in the truth."""


class _Moments:
    """When plates were at cameras."""

    def __init__(self, known: Iterable[tuple[str, str, datetime]], window: timedelta) -> None:
        self._window = window
        self._at: dict[tuple[str, str], list[datetime]] = defaultdict(list)
        for plate, camera_id, at in known:
            self._at[plate, camera_id].append(at)

    def near(self, plate: str, camera_id: str, at: datetime) -> bool:
        """Whether it was there about then."""
        return any(abs(moment - at) <= self._window for moment in self._at.get((plate, camera_id), ()))


def score_hits(truth: Sequence[TruePassage], hits: Sequence[StoredHit], window: timedelta = WINDOW) -> HitScore:
    """Hold hits against the passages of listed vehicles."""
    passed = _Moments(((one.plate, one.camera_id, one.captured_at) for one in truth), window)
    told = _Moments(((hit.listed_plate, hit.camera_id, hit.captured_at) for hit in hits), window)
    listed = [n for n, one in enumerate(truth) if one.listed and one.seen]
    expected = {n for n in listed if read_rightly(truth[n])}
    found = {n for n in listed if told.near(truth[n].plate, truth[n].camera_id, truth[n].captured_at)}
    right = [hit for hit in hits if passed.near(hit.listed_plate, hit.camera_id, hit.captured_at)]
    alerts, right_alerts = (sum(hit.alert_class == "alert" for hit in some) for some in (hits, right))
    return HitScore(
        listed=len(listed),
        expected=len(expected),
        found=len(found & expected),
        found_misread=len(found - expected),
        alerts=alerts,
        wrong_alerts=alerts - right_alerts,
        to_compare=len(hits) - alerts,
        wrong_to_compare=len(hits) - alerts - (len(right) - right_alerts),
        recall=share(len(found & expected), len(expected)),
        recall_of_listed=share(len(found), len(listed)),
        precision=share(right_alerts, alerts),
        precision_of_all=share(len(right), len(hits)),
        missing=tuple(sorted(expected - found)),
    )
