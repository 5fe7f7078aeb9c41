"""The time in which a recording is played: its own, faster, or as fast as it goes."""

from __future__ import annotations

from collections.abc import Callable

from pipeline.runtime.clock import Clock

__all__ = ["RECORDS_SETTLE_S", "Pace", "speed_of"]

SLICE_S = 0.2
RECORDS_SETTLE_S = 1.0
"""Workers see new cameras and list entries within half a second; an event that is faster would not be known."""


def speed_of(text: str, refused: type[Exception], *, most: float) -> float | None:
    """A speed as typed behind --speed; None: as fast as possible. Raises `refused` for what is none."""
    if text == "max":
        return None
    try:
        speed = float(text)
    except ValueError:
        speed = 0.0
    if not 0 < speed <= most:
        raise refused(f"--speed {text} is no speed: write 1, 10, 0.5 or max")
    return speed


class Pace:
    """Holds each message back until its time has come. The first one sets the beginning."""

    def __init__(self, speed: float | None, clock: Clock, stop: Callable[[], bool]) -> None:
        """speed: 2 = twice as fast as it was; None = as fast as possible."""
        self._speed, self._clock, self._stop = speed, clock, stop
        self._began: tuple[float, int] | None = None
        self.most_behind_s = 0.0
        """How far a message was sent behind its time, at most."""

    def due_in_s(self, stamp_ms: int) -> float:
        """How long until a message of this stamp is due, s; 0: now, or as fast as possible."""
        if self._speed is None:
            return 0.0
        now = self._clock.monotonic()
        if self._began is None:
            self._began = (now, stamp_ms)
        began_at, first_ms = self._began
        left_s = began_at + (stamp_ms - first_ms) / 1000 / self._speed - now
        self.most_behind_s = max(self.most_behind_s, -left_s)
        return max(left_s, 0.0)

    def wait(self, stamp_ms: int, meanwhile: Callable[[], object]) -> None:
        """Until it is due, or `stop`; `meanwhile` is called every fifth of a second of a longer wait."""
        while (left_s := self.due_in_s(stamp_ms)) and not self._stop():
            self._clock.sleep(min(left_s, SLICE_S))
            if left_s > SLICE_S:
                meanwhile()
