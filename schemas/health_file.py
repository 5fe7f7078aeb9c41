"""`health_file`: what the health worker remembers of one camera, or of all. Internal: the changelog of its table."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field, StringConstraints

from schemas.anomaly import Anomaly
from schemas.base import Contract, Instant, Part
from schemas.camera_tally import Count, Offset

__all__ = ["Evidence", "HealthFile", "HeldStretch", "HourCount", "Learnt", "Observed", "OpenTrouble", "Progress"]

Amount = Annotated[float, Field(ge=0, le=1e12)]
Signed = Annotated[float, Field(ge=-1e12, le=1e12)]
Cells = Annotated[tuple[Amount, ...], Field(max_length=168)]


class HourCount(Part):
    """What came of a camera in an hour that is not judged yet."""

    hour_from: Instant
    """Its begin."""
    reads: Count = 0
    """Reads."""
    unreadable: Count = 0
    """Without a usable plate."""
    late: Count = 0
    """Received long after they were captured."""
    approaching: Count = 0
    """Vehicles that came nearer."""
    departing: Count = 0
    """Vehicles that drove away."""
    timed: Count = 0
    """Reads whose delay is in the sum."""
    delays_s: Signed = 0.0
    """Median delay of each stretch times its reads, s."""


class HeldStretch(Part):
    """A stretch of the log that was counted not long ago: after a crash it may come again, or a longer one."""

    log: Annotated[str, StringConstraints(max_length=64)]
    """Identifier of the log of reads."""
    partition: Annotated[int, Field(ge=0, le=2**31 - 1)]
    """Its partition."""
    first_offset: Offset
    """Of the first read counted."""
    last_offset: Offset
    """Of the last."""
    count: HourCount
    """What was counted, and in which hour."""


class Learnt(Part):
    """What is usual of a camera. Sums and weights fade with the weeks; a sum over its weight is the mean."""

    hours: Count = 0
    """Hours that it was learnt from."""
    reads: Cells = ()
    """Sum of reads by hour of the week, Monday 0 h first, Belgian time; empty: nothing yet."""
    weeks: Cells = ()
    """Its weight."""
    spread: Annotated[float, Field(ge=0, le=100)] = 0.1
    """How far an hour is from its usual beyond chance: variance of the logarithm."""
    unreadable: Annotated[tuple[Amount, ...], Field(max_length=24)] = ()
    """Reads without a usable plate, by hour of the day; empty: nothing yet."""
    counted: Annotated[tuple[Amount, ...], Field(max_length=24)] = ()
    """Reads that these are of."""
    approaching: Amount = 0.0
    """Reads whose vehicle came nearer."""
    departing: Amount = 0.0
    """Reads whose vehicle drove away."""
    delay_s: Signed | None = None
    """Usual delay, s; absent: nothing yet."""


class Evidence(Part):
    """What speaks for a trouble so far, one number each; 0: nothing."""

    ahead: Amount = 0.0
    """Stretches in a row whose delay says that the clock is ahead."""
    behind: Amount = 0.0
    """In a row with one that is too long."""
    shortest_s: Signed = 0.0
    """Of these the shortest delay, s."""
    longest_s: Signed = 0.0
    """Of these the longest, s."""
    in_time: Amount = 0.0
    """In a row with a usual one."""
    turned: Signed = 0.0
    """Log odds that the direction is the other one."""
    fewer: Amount = 0.0
    """Hours with too few reads, summed up."""
    more: Amount = 0.0
    """Hours with too many."""
    unreadable: Amount = 0.0
    """Hours with too many unreadable plates."""


class OpenTrouble(Part):
    """A trouble that was told and is not over."""

    anomaly: Anomaly
    """As told last."""
    told_at: Instant
    """When."""
    reads: Amount = 0.0
    """Of a rate: reads since it began …"""
    expected: Amount = 0.0
    """… and how many are usual."""


class Progress(Part):
    """How far a partition of reads was told."""

    partition: Annotated[int, Field(ge=0, le=2**31 - 1)]
    """The partition."""
    at: Instant
    """All reads stamped before have been told."""


class Observed(Part):
    """How much of an hour was watched: what nobody watched is neither judged nor learnt."""

    hour_from: Instant
    """Its begin."""
    seconds: Annotated[float, Field(ge=0, le=3600)]
    """So much of it."""


class HealthFile(Contract):
    """One camera: what came, what is usual, what is wrong. `*`: all cameras; `*ZONE`: those of a police zone."""

    contract: ClassVar[str] = "health_file"
    version: ClassVar[int] = 1

    schema_version: Literal[1] = 1
    """Version of this contract."""
    subject: Annotated[str, StringConstraints(max_length=65, pattern=r"^[*]?[A-Za-z0-9._:-]*$")]
    """The camera, or what it is a summary of: key of the topic."""
    first_at: Instant | None = None
    """Stamp of its first read."""
    last_at: Instant | None = None
    """Stamp of its last read."""
    stretches: Annotated[tuple[HeldStretch, ...], Field(max_length=16)] = ()
    """The latest ones, in order of the log."""
    hours: Annotated[tuple[HourCount, ...], Field(max_length=48)] = ()
    """Hours that are not judged yet, in order."""
    judged_until: Instant | None = None
    """Hours before this are judged."""
    learnt: Learnt | None = None
    """What is usual; absent: nothing yet."""
    evidence: Evidence | None = None
    """What speaks for troubles; absent: nothing."""
    open: Annotated[tuple[OpenTrouble, ...], Field(max_length=10)] = ()
    """Troubles that are told and not over."""
    told_until: Instant | None = None
    """Its row was told up to here."""
    progress: Annotated[tuple[Progress, ...], Field(max_length=1000)] = ()
    """Of `*`: how far each partition was told."""
    observed: Annotated[tuple[Observed, ...], Field(max_length=48)] = ()
    """Of `*`: how much of the hours was watched."""
    steady_from: Instant | None = None
    """Of `*`: since when nothing was missed."""
