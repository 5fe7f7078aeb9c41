"""What one check of a password costs: processor time and memory of an argon2id hash as sign-in makes them.

python bench/sign_in.py [--times 20] [--json]
"""

from __future__ import annotations

import argparse
import json
import resource
import statistics
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

from anpr.bench.machine import busy_cores, machine
from console.signin.file import SignInFile
from console.signin.passwords import LocalUsers


def main() -> None:
    """Measure, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--times", type=int, default=20, help="Checks of each kind.")
    parser.add_argument("--json", action="store_true", help="One JSON object as the last line.")
    given, load = parser.parse_args(), busy_cores()
    with tempfile.TemporaryDirectory(prefix="anpr-sign-in-") as folder:
        users = LocalUsers(SignInFile(Path(folder)), lambda: datetime.now(UTC))
        users.set_password("A. Peeters", "correct horse battery")
        kinds = {"right": ("A. Peeters", "correct horse battery"), "wrong": ("A. Peeters", "x"), "nobody": ("B", "x")}
        found = {kind: [_cpu_ms(users, *asked) for _ in range(given.times)] for kind, asked in kinds.items()}
    result = {
        "machine": machine(load),
        "cpu_ms_p50": {kind: round(statistics.median(times), 1) for kind, times in found.items()},
        "cpu_ms_most": {kind: round(max(times), 1) for kind, times in found.items()},
        "rss_mb_most": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, 1),
    }
    for name, value in result.items():
        print(f"{name}: {value}")
    if given.json:
        print(json.dumps(result))


def _cpu_ms(users: LocalUsers, name: str, password: str) -> float:
    begin = time.process_time()
    users.check(name, password, "")
    return (time.process_time() - begin) * 1000


if __name__ == "__main__":
    main()
