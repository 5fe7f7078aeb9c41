"""tally: counts of each camera's reads by half minutes, taken where the reads pass anyway. A part of `consolidate`.

A stretch of the log ends where a stamp is the first of another half minute: a function of the log alone, so whoever
reads it again finds the same stretches. Where nothing is left to read, our clock ends it sooner. Then a successor that
had not heard of it may tell a longer one, with the same beginning: never one that overlaps in another way, as a stretch
is ended so only where no track is open, and so nothing before its end is read again once that is committed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from pipeline.messages import Message
from pipeline.moments import moment_of
from pipeline.outcome import Emit
from schemas.camera_tally import CameraTally
from schemas.codec import compiled, encode
from schemas.dead_letter import Reason
from schemas.read import Read

__all__ = ["Tally", "TallyRules"]

TallyRecord = compiled(CameraTally)
Place = tuple[str, int]
COUNTED: frozenset[Reason] = frozenset({"no_plate_text", "captured_in_future", "captured_too_old"})
"""Reads that cannot be used and tell of their camera all the same: it lives, it sees badly, its clock is wrong."""
READABLE_FROM = 0.5
"""As `ConsolidateRules.tell_from`: a read of less confidence is no plate yet."""
SAMPLE = 15
"""Delays looked at in a stretch, the first ones: enough for a median, and the others cost nothing."""


@dataclass(frozen=True, slots=True)
class TallyRules:
    """How long a stretch is."""

    stretch_ms: int = 30_000
    """All of an unfinished one is read again after a restart: a minute would double the wait at a busy partition."""
    quiet_ms: int = 4_000
    """Where nothing is left to read and nothing came for so long, it ends: as tracks do (`ConsolidateRules.hold`)."""


class _Count:
    """Of one camera in one stretch."""

    __slots__ = ("approaching", "delays", "departing", "first", "last", "late", "reads", "unreadable")

    def __init__(self, first: Message) -> None:
        self.first = self.last = first
        self.reads = self.unreadable = self.late = self.approaching = self.departing = 0
        self.delays: list[timedelta] = []


class _Stretch:
    """The unfinished stretch of one partition."""

    __slots__ = ("counts", "ends_ms", "first_offset", "place", "told_ms")

    def __init__(self, place: Place, ends_ms: int) -> None:
        self.place, self.ends_ms = place, ends_ms
        self.counts: dict[str, _Count] = {}
        self.first_offset = self.told_ms = 0

    def last_ms(self) -> int:
        """Latest stamp."""
        return max(count.last.timestamp_ms for count in self.counts.values())


class Tally:
    """Counts reads; gives `camera_tally` messages. State per partition, bounded by a stretch."""

    def __init__(
        self,
        logs: Mapping[str, str],
        rules: TallyRules = TallyRules(),
        topic: str = "camera-tallies",
    ) -> None:
        """logs: topic → log identity."""
        self._logs, self._rules, self._topic = logs, rules, topic
        self._stretches: dict[int, _Stretch] = {}
        """By partition: its reads are of one topic."""

    def add(self, message: Message, read: Read, late: bool, told: list[Emit], *, readable: bool = True) -> None:
        """One read. `told`: where messages go."""
        stretch = self._stretches.get(message.partition)
        if stretch is None or message.timestamp_ms >= stretch.ends_ms:
            stretch = self._begun(message, stretch, told)
        count = stretch.counts.get(read.camera_id)
        if count is None:
            count = self._first_of(stretch, read.camera_id, message)
        count.reads += 1
        count.last = message
        if late:
            count.late += 1
        if read.confidence < READABLE_FROM or not readable:
            count.unreadable += 1
        if count.reads <= SAMPLE:
            count.delays.append(read.received_at - read.captured_at)
        if read.direction is not None:
            if read.direction == "approaching":
                count.approaching += 1
            else:
                count.departing += 1

    def add_refused(self, message: Message, read: Read, reason: Reason, told: list[Emit]) -> None:
        """One that `normalise` refused."""
        if reason in COUNTED:
            late = read.received_at - read.captured_at > timedelta(minutes=2)
            self.add(message, read, late, told, readable=reason != "no_plate_text")

    def let_time_pass(self, place: Place, reached_ms: int, idle: bool, told: list[Emit]) -> None:
        """Nothing of this partition that was stamped before is left to read. idle: no track of it is open."""
        stretch = self._stretches.get(place[1])
        if stretch is None:
            stretch = self._stretches[place[1]] = _Stretch(place, self._end_of(reached_ms))
        if stretch.counts:
            if not idle or stretch.last_ms() + self._rules.quiet_ms > reached_ms:
                return
            self._tell_counts(stretch, told)
        self._tell_progress(stretch, self._end_of(reached_ms) - self._rules.stretch_ms, told)

    def needed_from(self, place: Place) -> int | None:
        """Offset of the first read of the unfinished stretch."""
        stretch = self._stretches.get(place[1])
        return stretch.first_offset if stretch is not None and stretch.counts else None

    def forget(self, places: Sequence[Place]) -> None:
        """Drop what is counted of partitions that went to another worker."""
        for _topic, partition in places:
            self._stretches.pop(partition, None)

    def _end_of(self, stamp_ms: int) -> int:
        return (stamp_ms // self._rules.stretch_ms + 1) * self._rules.stretch_ms

    def _begun(self, message: Message, before: _Stretch | None, told: list[Emit]) -> _Stretch:
        """The stretch of this message, the one before being told."""
        if before is None:
            before = self._stretches[message.partition] = _Stretch(message[:2], 0)
        else:
            self._tell_counts(before, told)
            self._tell_progress(before, before.ends_ms, told)
        before.ends_ms = self._end_of(message.timestamp_ms)
        return before

    @staticmethod
    def _first_of(stretch: _Stretch, camera_id: str, message: Message) -> _Count:
        if not stretch.counts:
            stretch.first_offset = message.offset
        count = stretch.counts[camera_id] = _Count(message)
        return count

    def _tell_counts(self, stretch: _Stretch, told: list[Emit]) -> None:
        log, partition = self._logs.get(stretch.place[0], ""), stretch.place[1]
        for camera_id, count in stretch.counts.items():
            told.append(Emit(self._topic, camera_id.encode(), encode(_record(camera_id, log, partition, count))))
        stretch.counts = {}

    def _tell_progress(self, stretch: _Stretch, reached_ms: int, told: list[Emit]) -> None:
        """After the counts: whoever hears it has heard them."""
        if reached_ms <= stretch.told_ms:
            return
        stretch.told_ms, at = reached_ms, moment_of(reached_ms)
        log, partition = self._logs.get(stretch.place[0], ""), stretch.place[1]
        told.append(Emit(self._topic, b"", encode(TallyRecord(log=log, partition=partition, first_at=at, last_at=at))))


def _record(camera_id: str, log: str, partition: int, count: _Count) -> CameraTally:
    delays = sorted(delay.total_seconds() for delay in count.delays)
    return TallyRecord(
        camera_id=camera_id,
        log=log,
        partition=partition,
        first_offset=count.first.offset,
        last_offset=count.last.offset,
        first_at=moment_of(count.first.timestamp_ms),
        last_at=moment_of(max(count.first.timestamp_ms, count.last.timestamp_ms)),
        reads=count.reads,
        unreadable=count.unreadable,
        late=count.late,
        approaching=count.approaching,
        departing=count.departing,
        delay_low_s=_within(delays[len(delays) // 10]),
        delay_p50_s=_within(delays[len(delays) // 2]),
        delay_high_s=_within(delays[-1 - len(delays) // 10]),
    )


def _within(seconds: float) -> float:
    """Camera clocks say any year; the contract knows three centuries."""
    return max(-1e10, min(1e10, round(seconds, 3)))
