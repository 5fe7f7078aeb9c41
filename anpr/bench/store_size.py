"""How many bytes a passage takes, over all its copies, and when merges have come to rest."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from clickhouse_connect.driver.client import Client

__all__ = ["DAILY", "FED", "Size", "columns_of", "settled", "sizes", "whole_months"]

FED = ("passages", "passages_by_camera", "plates", "camera_minutes")
"""What the inlet `passages_in` feeds."""
DAILY = ("passages", "plates")
"""Those of which a month is merged to one part every day, not only when it is over."""
QUIET_S = 3.0
"""No merge for so long: they rest."""
LONGEST_S = 1800.0


@dataclass(frozen=True, slots=True)
class Size:
    """Of all tables behind the inlet."""

    passages: int
    """Passages by their identifiers, whatever was said of them how often."""
    plates: int
    """Texts of plates, by month."""
    bytes_per_row: float
    """Bytes on disk of all tables together, for each passage."""
    by_table: dict[str, float]
    parts: dict[str, int]

    def report(self) -> dict[str, Any]:
        """For the record."""
        return asdict(self)


def sizes(client: Client) -> Size:
    """As it is; let merges settle first."""
    passages = int(client.query("SELECT count() FROM passages FINAL WHERE NOT withdrawn").result_rows[0][0])
    rows = client.query(
        "SELECT table, sum(bytes_on_disk), count(), sum(rows) FROM system.parts "
        "WHERE active AND database = currentDatabase() AND table IN {tables:Array(String)} GROUP BY table",
        parameters={"tables": list(FED)},
    ).result_rows
    on_disk = {str(table): int(size) for table, size, _, _ in rows}
    return Size(
        passages=passages,
        plates=next((int(count) for table, _, _, count in rows if table == "plates"), 0),
        bytes_per_row=round(sum(on_disk.values()) / max(passages, 1), 2),
        by_table={table: round(size / max(passages, 1), 2) for table, size in on_disk.items()},
        parts={str(table): int(parts) for table, _, parts, _ in rows},
    )


def columns_of(client: Client, passages: int) -> dict[str, float]:
    """Compressed bytes of each column for each passage, the greatest first; what takes less than a hundredth not.

    Of small parts (10 MB) the store keeps no such account.
    """
    rows = client.query(
        "SELECT concat(table, '.', name), data_compressed_bytes FROM system.columns "
        "WHERE database = currentDatabase() AND table IN {tables:Array(String)} ORDER BY 2 DESC",
        parameters={"tables": list(FED)},
    ).result_rows
    return {str(name): round(size / passages, 2) for name, size in rows if size / passages >= 0.01}


def whole_months(client: Client, tables: Sequence[str] = FED) -> Iterator[str]:
    """Merges each month to one part; yields what is merged next. One at a time: a request may take five minutes."""
    parts = client.query(
        "SELECT DISTINCT table, partition FROM system.parts WHERE active AND database = currentDatabase() "
        "AND table IN {tables:Array(String)} ORDER BY ALL",
        parameters={"tables": list(tables)},
    ).result_rows
    for table, month in parts:
        yield f"{table} {month}"
        client.command(f"OPTIMIZE TABLE {table} PARTITION {month} FINAL")


def settled(client: Client) -> Iterator[int]:
    """Waits until no merge has run for a while; yields how many run, now and then. Gives up after half an hour."""
    deadline = time.monotonic() + LONGEST_S
    quiet_since = time.monotonic()
    while time.monotonic() < min(quiet_since + QUIET_S, deadline):
        running = int(
            client.query("SELECT count() FROM system.merges WHERE database = currentDatabase()").result_rows[0][0]
        )
        if running:
            quiet_since = time.monotonic()
        yield running
        time.sleep(0.25)
