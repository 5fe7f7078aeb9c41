"""match: compare each passage with the hotlist."""

from __future__ import annotations

from collections.abc import Callable

from pipeline.decoding import decode_each
from pipeline.hotlist import HotlistIndex
from pipeline.identity import fact_id
from pipeline.messages import Batch
from pipeline.outcome import Emit, Outcome
from schemas.codec import compiled, decoder, encode
from schemas.hit import Hit
from schemas.hotlist import HotlistEntry
from schemas.passage import Passage

__all__ = ["Match"]

HitRecord = compiled(Hit)


class Match:
    """Passages in, hits out. A function of the passage and the list: a withdrawn passage withdraws its hits."""

    def __init__(self, hotlist: HotlistIndex, topic: str = "hits") -> None:
        self._hotlist, self._topic = hotlist, topic
        self._decode: Callable[[bytes], Passage] = decoder(Passage)

    def __call__(self, batch: Batch) -> Outcome:
        """One hit per passage and valid entry of its plate, as of the moment of the passage.

        A passage's key is its plate, and nearly all are wanted by nobody: those are not even decoded.
        """
        wanted = [m for m in batch.messages if m.key is None or self._hotlist.may_match(m.key)]
        outcome = Outcome()
        for _message, passage in decode_each(wanted, self._decode, outcome.rejected):
            for entry in self._hotlist.matches(passage.plate, passage.captured_at):
                outcome.emitted.append(Emit(self._topic, passage.plate.encode(), encode(_hit(passage, entry))))
        return outcome


def _hit(passage: Passage, entry: HotlistEntry) -> Hit:
    return HitRecord(
        # The plate too: a correction from one wanted plate to another withdraws the old hit and tells the new one
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
        match="exact" if entry.plate == passage.plate else "pattern",
        probability=passage.confidence,
        alert_class="alert" if passage.certainty == "sure" else "confirm",
        instruction=entry.instruction,
        dangerous=entry.dangerous,
        reason=entry.reason,
        camera_id=passage.camera_id,
        captured_at=passage.captured_at,
        received_at=passage.received_at,
        evidence=passage.evidence,
        position=passage.position,
        late=passage.late,
    )
