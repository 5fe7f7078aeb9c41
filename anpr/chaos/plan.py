"""What is struck, how often, and under which load."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal

__all__ = ["API", "BROKER", "CLICKHOUSE", "CONTROLLER", "WORKERS", "ChaosPlan", "Say"]

Say = Callable[[str], None]
BROKER, CONTROLLER = "broker", "controller"
"""Any of the brokers, and the one that leads the cluster at that moment."""
CLICKHOUSE, API = "clickhouse", "api"
"""The database, not to be taken for the worker `store` that writes into it; and what officers and programs ask."""

WORKERS: Mapping[str, int] = {
    "consolidate": 2,
    "match": 2,
    "judge": 1,
    "watch": 2,
    "health": 1,
    "cases": 1,
    "notices": 1,
    "store": 1,
    "store-lez": 1,
}
"""Flow → workers of it: two of the stateful ones, so that partitions wander whenever one of them dies."""


@dataclass(frozen=True, slots=True)
class ChaosPlan:
    """One run."""

    kills: int = 6
    """How many times something is struck."""
    seed: int = 1
    """The same one gives the same strikes in the same order, and the same vehicles."""
    broker: Literal["embedded", "kafka"] = "kafka"
    brokers: int = 3
    """Of Apache Kafka; the embedded broker is one, in memory, and can only be frozen."""
    rate_per_s: float = 5_000
    """Reads a second, on a schedule that waits for nobody."""
    partitions: int = 2
    """Of each topic, at most: brokers look through all partitions at each fetch, and share two cores with all else."""
    workers: Mapping[str, int] = field(default_factory=lambda: WORKERS)
    """Flow → workers of it; one each where the broker is the embedded one."""
    recovery_s: float = 120
    """A part that has not recovered after so long ends the run as a fault."""

    @property
    def copies(self) -> int:
        """Of each partition."""
        return min(3, self.brokers) if self.broker == "kafka" else 1

    def instances(self) -> dict[str, str]:
        """Name of a worker → its flow."""
        alone = self.broker == "embedded"
        counts = {flow: 1 if alone else count for flow, count in self.workers.items()}
        return {
            flow if count == 1 else f"{flow}-{number}": flow
            for flow, count in counts.items()
            for number in range(1, count + 1)
        }
