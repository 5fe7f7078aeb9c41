"""How long a list of millions takes: read, compared, published, stored; then the same file again.

    python bench/lists.py --lines 3000000

Runs `anpr hotlist import` as a user does, on an embedded platform in a folder of its own. One line is broken.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import psutil

from anpr.bench.machine import busy_cores, machine

LETTERS = "ABCDEFGHJKLMNPRSTUVWXYZ"
WORDS = ("--owner", "federal", "--kind", "no_inspection", "--reason", "No inspection on record", "--json")


def write(path: Path, lines: int) -> int:
    """A file of so many lines, the middle one broken; returns its number."""
    chance = random.Random(7)
    broken = lines // 2 + 1
    with path.open("w", encoding="utf-8") as file:
        file.write("\ufeffPlate;Id;Until\n")
        for number in range(2, lines + 2):
            plate = f"{chance.randint(1, 2)}-{''.join(chance.choices(LETTERS, k=3))}-{chance.randrange(1000):03}"
            file.write(f"{'*' if number == broken else plate};bench-{number};31/12/2099\n")
    return broken


def run(folder: Path, *words: str) -> tuple[dict[str, Any], float, float]:
    """Its answer, s, and the most memory that it had itself, MB."""
    command = [sys.executable, "-m", "anpr", "hotlist", *words]
    environ = {**os.environ, "ANPR_DATA_DIR": str(folder)}
    began, most = time.monotonic(), 0.0
    with subprocess.Popen(
        command, env=environ, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as running:
        watched = psutil.Process(running.pid)
        while running.poll() is None:
            with contextlib.suppress(psutil.Error):
                most = max(most, watched.memory_info().rss / 1e6)
            time.sleep(0.2)
        assert running.stdout is not None
        return json.loads(running.stdout.read().splitlines()[-1]), time.monotonic() - began, most


def main() -> None:
    """Print what it took."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--lines", type=int, default=300_000)
    lines = parser.parse_args().lines
    with tempfile.TemporaryDirectory() as scratch:
        path = Path(scratch) / "list.csv"
        broken = write(path, lines)
        about = machine(busy_cores())
        print(f"{about['at']}, {about['cpu']}, {about['cores']} cores, load {about['load_before']}")
        print(f"{lines:,} lines, {path.stat().st_size / 1e6:.0f} MB")
        for what in ("dry run", "import", "the same file again"):
            more = ("--dry-run",) if what == "dry run" else ()
            told, seconds, most = run(Path(scratch) / "data", "import", str(path), *WORDS, *more)
            refused = [one["line"] for one in told["refused_lines"]]
            assert refused == [broken], refused
            counts = f"new {told['new']:,}, unchanged {told['unchanged']:,}, refused line {broken:,}"
            print(f"{what:20} {seconds:8.1f} s {most:8.0f} MB  {counts}", flush=True)


if __name__ == "__main__":
    main()
