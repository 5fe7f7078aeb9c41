"""Anomalies that belong to a case: the same plate at two places that no car reaches in time."""

from __future__ import annotations

from uuid import UUID

from pipeline.cases.records import CaseAnomalyRecord, EventRecord, HeldAnomalyRecord, changed
from pipeline.cases.timeline import told
from schemas.anomaly import Anomaly
from schemas.case_file import HeldAnomaly, HeldCase
from schemas.case_input import CaseInput

__all__ = ["KINDS", "finding_of", "found", "held_finding"]

KINDS = frozenset({"impossible_travel"})
"""Kinds of anomalies of which somebody must look at a vehicle."""
MOST_FINDINGS = 16


def held_finding(given: CaseInput) -> HeldAnomaly:
    """What is held of the anomaly in an input."""
    anomaly, origin = given.anomaly, given.origin
    assert anomaly is not None
    return HeldAnomalyRecord(
        revision=anomaly.revision,
        offset=origin.offset if origin else 0,
        withdrawn=anomaly.withdrawn,
        known_at=given.at,
        shown=CaseAnomalyRecord(
            anomaly_id=anomaly.anomaly_id,
            kind=anomaly.kind,
            observed_at=anomaly.observed_at,
            score=anomaly.score,
            detail=anomaly.detail,
            evidence=_pictures(anomaly),
        ),
    )


def _pictures(anomaly: Anomaly) -> tuple[str, ...]:
    return tuple(one.evidence for one in anomaly.sightings if one.evidence)[:4]


def finding_of(held: HeldCase, anomaly_id: UUID) -> HeldAnomaly | None:
    """The anomaly of this id, if the case holds it."""
    return next((one for one in held.anomalies if one.shown.anomaly_id == anomaly_id), None)


def found(held: HeldCase, finding: HeldAnomaly) -> HeldCase:
    """The case with this statement about an anomaly; the same case if it knows a later one."""
    known = finding_of(held, finding.shown.anomaly_id)
    if known is not None and (known.revision, known.offset) >= (finding.revision, finding.offset):
        return held
    others = [one for one in held.anomalies if one.shown.anomaly_id != finding.shown.anomaly_id]
    active_at = held.active_at if finding.withdrawn else max(held.active_at, finding.known_at)
    after = changed(held, anomalies=(*others, finding)[-MOST_FINDINGS:], active_at=active_at)
    stood = known is not None and not known.withdrawn
    if stood != finding.withdrawn:
        return after
    kind = "anomaly_withdrawn" if finding.withdrawn else "anomaly"
    shown = finding.shown
    return told(
        after, EventRecord(at=finding.known_at, kind=kind, fact_id=shown.anomaly_id, text=shown.detail or shown.kind)
    )
