"""All that the broker knows: its topics, its groups, its producers, and who it is."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from anpr.embedded.log_broker.groups import Groups
from anpr.embedded.log_broker.memory import Memory
from anpr.embedded.log_broker.topics import Topics

__all__ = ["NODE_ID", "Broker"]

NODE_ID = 1


def _wall_clock_ms() -> int:
    return time.time_ns() // 1_000_000


def _first_producer_id() -> int:
    """Far from those of an earlier broker, whose producers may still send: theirs must not be taken for others."""
    return random.SystemRandom().getrandbits(46) << 16


@dataclass
class Broker:
    """One node that leads everything. Not thread-safe: all happens in one event loop."""

    cluster_id: str
    host: str
    port: int
    memory: Memory
    clock_ms: Callable[[], int] = _wall_clock_ms
    """Wall clock; for time stamps and retention."""
    now_s: Callable[[], float] = time.monotonic
    """For the time-outs of groups."""
    topics: Topics = field(default_factory=Topics)
    groups: Groups = field(default_factory=Groups)
    next_producer_id: int = field(default_factory=_first_producer_id)

    def new_producer_id(self) -> int:
        """An id that no producer has had."""
        self.next_producer_id += 1
        return self.next_producer_id
