"""`case_file`: all that the cases worker remembers of one vehicle. Internal: the changelog of its table."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field, StringConstraints

from schemas.base import (
    UUID,
    Confidence,
    Contract,
    GeoPoint,
    Instant,
    Name,
    ObjectKey,
    Part,
    PlateText,
    Revision,
    Sentence,
)
from schemas.case import Case, CaseAnomaly, CaseState
from schemas.case_input import Origin
from schemas.hotlist import Instruction, ListKind

__all__ = ["CaseFile", "HeldAnomaly", "HeldCase", "HeldHit", "TakenBack"]

Offset = Annotated[int, Field(ge=0, le=2**63 - 1)]


class HeldHit(Part):
    """What a case needs of a hit. Of two statements about one the higher (revision, offset) holds."""

    hit_id: UUID
    """The hit."""
    revision: Revision
    """Of the statement that holds."""
    offset: Offset
    """Its offset in the topic of hits, where all about one hit lies in one partition."""
    withdrawn: bool = False
    """True: taken back."""
    known_at: Instant
    """When it could be known, by our clock: silence and waiting are measured from here."""
    entry_id: Name
    """Its entry."""
    list_kind: ListKind
    """Kind of list."""
    priority: Annotated[int, Field(ge=0, le=100)]
    """Of the entry; lower first."""
    owner: Name
    """Of the entry."""
    plate: PlateText
    """As read."""
    listed_plate: Annotated[str, StringConstraints(pattern=r"^[A-Z0-9?*]{2,12}$")]
    """As listed."""
    match: Literal["exact", "misread", "pattern"]
    """How they were found to be the same."""
    probability: Confidence
    """That the vehicle carries the listed plate."""
    alert_class: Literal["alert", "confirm"]
    """Sure enough to act or to be compared."""
    instruction: Instruction
    """Of the entry."""
    dangerous: bool = False
    """Of the entry."""
    reason: Sentence
    """Of the entry."""
    camera_id: Name
    """Where."""
    place: GeoPoint | None = None
    """Where that was."""
    captured_at: Instant
    """When it passed: camera clock."""
    seen_at: Instant
    """The same, or the moment of receipt where the camera's clock is ahead of ours."""
    evidence: ObjectKey | None = None
    """Picture."""
    prompt: bool = True
    """False: late or found afterwards. Not where the vehicle is now."""


class HeldAnomaly(Part):
    """A finding that belongs to a case."""

    revision: Revision
    """Of the statement that holds."""
    offset: Offset
    """Its offset in the topic of anomalies."""
    withdrawn: bool = False
    """True: it was none."""
    known_at: Instant
    """When it came, by our clock."""
    shown: CaseAnomaly
    """What the case says of it."""


class HeldCase(Part):
    """One case with what it rests on."""

    case: Case
    """As published last."""
    hits: Annotated[tuple[HeldHit, ...], Field(max_length=200)] = ()
    """The newest hits, withdrawn ones too, in order of capture."""
    older: Annotated[int, Field(ge=0, le=1_000_000)] = 0
    """Standing hits that are too old to be held one by one."""
    anomalies: Annotated[tuple[HeldAnomaly, ...], Field(max_length=16)] = ()
    """Findings, withdrawn ones too."""
    actions: Annotated[tuple[UUID, ...], Field(max_length=200)] = ()
    """Actions done, the newest last."""
    new_at: Instant | None = None
    """Since when it waits for somebody, where that is not since its first hit: it was opened again."""
    active_at: Instant
    """When something was last heard or done about it, by our clock."""
    state_before_silence: CaseState | None = None
    """In which state silence ended it: it goes on in this one where a hit comes that was known before."""


class TakenBack(Part):
    """The withdrawal of a hit or a finding that has not come yet."""

    fact_id: UUID
    """The hit or the anomaly."""
    revision: Revision
    """Of the withdrawal."""
    offset: Offset
    """Of the withdrawal."""
    known_at: Instant
    """When it came, by our clock."""


class CaseFile(Contract):
    """One vehicle: its open case, and those that ended not long ago."""

    contract: ClassVar[str] = "case_file"
    version: ClassVar[int] = 1

    schema_version: Literal[1] = 1
    """Version of this contract."""
    plate: PlateText
    """The vehicle; key of the topic."""
    cases: Annotated[tuple[HeldCase, ...], Field(max_length=6)] = ()
    """Oldest first; only the last one can be open."""
    seen: Annotated[tuple[Origin, ...], Field(max_length=64)] = ()
    """How far each partition of hits and anomalies was taken: what lies before has been seen."""
    taken_back: Annotated[tuple[TakenBack, ...], Field(max_length=50)] = ()
    """Withdrawals that came before their hits."""
    ticked_at: Instant | None = None
    """Latest moment that the clock told; one before it changes nothing."""
    put_away_at: Instant | None = None
    """When the cases were taken out of the file, long over; what was seen stays until it cannot come again."""
