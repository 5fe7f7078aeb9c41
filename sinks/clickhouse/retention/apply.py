"""Lets go now what the tables would let go by themselves within a day."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from clickhouse_connect.driver.client import Client

from sinks.clickhouse.controllers import POLICE, Controller
from sinks.clickhouse.retention.holds import Holds
from sinks.clickhouse.retention.report import due_partitions

__all__ = ["Applied", "apply"]

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True)
class Applied:
    """What was done."""

    rows_copied: int
    """Into holds that lacked them."""
    rows_of_released: int
    """Deleted of holds that were released."""
    partitions: tuple[tuple[str, str], ...]
    """Table and partition that were merged to let rows go."""


def apply(
    client: Client, holds: Holds | None, now: datetime, progress: Progress, controller: Controller = POLICE
) -> Applied:
    """Merge every partition that holds rows past due, after the holds have what is theirs.

    Each merge applies the table's own TTL: what this deletes the table would have deleted. Safe to repeat, and to
    stop at any moment. holds: None where nothing is held. progress: (what, done, of).
    """
    copied = sum(holds.top_up(hold) for hold in holds.list() if hold.active) if holds else 0
    dropped = holds.drop_released() if holds else 0
    due = [(rule.table, partition) for rule in controller.rules for partition in due_partitions(client, rule, now)]
    work = list(dict.fromkeys(due))  # a partition may hold rows that are due and values that are
    for done, (table, partition) in enumerate(work):
        progress(f"{table} {partition}", done, len(work))
        client.command(
            "OPTIMIZE TABLE {table:Identifier} PARTITION ID {partition:String} FINAL",
            parameters={"table": table, "partition": partition},
            settings={"alter_sync": 2},
        )
    progress("done", len(work), len(work))
    return Applied(copied, dropped, tuple(work))
