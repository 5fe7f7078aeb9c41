"""How large the platform must be for so many cameras, from what was measured: the table of docs/operations.md.

    python bench/sizing.py [--json]

Reads of cameras as they are told of fleets of this kind (a camera sees 6,000 vehicles a day, its peak is three times
that). Cores: of all flows, broker and ClickHouse, measured on Apache Kafka at several rates (the newest record of
`anpr bench pipeline --broker kafka --rate … --record`), straight lines between them. Disks: bytes a read in the topics,
compressed, times days and copies; bytes a row in the store (`bench/results/store.json`), a year of it.
"""

from __future__ import annotations

import argparse
import json
import math
from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from topics.spec import all_topics

RESULTS = Path(__file__).with_name("results")
FLEETS = (
    (184, "low-emission zones of Brussels"),
    (450, "police of Brussels"),
    (5_000, "country"),
    (10_000, "as planned"),
)
READS_A_DAY, PEAK = 6_000, 3
"""Of a camera, and how much the busiest minutes exceed the mean."""
DAY_S, DAY_MS, YEAR_DAYS, COPIES = 86_400, 86_400_000, 366, 3
FULL = 0.6
"""Share of a core that a worker may need at the peak: what is left is for catching up after an outage."""
NOT_OURS = ("feeder",)
SHARED = ("broker", "clickhouse")


@dataclass(frozen=True, slots=True)
class Size:
    """What one fleet needs."""

    cameras: int
    who: str
    reads_a_day: int
    peak_per_s: int
    cores: float
    """At the peak, all processes together."""
    workers: int
    """Of the flow that needs most, so that each has room; all others need no more."""
    kafka_gb: float
    """All copies."""
    store_gb: float
    """One copy, a year."""


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    record, row = _measured(), json.loads((RESULTS / "store.json").read_text("utf-8"))["bytes_per_row"]
    sizes = [_size(cameras, who, record, row) for cameras, who in FLEETS]
    print(json.dumps([asdict(size) for size in sizes]) if args.json else table(sizes, record))


def _measured() -> Mapping[str, Any]:
    """The newest record on Apache Kafka that has several rates."""
    records = [json.loads(file.read_text("utf-8")) for file in sorted(RESULTS.glob("pipeline-2*.json"))]
    fit = [one for one in records if "log_bytes_per_read" in one["figures"] and len(one["figures"]["at_rates"]) > 1]
    if not fit:
        raise SystemExit("no record: anpr bench pipeline --broker kafka --rate 1000,5000,20000 --record FILE")
    return fit[-1]


def _size(cameras: int, who: str, record: Mapping[str, Any], row: float) -> Size:
    """row: bytes in the store."""
    reads = cameras * READS_A_DAY
    peak = math.ceil(reads / DAY_S * PEAK)
    cores = {name: _at(peak, points) for name, points in _curves(record).items()}
    most = max(used for name, used in cores.items() if name not in SHARED)
    topics = all_topics()
    held = record["figures"]["log_bytes_per_read"]
    kafka = sum(size * (topics[topic].retention_ms or 0) / DAY_MS for topic, size in held.items())
    return Size(
        cameras,
        who,
        reads,
        peak,
        round(sum(cores.values()), 1),
        math.ceil(most / FULL),
        round(reads * kafka * COPIES / 1e9, 1),
        round(reads * YEAR_DAYS * row / 1e9),
    )


def _curves(record: Mapping[str, Any]) -> dict[str, list[tuple[float, float]]]:
    """Process → (reads/s, cores), rising."""
    rates = sorted(
        ((float(rate), phase) for rate, phase in record["figures"]["at_rates"].items()), key=lambda one: one[0]
    )
    names = [name for name in rates[0][1]["cores_used_at_rate"] if name not in NOT_OURS]
    return {name: [(rate, phase["cores_used_at_rate"][name]) for rate, phase in rates] for name in names}


def _at(rate: float, points: Sequence[tuple[float, float]]) -> float:
    """Below the lowest rate what is needed there: waiting for messages costs, too."""
    at = bisect_left(points, (rate, 0.0))
    if at == 0:
        return points[0][1]
    if at == len(points):
        return points[-1][1] * rate / points[-1][0]
    (low, less), (high, more) = points[at - 1], points[at]
    return less + (more - less) * (rate - low) / (high - low)


def table(sizes: Sequence[Size], record: Mapping[str, Any]) -> str:
    """As it stands in the documents."""
    about = record["machine"]
    head = (
        "cameras", "reads a day", "peak, reads/s", "cores at the peak", "workers of each flow", "Kafka, 3 copies",
        "store, a year",
    )  # fmt: skip
    rows = [head, ("---",) * len(head), *map(_row, sizes)]
    told = f"Measured on {about['cpu']}, {about['cores']} cores, {record['at'][:10]} (`python bench/sizing.py`)."
    return "\n".join([told, "", *(f"| {' | '.join(row)} |" for row in rows)])


def _row(one: Size) -> tuple[str, ...]:
    return (
        f"{one.cameras:,} ({one.who})",
        f"{one.reads_a_day / 1e6:.1f} M",
        f"{one.peak_per_s:,}",
        f"{one.cores:.1f}",
        f"{one.workers}",
        f"{one.kafka_gb:,.0f} GB",
        f"{one.store_gb:,.0f} GB",
    )


if __name__ == "__main__":
    main()
