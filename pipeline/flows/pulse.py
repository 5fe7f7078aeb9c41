"""The beat of a Faust app: whoever waits for the broker lives and says so, whoever hangs in one batch does not."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

from pipeline.flows.case_parts import CaseParts
from pipeline.flows.health_parts import HealthParts
from pipeline.flows.lane import Lane
from pipeline.flows.notice_parts import NoticeParts
from pipeline.runtime.reach import asking
from pipeline.runtime.waiting import QUIET_S, Waiting

__all__ = ["HANGS_S", "Pulse", "pulse_of"]

HANGS_S = 300.0
"""No batch takes so long while the broker answers."""


class Pulse:
    """Looked at about every second, in the app's loop."""

    def __init__(
        self, lanes: Sequence[Lane], waiting: Waiting, answers: Callable[[], bool], beat: Callable[[str], None]
    ) -> None:
        """answers: whether the broker says anything; asked in a thread, as that may take a while."""
        self._lanes, self._waiting, self._answers, self._beat = lanes, waiting, answers, beat
        self._silent_at = 0.0
        """When the broker was last known to be silent, by the loop's clock: a batch is given its time from then on."""

    async def look(self, trouble: str = "") -> None:
        """trouble: what does not work though the app goes on."""
        now = asyncio.get_running_loop().time()
        busy_s = max(lane.busy_s() for lane in self._lanes)
        if (busy_s > QUIET_S or self._waiting.suspected) and not await asyncio.to_thread(self._answers):
            self._silent_at = asyncio.get_running_loop().time()
            self._waiting.begin("broker")
        else:
            self._waiting.suspected = False
            self._waiting.over()
        if min(busy_s, now - self._silent_at) <= HANGS_S:
            self._beat(trouble)


def pulse_of(flow: str, parts: CaseParts | HealthParts | NoticeParts, lanes: Sequence[Lane]) -> Pulse:
    """The pulse of an app."""
    waiting = parts.waiting or Waiting(flow, parts.metrics, parts.clock)
    return Pulse(lanes, waiting, asking(parts.kafka), parts.beat)
