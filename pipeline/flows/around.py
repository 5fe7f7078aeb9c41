"""Who is near a vehicle that was just seen, and where it may show next: never for longer than a case may wait."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import Literal

from pipeline.geo import Point
from pipeline.patrols import nearest
from pipeline.runtime.clock import Clock
from pipeline.runtime.metrics import Metrics
from schemas.camera import PatrolPosition
from schemas.case import Case, NextCamera
from schemas.hit import NearPatrol

__all__ = ["Around", "Forecast"]

LOGGER = logging.getLogger(__name__)
WAIT_S = 0.8
"""Longer no case waits for its forecast: it goes out without."""
REST_S = 10.0
"""So long the store is not asked again after it did not answer."""
AT_ONCE = 4
MOST_PATROLS = 5
Outcome = Literal["made", "nothing_learnt", "store_down", "late", "resting"]
Forecast = Callable[[str, datetime], Sequence[NextCamera]]
"""Camera, moment of the sighting → where such vehicles went on to, the likeliest first. May take long and may raise."""


class Around:
    """Looks around for cases. `trouble` says what does not work; empty: all does."""

    def __init__(
        self, patrols: Mapping[str, PatrolPosition], forecast: Forecast | None, metrics: Metrics, clock: Clock
    ) -> None:
        """forecast: None: where vehicles go on to is not known here."""
        self.trouble = ""
        self._patrols, self._forecast = patrols, forecast
        self._metrics, self._clock = metrics, clock
        self._threads = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="forecast")
        self._asked_again_at = 0.0

    def near(self, case: Case, now: datetime) -> tuple[NearPatrol, ...]:
        """Patrols near its last sighting, free and with a fresh position."""
        if case.last_position is None:
            return ()
        place = Point(case.last_position.lat, case.last_position.lon)
        return nearest(self._patrols.values(), place, now, MOST_PATROLS)

    async def following(self, cases: Sequence[Case]) -> list[Sequence[NextCamera]]:
        """Where each one may show next; all are asked at once, and none is waited for longer than WAIT_S."""
        answers = [asyncio.ensure_future(self._asked(case)) for case in cases]
        if answers:
            await asyncio.wait(answers, timeout=WAIT_S)
        return [self._outcome(answer) for answer in answers]

    async def _asked(self, case: Case) -> Sequence[NextCamera] | None:
        """None: nobody was asked."""
        resting = self._clock.monotonic() < self._asked_again_at
        if self._forecast is None or resting or case.last_camera_id is None or case.last_seen_at is None:
            return None
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._threads, self._forecast, case.last_camera_id, case.last_seen_at)

    def _outcome(self, answer: asyncio.Future[Sequence[NextCamera] | None]) -> Sequence[NextCamera]:
        if not answer.done():
            answer.cancel()
            return self._without("late", "the store answers too slowly")
        error = answer.exception()
        if error is not None:
            LOGGER.warning("cases go out without next cameras: %s", type(error).__name__)
            return self._without("store_down", "the store does not answer")
        found = answer.result()
        if found is None:
            self._count("resting")
            return ()
        self.trouble = ""
        self._count("made" if found else "nothing_learnt")
        return found

    def _without(self, outcome: Outcome, why: str) -> Sequence[NextCamera]:
        self.trouble = f"no next cameras: {why}"
        self._asked_again_at = self._clock.monotonic() + REST_S
        self._count(outcome)
        return ()

    def _count(self, outcome: Outcome) -> None:
        self._metrics.count("anpr_forecasts_total", outcome=outcome)
