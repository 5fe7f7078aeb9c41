"""`case_input`: what may change the case of a vehicle. Internal to the cases worker, and written by who acts on one."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field, StringConstraints

from schemas.anomaly import Anomaly
from schemas.base import UUID, Contract, GeoPoint, Instant, Part, PlateText, Sentence
from schemas.case import Case
from schemas.hit import Hit

__all__ = ["ActionKind", "CaseAction", "CaseInput", "KeptCases", "Origin", "PictureSaid"]

ActionKind = Literal["acknowledge", "assign", "pursue", "close", "false", "reopen", "note"]
PictureSaid = Literal["compared", "none"]
"""By who acts: they compared the picture with the plate, or there is none to compare."""


class Origin(Part):
    """Place in the log that a hit or anomaly was taken from: what has come once changes nothing when it comes again."""

    log: Annotated[str, StringConstraints(max_length=64)]
    """Identifier of the log (topic incarnation)."""
    partition: Annotated[int, Field(ge=0, le=2**31 - 1)]
    """Its partition."""
    offset: Annotated[int, Field(ge=0, le=2**63 - 1)]
    """Its offset."""


class CaseAction(Part):
    """What a person does to a case."""

    action_id: UUID
    """Random; the same one twice is done once."""
    case_id: UUID
    """Which case."""
    what: ActionKind
    """What is done."""
    officer: Annotated[str, StringConstraints(min_length=1, max_length=64)]
    """Who does it."""
    to: Annotated[str, StringConstraints(min_length=1, max_length=64)] | None = None
    """Of `assign`: officer or patrol."""
    text: Sentence = ""
    """Why, or the remark."""
    picture: PictureSaid | None = None
    """What they say of the picture: `compared` with the plate, or `none` to compare; unset: nothing."""
    picture_of: UUID | None = None
    """Hit of the sighting whose picture they mean; unset: the newest."""


class KeptCases(Part):
    """What the store keeps of a vehicle whose file is lost: all brokers were, or another one is played to."""

    cases: Annotated[tuple[Case, ...], Field(max_length=6)]
    """Its last cases, the oldest first."""
    hits: Annotated[tuple[Hit, ...], Field(max_length=300)] = ()
    """Theirs as they stand, and those of the vehicle that were taken back."""


class CaseInput(Contract):
    """A hit, an anomaly, an action, or what the store keeps; none of them: a tick of the clock."""

    contract: ClassVar[str] = "case_input"
    version: ClassVar[int] = 1

    schema_version: Literal[1] = 1
    """Version of this contract."""
    plate: PlateText
    """The vehicle, as its cases name it: key of the topic."""
    at: Instant
    """Our clock when it was said."""
    origin: Origin | None = None
    """Of a hit or an anomaly: where it was taken from."""
    hit: Hit | None = None
    """A hit, or its withdrawal."""
    place: GeoPoint | None = None
    """Of a hit: where its camera was."""
    anomaly: Anomaly | None = None
    """A finding about the plate, or its withdrawal."""
    action: CaseAction | None = None
    """What a person does."""
    kept: KeptCases | None = None
    """What the store keeps; of a vehicle that has a file it changes nothing."""
