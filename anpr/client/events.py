"""Server-sent events out of bytes, as the HTML standard has them (section 9.2.6)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

__all__ = ["Event", "EventParser", "EventTooLarge"]

LINE_END = re.compile(rb"\r\n|\n|\r(?!\Z)")
"""A `\\r` at the end of what has come may be half of a `\\r\\n`."""
MOST_BYTES = 4_000_000
"""Of one event; the topic's largest message is 1 MB."""


class EventTooLarge(ValueError):
    """No end of an event within 4 MB: this is no stream of ours."""


@dataclass(frozen=True, slots=True)
class Event:
    """One event."""

    name: str
    """`message` where the server names none."""
    data: str
    """Empty: only the id is news."""
    id: str | None
    """The last that was given, by this event or one before it."""


@dataclass(slots=True)
class EventParser:
    """Takes bytes as they come and gives events as they are complete."""

    last_id: str | None = None
    _rest: bytes = b""
    _name: str = ""
    _data: list[str] = field(default_factory=list)
    _size: int = 0
    _touched: bool = False

    def feed(self, chunk: bytes) -> Iterator[Event]:
        """Events that these bytes complete. Raises EventTooLarge."""
        *lines, self._rest = LINE_END.split(self._rest + chunk)
        for line in lines:
            if line:
                self._take(line)
            elif self._touched:
                yield self._give()
        if self._size + len(self._rest) > MOST_BYTES:
            raise EventTooLarge("one event is larger than 4 MB")

    def _take(self, line: bytes) -> None:
        name, _, value = line.decode("utf-8", "replace").partition(":")
        value = value.removeprefix(" ")
        self._size += len(line)
        match name:
            case "data":
                self._data.append(value)
                self._touched = True
            case "event":
                self._name = value
            case "id" if "\0" not in value:
                self.last_id = value
                self._touched = True

    def _give(self) -> Event:
        event = Event(self._name or "message", "\n".join(self._data), self.last_id)
        self._name, self._data, self._size, self._touched = "", [], 0, False
        return event
