"""The job on Quix Streams: `python -m anpr.bench.peers.quix TASK`, run by a Python that has it.

As its documentation shows: a topic in, a StreamingDataFrame with a function, a topic out. Bytes come in as they are, so
that the job decodes once, as everywhere; settings of the Kafka client are those of our own loop.
"""

from __future__ import annotations

import sys
from operator import attrgetter
from pathlib import Path

from quixstreams import Application
from quixstreams.models.serializers import Serializer

from anpr.bench.peers.job import Checked, Job, calm, task_of

__all__ = ["main"]


class _AsJson(Serializer):  # type: ignore[misc]
    """Encodes what was found as the other engines do."""

    def __init__(self, job: Job) -> None:
        super().__init__()
        self._encode = job.encode

    def __call__(self, value: Checked, ctx: object) -> bytes:  # noqa: ARG002 - as the library asks
        return self._encode(value)


def main() -> None:
    """Run until SIGTERM, which Quix Streams handles itself."""
    task = task_of(Path(sys.argv[1]))
    job = Job(Path(task.listed))
    app = Application(
        broker_address=task.bootstrap,
        consumer_group=task.group,
        auto_offset_reset="earliest",
        auto_create_topics=False,
        use_changelog_topics=False,
        state_dir=Path(task.listed).parent / task.group,
        commit_interval=task.commit_s,
        loglevel="WARNING",
        consumer_extra_config={
            "fetch.wait.max.ms": task.fetch_wait_ms,
            "fetch.error.backoff.ms": 50,
            "fetch.queue.backoff.ms": 5,
            "queued.min.messages": 50_000,
            "queued.max.messages.kbytes": 65_536,
        },
        producer_extra_config={
            "acks": "all",
            "linger.ms": task.linger_ms,
            "batch.size": task.batch_bytes,
            "batch.num.messages": task.batch_messages,
            "compression.type": task.compression,
            "queue.buffering.max.messages": 200_000,
            "queue.buffering.max.kbytes": 262_144,
        },
    )
    reads = app.topic(task.source, value_deserializer="bytes", key_deserializer="bytes")
    checked = app.topic(task.target, value_serializer=_AsJson(job), key_serializer="string")
    app.dataframe(reads).apply(job.check).to_topic(checked, key=attrgetter("plate"))
    calm()
    app.run()


if __name__ == "__main__":
    main()
