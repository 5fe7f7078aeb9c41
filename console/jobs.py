"""Long work that a page starts and looks at again: one of a kind at a time, in a thread, with its progress."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from clickhouse_connect.driver.exceptions import ClickHouseError

from console.problems import UNFORESEEN
from console.refusals import sentence_of
from sinks.clickhouse.audit.chain import ChainFileBroken

__all__ = ["Job", "Jobs", "Tell"]

LOGGER = logging.getLogger(__name__)
Tell = Callable[[int, int], None]
"""Steps done, steps in all. Called in the thread of the work, which it ends where the process ends."""


class _Ended(Exception):
    """The process ends: the work is given up."""


@dataclass(frozen=True, slots=True)
class Job:
    """One piece of work."""

    started_by: str
    started_at: datetime
    done: int = 0
    total: int = 0
    finished_at: datetime | None = None
    """None: it runs."""
    result: dict[str, Any] | None = None
    fault: str = ""
    """Why there is no result, in a sentence."""

    @property
    def runs(self) -> bool:
        """Whether it is not finished."""
        return self.finished_at is None


@dataclass(slots=True)
class Jobs:
    """Of one process; the last of each kind is kept until the next one begins."""

    now: Callable[[], datetime]
    refusals: tuple[type[Exception], ...] = ()
    """Errors whose message is for the person who asked, without what was typed."""
    _jobs: dict[str, Job] = field(default_factory=dict)
    _threads: list[threading.Thread] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _ended: threading.Event = field(default_factory=threading.Event)

    def last(self, kind: str) -> Job | None:
        """The one that runs, or ran last; None: none since the process began."""
        with self._lock:
            return self._jobs.get(kind)

    def start(self, kind: str, who: str, work: Callable[[Tell], dict[str, Any]]) -> Job:
        """Begin it; where one of this kind runs, that one."""
        with self._lock:
            before = self._jobs.get(kind)
            if before is not None and before.runs:
                return before
            job = self._jobs[kind] = Job(who, self.now())
            thread = threading.Thread(target=self._run, args=(kind, work), name=kind, daemon=True)
            self._threads = [one for one in self._threads if one.is_alive()] + [thread]
        thread.start()
        return job

    def end(self) -> None:
        """Give up what runs, at its next step, and wait for that."""
        self._ended.set()
        for thread in self._threads:
            thread.join()

    def _run(self, kind: str, work: Callable[[Tell], dict[str, Any]]) -> None:
        try:
            self._finish(kind, result=work(lambda done, total: self._tell(kind, done, total)))
        except _Ended:
            self._finish(kind, fault="it was given up, as the process ended")
        except self.refusals as refused:
            self._finish(kind, fault=sentence_of(refused))
        except (ClickHouseError, ChainFileBroken) as error:
            LOGGER.warning("%s was not finished: %s", kind, type(error).__name__)
            self._finish(kind, fault="the store did not answer, or may not be asked that: see the log of the platform")
        except Exception:
            LOGGER.exception(
                "%s has failed", kind
            )  # as the server does with a request: who waits is told, others go on
            self._finish(kind, fault=UNFORESEEN)

    def _tell(self, kind: str, done: int, total: int) -> None:
        if self._ended.is_set():
            raise _Ended
        with self._lock:
            self._jobs[kind] = replace(self._jobs[kind], done=done, total=total)

    def _finish(self, kind: str, result: dict[str, Any] | None = None, fault: str = "") -> None:
        with self._lock:
            self._jobs[kind] = replace(self._jobs[kind], finished_at=self.now(), result=result, fault=fault)
