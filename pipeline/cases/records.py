"""The fast twins of the contracts that cases are made of."""

from __future__ import annotations

from schemas.case import Case, CaseAnomaly, CaseEvent, NextCamera
from schemas.case_file import CaseFile, HeldAnomaly, HeldCase, HeldHit, TakenBack
from schemas.case_input import CaseAction, CaseInput, Origin
from schemas.codec import changed, compiled

__all__ = [
    "ActionRecord",
    "CaseAnomalyRecord",
    "CaseRecord",
    "EventRecord",
    "FileRecord",
    "HeldAnomalyRecord",
    "HeldCaseRecord",
    "HeldHitRecord",
    "InputRecord",
    "NextRecord",
    "OriginRecord",
    "TakenBackRecord",
    "changed",
]

CaseRecord, EventRecord, NextRecord = compiled(Case), compiled(CaseEvent), compiled(NextCamera)
CaseAnomalyRecord, HeldAnomalyRecord = compiled(CaseAnomaly), compiled(HeldAnomaly)
FileRecord, HeldCaseRecord, HeldHitRecord = compiled(CaseFile), compiled(HeldCase), compiled(HeldHit)
TakenBackRecord, OriginRecord = compiled(TakenBack), compiled(Origin)
InputRecord, ActionRecord = compiled(CaseInput), compiled(CaseAction)
