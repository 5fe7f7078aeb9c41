"""A file of entries, read once: what it says, compared with the lists as they stand, and the lines that say nothing."""

from __future__ import annotations

import io
from array import array
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import BinaryIO, NamedTuple

from console.hotlist.fields import Draft, LineRefused, entry_of
from console.hotlist.files import Line
from console.hotlist.standing import Standing
from pipeline.hotlist.digest import digest_of
from schemas.codec import encode
from schemas.hotlist import HotlistEntry

__all__ = ["Reading", "Refusal", "read_list"]

TOLD_EVERY = 2_000
Permit = Callable[[HotlistEntry], str]
"""Why somebody may not list that; empty: may."""


class Refusal(NamedTuple):
    """A line that is not taken."""

    number: int
    why: str


@dataclass(slots=True)
class Reading:
    """What a file says."""

    lines: int = 0
    new: int = 0
    changed: int = 0
    unchanged: int = 0
    expired: int = 0
    """Entries that are no longer valid: they are not taken, and not refused either."""
    repeated: int = 0
    """Lines that say what another one said."""
    refused: list[Refusal] = field(default_factory=list)
    refused_ids: set[str] = field(default_factory=set)
    """Identifiers of lines that were refused, as far as they could be read: their entries stay as they are."""
    spool: BinaryIO = field(default_factory=io.BytesIO)
    """Messages, a line each: `to_publish` reads them again."""
    _ids: dict[str, int] = field(default_factory=dict)
    _digests: array[int] = field(default_factory=lambda: array("Q"))
    _numbers: array[int] = field(default_factory=lambda: array("Q"))
    _contradicted: set[int] = field(default_factory=set)

    def add(self, number: int, entry: HotlistEntry) -> None:
        """An entry of a line. A second one of its identifier that says otherwise takes back the first: which of the
        two is right, nobody knows."""
        digest, row = digest_of(entry), self._ids.setdefault(entry.entry_id, len(self._digests))
        if row == len(self._digests):
            self._digests.append(digest)
            self._numbers.append(number)
            self.spool.write(encode(entry) + b"\n")
        elif self._digests[row] == digest:
            self.repeated += 1
        else:
            self._contradict(number, row, entry.entry_id)

    def _contradict(self, number: int, row: int, entry_id: str) -> None:
        first = self._numbers[row]
        if row not in self._contradicted:
            self._contradicted.add(row)
            self.refuse(first, f"contradicts line {number}, which has the same entry_id", entry_id)
        self.refuse(number, f"contradicts line {first}, which has the same entry_id", entry_id)

    def refuse(self, number: int, why: str, entry_id: str = "") -> None:
        """A line is not taken."""
        self.refused.append(Refusal(number, why))
        if entry_id:
            self.refused_ids.add(entry_id)

    def compare(self, standing: Standing) -> None:
        """Count what is new, changed and as it was."""
        for entry_id, row in self._ids.items():
            if row not in self._contradicted:
                stands = standing.get(entry_id)
                self.new += stands is None
                self.unchanged += stands is not None and stands.digest == self._digests[row]
                self.changed += stands is not None and stands.digest != self._digests[row]
        self.refused.sort()

    def to_publish(self, standing: Standing) -> Iterator[tuple[str, bytes]]:
        """Identifier and message of what is new or changed, in the order of the file."""
        self.spool.seek(0)
        for (entry_id, row), line in zip(self._ids.items(), self.spool, strict=True):
            stands = standing.get(entry_id)
            if row not in self._contradicted and (stands is None or stands.digest != self._digests[row]):
                yield entry_id, line.rstrip(b"\n")

    def names(self, entry_id: str) -> bool:
        """Whether the file has an entry of this identifier, be it a refused one."""
        return entry_id in self._ids or entry_id in self.refused_ids

    @property
    def entries(self) -> int:
        """Entries that hold."""
        return len(self._ids) - len(self._contradicted)


def read_list(
    lines: Iterable[Line],
    draft: Draft,
    standing: Standing,
    permit: Permit = lambda _: "",
    tell: Callable[[int], None] = lambda _: None,
    spool: BinaryIO | None = None,
) -> Reading:
    """Read and compare all lines. Raises FileRefused.

    tell: called now and then with the number of lines read. spool: a file for what is to be published; None: memory.
    """
    reading = Reading(spool=spool or io.BytesIO())
    for line in lines:
        reading.lines += 1
        if reading.lines % TOLD_EVERY == 0:
            tell(reading.lines)
        _take(line, draft, standing, permit, reading)
    tell(reading.lines)
    reading.compare(standing)
    return reading


def _take(line: Line, draft: Draft, standing: Standing, permit: Permit, reading: Reading) -> None:
    if line.fault:
        reading.refuse(line.number, line.fault)
        return
    try:
        entry = entry_of(line.said, draft, standing.listed_since)
    except LineRefused as refused:
        reading.refuse(line.number, str(refused), str(line.said.get("entry_id", "")))
        return
    if why := permit(entry):
        reading.refuse(line.number, why, entry.entry_id)
    elif entry.valid_until is not None and entry.valid_until <= draft.now:
        reading.expired += 1
    else:
        reading.add(line.number, entry)
