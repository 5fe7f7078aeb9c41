"""Tracks: the reads of one vehicle by one camera, as far as they have come.

A track keeps its best read as the bytes it came in, not as the record: tens of thousands of tracks are open at a
busy moment, most of them end with their first read, and a record of some twenty objects each costs more in memory
traffic than decoding the few again that are revised. What only several reads need (votes, growth) comes with the
second read.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Collection, Iterable, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from msgspec import Struct

from pipeline.identity import derived_id
from pipeline.plates.shapes import PlateForms, forms_of
from pipeline.stages.association import Neighbours, Sight, cost, sight_of
from pipeline.stages.consensus import Consensus
from pipeline.stages.growth import Growth
from pipeline.stages.normalise import NormalRead, text_of
from pipeline.stages.repeats import Repeats
from pipeline.stages.settle import is_settled, settle
from schemas.codec import compiled, decoder
from schemas.passage import Certainty
from schemas.read import Candidate, Direction, Read

__all__ = ["Finding", "Track", "Tracks", "is_behind"]

REMEMBERED_MS = 5 * 60_000
"""How long, in log time, reads of ended tracks are known again. Not rebuilt after a restart of this stage: only a
reader and this stage killed together can make a second passage of one track."""
READS_KNOWN = 128
"""Reads of an open track that are known again, the latest ones: a reader that was killed repeats about a second."""
KEYS_KEPT = 6
"""Texts by which a track without a number is found: its latest different ones."""
FRAMES_KNOWN = 4
"""Frames that may come out of order, and in each of which a track has one read at most."""
BEFORE_ALL_MS = -(2**63)
BEHIND_MS = 2_000
"""A picture that was read so long after it came in is part of a recording that comes faster than it can be read."""

CandidateRecord = compiled(Candidate)
_SEEN_BEFORE = frozenset({"plate_raw", "captured_at", "confidence", "candidates", "country", "box", "lane", "position"})


class Finding(Struct, frozen=True, gc=False):
    """What the reads so far say, and the read that shows it."""

    value: bytes
    """Message of the read shown, to decode when the passage is told again."""
    plate: str
    forms: PlateForms
    country: str | None
    legibility: float
    """Confidence before syntax: decides whether it is told at once."""
    confidence: float
    repaired: bool = False
    clear: bool = True
    """False: syntax allows several plates, and nothing tells which."""
    options: tuple[Candidate, ...] = ()
    """What it may be; empty: as the read shown says."""


class Several:
    """What a track keeps from its second read on."""

    __slots__ = ("consensus", "growth", "lane", "read_ids")

    def __init__(self, text: str, value: bytes, first: Read) -> None:
        self.consensus, self.growth = Consensus(), Growth(first.captured_at)
        self.read_ids: dict[UUID, None] = {}
        """Without the first one; the latest `READS_KNOWN`."""
        self.lane = first.lane
        self.count(text, value, first)

    def count(self, text: str, value: bytes, read: Read) -> None:
        self.consensus.add(text, value, read)
        self.growth.add(read)
        if read.lane is not None:
            self.lane = read.lane

    def note(self, read_id: UUID) -> None:
        self.read_ids[read_id] = None
        if len(self.read_ids) > READS_KNOWN:
            del self.read_ids[next(iter(self.read_ids))]


class Track:
    """One vehicle past one camera: what its reads say, and what was told of it."""

    __slots__ = (
        "behind",
        "camera_id",
        "finding",
        "first_captured_at",
        "first_id",
        "frames",
        "keys",
        "last_captured_at",
        "last_key",
        "last_stamp_ms",
        "late",
        "needed_offset",
        "number",
        "passage_id",
        "read_count",
        "received_at",
        "several",
        "sight",
        "tellings",
        "told",
        "told_certainty",
        "told_revision",
        "track_id",
    )

    def __init__(self, read: NormalRead, number: int, sight: Sight | None = None) -> None:
        record, message = read.read, read.message
        self.number = number
        self.camera_id, self.track_id = record.camera_id, record.track_id
        self.first_id = record.read_id
        self.passage_id: UUID = derived_id(record.read_id, "passage")
        self.needed_offset = message.offset  # or before it: see `Tracks`
        self.first_captured_at = self.last_captured_at = record.captured_at
        self.read_count = 1
        self.finding = _of_one(read)
        self.several: Several | None = None
        self.told: Finding | None = None
        self.told_certainty: Certainty | None = None
        self.told_revision = self.tellings = 0
        self.last_stamp_ms = message.timestamp_ms  # or later: see `Tracks`
        self.received_at: datetime = record.received_at
        self.late, self.behind = read.late, False
        if self.track_id is None:
            self._begin_unnamed(read, sight)

    def _begin_unnamed(self, read: NormalRead, sight: Sight | None) -> None:
        """What finds a track that has no number; the others have none of these."""
        record = read.read
        self.last_key = read.forms.key
        self.keys: tuple[str, ...] = (read.forms.key,)
        self.frames: tuple[UUID, ...] = () if record.frame_id is None else (record.frame_id,)
        self.sight = sight
        self.behind = is_behind(read)

    def knows(self, read_id: UUID) -> bool:
        """This very read was merged before."""
        return read_id == self.first_id or (self.several is not None and read_id in self.several.read_ids)

    def add(self, read: NormalRead, sight: Sight | None) -> None:
        """One more read."""
        record = read.read
        if self.several is None:
            value = self.finding.value
            first = _decode(value)
            self.several = Several(text_of(first), value, first)
        self.read_count += 1
        self.several.note(record.read_id)
        self.several.count(read.plate, read.message.value, record)
        self.last_captured_at = max(self.last_captured_at, record.captured_at)
        self.received_at, self.late = record.received_at, read.late
        self.finding = _of_several(self.several.consensus)
        if self.track_id is None:
            self._add_unnamed(read, sight)

    def _add_unnamed(self, read: NormalRead, sight: Sight | None) -> None:
        record = read.read
        self.last_key, self.behind = read.forms.key, is_behind(read)
        if record.frame_id is not None:
            self.frames = (*self.frames, record.frame_id)[-FRAMES_KNOWN:]
        if sight is not None:
            self.sight = sight if self.sight is None else self.sight.then(sight)

    @property
    def direction(self) -> Direction | None:
        """As the growing or shrinking plate tells; None: it does not."""
        return None if self.several is None else self.several.growth.direction()

    @property
    def lane(self) -> int | None:
        """Of the last read that told it."""
        return None if self.several is None else self.several.lane

    def note_told(self, certainty: Certainty) -> None:
        """What the world now knows."""
        self.told, self.told_certainty, self.told_revision = self.finding, certainty, self.read_count
        self.tellings += 1


def is_behind(read: NormalRead) -> bool:
    """Part of a recording that comes faster than its pictures are read."""
    record = read.read
    return record.frame_id is not None and (
        read.message.timestamp_ms - record.received_at.timestamp() * 1000 > BEHIND_MS
    )


def _of_one(read: NormalRead) -> Finding:
    """The first read, alone. Most texts have a national shape, and syntax is not asked."""
    confidence = read.read.confidence
    if is_settled(read.plate, read.forms):
        return Finding(read.message.value, read.plate, read.forms, read.country, confidence, confidence)
    consensus = Consensus()
    consensus.add(read.plate, read.message.value, read.read)
    return _of_several(consensus)


def _of_several(consensus: Consensus) -> Finding:
    """Consensus first, then syntax: filtered before, the votes would starve."""
    verdict = consensus.verdict()
    settled = settle(verdict.text, consensus.votes, consensus.hint())
    forms = forms_of(settled.plate)
    look = consensus.look(settled.plate, verdict.text)
    legibility = look.confidence * verdict.agreement
    options = settled.options or ((verdict.text, verdict.agreement), *verdict.rivals)
    return Finding(
        value=look.value,
        plate=settled.plate,
        forms=forms,
        country=look.country or forms.country,
        legibility=legibility,
        confidence=legibility * settled.confidence,
        repaired=settled.changed and settled.plate != look.text,
        clear=settled.clear,
        options=_candidates(options) if len(options) > 1 else (),
    )


def _candidates(options: Iterable[tuple[str, float]]) -> tuple[Candidate, ...]:
    return tuple(CandidateRecord(text=text, confidence=round(min(share, 1.0), 4)) for text, share in options)


class Tracks:
    """Open tracks of one partition. Time is what the log says; `come_to` and `advance` close what has ended.

    The log's time is the latest stamp so far: senders have clocks of their own. A track's last read counts at the log's
    time then, and a track is read again from the message that set that time. So it ends where it ended before, however
    its neighbours' clocks go.
    """

    def __init__(self, gap: timedelta, hold: timedelta, longest: timedelta, hold_behind: timedelta) -> None:
        self._gap, self._longest = gap, longest
        self._idle: tuple[OrderedDict[int, Track], OrderedDict[int, Track]] = (OrderedDict(), OrderedDict())
        """Those read in time, and those read behind time, each in order of the last read: the first one ends first."""
        self._holds_ms = (int(hold.total_seconds() * 1000), int(hold_behind.total_seconds() * 1000))
        self._named: dict[tuple[str, str], Track] = {}
        self._unnamed: dict[str, Neighbours] = {}
        self._ended: OrderedDict[UUID, int] = OrderedDict()
        """Later reads of ended tracks → when they ended. A first read sent again gives the same passage anyway."""
        self._log_ms, self._log_offset = BEFORE_ALL_MS, 0
        """The log's time, and the message that set it."""
        self._clock_ms = 0
        """The same, or our clock, where that was later and nothing was left to read."""
        self._next_number = 0
        self._repeats = Repeats()

    def __len__(self) -> int:
        return len(self._idle[0]) + len(self._idle[1])

    def oldest_offset(self) -> int | None:
        """Offset from which the open tracks can be rebuilt; None: nothing is open. Asked once per commit."""
        oldest = min((track.needed_offset for idle in self._idle for track in idle.values()), default=None)
        needed = None if oldest is None else self._repeats.reach(oldest)
        self._repeats.forget_before(self._log_offset if needed is None else needed)
        return needed

    def come_to(self, stamp_ms: int, offset: int) -> Sequence[Track]:
        """The log has come to a message: close tracks that have been idle for `hold`, oldest first."""
        if stamp_ms <= self._log_ms:
            return ()
        self._log_ms, self._log_offset = stamp_ms, offset
        return self._let_end(stamp_ms)

    def advance(self, clock_ms: int) -> Sequence[Track]:
        """Nothing that was stamped before this moment is left to read: close tracks likewise."""
        return self._let_end(clock_ms) if clock_ms > self._clock_ms else ()

    def _let_end(self, clock_ms: int) -> Sequence[Track]:
        self._clock_ms = max(self._clock_ms, clock_ms)
        closed: list[Track] = []
        for idle, hold_ms in zip(self._idle, self._holds_ms, strict=True):
            while idle:
                track = next(iter(idle.values()))
                if track.last_stamp_ms + hold_ms > clock_ms:
                    break
                self._close(track)
                closed.append(track)
        if self._ended:
            self._forget_ended()
        return closed

    def _forget_ended(self) -> None:
        while self._ended and next(iter(self._ended.values())) + REMEMBERED_MS < self._clock_ms:
            self._ended.popitem(last=False)

    def _close(self, track: Track) -> None:
        del self._idle[track.behind][track.number]
        if track.several is not None:
            for read_id in track.several.read_ids:
                self._ended[read_id] = self._clock_ms
        if track.track_id is not None:
            name = (track.camera_id, track.track_id)
            if self._named.get(name) is track:  # else another vehicle has the number by now
                del self._named[name]
            return
        neighbours = self._unnamed[track.camera_id]
        neighbours.drop(track)
        if not neighbours:
            del self._unnamed[track.camera_id]

    def merge(self, read: NormalRead) -> Track | None:
        """Give a read to its track, opening one if there is none. None: this very read was merged before.

        A reader that was killed sends its last reads again, maybe from the middle of a track and after its end.
        """
        record = read.read
        if record.track_id is None:
            return self._merge_unnamed(read)
        track = self._named.get((record.camera_id, record.track_id))
        if track is not None and self._in_time(track, read):
            return None if self._comes_again(track, read) else self._add(track, read, None)
        if record.read_id in self._ended:
            return None
        track = self._open(read, None)
        self._named[record.camera_id, record.track_id] = track
        return track

    def _merge_unnamed(self, read: NormalRead) -> Track | None:
        """All tracks that were considered are tied: without one of them, a rebuilt state would choose otherwise.

        So those at hand are considered even where the text has found the track in its place.
        """
        record, sight = read.read, sight_of(read.read)
        neighbours = self._unnamed.get(record.camera_id)
        if neighbours is None:
            neighbours = self._unnamed[record.camera_id] = Neighbours()
        considered = self._considered(neighbours, read, sight)
        if record.read_id in self._ended or any(self._comes_again(track, read) for track in considered):
            return None
        if not considered:
            return self._open_unnamed(neighbours, read, sight)
        oldest = _tie(considered)
        chosen = _best(considered, read, sight)
        if chosen is not None:
            return self._add_unnamed(neighbours, chosen, read, sight)
        opened = self._open_unnamed(neighbours, read, sight)
        opened.needed_offset = oldest
        return opened

    def _comes_again(self, track: Track, read: NormalRead) -> bool:
        """Whether the track has it; noted, as a rebuilt state has to know that too."""
        known = track.knows(read.read.read_id)
        if known:
            self._repeats.note(read.message.offset, track.needed_offset)
        return known

    def _considered(self, neighbours: Neighbours, read: NormalRead, sight: Sight | None) -> Sequence[Track]:
        key = read.forms.key
        alike = [track for track in neighbours.alike(key) if self._in_time(track, read)]
        if sight is None:
            return alike
        at_hand = neighbours.at_hand(sight, key)
        return [*alike, *(t for t in at_hand if t not in alike and self._in_time(t, read))] if at_hand else alike

    def _add(self, track: Track, read: NormalRead, sight: Sight | None) -> Track:
        behind = track.behind
        track.add(read, sight)
        track.last_stamp_ms = self._log_ms
        if behind == track.behind:
            self._idle[behind].move_to_end(track.number)
        else:
            del self._idle[behind][track.number]
            self._idle[track.behind][track.number] = track
        return track

    def _add_unnamed(self, neighbours: Neighbours, track: Track, read: NormalRead, sight: Sight | None) -> Track:
        self._add(track, read, sight)
        if sight is not None:
            neighbours.note_seen(track)
        if read.forms.key not in track.keys:
            keys = (*track.keys, read.forms.key)[-KEYS_KEPT:]
            neighbours.replace_keys(track, keys)
            track.keys = keys
        return track

    def _open(self, read: NormalRead, sight: Sight | None) -> Track:
        track = Track(read, self._next_number, sight)
        track.last_stamp_ms, track.needed_offset = self._log_ms, self._log_offset
        self._next_number += 1
        self._idle[track.behind][track.number] = track
        return track

    def _open_unnamed(self, neighbours: Neighbours, read: NormalRead, sight: Sight | None) -> Track:
        track = self._open(read, sight)
        neighbours.add(track, track.last_key)
        if sight is not None:
            neighbours.note_seen(track)
        return track

    def _in_time(self, track: Track, read: NormalRead) -> bool:
        """Within the track's time or `gap` about it: reads may come out of order, or twice."""
        seen, first = read.read.captured_at, track.first_captured_at
        return (
            first - seen <= self._gap and seen - track.last_captured_at <= self._gap and seen - first <= self._longest
        )


def _tie(tracks: Collection[Track]) -> int:
    """None can be rebuilt without the others: a read in question went to one only because the others were there."""
    oldest = min(track.needed_offset for track in tracks)
    for track in tracks:
        track.needed_offset = oldest
    return oldest


def _best(considered: Iterable[Track], read: NormalRead, sight: Sight | None) -> Track | None:
    """The track that fits best; of equals, the latest opened."""
    costs = [(cost(track, read.read, read.forms.key, sight), -track.number, track) for track in considered]
    fits = [(fit, number, track) for fit, number, track in costs if fit is not None]
    return min(fits)[2] if fits else None


_decode: Callable[[bytes], Read] = decoder(Read, _SEEN_BEFORE)
