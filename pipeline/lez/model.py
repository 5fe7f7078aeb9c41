"""What a law file may say: the parts of a law book, each with where it stands and whether somebody read that."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from pipeline.lez.periods import ALWAYS, Box, Period
from schemas.lez import Category, Fuel, Standard

__all__ = [
    "Access",
    "Cell",
    "CountsAs",
    "Exemption",
    "FineTerms",
    "FirstRegistration",
    "ForeignTerms",
    "Kind",
    "Names",
    "PassTerms",
    "Pending",
    "Regime",
    "Source",
    "Subject",
    "Text",
]

Kind = Literal[
    "M1", "M2", "M3", "N1-I", "N1-II", "N1-III", "N2", "N3",
    "L1", "L2", "L3", "L4", "L5", "L6", "L7", "T", "C", "O", "other",
]  # fmt: skip
"""A category with the mass class of vans."""
Access = Literal["allowed", "banned", "outside", "unread"]
"""`outside`: the law does not speak of such vehicles; `unread`: it does, and nobody has read what."""
Regime = Literal["none", "warning", "own_warning", "fine"]
"""What follows a forbidden passage: nothing; a warning; first a warning, a fine only months after it; a fine."""


def _period(value: Any) -> Any:
    return Period.parse(value) if isinstance(value, str) else value


def _standard(value: Any) -> Any:
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


Span = Annotated[Period, BeforeValidator(_period)]
Step = Annotated[Standard, BeforeValidator(_standard)]


class Text(BaseModel):
    """A part of a law file; a word that it does not know is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid", arbitrary_types_allowed=True)


class Names(Text):
    """What something is called."""

    en: str
    fr: str
    nl: str


class Source(Text):
    """A text that rules rest on."""

    title: str
    """As a lawyer would cite it."""
    where: str = ""
    """Address, or where it was told."""


class Stated(Text):
    """Something that the law says of days, as known on days."""

    valid: Span = ALWAYS
    """In the street: local days of passages."""
    known: Span = ALWAYS
    """In the law book: local days of knowing."""
    source: str
    """One of the file's sources."""
    verified: bool = True
    """False: no official text was read for this."""
    note: str = ""
    """For a lawyer."""

    @functools.cached_property
    def box(self) -> Box:
        """Its place in the plane of law."""
        return Box(self.valid, self.known)


class Subject(Text):
    """Vehicles that share a calendar."""

    kinds: tuple[Kind, ...] = Field(min_length=1)
    fuels: tuple[Fuel, ...] = Field(min_length=1)
    names: Names


class Cell(Stated):
    """What holds for some Euro standards of a subject."""

    subject: str
    standards: tuple[Step, ...] = Field(min_length=1)
    access: Access
    action: Regime = "none"

    def rule_id(self, zone: str, standard: Standard | None) -> str:
        """Name of the rule: zone, subject, standard, first day, and the day since which it is the law."""
        euro = "any" if standard is None else f"euro{standard}"
        return f"{zone}:{self.subject}:{euro}:{self.valid.first}@{self.known.first}"


class FineTerms(Stated):
    """How much, and how often."""

    amounts: tuple[int, ...]
    """Of the first fine, the second within `within_months`, …; the last one holds from there on. Empty: suspended."""
    within_months: int | None = Field(default=None, ge=0)
    """Fines of so many months before count; None: none do."""
    lock_months: int = Field(default=0, ge=0)
    """No further fine sooner than so many months after one; 0: at most one a day."""
    after_warning_months: int = Field(default=0, ge=0)
    """Of `own_warning`: a fine needs a warning of so many months before."""


class ForeignTerms(Stated):
    """Vehicles with plates of other countries."""

    register_first: bool
    """True: they must be registered for the zone."""
    known_without: tuple[str, ...] = ()
    """Countries whose registers tell of their vehicles: they need not."""
    fine: int | None = Field(default=None, gt=0)
    """Of who did not; None: nothing follows."""
    days_after: int = Field(default=1, ge=0)
    """Registering counts up to the end of the day so many days after the passage."""


class PassTerms(Stated):
    """Day passes: a paid right to enter on one day."""

    ends_at_hour: int = Field(ge=0, le=23)
    """On the clocks of the day after; 0: with its day."""
    bought_days_after: int | None = Field(default=None, ge=0)
    """Until the end of the day so many days after it; None: before entry."""
    per_year: int | None = Field(default=None, ge=0)
    """How many a vehicle may have in a calendar year: the seller minds it."""
    price: Mapping[str, float] = {}
    """Of a car, a van, a truck …"""


class Exemption(Stated):
    """A ground on which a vehicle may enter that otherwise may not."""

    ground: str
    """One of the file of grounds."""
    fuels: tuple[Fuel, ...] = ()
    """All vehicles with these, without asking."""
    categories: tuple[Category, ...] = ()
    """All vehicles of these, without asking."""
    by: tuple[Literal["register", "permit"], ...] = ()
    """Who tells that a vehicle has the ground: its register, a decision on request."""
    older_than_years: int | None = Field(default=None, ge=0)
    """Since first registration, where that is known."""
    standards: tuple[Step, ...] = ()
    """Only these; none: all."""
    paid: bool = False
    """True: bought like a pass, and told as one."""
    lasts_years: int | None = Field(default=None, gt=0)
    """Of a permit without a last day."""


class FirstRegistration(Text):
    """Which standard the law assumes of a vehicle whose certificate tells none."""

    kinds: tuple[Kind, ...]
    source: str
    verified: bool = True
    since: Mapping[Step, date]
    """Standard → first registered from; before the first of them: none."""


class CountsAs(Text):
    """A body that moves a vehicle into another kind."""

    kinds: tuple[Kind, ...]
    body_codes: tuple[str, ...]
    as_kind: Kind
    source: str
    verified: bool = True


class Pending(Text):
    """What is proposed and is no law; shown to people, used by nothing."""

    what: str
    since: date
    source: str
