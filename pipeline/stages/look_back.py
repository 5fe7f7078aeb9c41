"""look_back: what a change of the lists means for what has passed already.

A new entry is searched for among the passages of the last day, as if it had been listed then; its hits are marked
`retroactive`. An entry that is taken off its list, or narrowed, takes back the hits that it no longer covers; one whose
instruction or reason is another says so for the hits of the last weeks.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol
from uuid import UUID

import numpy as np
from msgspec.structs import replace

from pipeline.hotlist.entries import Listed, decode_listed
from pipeline.hotlist.headers import SEEDED
from pipeline.hotlist.index import HotlistIndex
from pipeline.hotlist.limits import applies
from pipeline.hotlist.rules import KINDS
from pipeline.hotlist.spelling import rows_of
from pipeline.messages import Batch, Message
from pipeline.moments import moment_of
from pipeline.outcome import Emit, Outcome, Rejection
from pipeline.stages.match import Match
from schemas.camera import Camera
from schemas.codec import Refused, decoder, encode
from schemas.hit import Hit
from schemas.hotlist import HotlistEntry
from schemas.passage import Passage

__all__ = ["Archive", "LookBack"]

FEW = 20
"""Entries that are looked for one by one, by what their plates may be read as; for more of them all plates that passed
are gone through once."""
SETTLED = timedelta(seconds=5)
"""So long after a change every matcher knows it, and has committed what it matched before."""
TOLD_WITHIN = timedelta(days=14)
"""Hits that a change may take back or correct. Older ones are history: a case holds what it needs of them."""
AT_ONCE = 5_000
_OF_AN_ENTRY = ("list_kind", "priority", "owner", "instruction", "dangerous", "reason")
"""Fields of a hit that it has from its entry."""


class Archive(Protocol):
    """What passed and was told, as it is stored."""

    def plates_near(self, entry: HotlistEntry, since: datetime) -> Sequence[str]:
        """Plates that passed since then and may be the entry's, misread or fitting its pattern; others among them."""
        ...

    def all_plates(self, since: datetime) -> Iterator[Sequence[str]]:
        """Every plate that passed since then, in blocks; later ones may be among them."""
        ...

    def passages(self, plates: Sequence[str], since: datetime) -> Iterator[Passage]:
        """Passages of these plates since then."""
        ...

    def hits(self, entry_ids: Sequence[str], since: datetime) -> Sequence[Hit]:
        """Standing hits of these entries on what passed since then."""
        ...

    def sizes(self) -> Mapping[str, int]:
        """Kind of list → entries."""
        ...

    def matched(self) -> Mapping[int, int]:
        """Partition of `passages` → up to where its passages were matched and all hits were told."""
        ...

    def stored(self) -> Mapping[int, int]:
        """Partition of `passages` → up to where they are stored."""
        ...


@dataclass(frozen=True, slots=True)
class Change:
    """What became of one entry."""

    entry: HotlistEntry | None
    """What it says, or said before it was taken off its list; None: that is not known."""
    removed_at: datetime | None
    """None: it stands."""

    def covers(self, hit: Hit, camera: Camera | None) -> bool:
        """Whether a hit that was told would still be one. A removed entry covers what passed before it went."""
        if self.removed_at is not None and hit.captured_at >= self.removed_at:
            return False
        if self.entry is None:
            return True
        seen: Any = hit  # camera, moment and position are all that is asked of a passage
        return self.entry.plate == hit.listed_plate and applies(self.entry, seen, camera)


@dataclass(slots=True)
class _Pending:
    """Changes that are looked at again when all that was matched before them is stored."""

    place: tuple[str, int]
    offset: int
    due: datetime
    changes: dict[str, Change]
    matched: Mapping[int, int] | None = None


