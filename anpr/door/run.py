"""The process `anpr door`. It needs the broker and nothing else: cameras get in while console and store are away.

follower ──camera-keys, uploads──▶ keys, ledger      intake ──sender──▶ reads, frames, uploads
"""

from __future__ import annotations

import asyncio
import functools
import logging
import signal
import socket
import ssl
import uuid
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from types import FrameType

import uvicorn
from fastapi import FastAPI
from starlette.types import Lifespan

from anpr.door.app import create_app
from anpr.door.budget import Budget
from anpr.door.floors import Floors
from anpr.door.follower import Follower
from anpr.door.framing import most_bytes
from anpr.door.intake import Intake
from anpr.door.keys import Keys
from anpr.door.ledger import Ledger
from anpr.door.parts import KEYS_TOPIC, UPLOADS_TOPIC, Parts
from anpr.door.sender import Sender
from anpr.listening import listen
from anpr.settings import Settings, SettingsFault
from anpr.worker import announce, calm_collector
from console.limits import Buckets
from console.threads import Crew
from pipeline.runtime.clock import SystemClock
from pipeline.runtime.kafka import KafkaConfig, admin_client
from pipeline.runtime.metrics import Metrics
from pipeline.runtime.service import Heartbeat, ServicePages

__all__ = ["run_door"]

LOGGER = logging.getLogger(__name__)
GRACE_S = 15
"""For answers under way when the process ends, and then for what the broker has not acknowledged."""
BEAT_EVERY_S = 1.0
CONNECTIONS = 2_000
NAME = "door"


def run_door(
    settings: Settings, ready_file: Path | None = None, on_ready: Callable[[str], None] = lambda _: None
) -> None:
    """Serve until SIGTERM or SIGINT. While the broker is away it answers 503.

    on_ready: told the address. Raises SettingsFault for an address or a certificate that cannot be used.
    """
    signal.signal(signal.SIGTERM, _end_at_once)  # what the server raises again when it has ended in order
    clock, metrics = SystemClock(), Metrics(NAME)
    heart = Heartbeat(clock)
    trouble = functools.partial(metrics.count, "anpr_kafka_errors_total", flow=NAME)
    listener = _listen(settings)
    name = settings.door_name or f"{socket.gethostname()}:{listener.getsockname()[1]}"
    door = _Door(settings, name, replace(settings.kafka(), on_trouble=trouble), clock, metrics, heart)
    pages = ServicePages(
        settings.service_host,
        settings.service_port,
        metrics.registry,
        lambda: {"worker": NAME, **heart.report(), **door.parts.report()},
    )
    pages.start()
    try:
        door.serve(listener, functools.partial(_say_ready, settings, listener, ready_file, on_ready))
        LOGGER.info("the door has ended in order")
    finally:
        pages.stop()
        listener.close()


def _listen(settings: Settings) -> socket.socket:
    return listen("the door", settings.door_host, settings.door_port, "ANPR_DOOR")


def _say_ready(
    settings: Settings, listener: socket.socket, ready_file: Path | None, on_ready: Callable[[str], None]
) -> None:
    port = listener.getsockname()[1]
    calm_collector()
    if ready_file is not None:
        announce(ready_file, port)
    LOGGER.info("the door is served on %s port %d", settings.door_host, port)
    on_ready(f"{'https' if settings.door_certificate_file else 'http'}://{settings.door_host}:{port}")


class _Door:
    """The parts of one process, put together."""

    def __init__(
        self,
        settings: Settings,
        name: str,
        kafka: KafkaConfig,
        clock: SystemClock,
        metrics: Metrics,
        heart: Heartbeat,
    ) -> None:
        self._settings, self._heart, self._metrics = settings, heart, metrics
        self._crew = Crew(on_fault=self._end)
        self._server: _Server | None = None
        floors = Floors(admin_client(kafka), ("reads", "frames"))
        self._follower = Follower(kafka, (KEYS_TOPIC, UPLOADS_TOPIC), self._heard, floors)
        self._sender = Sender(kafka)
        ledger, budget = Ledger(f"{name}/{uuid.uuid4().hex}"), Budget(int(settings.door_waiting_mb * 1e6))
        self.parts = Parts(
            keys=Keys(),
            ledger=ledger,
            intake=Intake(kafka, self._sender, self._follower, floors, ledger, budget, clock, settings.door_answer_s),
            budget=budget,
            buckets=Buckets(settings.door_reads_per_s, clock.monotonic),
            metrics=metrics,
            clock=clock,
            trouble=lambda: self._follower.trouble,
            most_frame_bytes=most_bytes(),
        )
        self._loop: asyncio.AbstractEventLoop | None = None

    def serve(self, listener: socket.socket, on_ready: Callable[[], None]) -> None:
        """Until told to stop. Raises what made going on unsafe."""
        self._server = _Server(_configuration(self._settings, create_app(self.parts, self._lifespan())), on_ready)
        try:
            self._server.run(sockets=[listener])
        finally:
            self._crew.end()

    def _lifespan(self) -> Lifespan[FastAPI]:
        @asynccontextmanager
        async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
            self._loop = asyncio.get_running_loop()
            self._follower.on_loaded = functools.partial(self._in_loop, self._loaded)
            self._crew.start("sender", self._sender.run, self._sender.stop)
            self._crew.start("follower", self._follower.run, self._follower.stop)
            beating = asyncio.create_task(self._beat())
            yield
            await self.parts.intake.finish(GRACE_S)
            beating.cancel()

        return lifespan

    def _heard(self, topic: str, key: bytes, value: bytes | None) -> None:
        self._in_loop(functools.partial(self.parts.learn, topic, key, value))

    def _loaded(self) -> None:
        self.parts.ready = True
        LOGGER.info("%d devices may upload", self.parts.keys.holding())

    def _in_loop(self, call: Callable[[], None]) -> None:
        """From any thread; what comes after the end concerns nobody."""
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(call)

    async def _beat(self) -> None:
        while True:
            report = self.parts.report()
            self._heart.beat(report["trouble"])
            self._metrics.set("anpr_door_held_bytes", self.parts.budget.held)
            self._metrics.set("anpr_door_waiting_seconds", self.parts.intake.oldest_s())
            await asyncio.sleep(BEAT_EVERY_S)

    def _end(self) -> None:
        """From any thread."""
        if self._server is not None:
            self._server.should_exit = True


class _Server(uvicorn.Server):
    """Says when it serves."""

    def __init__(self, config: uvicorn.Config, on_ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._on_ready = on_ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            self._on_ready()

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        LOGGER.info("told to end")
        super().handle_exit(sig, frame)


def _end_at_once(_number: int, _frame: object) -> None:
    raise SystemExit(0)


def _configuration(settings: Settings, app: FastAPI) -> uvicorn.Config:
    """Raises SettingsFault."""
    config = uvicorn.Config(
        app,
        log_config=None,
        access_log=False,
        server_header=False,
        limit_concurrency=CONNECTIONS,
        timeout_graceful_shutdown=GRACE_S,
        timeout_keep_alive=75,
        ssl_certfile=settings.door_certificate_file,
        ssl_keyfile=settings.door_key_file,
    )
    try:
        config.load()
    except (OSError, ssl.SSLError) as error:
        raise SettingsFault(
            f"the door's certificate cannot be used ({error}): ANPR_DOOR_CERTIFICATE_FILE names a PEM file with it "
            "and its chain, ANPR_DOOR_KEY_FILE its key"
        ) from error
    return config
