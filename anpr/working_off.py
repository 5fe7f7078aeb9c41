"""What a command does in the foreground while the platform works: tend it, and wait until all is worked off."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from anpr.platform import Platform
from anpr.wiring import drain_order
from pipeline.runtime.clock import SystemClock
from pipeline.runtime.drain import Drain

__all__ = ["Progress", "tending", "work_off"]

Progress = Callable[[str, int, int], None]
"""What is being done, how far, out of how many (0: not known)."""


def tending(platform: Platform, say: Callable[[str], None]) -> Callable[[], None]:
    """Starts again what has ended, and says so; to be called now and then."""

    def tend() -> None:
        for note in platform.tend():
            say(note)

    return tend


def work_off(
    platform: Platform, flows: Iterable[str], timeout_s: float, tend: Callable[[], object], progress: Progress
) -> None:
    """Return when these flows have worked off all that was sent. tend: called between two looks. Raises NotDrained."""
    drain, most = Drain(platform.settings.kafka(), SystemClock()), dict[str, int]()

    def look(flow: str, left: int) -> None:
        tend()
        most[flow] = max(most.get(flow, 0), left)
        progress(f"waiting for {flow}", most[flow] - left, most[flow])

    drain.wait(drain_order(flows, platform.settings), timeout_s, look)
    drain.close()
