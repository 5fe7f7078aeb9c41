"""match: compare each passage with the hotlist, and take back what was told where a passage is corrected."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from operator import attrgetter

import numpy as np

from pipeline.decoding import decode_each
from pipeline.hotlist.index import HotlistIndex
from pipeline.hotlist.limits import applies, place_of
from pipeline.hotlist.matching import Matched, matched, near_pairs
from pipeline.hotlist.rules import KIND_NUMBERS, list_rules
from pipeline.hotlist.spelling import rows_of
from pipeline.identity import fact_id
from pipeline.messages import Batch, Message
from pipeline.outcome import Emit, Outcome, Rejection
from pipeline.patrols import nearest
from pipeline.plates.misread import misread_of
from pipeline.stages.told_hits import ToldHits
from schemas.camera import Camera, PatrolPosition
from schemas.codec import compiled, decoder, encode
from schemas.hit import Hit
from schemas.hotlist import HotlistEntry
from schemas.passage import Passage

__all__ = ["Match"]

HitRecord = compiled(Hit)
_URGENT_FIRST = attrgetter("priority", "entry_id")
GLANCE = frozenset({"passage_id", "plate", "confidence", "read_count", "candidates"})
"""Fields of a passage by which it is judged. Nearly all are judged and let go: decoding the others takes as long."""
TEXT = b'"text":"'
"""Stands once in a passage that may be one text only, more often in one that may be others."""


class Match:
    """Stateful stage: passages in, hits out. One hit per passage, plate and entry.

    What was told of a passage is remembered for as long as it may be revised: a later revision that is no match any
    more, or of another plate, takes the hit back; one that says nothing new is not told again.
    """

    def __init__(
        self,
        hotlist: HotlistIndex,
        cameras: Mapping[str, Camera],
        patrols: Mapping[str, PatrolPosition],
        topic: str = "hits",
    ) -> None:
        self._hotlist, self._cameras, self._patrols, self._topic = hotlist, cameras, patrols, topic
        self._told = ToldHits()
        self._glance: Callable[[bytes], Passage] = decoder(Passage, GLANCE)
        self._decode: Callable[[bytes], Passage] = decoder(Passage)
        self._entry: Callable[[bytes], HotlistEntry] = decoder(HotlistEntry)

    def __call__(self, batch: Batch) -> Outcome:
        """Hits of the passages of a batch, as the list stands.

        Rejected: `key_missing`, `key_mismatch`. Dropped: `unchanged` (hits told before).
        """
        outcome = Outcome()
        keyed = [message for message in batch.messages if message.key]
        if len(keyed) < len(batch.messages):
            outcome.rejected += [_without_key(message) for message in batch.messages if not message.key]
        if keyed:
            for message, passage, matches in self._wanted(keyed, outcome):
                self._tell(message, passage, self._valid_hits(passage, matches), outcome)
            self._told.let_go(keyed)
        return outcome

    def _wanted(self, keyed: Sequence[Message], outcome: Outcome) -> Iterator[tuple[Message, Passage, list[Matched]]]:
        """Passages that somebody is told of, or was, with the entries that they match now.

        A passage's key is its plate, and most are like nobody's who is wanted: those are not even decoded.
        """
        texts = rows_of([message.key or b"" for message in keyed])
        pairs, patterns = self._hotlist.find(texts), list(self._hotlist.find_patterns(texts))
        wanted = np.zeros(len(keyed), dtype=np.bool_)
        wanted[pairs.texts] = True
        wanted[[row for row, _ in patterns]] = True
        wanted[list(self._told.rows_told(keyed))] = True
        if len(self._hotlist):
            wanted |= [message.value.count(TEXT) > 1 for message in keyed]
        kept, seen = self._decoded(keyed, np.flatnonzero(wanted).tolist(), outcome)
        if not seen:
            return
        number = {row: n for n, row in enumerate(kept)}
        near = near_pairs(pairs, np.array(kept), len(keyed))
        numbered = [(number[row], pattern) for row, pattern in patterns if row in number]
        found: defaultdict[int, list[Matched]] = defaultdict(list)
        for match in matched(self._hotlist, seen, texts[kept], near, numbered):
            found[match.passage].append(match)
        for n, row in enumerate(kept):
            if n in found or self._told.knows(keyed[row], seen[n]):
                for message, passage in decode_each([keyed[row]], self._decode, outcome.rejected):
                    yield message, passage, found[n]

    def _decoded(
        self, keyed: Sequence[Message], rows: Sequence[int], outcome: Outcome
    ) -> tuple[list[int], list[Passage]]:
        """Those of the rows that can be decoded, with the fields of GLANCE."""
        kept: list[int] = []
        seen: list[Passage] = []
        row_of = {id(keyed[row]): row for row in rows}
        for message, passage in decode_each([keyed[row] for row in rows], self._glance, outcome.rejected):
            if message.key == passage.plate.encode():
                kept.append(row_of[id(message)])
                seen.append(passage)
            else:
                outcome.rejected.append(Rejection(message, "key_mismatch", "key is not the plate of the passage"))
        return kept, seen

    def _valid_hits(self, passage: Passage, matches: Sequence[Matched]) -> list[Hit]:
        """Hits on entries that are for this moment and place, the most urgent first."""
        camera = self._cameras.get(passage.camera_id)
        entries = [(self._entry(self._hotlist.message(match.place)), match) for match in matches]
        hits = [self._hit(passage, camera, *found) for found in entries if applies(found[0], passage, camera)]
        return sorted(hits, key=_URGENT_FIRST)

    def _hit(self, passage: Passage, camera: Camera | None, entry: HotlistEntry, match: Matched) -> Hit:
        urgent = list_rules()[KIND_NUMBERS[entry.list_kind]].urgent and not passage.late
        place = place_of(passage, camera) if urgent else None
        return HitRecord(
            # The plate too: a correction from one wanted plate to another takes the old hit back and tells the new one
            # in one revision, under two keys.
            hit_id=fact_id("hit", passage.passage_id, entry.entry_id, passage.plate),
            revision=passage.revision,
            withdrawn=passage.withdrawn,
            passage_id=passage.passage_id,
            entry_id=entry.entry_id,
            list_kind=entry.list_kind,
            priority=entry.priority,
            owner=entry.owner,
            plate=passage.plate,
            listed_plate=entry.plate,
            match=match.match,
            probability=round(match.probability, 4),
            differing=_differing(passage.plate, entry.plate) if match.match == "misread" else (),
            why=_why(passage.plate, entry.plate, match),
            alert_class=match.alert_class if passage.certainty == "sure" else "confirm",
            instruction=entry.instruction,
            dangerous=entry.dangerous,
            reason=entry.reason,
            camera_id=passage.camera_id,
            captured_at=passage.captured_at,
            received_at=passage.received_at,
            evidence=passage.evidence,
            position=passage.position,
            late=passage.late,
            nearest_patrols=() if place is None else nearest(self._patrols.values(), place, passage.received_at),
        )

    def _tell(self, message: Message, passage: Passage, hits: Sequence[Hit], outcome: Outcome) -> None:
        """What is new, and what is taken back, of one passage under one plate."""
        told, unchanged = self._told.changes(message, passage, hits)
        if unchanged:
            outcome.dropped["unchanged"] += unchanged
        outcome.emitted += [Emit(self._topic, hit.plate.encode(), encode(hit)) for hit in told]

    def needed_from(self, place: tuple[str, int]) -> int | None:
        """Offset of the oldest passage of which a hit is remembered."""
        return self._told.oldest_offset(place)

    def forget(self, places: Sequence[tuple[str, int]]) -> None:
        """Drop what is remembered of partitions that went to another worker."""
        self._told.forget(places)

    def open_tracks(self) -> int:
        """Passages with a hit that may still be revised, for the metric."""
        return len(self._told)


def _without_key(message: Message) -> Rejection:
    return Rejection(message, "key_missing", "a passage needs its plate as key: the key decides the partition")


def _differing(plate: str, listed: str) -> tuple[int, ...]:
    """Places in `plate` that differ; of texts of other length those from the first that differs on."""
    if len(plate) == len(listed):
        return tuple(place for place, (a, b) in enumerate(zip(plate, listed, strict=True)) if a != b)
    place = next(
        (n for n, (a, b) in enumerate(zip(plate, listed, strict=False)) if a != b), min(len(plate), len(listed))
    )
    return (place,)


def _why(plate: str, listed: str, match: Matched) -> str:
    if match.match == "pattern":
        return f"fits {listed}"
    found = misread_of(listed, plate)
    return found.why if found is not None else "the reader, or the syntax of plates, allows it as another text"
