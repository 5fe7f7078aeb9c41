"""How much Apache Kafka keeps on disk for a read, in each topic that it passes through."""

from __future__ import annotations

import re
from collections import defaultdict
from pathlib import Path

__all__ = ["FLOW_TOPICS", "log_bytes_per_read"]

FLOW_TOPICS = ("reads", "passages", "hits", "lez-verdicts")
"""Those that grow with reads; reference topics are compacted and grow with what they refer to."""
PARTITION = re.compile(r"(.+)-\d+")


def log_bytes_per_read(folder: Path, reads: int) -> dict[str, float]:
    """Topic → bytes of its segments under a node's folder, by reads; as compressed by who produced them, one copy.

    Indexes beside the segments are made large and sparse, and do not count.
    """
    found: defaultdict[str, int] = defaultdict(int)
    for segment in folder.rglob("*.log"):
        partition = PARTITION.fullmatch(segment.parent.name)
        if partition is not None and partition[1] in FLOW_TOPICS:
            found[partition[1]] += segment.stat().st_size
    return {topic: round(found[topic] / reads, 1) for topic in FLOW_TOPICS}
