"""Threads for the engine, with a bounded queue: queries cannot starve inserts, nor the reverse."""

import asyncio
import contextlib
import functools
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, TypeVar

from anpr.embedded.store.errors import TOO_MANY_SIMULTANEOUS_QUERIES, store_error

T = TypeVar("T")


class WorkerPool:
    """Some threads and the requests that wait for them. Made for one event loop.

    waiting and running may be read at any time; they are what /metrics shows.
    """

    def __init__(self, name: str, threads: int, max_waiting: int) -> None:
        self.name = name
        self.threads = threads
        self._max_waiting = max_waiting
        self._executor = ThreadPoolExecutor(threads, thread_name_prefix=f"store-{name}")
        self._pending: set[Future[Any]] = set()

    @property
    def running(self) -> int:
        """Requests that have a thread."""
        return min(len(self._pending), self.threads)

    @property
    def waiting(self) -> int:
        """Requests that wait for a thread."""
        return len(self._pending) - self.running

    def submit(self, work: Callable[[], T]) -> "Future[T]":
        """Queue work; `cancel()` drops it while it waits. Raises StoreError (503) when too much waits."""
        if self.running == self.threads and self.waiting >= self._max_waiting:
            raise store_error(
                TOO_MANY_SIMULTANEOUS_QUERIES,
                f"{self.waiting} requests wait already in the {self.name} queue; try again",
            )
        future = self._executor.submit(work)
        self._pending.add(future)
        loop = asyncio.get_running_loop()
        future.add_done_callback(lambda done: loop.call_soon_threadsafe(self._pending.discard, done))
        return future

    async def run(self, work: Callable[..., T], *args: object) -> T:
        """Queue work and wait for it. If the waiter is cancelled, work that has begun runs on."""
        future = self.submit(functools.partial(work, *args))
        try:
            return await asyncio.shield(awaitable(future))
        except asyncio.CancelledError:
            future.cancel()
            raise

    async def idle(self) -> None:
        """Wait until nothing waits or runs."""
        while self._pending:
            await asyncio.wait([awaitable(future) for future in self._pending])
            await asyncio.sleep(0)

    @contextlib.asynccontextmanager
    async def held(self, timeout_s: float) -> AsyncIterator[None]:
        """Nothing of this pool runs for as long as the block lasts; what comes in waits its turn.

        What runs or waits already comes first. Raises StoreError (503) when that takes longer than timeout_s.
        """
        opened, taken, loop = threading.Event(), asyncio.Semaphore(0), asyncio.get_running_loop()

        def occupy() -> None:
            loop.call_soon_threadsafe(taken.release)
            opened.wait()

        occupied = [self._executor.submit(occupy) for _ in range(self.threads)]
        try:
            await self._all_taken(taken, timeout_s)
            yield
        finally:
            opened.set()
            for future in occupied:
                future.cancel()

    async def _all_taken(self, taken: asyncio.Semaphore, timeout_s: float) -> None:
        try:
            async with asyncio.timeout(timeout_s):
                for _ in range(self.threads):
                    await taken.acquire()
        except TimeoutError:
            raise store_error(
                TOO_MANY_SIMULTANEOUS_QUERIES, f"what runs in the {self.name} queue takes too long; try again"
            ) from None

    def close(self) -> None:
        """Wait for the threads to end; call when idle."""
        self._executor.shutdown(wait=True, cancel_futures=True)


def awaitable(future: "Future[T]") -> "asyncio.Future[T]":
    """A future to await, which does not complain when its waiter has gone and nobody reads its exception."""
    wrapped = asyncio.wrap_future(future)
    wrapped.add_done_callback(lambda done: done.cancelled() or done.exception())
    return wrapped


class ByteBudget:
    """A bound on the bytes of all bodies held at once."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self.used = 0

    @contextlib.contextmanager
    def reserve(self) -> Iterator[Callable[[int], None]]:
        """Gives a function that takes more bytes, for as long as the block lasts.

        The function raises StoreError (503) when the bytes would pass the limit.
        """
        mine = 0

        def take(size: int) -> None:
            nonlocal mine
            if self.used + size > self._limit:
                raise store_error(
                    TOO_MANY_SIMULTANEOUS_QUERIES, f"{self.used} bytes of bodies are held already; try again"
                )
            self.used += size
            mine += size

        try:
            yield take
        finally:
            self.used -= mine
