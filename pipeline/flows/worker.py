"""The life of a Faust app as a worker like the others: ready when its tables are, ended in order by a signal."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Protocol

from aiokafka.errors import KafkaError

from pipeline.runtime.faust_app import quiet_faust
from pipeline.runtime.kafka import KafkaUnusable

__all__ = ["FaustProgram", "FaustWorker"]

LOGGER = logging.getLogger(__name__)
END_S = 30.0
START_S = 180.0
"""A group may wait a minute for a member that is gone; longer means that it will never let us in."""


class FaustProgram(Protocol):
    """A Faust app with the work that goes on beside its agents."""

    app: Any
    """The app."""

    def work(self) -> Sequence[Awaitable[Any]]:
        """What must go on until the end; none of it returns, and what it raises ends the worker."""
        ...


class FaustWorker:
    """Runs a Faust app until `stop`; raises what makes going on unsafe.

    Faust itself would start a failed agent again behind the message that it failed on. Here the process ends, and its
    successor takes that message again.
    """

    def __init__(
        self,
        make: Callable[[], FaustProgram],
        close: Callable[[], None] = lambda: None,
        check: Callable[[], None] = lambda: None,
    ) -> None:
        """make: called in the running event loop. close: called at the end, however it comes.

        check: called first of all; what it raises ends the worker before it has taken anything.
        """
        self.on_ready: Callable[[], None] = lambda: None
        self._make, self._close, self._check = make, close, check
        self._loop: asyncio.AbstractEventLoop | None = None
        self._ended = asyncio.Event()

    def stop(self) -> None:
        """Deliver and acknowledge what is in hand, leave. May come from another thread or a signal, at any time."""
        loop = self._loop
        if loop is None:
            self._ended.set()
            return
        with contextlib.suppress(RuntimeError):  # the loop has just ended by itself
            loop.call_soon_threadsafe(self._ended.set)

    def run(self) -> None:
        """Work until `stop`."""
        quiet_faust()
        try:
            self._check()
            asyncio.run(self._main())
        finally:
            self._close()

    async def _main(self) -> None:
        self._loop = asyncio.get_running_loop()
        program = self._make()
        work: asyncio.Future[Any] = asyncio.gather(_crash_of(program.app), *program.work())
        serve: asyncio.Future[Any] = asyncio.ensure_future(self._serve(program.app))
        try:
            await asyncio.wait({work, serve}, return_when=asyncio.FIRST_COMPLETED)
            if work.done():
                await _leave_at_once(program.app)
                if self._ended.is_set():  # it was leaving in order, and goes on with that
                    await asyncio.wait({serve}, timeout=END_S)
        finally:
            serve.cancel()
            work.cancel()
            ended = await asyncio.gather(work, serve, return_exceptions=True)
        for outcome in ended:
            if isinstance(outcome, KafkaError):
                raise KafkaUnusable(f"Kafka does not work for this worker: {type(outcome).__name__}") from outcome
            if isinstance(outcome, Exception):
                raise outcome

    async def _serve(self, app: Any) -> None:
        try:
            await asyncio.wait_for(app.start(), START_S)
        except TimeoutError as error:
            raise KafkaUnusable(f"Kafka did not let this worker into its group within {START_S:.0f} s") from error
        if not self._ended.is_set():
            self.on_ready()
            await self._ended.wait()
        await app.stop()  # waits until all that was taken is acknowledged, and commits


async def _crash_of(app: Any) -> None:
    """Raises what ended a part of the app."""
    await app.wait_until_stopped()
    if app.crash_reason is not None:
        raise app.crash_reason
    await asyncio.Event().wait()  # an end in order is not ours to tell


async def _leave_at_once(app: Any) -> None:
    """Without waiting for messages that nobody will work off any more: they are taken again."""
    app.is_broken = True
    try:
        await asyncio.wait_for(app.stop(), END_S)
    except TimeoutError:
        LOGGER.warning("the app did not end within %.0f s; leaving", END_S)
