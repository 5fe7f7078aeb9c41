"""consolidate: reads of one vehicle by one camera become one passage, emitted early and then revised.

A passage's revision number is the number of reads merged so far, so what revision n says is a function of the
first n reads alone: however a restart cuts the log into batches, equal numbers carry equal content.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from pipeline.decoding import decode_each
from pipeline.messages import Batch
from pipeline.outcome import Emit, Outcome, Rejection
from pipeline.stages.normalise import NormalRead, TimeRules, latest_stamp_ms, normalise_one
from pipeline.stages.tally import Tally
from pipeline.stages.tracks import Finding, Track, Tracks
from schemas.codec import compiled, decoder, encode
from schemas.passage import Certainty, Passage
from schemas.read import Read

__all__ = ["Consolidate", "ConsolidateRules"]

PassageRecord = compiled(Passage)
Place = tuple[str, int]


@dataclass(frozen=True, slots=True)
class ConsolidateRules:
    """When reads are of one vehicle, and when a passage may be told."""

    gap: timedelta = timedelta(seconds=4)
    """Reads further apart in capture time are two passages."""
    hold: timedelta = timedelta(seconds=4)
    """A track without reads for so long, in log time, is closed. Not less than `gap`."""
    hold_behind: timedelta = timedelta(seconds=15)
    """The same for reads of a recording that comes faster than its pictures are read: there, log time says how busy
    the reader is."""
    longest: timedelta = timedelta(minutes=10)
    """A vehicle that stands longer gives another passage: state, and the rewind after a restart, stay bounded."""
    grace: timedelta = timedelta(seconds=2)
    """How long a message may be on its way to us: only after `hold` and this does our clock close a track."""
    tell_from: float = 0.5
    """A first read of at least this confidence is told at once; others wait for more reads or the close."""
    sure_from: float = 0.85
    """From this confidence on, a passage is `sure`."""
    free_tellings: int = 4
    """Corrections beyond this wait until the reads have doubled since the last one, or for the close."""


class Consolidate:
    """Stateful stage: reads in, passages out. Keeps open tracks per partition, bounded by `hold`."""

    def __init__(
        self,
        cameras: Mapping[str, Any],
        rules: ConsolidateRules = ConsolidateRules(),
        time_rules: TimeRules = TimeRules(),  # noqa: B008 - frozen
        topic: str = "passages",
        tally: Tally | None = None,
        tracks: type[Tracks] = Tracks,
    ) -> None:
        """tally: counts the reads of each camera, where somebody wants that. tracks: those of each partition."""
        self._cameras, self._rules, self._time_rules, self._topic = cameras, rules, time_rules, topic
        self._tally, self._new_tracks = tally, tracks
        self._tracks: dict[Place, Tracks] = {}
        self._followed_from: dict[Place, int] = {}
        """Where a predecessor's open tracks begin: what is read again of the log before is for the tally only."""
        self._decode: Callable[[bytes], Read] = decoder(Read)

    def __call__(self, batch: Batch) -> Outcome:
        """Merge the reads of a batch; tell what is new; close what has ended."""
        outcome = Outcome()
        latest_ms, tally = latest_stamp_ms(batch.now, self._time_rules), self._tally
        for message, read in decode_each(batch.messages, self._decode, outcome.rejected):
            normal = normalise_one(message, read, self._cameras, self._time_rules, latest_ms)
            if isinstance(normal, Rejection):
                outcome.rejected.append(normal)
                if tally is not None and message.timestamp_ms <= latest_ms:
                    tally.add_refused(message, read, normal.reason, outcome.emitted)
            else:
                self._merge(normal, outcome, replayed=batch.replayed)
                if tally is not None:
                    tally.add(message, read, normal.late, outcome.emitted)
        self._let_time_pass(batch, outcome)
        return outcome

    def _merge(self, read: NormalRead, outcome: Outcome, *, replayed: bool) -> None:
        """Told read by read, never batch by batch: a restart cuts batches elsewhere and must tell the same."""
        message = read.message
        place = (message.topic, message.partition)
        tracks = self._tracks.get(place)
        if tracks is None:
            rules = self._rules
            tracks = self._tracks[place] = self._new_tracks(rules.gap, rules.hold, rules.longest, rules.hold_behind)
        self._close(tracks.come_to(message.timestamp_ms, message.offset), outcome)
        if replayed and message.offset < self._followed_from.get(place, 0):
            return
        track = tracks.merge(read)
        if track is None:
            outcome.dropped["duplicate_read"] += 1
        else:
            self._tell(track, outcome, in_hand=read)

    def _let_time_pass(self, batch: Batch, outcome: Outcome) -> None:
        """Where nothing is left to read, the clock tells that a track has ended."""
        reached_ms = int((batch.now - self._rules.grace).timestamp() * 1000)
        for place in batch.caught_up:
            tracks = self._tracks.get(place)
            if tracks is not None:
                self._close(tracks.advance(reached_ms), outcome)
            if self._tally is not None:
                self._tally.let_time_pass(place, reached_ms, not tracks, outcome.emitted)

    def _close(self, tracks: Iterable[Track], outcome: Outcome) -> None:
        for track in tracks:
            self._tell(track, outcome, in_hand=None)

    def _tell(self, track: Track, outcome: Outcome, *, in_hand: NormalRead | None) -> None:
        """Emit what is worth telling. `in_hand`: the read just merged; None: the track is closing."""
        if track.told_revision == track.read_count:
            return
        found, told = track.finding, track.told
        certainty: Certainty = "sure" if found.confidence >= self._rules.sure_from and found.clear else "doubtful"
        if not self._worth_telling(track, certainty, closing=in_hand is None):
            return
        if told is not None and told.plate != found.plate:
            withdrawal = self._passage(track, told, self._decode(told.value), certainty, withdrawn=True)
            outcome.emitted.append(self._emit(withdrawal))
        fresh = in_hand is not None and in_hand.message.value is found.value
        read = in_hand.read if in_hand is not None and fresh else self._decode(found.value)
        outcome.emitted.append(self._emit(self._passage(track, found, read, certainty)))
        track.note_told(certainty)

    def _worth_telling(self, track: Track, certainty: Certainty, *, closing: bool) -> bool:
        """The first confident read, what changes the plate or its certainty, and the end."""
        told, found = track.told, track.finding
        if closing:
            return True
        if told is None:
            return found.legibility >= self._rules.tell_from
        changed = told.plate != found.plate or track.told_certainty != certainty
        return changed and (track.tellings < self._rules.free_tellings or track.read_count >= 2 * track.told_revision)

    def _emit(self, passage: Passage) -> Emit:
        return Emit(self._topic, passage.plate.encode(), encode(passage))

    @staticmethod
    def _passage(track: Track, found: Finding, read: Read, certainty: Certainty, *, withdrawn: bool = False) -> Passage:
        """`read`: the one that is shown: all that belongs to the picture is of it."""
        return PassageRecord(
            passage_id=track.passage_id,
            revision=track.read_count,
            withdrawn=withdrawn,
            camera_id=track.camera_id,
            captured_at=track.first_captured_at,
            last_captured_at=track.last_captured_at,
            received_at=track.received_at,
            plate_raw=read.plate_raw,
            plate=found.plate,
            plate_key=found.forms.key,
            plate_display=found.forms.display,
            country=found.country,
            confidence=found.confidence,
            certainty=certainty,
            repaired=found.repaired,
            candidates=found.options or read.candidates,
            read_count=track.read_count,
            best_read_id=read.read_id,
            best_captured_at=read.captured_at,
            frame_id=read.frame_id,
            box=read.box,
            evidence=read.evidence,
            vehicle_class=read.vehicle_class,
            direction=read.direction or track.direction,
            lane=track.lane if read.lane is None else read.lane,
            position=read.position,
            late=track.late,
            reader=read.reader,
        )

    def needed_from(self, place: Place) -> int | None:
        """Offset of the first read of the oldest open track, or of what is counted and not told."""
        needed = (self._oldest_track(place), self._tally.needed_from(place) if self._tally else None)
        return min((one for one in needed if one is not None), default=None)

    def note(self, place: Place, reached: int) -> str:
        """Where the open tracks of a partition begin, mostly some seconds back; the tally needs up to half a minute."""
        oldest = self._oldest_track(place)
        return f"tracks={reached if oldest is None else oldest}"

    def _oldest_track(self, place: Place) -> int | None:
        tracks = self._tracks.get(place)
        return tracks.oldest_offset() if tracks else None

    def heed(self, place: Place, note: str, live: int) -> None:
        """A predecessor's note: reads before its tracks are counted and not followed, which is much less work.

        Where it says nothing, or the group was put back since, all that is read again is followed.
        """
        oldest = note.removeprefix("tracks=")
        self._followed_from[place] = int(oldest) if oldest.isdecimal() and int(oldest) <= live else 0

    def forget(self, places: Sequence[Place]) -> None:
        """Drop tracks of partitions that went to another worker."""
        for place in places:
            self._tracks.pop(place, None)
            self._followed_from.pop(place, None)
        if self._tally is not None:
            self._tally.forget(places)

    def open_tracks(self) -> int:
        """Vehicles still followed, for the metric."""
        return sum(len(tracks) for tracks in self._tracks.values())
