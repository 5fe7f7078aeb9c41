"""The job on aiokafka alone: `python -m anpr.bench.peers.aiokafka_peer TASK`.

Batches with `getmany`, sends without waiting for each, waits for all, then commits: what its documentation advises for
processing in batches with at-least-once delivery. Settings are those of our own loop, as far as it has
them; not idempotent, which costs ours something, as the embedded broker refuses aiokafka a producer id.
"""

from __future__ import annotations

import asyncio
import signal
import sys
import time
from pathlib import Path
from typing import Any

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer

from anpr.bench.peers.job import Job, Task, calm, task_of

__all__ = ["main"]

WAIT_MS = 250


def main() -> None:
    """Run until SIGTERM."""
    task = task_of(Path(sys.argv[1]))
    asyncio.run(_run(task, Job(Path(task.listed))))


async def _run(task: Task, job: Job) -> None:
    stopped = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stopped.set)
    consumer = AIOKafkaConsumer(
        task.source,
        bootstrap_servers=task.bootstrap,
        group_id=task.group,
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        fetch_max_wait_ms=task.fetch_wait_ms,
        max_partition_fetch_bytes=8 * task.batch_bytes,
    )
    producer = AIOKafkaProducer(
        bootstrap_servers=task.bootstrap,
        acks="all",
        linger_ms=task.linger_ms,
        max_batch_size=task.batch_bytes,
        compression_type=task.compression,
    )
    async with consumer, producer:
        calm()
        await _work(task, job, consumer, producer, stopped)


async def _work(
    task: Task, job: Job, consumer: AIOKafkaConsumer, producer: AIOKafkaProducer, stopped: asyncio.Event
) -> None:
    committed_at = 0.0
    while not stopped.is_set():
        batches = await consumer.getmany(timeout_ms=WAIT_MS, max_records=task.at_once)
        sent: list[Any] = []
        for messages in batches.values():
            for message in messages:
                key, value = job(message.value)
                sent.append(await producer.send(task.target, key=key, value=value))
        if sent:
            await asyncio.gather(*sent)  # raises what the broker did not take
        if sent and time.monotonic() - committed_at >= task.commit_s:
            committed_at = time.monotonic()
            await consumer.commit()


if __name__ == "__main__":
    main()
