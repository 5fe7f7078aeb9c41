"""How fast messages go into a recording and out of it, and how large it is: invented reads, one core.

    python bench/recordings.py [--messages N] [--json]

Without Kafka: what a broker adds is in `anpr bench pipeline`. Times are processor seconds, so that a busy machine
tells nearly the same; memory is what the process grew by.
"""

import argparse
import json
import platform
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

import psutil

from replay.city import build_city
from replay.fleet import build_fleet
from replay.recording.format import Recorded
from replay.recording.reader import Recording
from replay.recording.writer import RecordingWriter
from replay.traffic import Simulation
from schemas.read import Read

NOW = datetime(2026, 3, 2, 8, tzinfo=UTC)
DISTINCT = 5_000
"""Reads that are simulated; then they come again with another place in the log."""


def main() -> None:
    """Write, read, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--messages", type=int, default=500_000)
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    reads, process = _reads(), psutil.Process()
    before = process.memory_info().rss
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "run.parquet"
        write_s, plain = _written(path, reads, args.messages)
        began = time.process_time()
        count = sum(1 for _ in Recording(path).messages())
        read_s = time.process_time() - began
        told = {
            "messages": count,
            "write_per_cpu_s": round(count / write_s),
            "read_per_cpu_s": round(count / read_s),
            "bytes_per_message": round(path.stat().st_size / count, 1),
            "of_plain_bytes": round(path.stat().st_size / plain, 3),
            "grown_mb": round((process.memory_info().rss - before) / 1e6),
            "machine": platform.processor() or platform.machine(),
        }
    if args.json:
        print(json.dumps(told))
    else:
        print(
            "\n".join(
                f"{name:18} {value:,}" if isinstance(value, int) else f"{name:18} {value}"
                for name, value in told.items()
            )
        )


def _reads() -> list[tuple[bytes, bytes]]:
    simulation = Simulation(build_city(7, 100, frame_cameras=0), build_fleet(7, NOW, 20_000), 7, NOW, 20.0)
    made: list[tuple[bytes, bytes]] = []
    moment = NOW
    while len(made) < DISTINCT:
        moment = datetime.fromtimestamp(moment.timestamp() + 10, UTC)
        reads = [seen.item for seen in simulation.events(moment) if isinstance(seen.item, Read)]
        made += [(read.camera_id.encode(), read.model_dump_json(exclude_defaults=True).encode()) for read in reads]
    return made


def _written(path: Path, reads: list[tuple[bytes, bytes]], messages: int) -> tuple[float, int]:
    """Processor seconds, and bytes of keys and values."""
    began, plain = time.process_time(), 0
    with RecordingWriter(path, {"reads": "bench/1"}) as writer:
        for number in range(messages):
            key, value = reads[number % len(reads)]
            plain += len(key) + len(value)
            writer.add(Recorded("reads", number % 24, number // 24, 1_700_000_000_000 + number, key, value))
        writer.finish(NOW)
    return time.process_time() - began, plain


if __name__ == "__main__":
    main()
