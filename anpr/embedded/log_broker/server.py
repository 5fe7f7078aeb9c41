"""The broker as a server: a port, its clients, and what has to be done from time to time."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator

from anpr.embedded.log_broker.broker import Broker
from anpr.embedded.log_broker.connection import Connection
from anpr.embedded.log_broker.retention import retain

__all__ = ["serve"]

GROUPS_EVERY_S = 0.1
RETENTION_EVERY_S = 1.0


@contextlib.asynccontextmanager
async def serve(broker: Broker) -> AsyncIterator[None]:
    """Take connections on the broker's host and port for the length of the block. Raises OSError for a taken port."""
    clients: set[Connection] = set()
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Connection(broker, clients), broker.host, broker.port)
    # A fault in these must end the broker, not leave it without retention: whoever waits in the block is cancelled.
    async with asyncio.TaskGroup() as chores:
        tasks = [chores.create_task(_groups(broker)), chores.create_task(_retention(broker))]
        try:
            yield
        finally:
            server.close()
            for client in tuple(clients):
                client.close()
            for task in tasks:
                task.cancel()


async def _groups(broker: Broker) -> None:
    while True:
        await asyncio.sleep(GROUPS_EVERY_S)
        broker.groups.tick(broker.now_s())


async def _retention(broker: Broker) -> None:
    while True:
        await asyncio.sleep(RETENTION_EVERY_S)
        retain(broker)
