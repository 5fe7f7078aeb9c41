"""Threads that work beside the server: each must run, or the process ends."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass, field

__all__ = ["Crew"]

LOGGER = logging.getLogger(__name__)


@dataclass(slots=True)
class Crew:
    """Starts threads, ends them in the reverse order, and keeps the first fault for who waits for them."""

    on_fault: Callable[[], None] = lambda: None
    """Called once a thread has failed."""
    fault: BaseException | None = None
    _members: list[tuple[threading.Thread, Callable[[], None]]] = field(default_factory=list)

    def start(self, name: str, work: Callable[[], None], stop: Callable[[], None]) -> None:
        """Run `work` in a thread until `stop` was called."""

        def run() -> None:
            try:
                work()
            except BaseException as fault:
                LOGGER.exception("%s has failed: this process ends", name)
                self.fault = self.fault or fault
                self.on_fault()

        thread = threading.Thread(target=run, name=name, daemon=True)
        self._members.append((thread, stop))
        thread.start()

    def end(self) -> None:
        """Stop all and wait for them. Raises what one of them failed by."""
        for thread, stop in reversed(self._members):
            stop()
            thread.join()
        if self.fault is not None:
            raise self.fault
