"""For what a worker waits, and since when: in its metrics and on its page /health, for as long as it does."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from threading import Thread
from typing import Any, Literal, TypeVar, get_args

from pipeline.runtime.clock import Clock
from pipeline.runtime.metrics import Metrics

__all__ = ["DEPENDENCIES", "Dependency", "LeftWaiting", "Waiting", "patiently"]

Dependency = Literal["broker", "store", "pictures"]
DEPENDENCIES: tuple[Dependency, ...] = get_args(Dependency)
GRACE_S = 5.0
"""A worker that is told to end waits no longer for what is in hand: a service manager gives ten seconds."""
QUIET_S, TURN_S = 5.0, 1.0
"""A call may take so long before it counts as waiting; then life is shown so often."""
Answer = TypeVar("Answer")


class LeftWaiting(Exception):
    """The worker was told to end while it waited: what is in hand is not committed, and its successor does it."""


class Waiting:
    """Of one worker: `note` for each turn of waiting, `over` when it goes on. Its pages ask from another thread."""

    def __init__(self, flow: str, metrics: Metrics, clock: Clock, beat: Callable[[], None] = lambda: None) -> None:
        """beat: whoever waits lives."""
        self._flow, self._metrics, self._clock, self._beat = flow, metrics, clock, beat
        self._since: tuple[Dependency, float] | None = None
        self.suspected = False
        """A client has reported trouble: ask whether the broker answers at all."""
        self.noted = False
        """It waits within a batch, which ends when that is done."""
        self._ending_since_s: float | None = None

    def end_soon(self) -> None:
        """The worker was told to end. From a signal: only noted."""
        if self._ending_since_s is None:
            self._ending_since_s = self._clock.monotonic()

    def note(self, dependency: Dependency) -> None:
        """It does not answer, and we go on waiting. Raises LeftWaiting soon after the worker was told to end."""
        self.begin(dependency)
        self.noted = True
        self._metrics.count("anpr_retries_total", flow=self._flow, dependency=dependency)
        self._beat()
        if self._ending_since_s is not None and self._clock.monotonic() - self._ending_since_s > GRACE_S:
            raise LeftWaiting(f"left while waiting for the {dependency}")

    def begin(self, dependency: Dependency) -> None:
        """It does not answer; since when, is known from the first time on."""
        if self._since is not None and self._since[0] == dependency:
            return
        self.over()
        self._since = (dependency, self._clock.monotonic())
        self._show(dependency, self._clock.now().timestamp())

    def over(self) -> None:
        """It goes on."""
        if self._since is not None:
            self._show(self._since[0], 0)
            self._since = None
        self.noted = False

    def trouble(self) -> None:
        """A client of Kafka has reported something that it mends by itself, or not."""
        self.suspected = True

    def report(self) -> dict[str, Any]:
        """For /health: nothing, or what it waits for and for how long, s."""
        if self._since is None:
            return {}
        dependency, since_s = self._since
        waited_s = round(self._clock.monotonic() - since_s, 1)
        return {
            "state": f"waiting for the {dependency} for {waited_s:.0f} s",
            "waiting_for": dependency,
            "waiting_s": waited_s,
        }

    def _show(self, dependency: Dependency, since: float) -> None:
        self._metrics.set("anpr_waiting_since_timestamp_seconds", since, flow=self._flow, dependency=dependency)


def patiently(call: Callable[[], Answer], while_waiting: Callable[[], None], quiet_s: float = QUIET_S) -> Answer:
    """What the call returns or raises; `while_waiting` about every second once it takes longer than `quiet_s`.

    It is made in a thread that never keeps the process: whoever waits for a dependency that has taken the question and
    does not answer must still show life, stay in its group, and be able to end.
    """
    done: Future[Answer] = Future()
    Thread(target=_run, args=(call, done), name="slow call", daemon=True).start()
    wait_s = quiet_s
    while not _ended(done, wait_s):
        while_waiting()
        wait_s = TURN_S
    return done.result()


def _run(call: Callable[[], Answer], done: Future[Answer]) -> None:
    try:
        done.set_result(call())
    except BaseException as error:
        done.set_exception(error)


def _ended(done: Future[Any], wait_s: float) -> bool:
    """Not by `result`, as what is called may itself run out of time."""
    try:
        done.exception(wait_s)
    except TimeoutError:
        return False
    return True
