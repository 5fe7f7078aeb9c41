"""Where all parts of a simulation meet: its clock, its agenda, and what it has handed out."""

from __future__ import annotations

from datetime import datetime, timedelta

from replay.agenda import Agenda
from replay.conditions import Conditions
from replay.observation import Observation, RenderRequest
from replay.truth import TruePassage
from schemas.camera import PatrolPosition
from schemas.read import Read

__all__ = ["Desk"]


class Desk:
    """Simulated time is seconds since `start`; messages carry moments, rounded to milliseconds."""

    def __init__(self, seed: int, start: datetime, conditions: Conditions) -> None:
        self.seed = seed
        self.start = start
        self.conditions = conditions
        self.agenda = Agenda()
        self.truth: list[TruePassage] = []
        self.ready: list[Observation] = []

    def moment(self, at_s: float) -> datetime:
        """Seconds since the start → moment, whole milliseconds."""
        return self.start + timedelta(milliseconds=round(at_s * 1000))

    def deliver(self, at_s: float, item: Read | RenderRequest | PatrolPosition, *truths: TruePassage) -> None:
        """Hand the item out at `at_s`, with the truth about it. Nothing is handed out before 0."""
        if at_s >= 0:
            self.agenda.note(at_s, self._hand_out, Observation(self.moment(at_s), item), truths)

    def unseen(self, at_s: float, truth: TruePassage) -> None:
        """Note a passage that no message tells of."""
        if at_s >= 0:
            self.truth.append(truth)

    def _hand_out(self, observation: Observation, truths: tuple[TruePassage, ...]) -> None:
        self.truth.extend(truths)
        self.ready.append(observation)
