"""One client: its requests are answered one at a time and in order, as Kafka does."""

from __future__ import annotations

import asyncio
import logging
import struct

from anpr.embedded.log_broker.broker import Broker
from anpr.embedded.log_broker.codec import Body
from anpr.embedded.log_broker.errors import Refused
from anpr.embedded.log_broker.frames import Call, perform, read_call
from anpr.embedded.log_broker.wire import Malformed

__all__ = ["LARGEST_REQUEST", "Connection"]

LOGGER = logging.getLogger(__name__)
LARGEST_REQUEST = 100_000_000
"""Bytes; a client that sends more is sent away."""
_ENOUGH_AHEAD = 1_000_000
"""So many bytes of further requests are taken in while one is being answered."""
_SIZE = struct.Struct(">i")


class Connection(asyncio.Protocol):
    """Whatever goes wrong with a client ends its connection with a line in the log, and nothing else."""

    def __init__(self, broker: Broker, open_ones: set[Connection]) -> None:
        self._broker, self._open_ones = broker, open_ones
        self._transport: asyncio.Transport | None = None
        self._peer = ("?", 0)
        self._received = bytearray()
        self._pending: asyncio.Future[Body] | None = None
        """The answer that we wait for; other requests of this client wait behind it."""
        self._slow_reader = False
        self._reading = True

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._peer = transport.get_extra_info("peername")[:2]
        self._open_ones.add(self)

    def connection_lost(self, _: Exception | None) -> None:
        self._transport = None
        self._received.clear()
        self._open_ones.discard(self)
        if self._pending:
            self._pending.cancel()

    def data_received(self, data: bytes) -> None:
        self._received += data
        self._go_on()

    def pause_writing(self) -> None:
        self._slow_reader = True

    def resume_writing(self) -> None:
        self._slow_reader = False
        self._go_on()

    def close(self) -> None:
        """End it now; what has not been sent is not sent any more."""
        if self._transport:
            self._transport.abort()

    def _go_on(self) -> None:
        """Answer what has come in whole, as long as nothing has to wait."""
        while self._transport and not self._pending and not self._slow_reader:
            frame = self._next_frame()
            if frame is None:
                break
            self._serve(frame)
        self._read_on((self._pending is None and not self._slow_reader) or len(self._received) < _ENOUGH_AHEAD)

    def _read_on(self, wanted: bool) -> None:
        if self._transport and wanted != self._reading:
            self._reading = wanted
            (self._transport.resume_reading if wanted else self._transport.pause_reading)()

    def _next_frame(self) -> bytes | None:
        if len(self._received) < _SIZE.size:
            return None
        (size,) = _SIZE.unpack_from(self._received)
        if not 0 <= size <= LARGEST_REQUEST:
            self._end(f"a request of {size} bytes, at most {LARGEST_REQUEST} are taken")
            return None
        end = _SIZE.size + size
        if len(self._received) < end:
            return None
        frame = bytes(memoryview(self._received)[_SIZE.size : end])
        del self._received[:end]
        return frame

    def _serve(self, frame: bytes) -> None:
        try:
            call = read_call(frame, f"/{self._peer[0]}")
        except Malformed as fault:
            self._end(str(fault))
            return
        try:
            answer = perform(self._broker, call)
            if isinstance(answer, asyncio.Future):
                self._wait_for(call, answer)
            elif answer is not None:
                self._send(call, answer)
        except Refused as fault:
            self._end(f"{call.name}: {fault.text}")
        except Exception:
            LOGGER.exception("%s failed", call.name)
            self._end(f"{call.name} failed")

    def _wait_for(self, call: Call, answer: asyncio.Future[Body]) -> None:
        if answer.done():
            self._send(call, answer.result())
            return
        self._pending = answer
        answer.add_done_callback(lambda done: self._answered(call, done))

    def _answered(self, call: Call, answer: asyncio.Future[Body]) -> None:
        self._pending = None
        if self._transport is None or answer.cancelled():
            return
        self._send(call, answer.result())
        self._go_on()

    def _send(self, call: Call, body: Body) -> None:
        if self._transport:
            self._transport.write(call.answer(body))

    def _end(self, why: str) -> None:
        LOGGER.warning("connection of %s:%d closed: %s", *self._peer, why)
        self.close()
