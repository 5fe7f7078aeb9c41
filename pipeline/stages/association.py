"""Association: which of a camera's open tracks a read without a track number belongs to.

Two witnesses: the text, by edits between confusion-class keys, and the place, by how far the plate is from where its
track should have come to, in widths of the plate. They are weighed together, so that of two plates that differ in one
character (a fleet) the place decides, and a bad read is kept with its vehicle by the place alone.

What is looked at is found by index: tracks that share the first or the last three characters, and the few tracks
last seen. So the cost of a read does not grow with the tracks that are open.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice
from math import hypot
from typing import TYPE_CHECKING

from msgspec import Struct

from pipeline.plates.text import within_one_edit
from pipeline.stages.consensus import edits_apart
from schemas.read import Read

if TYPE_CHECKING:
    from pipeline.stages.tracks import Track

__all__ = ["Neighbours", "Sight", "cost", "sight_of"]

EDGE = 3
"""Of two keys of six or more characters that are one edit apart, the first or the last three are equal."""
SHORT = 5
"""Shorter ones may have their one difference in the middle: they also share a bucket."""
LAST_SEEN = 32
"""So many tracks are looked at for their place, the latest first: a frame seldom holds more plates."""
CARRIED_S = 1.0
"""For so long the place alone carries a track over a bad read."""
MISREAD = 3
"""More characters than this are not misread together: it is another vehicle."""
AT_HAND = 3.0
"""Plate widths about the foreseen place within which a track is considered for a bad read."""
NEAR, NEAR_PER_S = 1.0, 2.0
"""How far from its foreseen place a plate may be of which two or three characters differ. A vehicle with so similar a
plate is hardly ever there by chance; one of a fleet is a lane away, 6.7 plate widths."""
NEAR_UNMOVED_PER_S = 5.0
"""The same where the track has one read, so that nothing is known of its way; `AT_HAND` at most."""
REACH, REACH_PER_S = 2.0, 6.0
"""… of which one character differs."""
SIZES = (0.5, 2.0)
"""Ratio of widths within which two boxes are of one plate, a moment later."""
APART_WEIGHT, APART_MOST = 0.5, 12.0
"""Two plate widths off weigh as much as one wrong character."""


class Sight(Struct, frozen=True, gc=False):
    """Where a plate was last seen, and how it moves. Flat numbers: dozens are looked at for one read."""

    at_s: float
    """Capture time, epoch."""
    x: float
    y: float
    """Middle of the box, px."""
    width: float
    """Of the plate, px: of the box, or twice its height, as a plate in two lines is no smaller."""
    speed: tuple[float, float] | None = None
    """Px a second, from the last two reads alone: a track that is rebuilt from its middle soon moves the same."""

    def then(self, later: Sight) -> Sight:
        """After one more read. One that comes late changes nothing."""
        seconds = later.at_s - self.at_s
        if seconds <= 0:
            return self
        speed = ((later.x - self.x) / seconds, (later.y - self.y) / seconds)
        return Sight(later.at_s, later.x, later.y, later.width, speed)

    def apart(self, other: Sight) -> float:
        """Distance of another sight from where this one should have come to by then; in widths of the plate."""
        x, y = self.x, self.y
        if self.speed is not None:
            seconds = other.at_s - self.at_s
            x, y = x + self.speed[0] * seconds, y + self.speed[1] * seconds
        return hypot(other.x - x, other.y - y) / max(self.width, other.width)

    def about(self, other: Sight) -> bool:
        """Whether the other one is at hand, seen from where this one was, or from where it should have come to.

        From where it was, too: a track that is rebuilt from its middle does not know its way at first.
        """
        reach = AT_HAND * max(self.width, other.width)
        if self.speed is None and abs(other.x - self.x) > reach:
            return False
        seconds = other.at_s - self.at_s
        if abs(seconds) > CARRIED_S:
            return False
        return hypot(other.x - self.x, other.y - self.y) <= reach or self.apart(other) <= AT_HAND


def sight_of(read: Read) -> Sight | None:
    """Where a read is; None: its reader does not tell."""
    box = read.box
    if box is None:
        return None
    width = max(box.w, 2 * box.h)
    return Sight(read.captured_at.timestamp(), box.x + box.w / 2, box.y + box.h / 2, width)


class Neighbours:
    """The open tracks of one camera that have no number of the camera's own, by text and by place."""

    __slots__ = ("_heads", "_placed", "_tails")

    def __init__(self) -> None:
        self._heads: dict[str, dict[int, Track]] = {}
        self._tails: dict[str, dict[int, Track]] = {}
        self._placed: dict[int, Track] = {}
        """Those with a box, the last seen one last."""

    def __bool__(self) -> bool:
        return bool(self._heads)

    def add(self, track: Track, key: str) -> None:
        """Find a track by this key as well."""
        self._heads.setdefault(key[:EDGE], {})[track.number] = track
        self._tails.setdefault(key[-EDGE:], {})[track.number] = track
        if len(key) <= SHORT:
            self._heads.setdefault("", {})[track.number] = track

    def note_seen(self, track: Track) -> None:
        """Its place is the latest one known."""
        self._placed.pop(track.number, None)
        self._placed[track.number] = track

    def drop(self, track: Track) -> None:
        """It has ended."""
        self._placed.pop(track.number, None)
        self._unlist(track)

    def replace_keys(self, track: Track, keys: tuple[str, ...]) -> None:
        """Find a track by these keys from now on."""
        self._unlist(track)
        for key in keys:
            self.add(track, key)

    def _unlist(self, track: Track) -> None:
        for key in track.keys:
            self._drop_from(self._heads, key[:EDGE], track)
            self._drop_from(self._tails, key[-EDGE:], track)
            if len(key) <= SHORT:
                self._drop_from(self._heads, "", track)

    @staticmethod
    def _drop_from(buckets: dict[str, dict[int, Track]], name: str, track: Track) -> None:
        """Keys of one track may share a bucket: then it is gone already."""
        bucket = buckets.get(name)
        if bucket is not None and bucket.pop(track.number, None) is not None and not bucket:
            del buckets[name]

    def alike(self, key: str) -> Sequence[Track]:
        """Tracks one of whose texts is equal or one edit away, oldest first."""
        head, tail = self._heads.get(key[:EDGE]), self._tails.get(key[-EDGE:])
        short = self._heads.get("") if len(key) <= SHORT else None
        if not head and not tail and not short:
            return ()
        found = {**(head or {}), **(tail or {}), **(short or {})}
        return [t for _, t in sorted(found.items()) if any(within_one_edit(key, one) for one in t.keys)]

    def at_hand(self, sight: Sight, key: str) -> list[Track]:
        """Tracks last seen about there, whose text is not quite another one, the latest first."""
        latest = islice(reversed(self._placed.values()), LAST_SEEN)
        about = (track for track in latest if track.sight is not None and track.sight.about(sight))
        chars = frozenset(key)
        return [track for track in about if _may_be(track, chars) and _difference(track, key) <= MISREAD]


