"""Who is near a vehicle that was just seen, and where it may show next: put into its case when that is known."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from pipeline.cases.records import changed
from schemas.case import Case, NextCamera
from schemas.case_file import CaseFile
from schemas.hit import NearPatrol

__all__ = ["surrounded", "with_case"]


def surrounded(case: Case, near: Sequence[NearPatrol], following: Sequence[NextCamera], at: datetime) -> Case:
    """The case with the surroundings of its last sighting, looked up at that moment, under the same revision."""
    return changed(case, nearest_patrols=tuple(near)[:5], next_cameras=tuple(following)[:5], patrols_at=at)


def with_case(file: CaseFile, case: Case) -> CaseFile:
    """The file with this state of one of its cases; the same where it has let go of that one."""
    cases = tuple(changed(held, case=case) if held.case.case_id == case.case_id else held for held in file.cases)
    return changed(file, cases=cases)
