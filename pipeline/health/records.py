"""The fast twins of the contracts that camera health is made of."""

from __future__ import annotations

from schemas.anomaly import Anomaly
from schemas.camera_health import CameraHealth
from schemas.camera_tally import CameraTally
from schemas.codec import compiled
from schemas.health_file import (
    Evidence,
    HealthFile,
    HeldStretch,
    HourCount,
    Learnt,
    Observed,
    OpenTrouble,
    Progress,
)

__all__ = [
    "AnomalyRecord",
    "EvidenceRecord",
    "FileRecord",
    "HealthRecord",
    "HourRecord",
    "LearntRecord",
    "ObservedRecord",
    "OpenRecord",
    "ProgressRecord",
    "StretchRecord",
    "TallyRecord",
]

AnomalyRecord, TallyRecord, HealthRecord = compiled(Anomaly), compiled(CameraTally), compiled(CameraHealth)
FileRecord, LearntRecord, EvidenceRecord = compiled(HealthFile), compiled(Learnt), compiled(Evidence)
HourRecord, StretchRecord, OpenRecord = compiled(HourCount), compiled(HeldStretch), compiled(OpenTrouble)
ProgressRecord, ObservedRecord = compiled(Progress), compiled(Observed)
