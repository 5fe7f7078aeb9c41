"""What a part of a plate costs to look for, with and without the Bloom filter over runs of characters.

Twelve million invented plates of one month in one part; no search, no guard: the table alone.

    python bench/plates_quick.py [--plates 12000000]
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from clickhouse_connect.driver.client import Client

from anpr.embedded.store.launch import start_store
from pipeline.plates.text import plate_key
from sinks.clickhouse.client import connect
from sinks.clickhouse.migrate import migrate

LETTER = "char(65 + rand({seed}) % 25 + (rand({seed}) % 25 >= 14))"  # no O, as in the series of 2010
FILL = f"""INSERT INTO plates (month, plate, last_day) SELECT 202611, concat(
    toString(1 + rand(1) % 2), {LETTER.format(seed=2)}, {LETTER.format(seed=3)}, {LETTER.format(seed=4)},
    leftPad(toString(rand(5) % 1000), 3, '0')
), toDate('2026-11-01') + rand(6) % 25 FROM numbers({{rows:UInt64}})"""
ASKED = """SELECT plate, max(last_day) AS day, max(match(plate, 'x')) AS exact FROM plates
PREWHERE month = 202611 AND {condition} GROUP BY plate ORDER BY exact DESC, day DESC, plate LIMIT 1000"""
CONDITIONS = {"compared": "position(plate_key, '{run}') > 0", "filtered": "plate_key LIKE '%{run}%'"}
PARTS = {
    "third to fifth": slice(2, 5),
    "second to fourth": slice(1, 4),
    "last four": slice(3, 7),
    "last three": slice(4, 7),
}


def main() -> None:
    """Fill, ask, print a line for each part of a plate."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--plates", type=int, default=12_000_000)
    rows = arguments.parse_args().plates
    with tempfile.TemporaryDirectory() as folder:
        store = start_store(Path(folder) / "store")
        client = connect(store.dsn, use_query_condition_cache=0)
        try:
            migrate(client)
            client.command(FILL, parameters={"rows": rows})
            client.command("OPTIMIZE TABLE plates FINAL")
            _ask_all(client)
        finally:
            store.stop()


def _ask_all(client: Client) -> None:
    plates = [
        row[0] for row in client.query("SELECT plate FROM plates ORDER BY cityHash64(plate) LIMIT 20").result_rows
    ]
    total = client.query("SELECT count() FROM plates").result_rows[0][0]
    for name, part in PARTS.items():
        runs = [plate_key(plate)[part] for plate in plates]
        for how, condition in CONDITIONS.items():
            ms, read = _asked(client, [condition.format(run=run) for run in runs])
            print(f"{name:18} {how:9} {ms:6.1f} ms, {read / total:6.1%} of {total:,} plates read")


def _asked(client: Client, conditions: Sequence[str]) -> tuple[float, float]:
    """Median ms, mean rows read."""
    taken, read = [], 0
    for condition in conditions:
        began = time.perf_counter()
        result = client.query(ASKED.format(condition=condition))
        taken.append((time.perf_counter() - began) * 1000)
        read += int(result.summary["read_rows"])
    return statistics.median(taken), read / len(conditions)


if __name__ == "__main__":
    main()
