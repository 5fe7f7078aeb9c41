"""The hotlist as a matcher needs it: entries by plate, changed one at a time."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime

from schemas.hotlist import HotlistEntry

__all__ = ["HotlistIndex"]


class HotlistIndex:
    """Entries by exact compact plate, and those with wildcards beside them. Used by one thread."""

    def __init__(self) -> None:
        self._entries: dict[bytes, HotlistEntry] = {}
        self._by_plate: dict[str, dict[bytes, HotlistEntry]] = {}
        self._plates: set[bytes] = set()
        self._patterns: dict[bytes, re.Pattern[str]] = {}

    def __len__(self) -> int:
        return len(self._entries)

    def put(self, key: bytes, entry: HotlistEntry) -> None:
        """Add an entry, or change the one with this key."""
        self.remove(key)
        self._entries[key] = entry
        if "?" in entry.plate or "*" in entry.plate:
            self._patterns[key] = _pattern(entry.plate)
        else:
            self._by_plate.setdefault(entry.plate, {})[key] = entry
            self._plates.add(entry.plate.encode())

    def remove(self, key: bytes) -> None:
        """Take an entry out; an unknown key changes nothing."""
        entry = self._entries.pop(key, None)
        if entry is None or self._patterns.pop(key, None) is not None:
            return
        same_plate = self._by_plate[entry.plate]
        del same_plate[key]
        if not same_plate:
            del self._by_plate[entry.plate]
            self._plates.discard(entry.plate.encode())

    def may_match(self, plate: bytes) -> bool:
        """False only if no entry, valid or not, fits this plate (ASCII). Cheap: asked for every passage."""
        return bool(self._patterns) or plate in self._plates

    def matches(self, plate: str, at: datetime) -> Iterator[HotlistEntry]:
        """Entries that the plate fits and that are valid at this moment, most urgent first."""
        found = list(self._by_plate.get(plate, {}).values())
        found += [self._entries[key] for key, pattern in self._patterns.items() if pattern.match(plate)]
        found.sort(key=lambda entry: (entry.priority, entry.entry_id))
        return (entry for entry in found if _valid(entry, at))


def _valid(entry: HotlistEntry, at: datetime) -> bool:
    return entry.valid_from <= at and (entry.valid_until is None or at < entry.valid_until)


def _pattern(text: str) -> re.Pattern[str]:
    return re.compile("^" + text.replace("?", ".").replace("*", ".*") + "$")
