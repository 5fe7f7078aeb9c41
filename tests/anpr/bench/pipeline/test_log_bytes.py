"""Bytes that a broker keeps for a read: segments of the flow's topics, and nothing else."""

from __future__ import annotations

from pathlib import Path

from anpr.bench.pipeline.log_bytes import log_bytes_per_read


def _file(folder: Path, name: str, size: int) -> None:
    file = folder / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(b"x" * size)


def test_segments_of_all_partitions_count_and_indexes_do_not(tmp_path: Path) -> None:
    _file(tmp_path, "node-1/data/reads-0/00000000000000000000.log", 600)
    _file(tmp_path, "node-1/data/reads-11/00000000000000000000.log", 300)
    _file(tmp_path, "node-1/data/reads-11/00000000000000000000.index", 10_000)
    _file(tmp_path, "node-1/data/lez-verdicts-3/00000000000000000100.log", 45)
    _file(tmp_path, "node-1/data/vehicles-3/00000000000000000000.log", 9_000)
    _file(tmp_path, "node-1/kafka.log", 5_000)
    assert log_bytes_per_read(tmp_path, 10) == {"reads": 90.0, "passages": 0.0, "hits": 0.0, "lez-verdicts": 4.5}
