"""The fast twins of the contracts that cases are made of, and one way to change a copy."""

from __future__ import annotations

from typing import Any, TypeVar, cast

import msgspec

from schemas.case import Case, CaseAnomaly, CaseEvent, NextCamera
from schemas.case_file import CaseFile, HeldAnomaly, HeldCase, HeldHit, TakenBack
from schemas.case_input import CaseAction, CaseInput, Origin
from schemas.codec import compiled

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

R = TypeVar("R")

CaseRecord, EventRecord, NextRecord = compiled(Case), compiled(CaseEvent), compiled(NextCamera)
CaseAnomalyRecord, HeldAnomalyRecord = compiled(CaseAnomaly), compiled(HeldAnomaly)
FileRecord, HeldCaseRecord, HeldHitRecord = compiled(CaseFile), compiled(HeldCase), compiled(HeldHit)
TakenBackRecord, OriginRecord = compiled(TakenBack), compiled(Origin)
InputRecord, ActionRecord = compiled(CaseInput), compiled(CaseAction)


def changed(record: R, **fields: Any) -> R:
    """A copy with other values in these fields."""
    return cast(R, msgspec.structs.replace(cast(msgspec.Struct, record), **fields))
