"""Puts messages of dead letters back into their topics, each once, however often and by however many it is asked.

    look what became of it ─▶ look whether it lies there ─▶ say `begun` ─▶ look who was first ─▶ send ─▶ say `done`

Whoever dies after `begun` has sent it or has not: the next run, half a minute later, looks into the partition from
where it ended when that was said. What was put back is known by its header, and is then said to be done.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal
from uuid import UUID

from console.dead_letters.fit import why_unfit
from console.dead_letters.replay_log import LEASE, ReplayLog, ReplayRecord, Standing
from console.dead_letters.target import Place, Target, Wanted
from pipeline.runtime.clock import Clock
from pipeline.runtime.output import DeliveryFailed
from schemas.dead_letter import DeadLetter
from schemas.letter_replay import LetterReplay
from topics.spec import all_topics

__all__ = ["Fate", "Replayer", "Told", "chunks"]

Fate = Literal["put_back", "found", "already", "twin", "unfit", "overtaken", "taken", "unsure"]
"""put_back: now. found: by a run that died before it could say so. already: before. twin: another letter about the same
message was chosen with it. unfit: its contract refuses it still. overtaken: a later record of its key lies in the
topic, or was chosen with it. taken: another run is at it. unsure: a run died over it, and its partition does not reach
back so far any more: it may have been put back."""
MOST, MOST_BYTES = 200, 8_000_000
SEND_WITHIN_S = LEASE.total_seconds() / 3


@dataclass(frozen=True, slots=True)
class Told:
    """What became of one letter."""

    about: DeadLetter
    fate: Fate
    why: str = ""
    place: Place | None = None
    """Where its message lies now, or would."""
    offset: int | None = None


@dataclass(frozen=True, slots=True)
class _Turn:
    """One message that is to be sent."""

    wanted: Wanted
    place: Place
    begin_offset: int
    """End of its partition."""
    before: Standing | None
    """Somebody began it and died."""

    @property
    def name(self) -> UUID:
        """Of its replay."""
        return self.wanted.letter.replay_id

    @property
    def source_offset(self) -> int:
        """Where it was refused."""
        return self.wanted.letter.about.source_offset


def chunks(wanted: Iterable[Wanted]) -> Iterator[list[Wanted]]:
    """As many as are put back together: some hundred, or some megabytes."""
    chunk, size = list[Wanted](), 0
    for one in wanted:
        if chunk and (len(chunk) == MOST or size + len(one.value) > MOST_BYTES):
            yield chunk
            chunk, size = [], 0
        chunk.append(one)
        size += len(one.value)
    if chunk:
        yield chunk


@dataclass(slots=True)
class Replayer:
    """One run. One thread."""

    log: ReplayLog
    target: Target
    clock: Clock
    run_id: UUID
    record: Callable[[Sequence[Wanted]], None] = lambda _: None
    """Called with what is about to be put back, before it is: for the audit."""
    on_step: Callable[[str], None] = lambda _: None
    """Called between two steps with the name of the one that is done."""
    _told: list[Told] = field(default_factory=list)

    def replay(self, chunk: Sequence[Wanted], *, dry: bool = False) -> list[Told]:
        """What becomes of each; dry: what would. Raises DeliveryFailed, KafkaUnusable, KafkaException: the same may be
        asked again, and nothing is put back twice."""
        self._told = []
        self.log.catch_up()
        self.target.look({one.topic for one in chunk if one.topic in all_topics()})
        turns = [turn for one in _once_each(chunk, self._tell) if (turn := self._turn(one)) is not None]
        lying = self._lying(turns)
        found = [turn for turn in turns if turn.name in lying]
        turns = self._not_overtaken([turn for turn in turns if turn.name not in lying])
        if dry:
            self._tell_all(found, "found", lying)
            self._tell_all(turns, "put_back", {})
        else:
            self._done(found, lying, "found")
            self._put_back(turns)
        return self._told

    # ---- what need not be sent ---------------------------------------------------------------------------------

    def _turn(self, wanted: Wanted) -> _Turn | None:
        """None: it is told what became of it."""
        standing = self.log.standing(wanted.letter.replay_id)
        if standing is not None and standing.done:
            self._tell_done(wanted, standing)
        elif standing is not None and standing.taken(self.clock.now()):
            self._tell(wanted, "taken", "another run is at it")
        elif why := _why_not(wanted):
            self._tell(wanted, "unfit", why)
        elif standing is not None and any(self._is_gone(*one) for one in _searched(standing)):
            self._tell(wanted, "unsure", "a run died over it, and what it may have sent is not kept any more")
        else:
            place = (wanted.topic, self.target.partition_of(wanted))
            return _Turn(wanted, place, self.target.span(place)[1], standing)
        return None

    def _is_gone(self, place: Place, begin: int) -> bool:
        return self.target.span(place)[0] > begin

    def _lying(self, turns: Sequence[_Turn]) -> dict[UUID, int]:
        """Replay → where its message lies, of those that a run sent that has died since.

        Its lease is over, so nothing of it comes any more: what is not there now never will be.
        """
        again: defaultdict[Place, list[tuple[int, _Turn]]] = defaultdict(list)
        for turn in turns:
            for place, begin in _searched(turn.before):
                again[place].append((begin, turn))
        lying: dict[UUID, int] = {}
        for place, some in again.items():
            whose = {letter: turn.name for _, turn in some if turn.before for letter in turn.before.letters}
            found = self.target.find(place, min(begin for begin, _ in some), whose)
            lying |= {whose[letter]: offset for letter, offset in found.items()}
        return lying

    def _not_overtaken(self, turns: Sequence[_Turn]) -> list[_Turn]:
        """Of topics that keep the last record of each key, those behind which nothing of their key lies."""
        by_place: defaultdict[Place, list[_Turn]] = defaultdict(list)
        kept: list[_Turn] = []
        for turn in turns:
            (by_place[turn.place] if "compact" in all_topics()[turn.place[0]].cleanup else kept).append(turn)
        for place, some in by_place.items():
            kept += self._latest(place, some)
        return kept

    def _latest(self, place: Place, turns: Sequence[_Turn]) -> Iterator[_Turn]:
        keys = [turn.wanted.key or b"" for turn in turns]
        lies = self.target.last_of(place, min(turn.source_offset for turn in turns) + 1, set(keys))
        last = dict[bytes, int]()
        for key, turn in zip(keys, turns, strict=True):
            last[key] = max(turn.source_offset, last.get(key, -1), lies.get(key, -1))
        for key, turn in zip(keys, turns, strict=True):
            if turn.source_offset < last[key]:
                self._tell(turn.wanted, "overtaken", "a later record of its key would be undone")
            else:
                yield turn

    # ---- sending -----------------------------------------------------------------------------------------------

    def _put_back(self, turns: Sequence[_Turn]) -> None:
        if not turns:
            return
        self.record([turn.wanted for turn in turns])
        started_s = self.clock.monotonic()
        ours = self._begun(turns)
        if self.clock.monotonic() - started_s > SEND_WITHIN_S:
            raise DeliveryFailed("the broker was too slow: nothing of this part was sent; run the same again")
        offsets = self.target.put({turn.name: (turn.place, turn.wanted) for turn in ours})
        if offsets:
            self.on_step("sent")
        self._done(ours, offsets, "put_back")

    def _begun(self, turns: Sequence[_Turn]) -> list[_Turn]:
        """Say that it begins, and look who said so first."""
        now = self.clock.now()
        self.log.tell([self._step(turn, "begun", now) for turn in turns])
        self.on_step("begun")
        self.log.catch_up()
        ours: list[_Turn] = []
        for turn in turns:
            standing = self.log.standing(turn.name)
            if standing is not None and standing.done:
                self._tell_done(turn.wanted, standing)
            elif standing is None or standing.holds.run_id != self.run_id:
                self._tell(turn.wanted, "taken", "another run is at it")
            else:
                ours.append(turn)
        return ours

    def _done(self, turns: Sequence[_Turn], offsets: Mapping[UUID, int], fate: Fate) -> None:
        if not turns:
            return
        now = self.clock.now()
        self.log.tell([self._step(turn, "done", now, offsets[turn.name]) for turn in turns])
        self.on_step("done")
        self._tell_all(turns, fate, offsets)

    def _step(
        self, turn: _Turn, state: Literal["begun", "done"], now: datetime, offset: int | None = None
    ) -> LetterReplay:
        return ReplayRecord(
            replay_id=turn.name,
            dead_letter_id=turn.wanted.letter.about.dead_letter_id,
            run_id=self.run_id,
            state=state,
            at=now,
            topic=turn.place[0],
            partition=turn.place[1],
            begin_offset=turn.begin_offset,
            offset=offset,
            repaired=turn.wanted.repaired,
        )

    def _tell(self, wanted: Wanted, fate: Fate, why: str = "") -> None:
        self._told.append(Told(wanted.letter.about, fate, why))

    def _tell_done(self, wanted: Wanted, standing: Standing) -> None:
        done = standing.holds
        self._told.append(Told(wanted.letter.about, "already", "", (done.topic, done.partition), done.offset))

    def _tell_all(self, turns: Iterable[_Turn], fate: Fate, offsets: Mapping[UUID, int]) -> None:
        for turn in turns:
            self._told.append(Told(turn.wanted.letter.about, fate, "", turn.place, offsets.get(turn.name)))


def _once_each(chunk: Sequence[Wanted], tell: Callable[[Wanted, Fate, str], None]) -> Iterator[Wanted]:
    """One of several letters about the same message: two stages may have refused it, or one stage twice."""
    seen = dict[UUID, UUID]()
    for wanted in chunk:
        name, letter_id = wanted.letter.replay_id, wanted.letter.about.dead_letter_id
        if name not in seen:
            seen[name] = letter_id
            yield wanted
        elif seen[name] != letter_id:
            tell(wanted, "twin", "another letter is about the same message")


def _why_not(wanted: Wanted) -> str:
    """Why it would be refused again, as far as can be told; empty: nothing is known against it."""
    if wanted.letter.cut and not wanted.repaired:
        return "the letter holds only the beginning of its message"
    return why_unfit(wanted.topic, wanted.key, wanted.value, wanted.letter.headers)


def _searched(standing: Standing | None) -> Iterator[tuple[Place, int]]:
    """Where a message lies that somebody began to send, and from where on."""
    if standing is not None:
        for partition, begin in standing.begins.items():
            yield (standing.holds.topic, partition), begin
