"""`vehicle`, `lez_pass`, `lez_permits`, `lez_verdict`: what low-emission-zone law needs to know, and what it says."""

from __future__ import annotations

from datetime import date
from typing import Annotated, ClassVar, Literal

from pydantic import Field, StringConstraints

from schemas.base import UUID, Contract, CountryCode, Instant, Name, Part, PlateText, Revision, Sentence

__all__ = [
    "Action",
    "Category",
    "Fuel",
    "LezPass",
    "LezPermits",
    "LezVerdict",
    "N1Class",
    "OtherVehicle",
    "Permit",
    "Standard",
    "Vehicle",
    "VerdictCause",
    "VerdictKind",
]

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
EuroSuffix = Annotated[str, StringConstraints(pattern=r"^[a-zA-Z-]{0,8}$")]
Standard = Literal["0", "1", "2", "3", "4", "5", "6", "6d-TEMP", "6d", "7"]
"""Euro standard as the laws tell it apart, from dirty to clean; `0`: none, `6`: below 6d-TEMP. Heavy classes alike."""
Exemptions = Annotated[tuple[Name, ...], Field(max_length=16)]
BodyCode = Annotated[str, StringConstraints(pattern=r"^[A-Z0-9]{0,4}$")]
Action = Literal["none", "warning", "fine"]
VerdictKind = Literal["compliant", "non_compliant", "exempt", "pass", "unregistered", "not_applicable", "unknown"]
VerdictCause = Literal["passage", "confirmation", "rejudgement"]


class OtherVehicle(Part):
    """Another vehicle with the same plate text: an earlier holder, or one of another country."""

    country: CountryCode
    """Country of registration."""
    category: Category
    """EU category, field J of the certificate."""
    n1_class: N1Class | None = None
    """Mass class of a van (N1)."""
    body_code: BodyCode = ""
    """Body, field J.2 (`BC` …); empty: not told."""
    fuel: Fuel
    """Field P.3."""
    euro: Euro | None = None
    """Euro emission standard, field V.9: 0 = none; absent = unknown."""
    euro_suffix: EuroSuffix = ""
    """What follows the number: `d`, `d-TEMP`."""
    first_registered: date | None = None
    """Field B."""
    registered_from: Instant | None = None
    """The plate belongs to this vehicle from then; absent: from ever."""
    registered_until: Instant | None = None
    """… and before then; absent: still."""
    exemptions: Exemptions = ()
    """Grounds for exemption, as the law files name them."""


class Vehicle(Contract):
    """What the registration service knows of the vehicle behind a plate. A null value removes it.

    A foreign vehicle is in the register because it registered for the zones: from `registered_from` on.
    """

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
    body_code: BodyCode = ""
    """Body, field J.2 (`BC` …); empty: not told."""
    fuel: Fuel
    """Field P.3."""
    euro: Euro | None = None
    """Euro emission standard, field V.9: 0 = none; absent = unknown."""
    euro_suffix: EuroSuffix = ""
    """What follows the number: `d`, `d-TEMP`."""
    first_registered: date | None = None
    """Field B."""
    registered_from: Instant | None = None
    """The plate belongs to this vehicle from then."""
    registered_until: Instant | None = None
    """… and before then; absent: still."""
    exemptions: Exemptions = ()
    """Grounds for exemption, as the law files name them."""
    description: Sentence = ""
    """Make, model, colour."""
    others: Annotated[tuple[OtherVehicle, ...], Field(max_length=16)] = ()
    """Other vehicles that bear or bore the same text. A plate belongs to a person in Belgium, and two countries may
    issue one text: the message of a plate tells all of them, as the topic keeps only its last one."""


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


class Permit(Part):
    """A right granted in one zone for a time: an exemption on request, a paid authorisation."""

    permit_id: UUID
    """Identifier given with the decision."""
    zone: Name
    """`brussels`, `antwerp`, `ghent` …"""
    ground: Name
    """As the law files name it: `disabled_card`, `adapted_vehicle`, `authorisation` …; `registration`: a foreign
    vehicle was registered for the zone."""
    from_day: date
    """First local day that it covers."""
    until_day: date | None = None
    """Last local day; absent: as long as the law lets such a permit last."""
    decided_at: Instant
    """When it was granted: known from then on."""
    cancelled: bool = False
    """True: taken back; counts as never granted."""


class LezPermits(Contract):
    """All rights granted to one plate, in all zones. A null value removes them."""

    contract: ClassVar[str] = "lez_permits"
    version: ClassVar[int] = 1

    schema_version: Literal[1] = 1
    """Version of this contract."""
    plate: PlateText
    """Key of the topic."""
    country: CountryCode
    """Country of the plate."""
    permits: Annotated[tuple[Permit, ...], Field(max_length=64)] = ()
    """Every one, ended ones too: a passage of last year is judged by what was granted then."""


class LezVerdict(Contract):
    """What the law says of one passage in one zone: of that moment, as known when it was judged."""

    contract: ClassVar[str] = "lez_verdict"
    version: ClassVar[int] = 1

    schema_version: Literal[1] = 1
    """Version of this contract."""
    verdict_id: UUID
    """Derived from passage, zone and plate (UUIDv8): the verdict on a corrected plate is another one."""
    revision: Revision
    """Revision of the passage that was judged. The highest one holds; of equal ones that with the latest `known_at`."""
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
    action: Action = "none"
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
    n1_class: N1Class | None = None
    """Of the vehicle judged."""
    body_code: BodyCode = ""
    """Of the vehicle judged."""
    standard: Standard | None = None
    """Euro standard that was judged by."""
    standard_derived: bool = False
    """True: the certificate tells none; the law takes it from the first registration."""
    first_registered: date | None = None
    """Of the vehicle judged. With the fields above, all that the law asks: a verdict can be taken again from it."""
    exemptions: Exemptions = ()
    """Of the vehicle judged, as its record tells them."""
    unverified: bool = False
    """True: the law book marks the rule as one whose official text nobody has read. A person must."""
    doubtful: bool = False
    """True: the plate was not read with certainty, and nobody has confirmed it."""
    if_sure: VerdictKind | None = None
    """Of a doubtful read: what the verdict is once a person has confirmed the plate."""
    fine_gbp: Annotated[int, Field(ge=0, le=1_000_000)] | None = None
    """Amount of a fine in a zone whose law is in pounds."""
    cause: VerdictCause = "passage"
    """What this verdict was taken for."""
    confirmed_by: Annotated[str, StringConstraints(max_length=64)] = ""
    """Who compared the picture of a doubtful read with the plate; empty: nobody."""
