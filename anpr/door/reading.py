"""Bytes of an upload → reads for the topic. Nothing valid is refused: what a capture time or a camera is worth, the
stages decide."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import msgspec

from anpr.door.arrived import Outgoing, Refusal, RefusalReason, digest_of
from pipeline.identity import fact_id
from schemas.codec import UNREADABLE, Refused, changed, decoder, encode
from schemas.read import Read

__all__ = ["MOST_READS", "NotReads", "instant_text", "reads_of"]

MOST_READS = 5_000
"""In one upload."""
NOBODY = UUID(int=0)
_array = msgspec.json.Decoder(list[msgspec.Raw]).decode
_read: Callable[[bytes], Read] = decoder(Read)


class NotReads(ValueError):
    """The body is neither a JSON array nor JSON lines, or holds no read at all, or too many."""


class _NotYours(Exception):
    """A read of a camera that the device may not upload for."""


def reads_of(body: bytes, cameras: Collection[str], received: datetime) -> tuple[list[Outgoing], list[Refusal]]:
    """Reads in the order in which they came, each once, and those that are refused.

    body: a JSON array of the contract `read`, or one to a line; `read_id` and `received_at` may be absent.
    cameras: those that the device may upload for. received: our clock; it replaces whatever the device says of it.
    Raises NotReads.
    """
    at = instant_text(received)
    taken: dict[UUID, Outgoing] = {}
    refused: list[Refusal] = []
    for index, piece in enumerate(_pieces(body)):
        try:
            read = _one(piece, at)
            _check_camera(read, cameras)
        except Refused as fault:
            refused.append(Refusal(index, fault.reason, fault.detail))
        except _NotYours:
            reason: RefusalReason = "camera_not_yours"
            refused.append(Refusal(index, reason, "this token may not upload for its camera"))
        else:
            taken.setdefault(read.read_id, _outgoing(read))
    return list(taken.values()), refused


def _outgoing(read: Read) -> Outgoing:
    return Outgoing(read.read_id, read.camera_id.encode(), encode(read), captured_at=read.captured_at)


def _check_camera(read: Read, cameras: Collection[str]) -> None:
    if read.camera_id not in cameras:
        raise _NotYours


def instant_text(moment: datetime) -> str:
    """A moment as messages write it, UTC."""
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _pieces(body: bytes) -> Sequence[Any]:
    """The JSON of each read."""
    text = body.strip()
    try:
        pieces = _array(text) if text.startswith(b"[") else [line for line in text.splitlines() if line.strip()]
    except UNREADABLE as error:
        raise NotReads("the body begins like a JSON array and is none") from error
    if not pieces:
        raise NotReads("the body holds no read: a JSON array of them, or one to a line")
    if len(pieces) > MOST_READS:
        raise NotReads(f"{len(pieces)} reads in one upload, {MOST_READS} are taken at once")
    return pieces


def _one(piece: Any, received: str) -> Read:
    """Raises Refused."""
    try:
        document = msgspec.json.decode(piece)
    except UNREADABLE as error:
        raise Refused("not_json", "this is not JSON") from error
    if not isinstance(document, dict):
        raise Refused("wrong_schema", "a read is a JSON object")
    document["received_at"] = received
    document["read_id"] = document.get("read_id") or str(NOBODY)
    read = _read(_again(document))
    return changed(read, read_id=_derived(read)) if read.read_id == NOBODY else read


def _again(document: dict[str, Any]) -> bytes:
    try:
        return msgspec.json.encode(document)
    except (OverflowError, ValueError) as error:  # a number that no contract has room for
        raise Refused("wrong_schema", "a number is too large") from error


def _derived(read: Read) -> UUID:
    """Of what the read says, so that the same one sent again is the same one."""
    said = encode(changed(read, received_at=read.captured_at))
    return fact_id("read", read.camera_id, digest_of(said))