class LookBack:
    """Stateful stage: changes of the lists in, hits out.

    It looks twice: at once, and again when everything is stored that was matched before each matcher knew of the
    change. So no passage falls between the two; a hit that is told twice has the same identifier both times.
    """

    def __init__(self, archive: Archive, cameras: Mapping[str, Camera], window: timedelta, topic: str = "hits") -> None:
        """window: how far back a new entry is looked for."""
        self._archive, self._cameras, self._window, self._topic = archive, cameras, window, topic
        self._pending: list[_Pending] = []
        self._decode_hit = decoder(Hit)

    def __call__(self, batch: Batch) -> Outcome:
        """Hits that follow from changes of the lists.

        Rejected: `key_missing`, `key_mismatch`, what is no entry. Dropped: `known` (SEEDED).
        """
        outcome = Outcome()
        changes: defaultdict[tuple[str, int], dict[str, Change]] = defaultdict(dict)
        for message in batch.messages:
            if any(name == SEEDED for name, _ in message.headers):
                outcome.dropped["known"] += 1
                continue
            self._note(message, changes[message.topic, message.partition], outcome)
        for place, changed in changes.items():
            offset = min(m.offset for m in batch.messages if (m.topic, m.partition) == place)
            self._pending.append(_Pending(place, offset, batch.now + SETTLED, changed))
            if not batch.replayed and len(changed) <= FEW:
                self._look(changed, batch.now, outcome)
        if not batch.replayed:
            self._look_again(batch.now, outcome)
        return outcome

    def _note(self, message: Message, changes: dict[str, Change], outcome: Outcome) -> None:
        if not message.key:
            outcome.rejected.append(Rejection(message, "key_missing", "an entry needs its identifier as key"))
            return
        try:
            entry = decode_listed(message.value).entry if message.value else None
        except Refused as refused:
            outcome.rejected.append(Rejection(message, refused.reason, refused.detail))
            return
        name = message.key.decode("utf-8", "replace")
        before = changes.get(name) or self._superseded(name)
        if entry is None:
            changes[name] = Change(before.entry if before else None, moment_of(message.timestamp_ms))
        elif entry.entry_id == name:
            changes[name] = Change(entry, None)
        else:
            outcome.rejected.append(Rejection(message, "key_mismatch", "key is not the identifier of the entry"))

    def _superseded(self, name: str) -> Change | None:
        """What was said of an entry before and is not looked at any more, as it does not hold."""
        found = [one.changes.pop(name) for one in self._pending if name in one.changes]
        return found[-1] if found else None

    def _look_again(self, now: datetime, outcome: Outcome) -> None:
        due = [one for one in self._pending if one.due <= now]
        if not due:
            return
        matched = self._archive.matched() if any(one.matched is None for one in due) else {}
        stored = self._archive.stored()
        for one in due:
            if one.matched is None:
                one.matched = matched
            if all(stored.get(partition, 0) >= offset for partition, offset in one.matched.items()):
                self._look(one.changes, now, outcome)
                self._pending.remove(one)

    def _look(self, changes: Mapping[str, Change], now: datetime, outcome: Outcome) -> None:
        """Everything that changes now, as far as it is stored."""
        told = {hit.hit_id: hit for hit in self._archive.hits(list(changes), now - TOLD_WITHIN)}
        entries = [change.entry for change in changes.values() if change.entry and change.removed_at is None]
        found = {hit.hit_id: hit for hit in self._found(entries, now)} if entries else {}
        for hit in told.values():
            self._tell(self._corrected(hit, changes[hit.entry_id], found), outcome)
        self._tell((_retroactive(hit) for hit_id, hit in found.items() if hit_id not in told), outcome)

    def _corrected(self, hit: Hit, change: Change, found: Mapping[UUID, Hit]) -> Iterator[Hit]:
        """A hit that was told, if it is to be told otherwise."""
        if hit.hit_id not in found and not change.covers(hit, self._cameras.get(hit.camera_id)):
            yield _with(hit, withdrawn=True)
        elif change.entry is not None and change.removed_at is None:
            fresh = {name: getattr(change.entry, name) for name in _OF_AN_ENTRY}
            if fresh != {name: getattr(hit, name) for name in _OF_AN_ENTRY}:
                yield _with(hit, **fresh)

    def _found(self, entries: Sequence[HotlistEntry], now: datetime) -> Iterator[Hit]:
        """Hits of these entries on what passed, as the matcher would have told them."""
        since = now - self._window
        index = self._index_of(entries)
        stage = Match(index, self._cameras, {}, self._topic)
        for passages in _in_parts(self._archive.passages(self._plates(index, entries, since), since), AT_ONCE):
            told = stage(Batch([_message(number, one) for number, one in enumerate(passages)], now))
            yield from (self._decode_hit(emit.value) for emit in told.emitted)

    def _index_of(self, entries: Iterable[HotlistEntry]) -> HotlistIndex:
        """Of these alone, but as likely to pass as on their lists in full."""
        index = HotlistIndex()
        for entry in entries:
            index.put(entry.entry_id.encode(), Listed(encode(entry), entry))
        index.settle()
        sizes = self._archive.sizes()
        index.counts = np.maximum(index.counts, [sizes.get(kind, 0) for kind in KINDS])
        return index

    def _plates(self, index: HotlistIndex, entries: Sequence[HotlistEntry], since: datetime) -> list[str]:
        if len(entries) <= FEW:
            return sorted({plate for entry in entries for plate in self._archive.plates_near(entry, since)})
        return [plate for block in self._archive.all_plates(since) for plate in _near_any(index, block)]

    def _tell(self, hits: Iterable[Hit], outcome: Outcome) -> None:
        outcome.emitted += [Emit(self._topic, hit.plate.encode(), encode(hit)) for hit in hits]

    def needed_from(self, place: tuple[str, int]) -> int | None:
        """Offset of the oldest change that is to be looked at again."""
        return min((one.offset for one in self._pending if one.place == place), default=None)

    def forget(self, places: Sequence[tuple[str, int]]) -> None:
        """These partitions went to another worker."""
        self._pending = [one for one in self._pending if one.place not in places]

    def open_tracks(self) -> int:
        """Changes that are to be looked at again, for the metric."""
        return sum(len(one.changes) for one in self._pending)


def _near_any(index: HotlistIndex, plates: Sequence[str]) -> list[str]:
    texts = rows_of([plate.encode() for plate in plates])
    rows = set(index.find(texts).texts.tolist()) | {row for row, _ in index.find_patterns(texts)}
    return [plates[row] for row in sorted(rows)]


def _message(number: int, passage: Passage) -> Message:
    """A stored passage as it came."""
    stamp_ms = round(passage.received_at.timestamp() * 1000)
    return Message("passages", 0, number, stamp_ms, passage.plate.encode(), encode(passage))


def _in_parts(passages: Iterable[Passage], size: int) -> Iterator[list[Passage]]:
    part: list[Passage] = []
    for passage in passages:
        part.append(passage)
        if len(part) == size:
            yield part
            part = []
    if part:
        yield part


def _retroactive(hit: Hit) -> Hit:
    return _with(hit, retroactive=True)


def _with(hit: Hit, **changed: Any) -> Hit:
    record: Any = hit  # a compiled record, see schemas.codec
    changed_hit: Hit = replace(record, **changed)
    return changed_hit
