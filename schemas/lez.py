"""`vehicle`, `lez_pass`, `lez_verdict`: what low-emission-zone law needs to know, and what it says."""

from __future__ import annotations

from datetime import date
from typing import Annotated, ClassVar, Literal

from pydantic import Field, StringConstraints

from schemas.base import UUID, Contract, CountryCode, Instant, Name, PlateText, Revision, Sentence

__all__ = ["Category", "Fuel", "LezPass", "LezVerdict", "N1Class", "Vehicle", "VerdictKind"]

Category = Literal["M1", "M2", "M3", "N1", "N2", "N3", "L1", "L2", "L3", "L4", "L5", "L6", "L7", "T", "C", "O", "other"]
"""EU vehicle category (Regulation (EU) 2018/858 and 168/2013, 167/2013)."""
N1Class = Literal["I", "II", "III"]
Fuel = Literal[
    "petrol",
    "diesel",
    "lpg",
    "cng",
    "lng",
    "electric",
    "hydrogen",
    "petrol_hybrid",
    "diesel_hybrid",
    "petrol_plugin",
    "diesel_plugin",
    "ethanol",
    "other",
]
Euro = Annotated[int, Field(ge=0, le=7)]
VerdictKind = Literal["compliant", "non_compliant", "exempt", "pass", "unregistered", "not_applicable", "unknown"]


class Vehicle(Contract):
    """What the registration service knows of the vehicle behind a plate. A null value removes it."""

    contract: ClassVar[str] = "vehicle"
    version: ClassVar[int] = 1

    schema_version: Literal[1] = 1
    """Version of this contract."""
    plate: PlateText
    """Compact plate; key of the topic."""
    country: CountryCode
    """Country of registration."""
    category: Category
    """EU category, field J of the certificate."""
    n1_class: N1Class | None = None
    """Mass class of a van (N1)."""
    fuel: Fuel
    """Field P.3."""
    euro: Euro | None = None
    """Euro emission standard, field V.9: 0 = none; absent = unknown."""
    euro_suffix: Annotated[str, StringConstraints(pattern=r"^[a-zA-Z-]{0,8}$")] = ""
    """What follows the number: `d`, `d-TEMP`."""
    first_registered: date | None = None
    """Field B."""
    registered_from: Instant | None = None
    """The plate belongs to this vehicle from then."""
    registered_until: Instant | None = None
    """… and before then; absent: still."""
    exemptions: Annotated[tuple[Name, ...], Field(max_length=16)] = ()
    """Grounds for exemption, as the law files name them."""
    description: Sentence = ""
    """Make, model, colour."""


class LezPass(Contract):
    """A day pass bought for one plate in one zone."""

    contract: ClassVar[str] = "lez_pass"
    version: ClassVar[int] = 1

    schema_version: Literal[1] = 1
    """Version of this contract."""
    pass_id: UUID
    """Identifier given at purchase."""
    plate: PlateText
    """For this plate only; key of the topic."""
    zone: Name
    """`brussels`, `antwerp`, `ghent` …"""
    day: date
    """Local day that it covers, until 06:00 of the next."""
    bought_at: Instant
    """When it was paid."""
    cancelled: bool = False
    """True: given back; counts as never bought."""


class LezVerdict(Contract):
    """What the law says of one passage in one zone: of that moment, as known when it was judged."""

    contract: ClassVar[str] = "lez_verdict"
    version: ClassVar[int] = 1

    schema_version: Literal[1] = 1
    """Version of this contract."""
    verdict_id: UUID
    """Derived from passage, zone and plate (UUIDv8): the verdict on a corrected plate is another one."""
    revision: Revision
    """Revision of the passage that was judged. The highest one holds."""
    withdrawn: bool = False
    """True: the passage was withdrawn under this plate."""
    passage_id: UUID
    """The passage."""
    zone: Name
    """Zone whose law was applied."""
    plate: PlateText
    """As the passage has it."""
    camera_id: Name
    """Where."""
    captured_at: Instant
    """When it passed: camera clock. The law of this moment applies."""
    known_at: Instant
    """State of the law book and of the registry that was used."""
    verdict: VerdictKind
    """What the vehicle is."""
    action: Literal["none", "warning", "fine"] = "none"
    """What the law of the day attaches to it; a proposal, decided by a person."""
    rule: Annotated[str, StringConstraints(max_length=128)]
    """Identifier of the rule that decided, as in the law files."""
    reason: Sentence
    """One sentence, in English."""
    fine_eur: Annotated[int, Field(ge=0, le=1_000_000)] | None = None
    """Amount of a fine, EUR."""
    sure: bool
    """False: the plate is doubtful or the vehicle unknown; must not lead to a notice by itself."""
    category: Category | None = None
    """Of the vehicle judged."""
    fuel: Fuel | None = None
    """Of the vehicle judged."""
    euro: Euro | None = None
    """Of the vehicle judged."""
    country: CountryCode | None = None
    """Of the vehicle judged, else of the plate's shape."""
