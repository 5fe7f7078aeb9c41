"""The fast twins of the contracts that notices are made of."""

from __future__ import annotations

from schemas.case_input import Origin
from schemas.codec import compiled
from schemas.lez import LezPass, LezPermits, LezVerdict
from schemas.lez_file import HeldVerdict, LezFile
from schemas.lez_notice import LezInput, LezNotice, NoticeDecision

__all__ = [
    "DecisionRecord",
    "FileRecord",
    "HeldRecord",
    "InputRecord",
    "NoticeRecord",
    "OriginRecord",
    "PassRecord",
    "PermitsRecord",
    "VerdictRecord",
]

VerdictRecord, PassRecord, PermitsRecord = compiled(LezVerdict), compiled(LezPass), compiled(LezPermits)
InputRecord, DecisionRecord = compiled(LezInput), compiled(NoticeDecision)
OriginRecord = compiled(Origin)
FileRecord, HeldRecord, NoticeRecord = compiled(LezFile), compiled(HeldVerdict), compiled(LezNotice)
