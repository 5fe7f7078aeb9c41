"""The life of the store process: open, listen, say ready, wait for the end, close in order."""

import asyncio
import contextlib
import json
import os
import signal
import sys
from pathlib import Path

from aiohttp import web

from anpr.embedded.store.engine import Engine
from anpr.embedded.store.errors import StoreUnavailable
from anpr.embedded.store.folder import FolderLock
from anpr.embedded.store.options import StoreOptions
from anpr.embedded.store.server import StoreServer

EXIT_UNAVAILABLE = 3
_READ_BUFFER_BYTES = 1 << 20


def run_store(options: StoreOptions) -> int:
    """Serve until SIGTERM, SIGINT or the parent's end.

    Returns the exit code: 0, or 3 after a sentence on stderr.
    """
    try:
        lock = FolderLock(options.path)
        with contextlib.closing(Engine(options)) as engine:
            asyncio.run(_serve(engine, options))
        lock.release()
    except StoreUnavailable as err:
        print(err, file=sys.stderr)
        return EXIT_UNAVAILABLE
    except OSError as err:
        print(f"The store {options.path} cannot run ({err}): make room or change permissions.", file=sys.stderr)
        return EXIT_UNAVAILABLE
    return 0


async def _serve(engine: Engine, options: StoreOptions) -> None:
    """1 listen  2 say ready  3 wait  4 stop listening  5 let requests end  6 close connections"""
    ended = _end_event(options.parent_pid)
    server = StoreServer(engine, options)
    runner = web.AppRunner(
        server.app(),
        access_log=None,
        auto_decompress=False,
        handler_cancellation=True,
        read_bufsize=_READ_BUFFER_BYTES,
        shutdown_timeout=1.0,
    )
    await runner.setup()
    site = await _listen(runner, options)
    _say_ready(options.ready_file, runner.addresses[0][1], engine.version)
    await ended.wait()
    await site.stop()
    await server.stop()
    await runner.cleanup()


async def _listen(runner: web.AppRunner, options: StoreOptions) -> web.TCPSite:
    site = web.TCPSite(runner, options.host, options.port)
    try:
        await site.start()
    except OSError as err:
        await runner.cleanup()
        raise StoreUnavailable(
            f"The store cannot listen on {options.host} port {options.port} ({err.strerror}): "
            "stop what listens there or give another --port, 0 for a free one."
        ) from err
    return site


def _end_event(parent_pid: int | None) -> asyncio.Event:
    """An event that SIGTERM, SIGINT and the end of the parent set."""
    ended = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, ended.set)
    if parent_pid is not None:
        _watch_parent(parent_pid, ended)
    return ended


def _watch_parent(pid: int, ended: asyncio.Event) -> None:
    """Set the event when the process ends; by a pidfd: prctl's death signal follows a *thread*'s end."""
    loop = asyncio.get_running_loop()
    try:
        descriptor = os.pidfd_open(pid)
    except ProcessLookupError:
        ended.set()
        return

    def on_end() -> None:
        loop.remove_reader(descriptor)
        os.close(descriptor)
        ended.set()

    loop.add_reader(descriptor, on_end)


def _say_ready(ready_file: Path | None, port: int, version: str) -> None:
    """One JSON line on stdout, and the same in the ready file, which appears whole or not at all."""
    line = json.dumps({"pid": os.getpid(), "port": port, "version": version})
    if ready_file is not None:
        draft = ready_file.with_name(f"{ready_file.name}.{os.getpid()}")
        draft.write_text(line + "\n")
        draft.rename(ready_file)
    print(line, flush=True)
