"""`case_input`: what may change the case of a vehicle. Internal to the cases worker, and written by who acts on one."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field, StringConstraints

from schemas.anomaly import Anomaly
from schemas.base import UUID, Contract, GeoPoint, Instant, Part, PlateText, Sentence
from schemas.hit import Hit

__all__ = ["ActionKind", "CaseAction", "CaseInput", "Origin", "PictureSaid"]

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


class CaseInput(Contract):
    """A hit, an anomaly or an action; none of them: a tick of the clock."""

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
