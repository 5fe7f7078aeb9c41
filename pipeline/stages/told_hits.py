"""What was told of passages that may still be revised, so that it can be taken back; and its form on a disk."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any
from uuid import UUID

from msgspec import Struct, msgpack
from msgspec.structs import replace

from pipeline.messages import Message
from schemas.codec import decoder, encode
from schemas.hit import Hit
from schemas.passage import Passage

__all__ = ["KEPT_MS", "ToldHits"]

Place = tuple[str, int]
KEPT_MS = 15 * 60_000
"""How long it is kept, in log time. No passage is open for longer (`ConsolidateRules`)."""


class Told(Struct, gc=False):
    """Of one passage under one plate."""

    offset: int
    """Of the message with which it began."""
    stamp_ms: int
    revision: int
    """Of the passage, the highest that was seen."""
    hits: dict[UUID, Hit]
    """As last told."""


class Kept(Struct, array_like=True, gc=False):
    """`Told` as it is written down."""

    passage_id: UUID
    plate: str
    offset: int
    stamp_ms: int
    revision: int
    hits: list[bytes]
    """As messages of the topic: their contract is held by others than us."""


_KEPT = msgpack.Decoder(list[Kept])
_HIT = decoder(Hit)


class ToldHits:
    """By partition, in the order in which passages were first hit."""

    def __init__(self) -> None:
        self._told: dict[Place, dict[tuple[UUID, str], Told]] = {}
        self._plates: Counter[bytes] = Counter()

    def __len__(self) -> int:
        return sum(map(len, self._told.values()))

    def rows_told(self, keyed: Sequence[Message]) -> Iterator[int]:
        """Rows of messages under whose plate something was told."""
        if self._plates:
            yield from (row for row, message in enumerate(keyed) if message.key in self._plates)

    def knows(self, message: Message, passage: Passage) -> bool:
        """Something was told of this passage under this plate."""
        return (passage.passage_id, passage.plate) in self._told.get((message.topic, message.partition), ())

    def changes(self, message: Message, passage: Passage, hits: Sequence[Hit]) -> tuple[list[Hit], int]:
        """Hits to tell now: new ones, changed ones, those taken back; and how many are as they were.

        A withdrawn passage takes back what was told of it; of one that is not remembered, what would have been told.
        """
        told = self._told.setdefault((message.topic, message.partition), {})
        before = told.get((passage.passage_id, passage.plate))
        if before is not None and passage.revision < before.revision:
            return [], len(hits)
        known = before.hits if before is not None else {}
        now = {} if passage.withdrawn and known else {hit.hit_id: hit for hit in hits}
        fresh = [hit for hit in now.values() if _says_more(hit, known.get(hit.hit_id))]
        gone = [_withdrawn(hit, passage) for hit_id, hit in known.items() if hit_id not in now and not hit.withdrawn]
        if before is not None:
            before.revision = passage.revision
            before.hits |= {hit.hit_id: hit for hit in (*fresh, *gone)}
        elif fresh and not passage.withdrawn:
            began = Told(message.offset, message.timestamp_ms, passage.revision, now)
            told[passage.passage_id, passage.plate] = began
            self._plates[passage.plate.encode()] += 1
        return fresh + gone, len(now) - len(fresh)

    def let_go(self, messages: Sequence[Message]) -> None:
        """Forget what is older than KEPT_MS in the time of each partition's log."""
        for place, stamp_ms in {(m.topic, m.partition): m.timestamp_ms for m in messages}.items():
            told = self._told.get(place, {})
            while told and next(iter(told.values())).stamp_ms < stamp_ms - KEPT_MS:
                self._drop(told, next(iter(told)))

    def oldest_offset(self, place: Place) -> int | None:
        """Where reading must begin to know it all again."""
        return next((told.offset for told in self._told.get(place, {}).values()), None)

    def state(self, place: Place) -> bytes | None:
        """All of a partition, written down; None: there is nothing."""
        told = self._told.get(place)
        if not told:
            return None
        return msgpack.encode(
            [
                Kept(*key, one.offset, one.stamp_ms, one.revision, [encode(hit) for hit in one.hits.values()])
                for key, one in told.items()
            ]
        )

    def restore(self, place: Place, state: bytes) -> None:
        """Take over what `state` gave, of a partition of which nothing is known. Raises ValueError."""
        told: dict[tuple[UUID, str], Told] = {}
        for kept in _KEPT.decode(state):
            hits = {hit.hit_id: hit for hit in map(_HIT, kept.hits)}
            told[kept.passage_id, kept.plate] = Told(kept.offset, kept.stamp_ms, kept.revision, hits)
        self._told[place] = told
        self._plates.update(plate.encode() for _, plate in told)

    def forget(self, places: Sequence[Place]) -> None:
        """These partitions went to another worker."""
        for place in places:
            told = self._told.pop(place, {})
            for key in list(told):
                self._drop(told, key)

    def _drop(self, told: dict[tuple[UUID, str], Told], key: tuple[UUID, str]) -> None:
        del told[key]
        plate = key[1].encode()
        self._plates[plate] -= 1
        if not self._plates[plate]:
            del self._plates[plate]


def _says_more(hit: Hit, before: Hit | None) -> bool:
    """Another class, picture or moment; a probability that only moved within its class is no news."""
    if before is None:
        return True
    return (hit.alert_class, hit.evidence, hit.late, hit.withdrawn, hit.match) != (
        before.alert_class,
        before.evidence,
        before.late,
        before.withdrawn,
        before.match,
    )


def _withdrawn(hit: Hit, passage: Passage) -> Hit:
    again: Any = hit  # a compiled record, see schemas.codec
    taken_back: Hit = replace(again, withdrawn=True, revision=passage.revision, received_at=passage.received_at)
    return taken_back
