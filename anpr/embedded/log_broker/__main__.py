"""`python -m anpr.embedded.log_broker`: the broker as a process of its own."""

from __future__ import annotations

import argparse
import asyncio
import gc
import logging
import os
import signal
import sys

from anpr.embedded.log_broker.broker import Broker
from anpr.embedded.log_broker.memory import Memory
from anpr.embedded.log_broker.server import serve

LOGGER = logging.getLogger("anpr.embedded.log_broker")
_LOOK_AT_PARENT_EVERY_S = 1.0


def main() -> int:
    """Run until told to end. Returns the exit status: 1 when the port cannot be had."""
    options = _options()
    logging.basicConfig(stream=sys.stderr, level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    broker = Broker(options.cluster_id, options.host, options.port, Memory(options.retention_bytes))
    try:
        asyncio.run(_run(broker, options.parent_pid))
    except OSError as error:
        LOGGER.error("cannot listen on %s:%d: %s", options.host, options.port, error.strerror or error)
        return 1
    return 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m anpr.embedded.log_broker", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: %(default)s)")
    parser.add_argument("--port", type=int, required=True, help="port to listen on")
    parser.add_argument("--cluster-id", required=True, help="what clients are told; each start should have its own")
    parser.add_argument("--parent-pid", type=int, help="end when this process is no longer our parent")
    parser.add_argument(
        "--retention-bytes",
        type=int,
        default=_third_of_memory(),
        help="most memory that messages of all topics may take (default: a third of the machine's, %(default)s)",
    )
    return parser.parse_args()


def _third_of_memory() -> int:
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 3


async def _run(broker: Broker, parent_pid: int | None) -> None:
    ended = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, ended.set)
    async with serve(broker):
        LOGGER.info("cluster %s takes connections on %s:%d", broker.cluster_id, broker.host, broker.port)
        gc.freeze()  # what was loaded stays: the collector need not look at it again
        await _end(ended, parent_pid)
    LOGGER.info("ended; what it held is gone")


async def _end(ended: asyncio.Event, parent_pid: int | None) -> None:
    while not ended.is_set() and parent_pid in (None, os.getppid()):
        try:
            await asyncio.wait_for(ended.wait(), _LOOK_AT_PARENT_EVERY_S)
        except TimeoutError:
            continue


if __name__ == "__main__":
    sys.exit(main())
