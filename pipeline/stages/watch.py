"""watch: passages against the other passages of their plate; told where one car can not have been at both."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from pipeline.clones.judgement import Assumptions, assumptions
from pipeline.clones.keeping import FORM, read, written
from pipeline.clones.partition import Partition
from pipeline.clones.sighting import LONGEST_DELAY_MS, Sighting
from pipeline.decoding import decode_each
from pipeline.geo import Point
from pipeline.hotlist.evidence import plates_right
from pipeline.hotlist.limits import place_of
from pipeline.messages import Batch, Message
from pipeline.outcome import Emit, Outcome, Rejection
from pipeline.travel import CLOCK_SKEW_S
from schemas.anomaly import Anomaly
from schemas.camera import Camera
from schemas.codec import decoder, encode
from schemas.passage import Passage

__all__ = ["Watch"]

Place = tuple[str, int]
NEEDED = frozenset(
    {
        *("passage_id", "revision", "withdrawn", "camera_id", "captured_at", "last_captured_at", "received_at"),
        *("plate", "confidence", "read_count", "evidence", "position"),
    }
)
"""Fields of a passage: decoding the others too takes four times as long."""
OWN_CLOCK = "patrol_car"
"""Cameras that know the time from satellites, however late they send. Of others a late passage may as well come from a
clock that is behind."""
NO_FIX = Point(0.0, 0.0)
"""Where a satellite receiver says to be that does not know: it would be far from everywhere."""
OLDEST_MS, NEWEST_MS = 946_684_800_000, 4_102_444_800_000
"""The years 2000 and 2100: a clock that says less was never set."""


class Watch:
    """Stateful stage: passages in, anomalies out. One anomaly per plate and stretch of trouble, revised meanwhile."""

    form = FORM

    def __init__(
        self, cameras: Mapping[str, Camera], given: Assumptions | None = None, topic: str = "anomalies"
    ) -> None:
        self._cameras, self._given, self._topic = cameras, given or assumptions(), topic
        self._partitions: dict[Place, Partition] = {}
        self._decode: Callable[[bytes], Passage] = decoder(Passage, NEEDED)

    def __call__(self, batch: Batch) -> Outcome:
        """Anomalies that follow from the passages of a batch.

        Rejected: `key_missing`, `key_mismatch`. Dropped: `already_seen` (told again, or an older revision),
        `camera_unknown`, `no_place` (a moving camera that told none), `no_time` (a clock that was never set),
        `clock_ahead` (received before it was captured): of these nothing can be judged.
        """
        outcome = Outcome()
        read = list(decode_each(batch.messages, self._decode, outcome.rejected))
        right = plates_right([passage for _, passage in read]).tolist() if read else []
        now_ms = _epoch_ms(batch.now)
        for (message, passage), share in zip(read, right, strict=True):
            if message.key == passage.plate.encode():
                self._take(message, passage, 1 - share, now_ms, outcome)
            else:
                outcome.rejected.append(_without_key(message))
        return outcome

    def _take(self, message: Message, passage: Passage, wrong: float, now_ms: int, outcome: Outcome) -> None:
        """One passage. A stamp of the future is held to be of now: it would let go all that is remembered."""
        place = (message.topic, message.partition)
        partition = self._partitions.get(place)
        if partition is None:
            partition = self._partitions[place] = Partition(self._cameras, self._given)
        partition.advance(min(message.timestamp_ms, now_ms), message.offset)
        reason = self._remember(partition, message.key or b"", passage, wrong)
        if reason:
            outcome.dropped[reason] += 1
        if partition.told:
            outcome.emitted += [Emit(self._topic, _key(one), encode(one)) for one in partition.told]
            partition.told = []

    def _remember(self, partition: Partition, plate: bytes, passage: Passage, wrong: float) -> str:
        """Why it is left out; empty: it is not."""
        camera = self._cameras.get(passage.camera_id)
        if camera is None:
            return "camera_unknown"
        place = place_of(passage, camera)
        if place is None or place == NO_FIX:
            return "no_place"
        captured_ms, received_ms = _epoch_ms(passage.captured_at), _epoch_ms(passage.received_at)
        if not (OLDEST_MS <= captured_ms < NEWEST_MS and OLDEST_MS <= received_ms < NEWEST_MS):
            return "no_time"
        delay_ms = received_ms - _epoch_ms(passage.last_captured_at)
        if delay_ms < -CLOCK_SKEW_S * 1000:
            partition.note_ahead(passage.camera_id, plate, received_ms, -delay_ms / 1000)
            return "clock_ahead"
        behind_ms = 0 if camera.kind == OWN_CLOCK else min(max(delay_ms, 0), LONGEST_DELAY_MS)
        known = partition.take(plate, _sighting(passage, captured_ms, behind_ms, place, wrong))
        return "" if known else "already_seen"

    def needed_from(self, place: Place) -> int | None:
        """Oldest offset from which the state can be rebuilt: two hours and a half back, or where a trouble began."""
        partition = self._partitions.get(place)
        return partition.needed_from() if partition is not None else None

    def state(self, place: Place) -> bytes | None:
        """What is remembered of a partition, to be written down."""
        partition = self._partitions.get(place)
        return None if partition is None else written(partition.state())

    def restore(self, place: Place, state: bytes) -> None:
        """Remember it again. Raises ValueError."""
        self._partitions[place] = Partition(self._cameras, self._given, read(state))

    def forget(self, places: Sequence[Place]) -> None:
        """Drop what is remembered of partitions that went to another worker."""
        for place in places:
            self._partitions.pop(place, None)

    def open_tracks(self) -> int:
        """Plates remembered, for the metric; one that passed in several half hours counts in each."""
        return sum(map(len, self._partitions.values()))


def _sighting(passage: Passage, captured_ms: int, delay_ms: int, place: Point, wrong: float) -> Sighting:
    return Sighting(
        passage.passage_id.bytes,
        passage.revision,
        passage.withdrawn,
        passage.camera_id,
        captured_ms,
        delay_ms,
        place.lat,
        place.lon,
        wrong,
        passage.confidence,
        passage.evidence or "",
    )


def _epoch_ms(moment: datetime) -> int:
    return round(moment.timestamp() * 1000)


def _key(anomaly: Anomaly) -> bytes:
    return (anomaly.plate or anomaly.camera_id or "").encode()


def _without_key(message: Message) -> Rejection:
    if not message.key:
        return Rejection(message, "key_missing", "a passage needs its plate as key: the key decides the partition")
    return Rejection(message, "key_mismatch", "key is not the plate of the passage")
