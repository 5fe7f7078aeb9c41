"""`hotlist_entry`: one wanted plate on one list."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field, StringConstraints

from schemas.base import Contract, CountryCode, GeoPoint, Instant, Name, Part, Sentence

__all__ = ["Circle", "HotlistEntry", "Hours", "Instruction", "ListKind"]

ListKind = Literal[
    "stolen_vehicle",
    "stolen_plate",
    "wanted_person",
    "missing_person",
    "no_insurance",
    "no_inspection",
    "surveillance",
    "clone_watch",
]
Instruction = Literal["stop", "stop_with_backup", "observe_only", "report", "check_papers"]
Clock = Annotated[str, StringConstraints(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$", max_length=5)]


class Circle(Part):
    """A round area."""

    center: GeoPoint
    """Its middle."""
    radius_m: Annotated[int, Field(ge=1, le=500_000)]
    """How far it reaches, m."""


class Hours(Part):
    """Hours of the day, Belgian time."""

    weekdays: Annotated[tuple[Annotated[int, Field(ge=1, le=7)], ...], Field(max_length=7)] = ()
    """Days on which they begin, ISO 8601: 1 Monday … 7 Sunday; empty: every day."""
    begins: Clock
    """From this minute on, `HH:MM`."""
    ends: Clock
    """Before this minute; not after `begins`: of the next day."""


class HotlistEntry(Contract):
    """A plate that somebody may look for, why, how long and what to do. Removed by a null value."""

    contract: ClassVar[str] = "hotlist_entry"
    version: ClassVar[int] = 1

    schema_version: Literal[1] = 1
    """Version of this contract."""
    entry_id: Name
    """The owner's identifier; key of the topic."""
    list_kind: ListKind
    """Why such plates are listed."""
    plate: Annotated[str, StringConstraints(pattern=r"^[A-Z0-9?*]{2,12}$")]
    """Compact plate; `?` one unknown character, `*` any number. At least two places."""
    country: CountryCode | None = None
    """Country of the plate, if known."""
    owner: Name
    """`federal` or the police zone that answers for the entry."""
    priority: Annotated[int, Field(ge=0, le=100)]
    """0 = life in danger … 100 = for information. Lower is shown first."""
    reason: Sentence
    """Demonstrable reason, for the officer and the auditor."""
    instruction: Instruction = "report"
    """What a patrol that meets it should do."""
    dangerous: bool = False
    """Occupants may be armed or violent."""
    valid_from: Instant
    """Matches from this moment."""
    valid_until: Instant | None = None
    """Matches before this moment; absent: until removed."""
    case_number: Annotated[str, StringConstraints(max_length=64)] | None = None
    """File of the owner."""
    vehicle: Sentence = ""
    """Make, model and colour to compare with the picture."""
    zones: Annotated[tuple[Name, ...], Field(max_length=64)] = ()
    """Police zones whose cameras it is for. Zones, cameras and circle together are its area; none: anywhere."""
    cameras: Annotated[tuple[Name, ...], Field(max_length=500)] = ()
    """Cameras that it is for."""
    circle: Circle | None = None
    """Area whose cameras it is for, moving ones while they are in it."""
    hours: Annotated[tuple[Hours, ...], Field(max_length=21)] = ()
    """When it matches; empty: at any time of its validity."""
