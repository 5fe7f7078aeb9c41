"""Troubles of one camera: told once, told again when they weigh more, and ended; an anomaly each, with revisions."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from pipeline.health.records import AnomalyRecord, OpenRecord
from pipeline.identity import fact_id
from schemas.anomaly import Anomaly
from schemas.codec import changed
from schemas.health_file import HealthFile, OpenTrouble

__all__ = ["Troubles", "kinds_of", "span"]

SURE_AT_MOST = 0.9999


class Troubles:
    """Those of one file while it is looked at. `told`: anomalies to send, in order."""

    def __init__(self, file: HealthFile) -> None:
        self._subject = file.subject
        self._open = {one.anomaly.kind: one for one in file.open}
        self.told: list[Anomaly] = []

    def __contains__(self, kind: str) -> bool:
        return kind in self._open

    def get(self, kind: str) -> OpenTrouble | None:
        """The open one of this kind."""
        return self._open.get(kind)

    def tell(self, kind: str, since: datetime, at: datetime, score: float, detail: str, elapsed_s: float) -> None:
        """It is there. Told if it is new, and again whenever it has lasted twice as long."""
        held = self._open.get(kind)
        if held is None:
            self._keep(self._first(kind, since, score, detail, elapsed_s), at)
        elif at - held.anomaly.observed_at >= 2 * (held.told_at - held.anomaly.observed_at):
            score = max(score, held.anomaly.score)
            self._keep(_next(held, score=_sure(score), detail=detail, elapsed_s=round(elapsed_s, 1)), at, held)

    def end(self, kind: str, at: datetime, detail: str = "") -> None:
        """It is over; nothing where it was not there."""
        held = self._open.pop(kind, None)
        if held is not None:
            told = held.anomaly.detail.rstrip(".")
            over = f"{told}; over after {span(at - held.anomaly.observed_at)}{detail and f': {detail}'}"
            self.told.append(_next(held, ended_at=at, detail=over))

    def add(self, kind: str, reads: float, expected: float) -> None:
        """What came since it began, of a rate."""
        held = self._open.get(kind)
        if held is not None:
            self._open[kind] = changed(held, reads=held.reads + reads, expected=round(held.expected + expected, 2))

    def kept(self) -> tuple[OpenTrouble, ...]:
        """Those that are open now."""
        return tuple(self._open[kind] for kind in sorted(self._open))

    def _first(self, kind: str, since: datetime, score: float, detail: str, elapsed_s: float) -> Anomaly:
        whose = self._subject.startswith("*")
        return AnomalyRecord(
            anomaly_id=fact_id("camera-anomaly", kind, self._subject, since.isoformat()),
            revision=1,
            kind=kind,
            camera_id=None if whose else self._subject,
            observed_at=since,
            elapsed_s=round(elapsed_s, 1),
            score=_sure(score),
            detail=detail,
        )

    def _keep(self, anomaly: Anomaly, at: datetime, before: OpenTrouble | None = None) -> None:
        self.told.append(anomaly)
        self._open[anomaly.kind] = (
            OpenRecord(anomaly=anomaly, told_at=at) if before is None else changed(before, anomaly=anomaly, told_at=at)
        )


def _next(held: OpenTrouble, **fields: object) -> Anomaly:
    return changed(held.anomaly, revision=held.anomaly.revision + 1, **fields)


def _sure(score: float) -> float:
    return round(min(max(score, 0.0), SURE_AT_MOST), 4)


def kinds_of(file: HealthFile) -> Sequence[str]:
    """Kinds of troubles that are open."""
    return [one.anomaly.kind for one in file.open]


def span(length: timedelta) -> str:
    """In words: 40 s, 7 min, 5 h, 3 d."""
    seconds = round(length.total_seconds())
    if seconds < 120:
        return f"{seconds} s"
    if seconds < 7200:
        return f"{seconds // 60} min"
    return f"{seconds // 3600} h" if seconds < 2 * 86_400 else f"{seconds // 86_400} d"
