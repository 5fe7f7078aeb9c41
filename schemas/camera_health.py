"""`camera_health`: an hour of a camera against what is usual of it. No plate."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field, StringConstraints

from schemas.base import Confidence, Contract, Instant, Name, Revision
from schemas.camera_tally import Count, Seconds

__all__ = ["CameraHealth"]

Expected = Annotated[float, Field(ge=0, le=1e9)]


class CameraHealth(Contract):
    """One camera and hour, as it stands; told every ten minutes while the hour lasts, and once when it is over."""

    contract: ClassVar[str] = "camera_health"
    version: ClassVar[int] = 1

    schema_version: Literal[1] = 1
    """Version of this contract."""
    camera_id: Name
    """The camera."""
    hour_from: Instant
    """Begin of the hour, by the time of the log."""
    revision: Revision
    """The highest one holds."""
    told_until: Instant
    """It tells of the hour up to here."""
    reads: Count = 0
    """Reads that came."""
    expected: Expected | None = None
    """Reads that usually come in this part of the hour, with what all cameras have more or less now; absent: not enough
    is learnt."""
    low: Expected | None = None
    """Fewer are unusual."""
    high: Expected | None = None
    """More are unusual."""
    common: Annotated[float, Field(ge=0, le=100)] = 1.0
    """What all cameras together have of what they usually have; 1: as usual."""
    unreadable: Count = 0
    """Reads without a plate, or with less than even confidence."""
    usual_unreadable: Confidence | None = None
    """Usual share of these; absent: not enough is learnt."""
    late: Count = 0
    """Reads received more than two minutes after they were captured."""
    delay_p50_s: Seconds | None = None
    """From captured (camera's clock) to received (ours), median, s; negative: the camera is ahead."""
    usual_delay_s: Seconds | None = None
    """Usual median, s."""
    approaching: Count = 0
    """Reads whose vehicle came nearer."""
    departing: Count = 0
    """Reads whose vehicle drove away."""
    usual_approaching: Confidence | None = None
    """Usual share of the former; absent: the camera tells no direction, or not enough is learnt."""
    last_read_at: Instant | None = None
    """Stamp of its last read."""
    silent_s: Annotated[float, Field(ge=0, le=1e10)] = 0.0
    """Time without a read at the end of what the row tells of, s."""
    troubles: Annotated[tuple[Annotated[str, StringConstraints(max_length=40)], ...], Field(max_length=10)] = ()
    """Kinds of anomalies of the camera that are open."""
