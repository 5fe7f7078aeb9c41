"""Tracks of a log that is read from some message on: only what is certain to be as if it had been read whole.

Who begins in the middle does not know what was open there. Of a vehicle that was on its way already the first reads are
missing, so its passage would be another one; a read that belongs to it may be taken for another vehicle's, and one that
was sent again for a new one. A track is certain when none of this can be:

- One with a number of the camera's own depends on the reads of that number alone. Where a number has no open track, and
  the log's time has gone on for longer than a track is held, it had none in the log as a whole either.
- One without depends on all such tracks of its camera. They are certain from a moment on in which the camera has none
  open; a camera at which there always is one is never certain, and waits to be read in order.
- A read that came in before all that may be the second sending of one that was not seen.

All other reads are merged as well, since others hang on them, and nothing is told of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from msgspec import Struct

from pipeline.stages.normalise import NormalRead
from pipeline.stages.tracks import Track, Tracks, is_behind

__all__ = ["DISORDER_MS", "TracksFromMiddle"]

DISORDER_MS = 15_000
"""So far apart the stamps of neighbours in the log may be: senders have clocks of their own."""
ON_ITS_WAY_MS = 1_000
"""Clocks of receivers and of whoever stamps messages may differ by so much where a read is compared with an earlier one
of its own camera. Less than the hold of a track, or no read after a quiet moment could be certain."""


class Cloud(Struct, gc=False):
    """What is known of one camera's tracks without numbers."""

    clear: bool = False
    reached_ms: int = 0
    """Log time of its latest read in doubt."""
    behind_ms: int = 0
    """Log time of its latest read that came behind time: such tracks are held for longer."""


class TracksFromMiddle(Tracks):
    """Open tracks of one partition. Gives those that are certain; of others `merge` gives none, and so does the end."""

    def __init__(self, gap: timedelta, hold: timedelta, longest: timedelta, hold_behind: timedelta) -> None:
        super().__init__(gap, hold, longest, hold_behind)
        self._hold_behind_ms = int(hold_behind.total_seconds() * 1000)
        self._sure_ms: int | None = None
        """Log time from which on something may be certain: after the first message, by the longest that a track is held
        without a read, and disorder."""
        self._in_doubt: set[int] = set()
        """Numbers of open tracks."""
        self._names: dict[tuple[str, str], int] = {}
        """Track numbers of cameras that are in doubt → log time of the latest read."""
        self._clouds: dict[str, Cloud] = {}

    def _let_end(self, clock_ms: int) -> Sequence[Track]:
        """As of all tracks; those in doubt end in silence."""
        if self._sure_ms is None:
            self._sure_ms = clock_ms + self._hold_behind_ms + DISORDER_MS
        return [track for track in super()._let_end(clock_ms) if self._is_certain(track)]

    def _is_certain(self, track: Track) -> bool:
        if track.number in self._in_doubt:
            self._in_doubt.discard(track.number)
            return False
        return track.track_id is not None or self._clouds[track.camera_id].clear

    def merge(self, read: NormalRead) -> Track | None:
        """As of all tracks; None also for a read of a track in doubt."""
        certain = self._name_is_certain(read) if read.read.track_id is not None else self._camera_is_certain(read)
        track = super().merge(read)
        if track is None:
            return None
        if not certain:
            self._in_doubt.add(track.number)
        return None if track.number in self._in_doubt else track

    def _seen_whole(self, received_ms: float) -> bool:
        """Had it been sent before, that would have been seen too."""
        return self._sure_ms is not None and min(self._clock_ms, received_ms) >= self._sure_ms

    def _name_is_certain(self, read: NormalRead) -> bool:
        name, received_ms = (read.read.camera_id, read.read.track_id or ""), _received_ms(read)
        doubted_ms = self._names.get(name)
        certain = self._seen_whole(received_ms)
        if certain and doubted_ms is not None:
            certain = name not in self._named and received_ms > doubted_ms + ON_ITS_WAY_MS
        if not certain:
            self._names[name] = self._clock_ms
        elif doubted_ms is not None:
            del self._names[name]
        return certain

    def _camera_is_certain(self, read: NormalRead) -> bool:
        cloud, received_ms = self._clouds.setdefault(read.read.camera_id, Cloud()), _received_ms(read)
        certain = self._seen_whole(received_ms) and received_ms > cloud.reached_ms + ON_ITS_WAY_MS
        cloud.clear = certain and (cloud.clear or self._is_quiet(read.read.camera_id, cloud))
        if not cloud.clear:
            cloud.reached_ms = self._clock_ms
        if is_behind(read):
            cloud.behind_ms = self._clock_ms
        return cloud.clear

    def _is_quiet(self, camera_id: str, cloud: Cloud) -> bool:
        """No track without a number is open at this camera, nor could one be that is held for longer."""
        return camera_id not in self._unnamed and self._clock_ms - cloud.behind_ms > self._hold_behind_ms


def _received_ms(read: NormalRead) -> float:
    return read.read.received_at.timestamp() * 1000
