"""`lez_notice`, `lez_input`: what is proposed to be sent to the holder of a vehicle, and what people decide of it."""

from __future__ import annotations

from datetime import date
from typing import Annotated, ClassVar, Literal

from pydantic import Field, StringConstraints

from schemas.base import UUID, Contract, CountryCode, Instant, Name, Part, PlateText, Revision, Sentence

__all__ = ["Decision", "LezInput", "LezNotice", "NoticeDecision", "NoticeKind", "NoticeState", "WithdrawnFor"]

NoticeKind = Literal["warning", "fine"]
NoticeState = Literal["waiting", "proposed", "approved", "rejected", "withdrawn"]
WithdrawnFor = Literal[
    "",
    "day_pass",
    "permit",
    "registration",
    "passage_withdrawn",
    "passage_revised",
    "rejudged",
    "lock",
]
Decision = Literal["approve", "reject"]
Agent = Annotated[str, StringConstraints(min_length=1, max_length=64)]


class LezNotice(Contract):
    """A warning or a fine proposed for one vehicle and one local day. Nothing sends it: a person decides."""

    contract: ClassVar[str] = "lez_notice"
    version: ClassVar[int] = 1

    schema_version: Literal[1] = 1
    """Version of this contract."""
    notice_id: UUID
    """Derived from zone, country, plate and day (UUIDv5): one for a vehicle and day."""
    revision: Revision
    """The highest one holds."""
    state: NoticeState
    """`waiting`: the day is not final yet, since a day pass may still be bought; `proposed`: a person is to decide;
    `approved`, `rejected`: decided; `withdrawn`: it fell before or after that, see `withdrawn_for`."""
    withdrawn_for: WithdrawnFor = ""
    """Why it was withdrawn; empty: it was not."""
    kind: NoticeKind
    """A warning, or a fine."""
    zone: Name
    """Zone whose law was broken."""
    plate: PlateText
    """Of the vehicle; key of the topic."""
    country: CountryCode
    """Of the plate."""
    day: date
    """Local day of the passages."""
    final_at: Instant
    """From then on no day pass can be bought for the day any more."""
    verdict_ids: Annotated[tuple[UUID, ...], Field(max_length=500)] = ()
    """Verdicts of the day that it rests on, the first passage first."""
    passage_id: UUID
    """The passage that it tells of: the first one of the day."""
    camera_id: Name
    """Where that was."""
    captured_at: Instant
    """When that was."""
    rule: Annotated[str, StringConstraints(max_length=128)]
    """Rule that decided."""
    unverified: bool = False
    """True: the law book marks this rule as one whose official text nobody has read."""
    reason_en: Sentence
    """One sentence, English."""
    reason_fr: Sentence
    """The same in French."""
    reason_nl: Sentence
    """The same in Dutch."""
    fine_eur: Annotated[int, Field(ge=0, le=1_000_000)] | None = None
    """Amount of a fine, EUR."""
    fine_gbp: Annotated[int, Field(ge=0, le=1_000_000)] | None = None
    """Amount of a fine in a zone whose law is in pounds."""
    warned_on: date | None = None
    """Of a fine after a warning: day of the warning that it rests on."""
    updated_at: Instant
    """Moment of the last change."""
    decided_by: Annotated[str, StringConstraints(max_length=64)] = ""
    """Who approved or rejected it; empty: nobody yet."""
    decided_at: Instant | None = None
    """When."""
    note: Sentence = ""
    """Why, in the words of who decided."""


class NoticeDecision(Part):
    """What a person decides of a notice."""

    decision_id: UUID
    """Random; the same one twice is done once."""
    notice_id: UUID
    """Which notice."""
    revision: Revision | None = None
    """Revision that the person saw: the decision is refused if the notice has changed since. Absent: whatever it is."""
    what: Decision
    """What is decided."""
    agent: Agent
    """Who decides."""
    text: Sentence = ""
    """Why."""


class LezInput(Contract):
    """What may change the notices of a plate beside its verdicts, passes and permits: a decision, or a tick."""

    contract: ClassVar[str] = "lez_input"
    version: ClassVar[int] = 1

    schema_version: Literal[1] = 1
    """Version of this contract."""
    plate: PlateText
    """Key of the topic."""
    at: Instant
    """Our clock when it was said."""
    decision: NoticeDecision | None = None
    """What a person decides; absent: a tick of the clock."""
