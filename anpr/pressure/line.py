"""A TCP line between a part of the platform and what it depends on, which can be made slow and be cut."""

from __future__ import annotations

import asyncio
import contextlib
from concurrent.futures import Future
from threading import Thread

__all__ = ["Line"]

HOST = "127.0.0.1"
CHUNK = 64 * 1024
START_S = 10.0


class Line:
    """Leads from a port of its own to another one, in a thread of its own. Holds one piece a connection at most."""

    def __init__(self, to_port: int = 0) -> None:
        """to_port: where it leads; may be set later, before somebody calls."""
        self.to_port = to_port
        self.port = 0
        """Where it begins."""
        self._delay_s = 0.0
        self._loop = asyncio.new_event_loop()
        self._whole = asyncio.Event()
        self._whole.set()
        self._ending = asyncio.Event()
        self._ready: Future[int] = Future()
        self._thread = Thread(target=self._loop.run_until_complete, args=(self._serve(),), name="line", daemon=True)
        self._thread.start()
        self.port = self._ready.result(START_S)

    def slow(self, seconds: float) -> None:
        """From now on each piece of an answer is held for so long."""
        self._delay_s = seconds

    def cut(self) -> None:
        """As when a cable is pulled: nothing passes, nobody is told, and connections stay open on both sides."""
        self._loop.call_soon_threadsafe(self._whole.clear)

    def mend(self) -> None:
        """As at the beginning."""
        self._delay_s = 0.0
        self._loop.call_soon_threadsafe(self._whole.set)

    def close(self) -> None:
        """End all connections."""
        self._loop.call_soon_threadsafe(self._ending.set)
        self._thread.join(START_S)
        self._loop.close()

    async def _serve(self) -> None:
        server = await asyncio.start_server(self._connect, HOST, 0)
        self._ready.set_result(int(server.sockets[0].getsockname()[1]))
        await self._ending.wait()
        server.close()
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)
        await asyncio.sleep(0)  # what was let go of closes in the loop's next turn

    async def _connect(self, caller: asyncio.StreamReader, answers: asyncio.StreamWriter) -> None:
        try:
            await self._whole.wait()
            called, asks = await asyncio.open_connection(HOST, self.to_port)
            try:
                await asyncio.gather(self._pump(caller, asks, held=False), self._pump(called, answers, held=True))
            finally:
                asks.transport.abort()
        except OSError:  # nobody is there: whoever calls is told so, as without a line between
            return
        finally:
            answers.transport.abort()

    async def _pump(self, source: asyncio.StreamReader, target: asyncio.StreamWriter, *, held: bool) -> None:
        with contextlib.suppress(OSError):  # the other side has hung up, which ends this one too
            while piece := await source.read(CHUNK):
                if held and self._delay_s:
                    await asyncio.sleep(self._delay_s)
                await self._whole.wait()
                target.write(piece)
                await target.drain()
        target.transport.abort()
