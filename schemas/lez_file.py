"""`lez_file`: all that the notices worker remembers of one plate. Internal: the changelog of its table."""

from __future__ import annotations

from datetime import date
from typing import Annotated, ClassVar, Literal

from pydantic import Field, StringConstraints

from schemas.base import UUID, Contract, CountryCode, Instant, Name, Part, PlateText, Revision
from schemas.case_input import Origin
from schemas.lez import (
    BodyCode,
    Category,
    Euro,
    Exemptions,
    Fuel,
    LezPass,
    LezPermits,
    N1Class,
    Standard,
    VerdictCause,
    VerdictKind,
)
from schemas.lez_notice import LezNotice

__all__ = ["HeldVerdict", "LezFile"]


class HeldVerdict(Part):
    """What a notice needs of a verdict. Of two statements about one the higher (revision, known_at) holds."""

    verdict_id: UUID
    """The verdict."""
    revision: Revision
    """Of the statement that holds."""
    known_at: Instant
    """State of the law book that it was taken by."""
    withdrawn: bool = False
    """True: the passage was withdrawn under this plate."""
    passage_id: UUID
    """The passage."""
    zone: Name
    """Zone whose law was applied."""
    camera_id: Name
    """Where."""
    captured_at: Instant
    """When it passed: camera clock."""
    verdict: VerdictKind
    """What the vehicle is."""
    rule: Annotated[str, StringConstraints(max_length=128)]
    """Rule that decided."""
    sure: bool
    """False: leads to no notice."""
    cause: VerdictCause = "passage"
    """What it was taken for."""
    unverified: bool = False
    """True: the law book marks the rule as one whose official text nobody has read."""
    country: CountryCode | None = None
    """Of the vehicle judged, else of the plate's shape."""
    category: Category | None = None
    """Of the vehicle judged; with the fields below, all that the law asks."""
    fuel: Fuel | None = None
    """Of the vehicle judged."""
    euro: Euro | None = None
    """Of the vehicle judged."""
    n1_class: N1Class | None = None
    """Of the vehicle judged."""
    body_code: BodyCode = ""
    """Of the vehicle judged."""
    standard: Standard | None = None
    """Euro standard that was judged by."""
    standard_derived: bool = False
    """True: taken from the first registration."""
    first_registered: date | None = None
    """Of the vehicle judged."""
    exemptions: Exemptions = ()
    """Of the vehicle judged."""


class LezFile(Contract):
    """One plate: what may still lead to a notice, the notices of two years, and what they rest on."""

    contract: ClassVar[str] = "lez_file"
    version: ClassVar[int] = 1

    schema_version: Literal[1] = 1
    """Version of this contract."""
    plate: PlateText
    """Key of the topic."""
    verdicts: Annotated[tuple[HeldVerdict, ...], Field(max_length=2000)] = ()
    """In order of capture."""
    passes: Annotated[tuple[LezPass, ...], Field(max_length=200)] = ()
    """Day passes, cancelled ones too, in order of their days."""
    permits: LezPermits | None = None
    """What was granted to the plate, as told last."""
    notices: Annotated[tuple[LezNotice, ...], Field(max_length=200)] = ()
    """As told last, in order of their days."""
    telling: Annotated[tuple[LezNotice, ...], Field(max_length=400)] = ()
    """States between that the last change told too: told again if that was cut short."""
    seen: Annotated[tuple[Origin, ...], Field(max_length=8)] = ()
    """How far each log was taken, where that changed something: what lies before has been seen."""
    decisions: Annotated[tuple[UUID, ...], Field(max_length=100)] = ()
    """Decisions done, the newest last."""
