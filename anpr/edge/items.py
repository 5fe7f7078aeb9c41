"""What lies in a spool: reads and frames as bytes, in the order in which they came."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

__all__ = ["Batch", "Item", "Kind", "Refused", "frame_item", "read_item"]

Kind = Literal["read", "frame"]


@dataclass(frozen=True, slots=True)
class Item:
    """One read or one frame."""

    kind: Kind
    body: bytes
    """A read as one line of JSON; a picture."""
    about: str = ""
    """Of a frame: the header `Anpr-Frame`."""

    @property
    def size(self) -> int:
        """Bytes that it takes."""
        return len(self.body) + len(self.about)


@dataclass(frozen=True, slots=True)
class Batch:
    """What is uploaded at once, under one number: reads, or one frame. Once made it stays as it is."""

    number: int
    last: int
    """Its last item's place in the spool; its first is the spool's first."""
    items: tuple[Item, ...]

    @property
    def kind(self) -> Kind:
        """Of all its items."""
        return self.items[0].kind


@dataclass(frozen=True, slots=True)
class Refused:
    """An item that the door will never take."""

    index: int
    """In its batch."""
    reason: str
    detail: str


def read_item(read: Mapping[str, Any] | bytes) -> Item:
    """A read of the contract `read`, as a mapping or as JSON. Raises ValueError for what is no JSON object."""
    document = json.loads(read) if isinstance(read, bytes) else read
    if not isinstance(document, Mapping):
        raise ValueError("a read is a JSON object")
    return Item("read", json.dumps(document, default=_text, separators=(",", ":"), allow_nan=False).encode())


def frame_item(picture: bytes, about: Mapping[str, Any]) -> Item:
    """A JPEG or PNG. about: `camera_id`, `captured_at`; `position`, `source`, `sequence` where known."""
    return Item("frame", picture, json.dumps(about, default=_text, separators=(",", ":"), allow_nan=False))


def _text(value: object) -> str:
    if isinstance(value, datetime):
        return value.isoformat()
    return str(value)
