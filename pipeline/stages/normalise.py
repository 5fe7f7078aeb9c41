"""normalise: check a read against camera list and clock, and bring its text to canonical form."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from msgspec import Struct

from pipeline.messages import Message
from pipeline.outcome import Rejection
from pipeline.plates.shapes import PlateForms, forms_of
from pipeline.plates.text import MAX_LENGTH, compact
from schemas.dead_letter import Reason
from schemas.read import Read

__all__ = ["NormalRead", "TimeRules", "latest_stamp_ms", "normalise", "normalise_one", "text_of"]


@dataclass(frozen=True, slots=True)
class TimeRules:
    """Which capture times are believed, against the moment the message was stamped."""

    max_ahead_s: float = 15 * 60
    """A camera clock further ahead is wrong: its reads would show as the latest place for as long. So is a
    message's stamp further ahead of our clock: it is the time of the log, on which the end of every track hangs."""
    max_age_s: float = 400 * 86_400
    """Older than the retention of twelve months, with room for leap days and late patrol cars."""
    late_after: timedelta = timedelta(minutes=2)
    """Arriving later than this, a read no longer says where the vehicle is now."""


class NormalRead(Struct, frozen=True, gc=False):
    """A read that passed, with what was derived from its text."""

    message: Message
    read: Read
    plate: str
    forms: PlateForms
    country: str | None
    late: bool


def normalise(
    reads: Collection[tuple[Message, Read]], cameras: Mapping[str, Any], rules: TimeRules, now: datetime
) -> tuple[list[NormalRead], list[Rejection]]:
    """Reads that may go on, in order, and those that may not, with reasons.

    The plate is the reader's best candidate, or the raw text where it sends none.

    `cameras`: the known ones by id. `now`: our clock, UTC; only a stamp of the future is held to it, so that a log
    reads the same at any later time. Reasons: key_missing, key_mismatch, unknown_camera, no_plate_text,
    captured_in_future, captured_too_old.
    """
    good: list[NormalRead] = []
    bad: list[Rejection] = []
    latest_ms = latest_stamp_ms(now, rules)
    for message, read in reads:
        found = normalise_one(message, read, cameras, rules, latest_ms)
        if isinstance(found, NormalRead):
            good.append(found)
        else:
            bad.append(found)
    return good, bad


def latest_stamp_ms(now: datetime, rules: TimeRules) -> float:
    """A message stamped later than this comes from a clock that is wrong."""
    return (now.timestamp() + rules.max_ahead_s) * 1000


def normalise_one(
    message: Message, read: Read, cameras: Mapping[str, Any], rules: TimeRules, latest_ms: float
) -> NormalRead | Rejection:
    """One read: see `normalise`. Stages take reads one by one, start to end, while they are in the cache."""
    plate = text_of(read)
    fault = _fault(message, read, plate, cameras, rules, latest_ms)
    return _derive(message, read, plate, rules) if fault is None else Rejection(message, *fault)


def text_of(read: Read) -> str:
    """What a read says, compact: its reader's best candidate, or the raw text where it sends none."""
    return read.candidates[0].text if read.candidates else compact(read.plate_raw)


def _fault(
    message: Message, read: Read, plate: str, cameras: Mapping[str, Any], rules: TimeRules, latest_ms: float
) -> tuple[Reason, str] | None:
    if message.key is None:
        return "key_missing", "a read needs its camera id as key: the key decides the partition"
    if message.key != read.camera_id.encode():
        return "key_mismatch", f"key is not the camera id {read.camera_id}"
    if read.camera_id not in cameras:
        return "unknown_camera", f"camera {read.camera_id} is not registered: add it to the topic cameras"
    if not 0 < len(plate) <= MAX_LENGTH:
        return "no_plate_text", f"{len(plate)} characters A-Z, 0-9 where 1 to {MAX_LENGTH} are possible"
    if message.timestamp_ms > latest_ms:
        return "captured_in_future", "the message is stamped ahead of our clock: check the sender's clock"
    return _time_fault(message, read, rules)


def _time_fault(message: Message, read: Read, rules: TimeRules) -> tuple[Reason, str] | None:
    ahead_s = read.captured_at.timestamp() - message.timestamp_ms / 1000
    if ahead_s > rules.max_ahead_s:
        return "captured_in_future", f"captured {ahead_s:.0f} s after the message was stamped"
    if -ahead_s > rules.max_age_s:
        return "captured_too_old", f"captured {-ahead_s / 86400:.0f} days before the message was stamped"
    return None


def _derive(message: Message, read: Read, plate: str, rules: TimeRules) -> NormalRead:
    forms = forms_of(plate)
    late = read.received_at - read.captured_at > rules.late_after
    return NormalRead(message, read, plate, forms, read.country or forms.country, late)
