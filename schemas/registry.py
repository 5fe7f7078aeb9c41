"""Every contract by name. A contract that is not here does not exist."""

from __future__ import annotations

from schemas.anomaly import Anomaly
from schemas.base import Contract
from schemas.camera import Camera, PatrolPosition
from schemas.camera_health import CameraHealth
from schemas.camera_key import CameraKey
from schemas.camera_tally import CameraTally
from schemas.case import Case
from schemas.case_file import CaseFile
from schemas.case_input import CaseInput
from schemas.dead_letter import DeadLetter
from schemas.frame import Frame
from schemas.health_file import HealthFile
from schemas.hit import Hit
from schemas.hotlist import HotlistEntry
from schemas.letter_replay import LetterReplay
from schemas.lez import LezPass, LezPermits, LezVerdict, Vehicle
from schemas.lez_file import LezFile
from schemas.lez_notice import LezInput, LezNotice
from schemas.passage import Passage
from schemas.read import Read
from schemas.search import SearchRecord
from schemas.upload import Upload

__all__ = ["CONTRACTS"]

CONTRACTS: dict[str, type[Contract]] = {
    model.contract: model
    for model in (
        Frame,
        Read,
        Passage,
        Hit,
        LezVerdict,
        LezNotice,
        LezInput,
        LezFile,
        Anomaly,
        Case,
        CaseInput,
        CaseFile,
        HotlistEntry,
        Vehicle,
        LezPass,
        LezPermits,
        Camera,
        PatrolPosition,
        CameraTally,
        CameraHealth,
        HealthFile,
        CameraKey,
        Upload,
        SearchRecord,
        DeadLetter,
        LetterReplay,
    )
}
"""Contract name → model of its current version."""
