"""What the store already holds past the committed offset: after a crash, that is skipped, not stored twice."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence

from clickhouse_connect.driver.client import Client

__all__ = ["HeldOffsets", "read_back"]

Place = tuple[str, int]
QUERY = """SELECT min(o), max(o) FROM (
    SELECT _offset AS o, o - row_number() OVER (ORDER BY o) AS run
    FROM (SELECT DISTINCT _offset FROM {table:Identifier}
          WHERE _log = {log:String} AND _partition = {partition:UInt16} AND _offset >= {from:UInt64})
) GROUP BY run ORDER BY 1"""


class HeldOffsets:
    """Runs of offsets per place. Empty for most of a worker's life."""

    def __init__(self) -> None:
        self._runs: dict[Place, tuple[list[int], list[int]]] = {}

    def note(self, place: Place, runs: Iterable[tuple[int, int]]) -> None:
        """These runs (first, last) of a place are in the store."""
        pairs = sorted(runs)
        self._runs[place] = ([first for first, _ in pairs], [last for _, last in pairs])
        if not pairs:
            del self._runs[place]

    def holds(self, place: Place, offset: int) -> bool:
        """True if the store has this message."""
        runs = self._runs.get(place)
        if runs is None:
            return False
        at = bisect_right(runs[0], offset) - 1
        return at >= 0 and offset <= runs[1][at]

    def forget(self, places: Sequence[Place]) -> None:
        """Another worker has these places now."""
        for place in places:
            self._runs.pop(place, None)


def read_back(client: Client, table: str, log: str, partition: int, start: int) -> list[tuple[int, int]]:
    """Runs of offsets from `start` on that the table holds of this log and partition."""
    parameters: Mapping[str, object] = {"table": table, "log": log, "partition": partition, "from": max(start, 0)}
    rows = client.query(QUERY, parameters=dict(parameters)).result_rows
    return [(int(first), int(last)) for first, last in rows]
