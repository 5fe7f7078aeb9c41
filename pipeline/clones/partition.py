"""The plates of one partition: what is remembered, what does not fit, what is told of it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence

from pipeline.clones.clocks import Clocks, cameras_in
from pipeline.clones.judgement import Assumptions, Finding, finding_of
from pipeline.clones.keeping import State
from pipeline.clones.memory import KEPT_SLICES, SLICE_MS, Memory
from pipeline.clones.sides import conflicts, in_order
from pipeline.clones.sighting import Names, Sighting
from pipeline.clones.telling import clock_anomaly, differs, says_more, travel_anomaly, withdrawn
from pipeline.clones.troubles import Trouble, Troubles
from pipeline.plates.shapes import shape_of
from schemas.anomaly import Anomaly
from schemas.camera import Camera

__all__ = ["ENOUGH_AHEAD", "Partition"]

ENOUGH_AHEAD = 3
"""Plates that a camera saw ahead of our clock before it is told: one is a slip of the line."""


class Partition:
    """Its answers follow from its messages in the order of the log, from `needed_from` on."""

    def __init__(self, cameras: Mapping[str, Camera], given: Assumptions, state: State | None = None) -> None:
        """state: as it was, to go on from there."""
        before = state or State([], [], {}, {}, {}, {})
        self._cameras, self._given = cameras, given
        self._memory, self._troubles = Memory(Names(before.names), before.slices), Troubles(before.troubles)
        self._clocks = Clocks(given, before.found, before.lasting)
        self._clocks_told = dict(before.clocks_told)
        """Camera → slice in which it was told."""
        self.told: list[Anomaly] = []
        """What is to be sent; who sends it empties the list."""

    def advance(self, stamp_ms: int, offset: int) -> None:
        """The log has come to a message of this time. What is over by then is told a last time, as it ended."""
        number, slices = stamp_ms // SLICE_MS, self._memory.slices
        if slices and number > slices[-1].number:
            self._look_at_clocks()
        before = slices[0].offset if slices else offset
        if self._memory.advance(number, offset):
            self._let_go(number, before)

    def _let_go(self, number: int, before: int) -> None:
        oldest = number - KEPT_SLICES
        for plate, trouble in self._troubles.ended(oldest, number):
            self._tell_last(plate, trouble)
        self._clocks_told = {camera: told for camera, told in self._clocks_told.items() if told >= oldest}
        self._clocks.forgot(self._memory, number, before)

    def take(self, plate: bytes, one: Sighting) -> bool:
        """Remember a passage, and judge its plate. False: it was known, or a later revision of it."""
        known = self._memory.of(plate)
        if any(other.passage_id == one.passage_id and other.revision >= one.revision for other in known):
            return False
        self._memory.keep(plate, one, known)
        if len(known) > 1 or plate in self._troubles:
            self._judge(plate, known)
        return True

    def note_ahead(self, camera_id: str, plate: bytes, at_ms: int, ahead_s: float) -> None:
        """A camera told of a plate before it passed. at_ms: our clock."""
        if self._memory.note_ahead(camera_id, plate, ENOUGH_AHEAD):
            why = f"Its clock is {ahead_s:.0f} s ahead or more: {ENOUGH_AHEAD} vehicles were told before they passed."
            self._tell_clock(camera_id, at_ms, ahead_s, 1.0, why)

    def state(self) -> State:
        """All that it remembers. What was not sent is no part of it."""
        memory, clocks = self._memory, self._clocks
        names, told = list(memory.names), self._clocks_told
        return State(names, memory.slices, self._troubles, dict(clocks.found), clocks.lasting, told)

    def needed_from(self) -> int | None:
        """First message of the oldest slice, or of what was known when the oldest trouble began."""
        if not self._memory.slices:
            return None
        of_troubles = (trouble.needed for trouble in self._troubles.values())
        return min((self._memory.slices[0].offset, *of_troubles, *self._clocks.needed()))

    def __len__(self) -> int:
        return len(self._memory)

    def _judge(self, plate: bytes, known: Sequence[Sighting]) -> None:
        """Tell of a plate what is new. A camera with which too many do not fit is left out, of all plates."""
        trouble = self._troubles.get(plate)
        if trouble is not None:
            known = trouble.add(known, self._memory.present.number)
        pairs = frozenset(_cameras_of(pair) for pair in conflicts(in_order(known)))
        if self._memory.note_misfits(plate, pairs):
            self._look_at_clocks()
        if pairs or trouble is not None:
            self._decide(plate, known)

    def _look_at_clocks(self) -> None:
        """Where another camera's clock is held to be wrong, or no longer, its plates are judged again."""
        changed = self._clocks.look(self._memory)
        for camera in sorted(changed):
            self._tell_suspect(camera)
        for plate, pairs in self._memory.misfits().items() if changed else ():
            if not changed.isdisjoint(cameras_in([pairs])):
                trouble = self._troubles.get(plate)
                self._decide(plate, self._memory.of(plate) if trouble is None else list(trouble.kept.values()))

    def _decide(self, plate: bytes, known: Collection[Sighting]) -> None:
        finding, trouble = self._finding(plate, known), self._troubles.get(plate)
        if trouble is None and finding is not None:
            number = self._memory.present.number
            trouble = Trouble(self._memory.slices[0].offset, number, number)
            trouble.add(known, number)
            self._troubles[plate] = trouble
        if trouble is not None:
            self._tell(plate, trouble, finding)

    def _finding(self, plate: bytes, known: Iterable[Sighting]) -> Finding | None:
        """What is worth telling of a plate. A text that no plate has is a sign or an advertisement, of many twins."""
        trusted = [one for one in in_order(known) if one.camera_id not in self._clocks]
        found = finding_of(trusted, self._given)
        if found is None or found.score < self._given.tell_from or shape_of(plate.decode()) is None:
            return None
        return found

    def _tell(self, plate: bytes, trouble: Trouble, finding: Finding | None) -> None:
        """What was told and is so no more is withdrawn."""
        told = trouble.told
        if finding is not None:
            now = travel_anomaly(plate.decode(), finding, self._cameras, told)
            if told is None or says_more(now, told):
                self._send(trouble, now)
        elif told is not None and not told.withdrawn:
            self._send(trouble, withdrawn(told))

    def _tell_last(self, plate: bytes, trouble: Trouble) -> None:
        """All that was not worth a revision of its own. What stands is not taken back for want of memory."""
        finding, told = self._finding(plate, trouble.kept.values()), trouble.told
        if finding is None or told is None or told.withdrawn:
            return
        now = travel_anomaly(plate.decode(), finding, self._cameras, told)
        if differs(now, told):
            self._send(trouble, now)

    def _send(self, trouble: Trouble, now: Anomaly) -> None:
        trouble.told = now
        self.told.append(now)

    def _tell_suspect(self, camera: str) -> None:
        """Of several of which nothing tells which it is, none is named."""
        probability = self._clocks.probability(camera)
        if probability >= self._given.clock_from:
            plates = sum(camera in cameras_in([pairs]) for pairs in self._memory.misfits().values())
            why = f"{plates} vehicles that passed it were elsewhere when no car could be both: its clock must be wrong."
            self._tell_clock(camera, self._memory.present.number * SLICE_MS, None, probability, why)

    def _tell_clock(self, camera: str, at_ms: int, ahead_s: float | None, score: float, why: str) -> None:
        if camera not in self._clocks_told:
            self._clocks_told[camera] = self._memory.present.number
            self.told.append(clock_anomaly(camera, at_ms, ahead_s, score, why))


def _cameras_of(pair: tuple[Sighting, Sighting]) -> tuple[str, str]:
    a, b = sorted(one.camera_id for one in pair)
    return a, b
