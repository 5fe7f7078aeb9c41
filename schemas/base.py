"""What all contracts share: the base class, and the types of their fields with their bounds.

Only declarative bounds (`Field(ge=…)`, patterns, literals) are allowed in a contract, because each contract
is also compiled to a fast codec (`schemas.codec`) that must accept exactly the same messages. Rules that need
more (a capture time in the future, an unknown camera) belong to the stage `normalise`, where they have a
clock and a reason.
"""

from __future__ import annotations

from typing import Annotated, ClassVar
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints

__all__ = [
    "UUID",
    "Confidence",
    "Contract",
    "CountryCode",
    "GeoPoint",
    "Instant",
    "Name",
    "ObjectKey",
    "Part",
    "PlateRaw",
    "PlateText",
    "Revision",
    "Sentence",
]


class Part(BaseModel):
    """A piece of a contract. Unknown fields are ignored, so that readers survive an added field.

    Strict, as the fast codec is: `"1"`, `1.0`, `true` are no integer, an integer is no time. Python objects
    are held to it too: a plain dict, say from YAML, goes in with `model_validate(value, strict=False)`.
    """

    model_config = ConfigDict(
        frozen=True, extra="ignore", strict=True, allow_inf_nan=False, use_attribute_docstrings=True
    )


class Contract(Part):
    """One message of one topic. `contract` is its name everywhere, `version` its current version."""

    contract: ClassVar[str]
    version: ClassVar[int]


Instant = AwareDatetime
"""A moment, RFC 3339 with a zone (`2026-11-24T03:00:00.250Z`); any zone, ours are UTC. Naive times are refused."""

Name = Annotated[str, StringConstraints(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9][A-Za-z0-9._:-]*$")]
"""An identifier that people give: camera, patrol, zone. Safe in a path, a URL and a metric-free log."""

PlateRaw = Annotated[str, StringConstraints(min_length=1, max_length=24)]
"""A plate as the reader wrote it, separators and all. Never overwritten, never used as a key."""

PlateText = Annotated[str, StringConstraints(pattern=r"^[A-Z0-9]{1,12}$")]
"""A plate in compact form: upper case A-Z and digits only, no separators, no euro band."""

CountryCode = Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}$")]
"""ISO 3166-1 alpha-2: BE, NL, FR, DE, LU, GB …"""

Confidence = Annotated[float, Field(ge=0, le=1)]
"""0 (a guess) to 1 (certain), as the reader claims; not yet a calibrated probability."""

Revision = Annotated[int, Field(ge=1, le=1_000_000)]
"""Grows with each correction of a fact, not always by one. The highest one holds."""

Sentence = Annotated[str, StringConstraints(max_length=1000)]
"""Free text for a person."""

ObjectKey = Annotated[str, StringConstraints(min_length=1, max_length=256)]
"""Key of a picture in the evidence store."""


class GeoPoint(Part):
    """A place on Earth, WGS 84."""

    lat: Annotated[float, Field(ge=-90, le=90)]
    """Degrees north."""
    lon: Annotated[float, Field(ge=-180, le=180)]
    """Degrees east."""
