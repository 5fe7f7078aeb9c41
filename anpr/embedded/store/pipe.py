"""From an engine thread to the event loop: chunks of a result, a few at a time."""

import asyncio
import threading
from collections import deque
from collections.abc import AsyncIterator
from concurrent.futures import Future
from typing import Any

from anpr.embedded.store.errors import STD_EXCEPTION, store_error

_MAX_CHUNKS = 4
"""A chunk is one block, usually 65,409 rows; more than a few in hand would only be memory."""


class ChunkPipe:
    """One result on its way. The thread's `put` waits while the client is slow, and fails once it is gone."""

    def __init__(self) -> None:
        self.format = ""
        self._loop = asyncio.get_running_loop()
        self._slots = threading.Semaphore(_MAX_CHUNKS)
        self._chunks: deque[bytes] = deque()
        self._changed = asyncio.Event()
        self._ended = self._closed = False

    def put(self, output_format: str, chunk: bytes) -> None:
        """Called by the engine thread. Raises StoreError once the pipe is closed."""
        self._slots.acquire()
        if self._closed:
            raise store_error(STD_EXCEPTION, "The client is gone")
        self.format = output_format
        self._loop.call_soon_threadsafe(self._push, chunk)

    def _push(self, chunk: bytes) -> None:
        self._chunks.append(chunk)
        self._changed.set()

    def end_with(self, future: "Future[Any]") -> None:
        """The result ends when this future does; its callback comes after those of all its chunks."""
        future.add_done_callback(lambda _: self._loop.call_soon_threadsafe(self._end))

    def _end(self) -> None:
        self._ended = True
        self._changed.set()

    async def has_chunk(self) -> bool:
        """Wait for a chunk or for the end, whichever is first."""
        while not self._chunks and not self._ended:
            self._changed.clear()
            await self._changed.wait()
        return bool(self._chunks)

    async def chunks(self) -> AsyncIterator[bytes]:
        """All chunks until the work has ended."""
        while await self.has_chunk():
            chunk = self._chunks.popleft()
            self._slots.release()
            yield chunk

    def close(self) -> None:
        """The reader is gone: free a waiting `put` and make each later one fail."""
        self._closed = True
        self._slots.release()