def _may_be(track: Track, chars: frozenset[str]) -> bool:
    """Spares most of the counting of edits: each character that a text has not at all is one."""
    return len(chars.difference(track.last_key, track.finding.forms.key)) <= MISREAD


def _difference(track: Track, key: str) -> int:
    """Characters between a read and what its track says; 0 only for its consensus, not for a misread of it."""
    consensus = track.finding.forms.key
    if key == consensus:
        return 0
    return max(1, min(edits_apart(key, consensus), edits_apart(key, track.last_key)))


def cost(track: Track, read: Read, key: str, sight: Sight | None) -> float | None:
    """How badly a read fits a track, in characters; None: it is of another vehicle.

    One plate in one frame is one vehicle, so a track takes no second read of a frame.
    """
    if read.frame_id is not None and read.frame_id in track.frames:
        return None
    wrong = _difference(track, key)
    if track.sight is None or sight is None:
        return float(wrong) if wrong <= 1 else None
    apart = track.sight.apart(sight)
    if not _one_vehicle(track.sight, sight, wrong, apart):
        return None
    return wrong + APART_WEIGHT * min(apart, APART_MOST)


def _one_vehicle(before: Sight, now: Sight, wrong: int, apart: float) -> bool:
    """The more characters differ, the closer to the foreseen place a plate must be."""
    seconds = abs(now.at_s - before.at_s)
    if wrong == 0:
        return True  # a moving camera, or one picture a second: the text is enough
    if wrong == 1:
        return apart <= REACH + seconds * REACH_PER_S
    near = min(NEAR + seconds * (NEAR_UNMOVED_PER_S if before.speed is None else NEAR_PER_S), AT_HAND)
    alike = SIZES[0] <= now.width / before.width <= SIZES[1]
    return wrong <= MISREAD and seconds <= CARRIED_S and alike and apart <= near
