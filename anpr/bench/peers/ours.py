"""The job on our own loop: `python -m anpr.bench.peers.ours TASK`. As every flow, with a stage of one line."""

from __future__ import annotations

import signal
import sys
from pathlib import Path

from anpr.bench.peers.job import Job, Task, calm, task_of
from pipeline.messages import Batch
from pipeline.outcome import Emit, Outcome
from pipeline.runtime.clock import SystemClock
from pipeline.runtime.kafka import KafkaConfig
from pipeline.runtime.loop import Limits, Loop
from pipeline.runtime.metrics import Metrics
from pipeline.runtime.output import KafkaOutput
from pipeline.runtime.source import KafkaSource

__all__ = ["main"]


def main() -> None:
    """Run until SIGTERM."""
    task = task_of(Path(sys.argv[1]))
    loop = _loop(task, Job(Path(task.listed)))
    signal.signal(signal.SIGTERM, lambda *_: loop.stop())
    loop.run()


def _loop(task: Task, job: Job) -> Loop:
    config = KafkaConfig(task.bootstrap, fetch_wait_ms=task.fetch_wait_ms)
    output = KafkaOutput(config, linger_ms=task.linger_ms)

    def stage(batch: Batch) -> Outcome:
        outcome = Outcome()
        outcome.emitted += [Emit(task.target, *job(message.value)) for message in batch.messages]
        return outcome

    loop = Loop(
        flow="match",
        source=KafkaSource(config, task.group, [task.source]),
        stage=stage,
        output=output,
        dead_letters=output,
        metrics=Metrics(),
        clock=SystemClock(),
        limits=Limits(batch_messages=task.at_once, commit_every_s=task.commit_s),
        on_ready=calm,
    )
    loop.source.on_revoke(loop.commit, loop.forget)  # type: ignore[attr-defined]
    return loop


if __name__ == "__main__":
    main()
