"""match: compare each passage with the hotlist, and take back what was told where a passage is corrected."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from operator import attrgetter

import numpy as np
from numpy.typing import NDArray

from pipeline.decoding import decode_each
from pipeline.hotlist.calibration import Floats
from pipeline.hotlist.evidence import right_of
from pipeline.hotlist.index import HotlistIndex, Pairs
from pipeline.hotlist.limits import applies, place_of
from pipeline.hotlist.matching import Matched, kinds_in_question, matched, renumbered
from pipeline.hotlist.rules import KIND_NUMBERS, list_rules
from pipeline.hotlist.spelling import Bytes, rows_of
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

__all__ = ["Match", "tells_nothing"]

HitRecord = compiled(Hit)
_URGENT_FIRST = attrgetter("priority", "entry_id")
SURENESS = frozenset({"plate", "confidence", "read_count"})
"""Fields of a passage that are decoded of all: by these most are let go. All of them take fifteen times as long."""
GLANCE = frozenset({"passage_id", "plate", "confidence", "read_count", "candidates"})
"""Fields by which a passage is judged that may be of somebody who is wanted."""
TEXT = b'"text":"'
"""Stands before each text that a passage may be, as our own stages write it. Plates have nothing to escape."""
CANDIDATES = b'"candidates":[{'
"""Stands before the first of them."""


class Match:
    """Stateful stage: passages in, hits out. One hit per passage, plate and entry.

    What was told of a passage is remembered for as long as it may be revised: a later revision that is no match any
    more, or of another plate, takes the hit back; one that says nothing new is not told again.
    """

    form = "match 1"

    def __init__(
        self,
        hotlist: HotlistIndex,
        cameras: Mapping[str, Camera],
        patrols: Mapping[str, PatrolPosition],
        topic: str = "hits",
    ) -> None:
        self._hotlist, self._cameras, self._patrols, self._topic = hotlist, cameras, patrols, topic
        self._told = ToldHits()
        self._sureness: Callable[[bytes], Passage] = decoder(Passage, SURENESS, unchecked=frozenset({"plate"}))
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

        A passage's key is its plate. Most are like nobody's who is wanted, or too surely read to be another's: of those
        no more is decoded than how sure.
        """
        keyed, right, untold = self._rights(keyed, outcome)
        if not keyed:
            return
        texts = rows_of([message.key or b"" for message in keyed])
        kinds = kinds_in_question(self._hotlist, texts, right, untold)
        doubtful: NDArray[np.bool_] = np.logical_or.reduce(kinds, axis=1)
        pairs, patterns = self._pairs(texts, kinds, doubtful), list(self._hotlist.find_patterns(texts))
        hit = {*pairs.texts.tolist(), *(row for row, _ in patterns), *self._told.rows_told(keyed)}
        hit.update(self._listed_as_another(keyed, np.flatnonzero(doubtful).tolist()))
        kept, seen = self._decoded(keyed, _with_revisions(keyed, hit), outcome)
        if not seen:
            return
        number = {row: n for n, row in enumerate(kept)}
        near = renumbered(pairs, np.array(kept), len(keyed))
        numbered = [(number[row], pattern) for row, pattern in patterns if row in number]
        found: defaultdict[int, list[Matched]] = defaultdict(list)
        for match in matched(self._hotlist, seen, texts[kept], near, numbered):
            found[match.passage].append(match)
        for n, row in enumerate(kept):
            if n in found or self._told.knows(keyed[row], seen[n]):
                for message, passage in decode_each([keyed[row]], self._decode, outcome.rejected):
                    yield message, passage, found[n]

    def _rights(self, keyed: Sequence[Message], outcome: Outcome) -> tuple[list[Message], Floats, NDArray[np.bool_]]:
        """Messages that fit, how likely the plate of each is right, and whether no more than that is told."""
        read, claimed, several = list[Message](), list[float](), list[bool]()
        for message, passage in decode_each(keyed, self._sureness, outcome.rejected):
            if message.key != passage.plate.encode():
                outcome.rejected.append(Rejection(message, "key_mismatch", "key is not the plate of the passage"))
                continue
            read.append(message)
            claimed.append(passage.confidence)
            several.append(passage.read_count > 1)
        untold = np.array([tells_nothing(message) for message in read], dtype=np.bool_)
        return read, right_of(claimed, several), untold

    def _pairs(self, texts: Bytes, kinds: NDArray[np.bool_], doubtful: NDArray[np.bool_]) -> Pairs:
        """Entries to the letter; of doubtful texts near ones too, of the kinds in question."""
        same = self._hotlist.find(texts, near=False)
        same = same.taken((texts[same.texts] == same.plates).all(axis=1))
        rows = np.flatnonzero(doubtful)
        near = self._hotlist.find(texts[rows], of_kinds=kinds[rows])
        near = near._replace(texts=rows[near.texts])
        return same.joined(near.taken((texts[near.texts] != near.plates).any(axis=1)))

    def _listed_as_another(self, keyed: Sequence[Message], rows: Sequence[int]) -> list[int]:
        """Those of the rows of which another text, as some read or syntax has it, is listed to the letter.

        Such texts are cut out of the message: to decode it takes six times as long, and most are nobody's.
        """
        owners, texts = list[int](), list[bytes]()
        for row in rows:
            for told in keyed[row].value.split(TEXT)[1:]:
                text = told[: told.find(b'"')]
                if text != keyed[row].key:
                    owners.append(row)
                    texts.append(text)
        pairs = self._hotlist.find(rows_of(texts), near=False)
        return [owners[n] for n in pairs.texts.tolist()]

    def _decoded(
        self, keyed: Sequence[Message], rows: Sequence[int], outcome: Outcome
    ) -> tuple[list[int], list[Passage]]:
        """Those of the rows that can be decoded, with the fields of GLANCE."""
        kept: list[int] = []
        seen: list[Passage] = []
        row_of = {id(keyed[row]): row for row in rows}
        for message, passage in decode_each([keyed[row] for row in rows], self._glance, outcome.rejected):
            kept.append(row_of[id(message)])
            seen.append(passage)
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
            probability=round(match.probability, 5),
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

    def state(self, place: tuple[str, int]) -> bytes | None:
        """What is remembered of a partition, to be written down."""
        return self._told.state(place)

    def restore(self, place: tuple[str, int], state: bytes) -> None:
        """Remember it again. Raises ValueError."""
        self._told.restore(place, state)

    def forget(self, places: Sequence[tuple[str, int]]) -> None:
        """Drop what is remembered of partitions that went to another worker."""
        self._told.forget(places)

    def open_tracks(self) -> int:
        """Passages with a hit that may still be revised, for the metric."""
        return len(self._told)


def _with_revisions(keyed: Sequence[Message], rows: Collection[int]) -> list[int]:
    """These rows and all of the same plates: what is told of the first of a batch, a later one may take back."""
    plates = {keyed[row].key for row in rows}
    return [row for row, message in enumerate(keyed) if message.key in plates] if plates else []


def tells_nothing(message: Message) -> bool:
    """Of single characters, and of no text but the plate. Written otherwise than our own stages do, it may tell all."""
    value, begin = message.value, message.value.find(CANDIDATES)
    if begin < 0:
        return b'"candidates"' not in value
    alone = TEXT + (message.key or b"") + b'","confidence":'
    begin += len(CANDIDATES)
    return value.startswith(alone, begin) and b"," not in value[begin + len(alone) : value.find(b"]", begin)]


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
