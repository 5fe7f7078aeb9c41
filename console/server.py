"""Serves the API until it is told to stop: ends streams in words, finishes attempts, keeps places, writes the audit."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from types import FrameType

import uvicorn
from fastapi import FastAPI
from starlette.types import Lifespan

from console.app import create_app
from console.parts import Parts
from console.threads import Crew
from console.webhooks.dispatch import Dispatch

__all__ = ["serve"]

GRACE_S = 10
"""For answers under way when the process ends; streams end by themselves."""
WAITING_AT_ONCE = 40
"""Questions to store and broker, each in a thread that mostly waits: some wait 20 s for an answer of a worker."""


class _Server(uvicorn.Server):
    """Tells streams to end before it waits for them."""

    def __init__(self, config: uvicorn.Config, parts: Parts, on_ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._parts, self._on_ready = parts, on_ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._on_ready()

    def end(self) -> None:
        """From any thread."""
        self._parts.ending.set()
        self._parts.wake()
        self.should_exit = True

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        self.end()
        super().handle_exit(sig, frame)


def serve(parts: Parts, dispatch: Dispatch, listener: socket.socket, on_ready: Callable[[], None]) -> None:
    """Run until SIGTERM or SIGINT. feeds and cameras must be loaded. Raises what makes going on unsafe."""
    app = create_app(parts, _lifespan(parts))
    config = uvicorn.Config(
        app,
        log_config=None,
        access_log=False,  # an address may hold what somebody looks for
        server_header=False,
        timeout_graceful_shutdown=GRACE_S,
        timeout_keep_alive=30,
        forwarded_allow_ips=parts.site.proxies,
    )
    server = _Server(config, parts, on_ready)
    crew = Crew(on_fault=server.end)
    crew.start("accounts", parts.accounts.run, parts.accounts.stop)
    crew.start("door", parts.door.run, parts.door.stop)
    crew.start("hits", parts.hits.run, parts.hits.stop)
    crew.start("cases", parts.news.run, parts.news.stop)
    crew.start("webhooks", dispatch.run, dispatch.stop)
    try:
        server.run(sockets=[listener])
    finally:
        parts.ending.set()
        crew.end()
        parts.cameras.close()
        parts.jobs.end()


def _lifespan(parts: Parts) -> Lifespan[FastAPI]:
    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        loop = asyncio.get_running_loop()
        loop.set_default_executor(ThreadPoolExecutor(WAITING_AT_ONCE, "waiting"))
        parts.hits.bell.hang(loop)
        parts.news.bell.hang(loop)
        parts.door.on_change = parts.wake
        yield

    return lifespan
