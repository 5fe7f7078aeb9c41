"""`dead_letter`: a message that could not be used. The Kafka value and key are the original bytes, untouched;
this contract is the header `dead_letter` that says why."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field, StringConstraints

from schemas.base import UUID, Contract, Instant, Sentence

__all__ = ["DeadLetter", "Reason"]

Reason = Literal[
    "not_json",
    "wrong_schema",
    "unknown_version",
    "too_large",
    "empty",
    "key_missing",
    "key_mismatch",
    "header_missing",
    "no_plate_text",
    "captured_in_future",
    "captured_too_old",
    "unknown_camera",
    "pattern_wide",
    "not_an_image",
    "image_truncated",
    "image_empty",
    "image_too_large",
    "image_unsupported",
    "unknown_case",
    "unknown_zone",
    "unknown_notice",
    "notice_refused",
    "refused_by_store",
    "webhook_refused",
    "webhook_unreachable",
    "webhook_gone",
]
"""Closed set: each is a metric label and has a test."""


class DeadLetter(Contract):
    """Where an unusable message came from and why it could not be used."""

    contract: ClassVar[str] = "dead_letter"
    version: ClassVar[int] = 1

    schema_version: Literal[1] = 1
    """Version of this contract."""
    dead_letter_id: UUID
    """UUIDv5 of stage, topic, log, partition and offset: the same message refused twice is one letter."""
    reason: Annotated[str, StringConstraints(pattern=r"^[a-z_]{1,40}$")]
    """Why. One of `Reason`; open in the contract, so that a new reason is no new version."""
    detail: Sentence
    """What exactly, for a person; holds no plate."""
    stage: Annotated[str, StringConstraints(min_length=1, max_length=64)]
    """Which stage refused it."""
    source_topic: Annotated[str, StringConstraints(min_length=1, max_length=249)]
    """Topic it was read from."""
    source_partition: Annotated[int, Field(ge=0, le=2**31 - 1)]
    """Partition it was read from."""
    source_offset: Annotated[int, Field(ge=0, le=2**63 - 1)]
    """Its offset there."""
    source_log: Annotated[str, StringConstraints(max_length=64)]
    """Identifier of the log (topic incarnation), as offsets start anew in another one."""
    failed_at: Instant
    """Our clock when it was refused."""
    value_size: Annotated[int, Field(ge=0, le=2**31 - 1)]
    """Bytes of the original value."""
