"""What the lists hold: entries as they stand, and how many."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime

from clickhouse_connect.driver.client import Client

from schemas.hotlist import HotlistEntry
from sinks.clickhouse.queries.records import records

__all__ = ["all_entries", "ended", "entries", "in_short", "list_sizes", "listed_as"]

ALL = "SELECT * EXCEPT (removed, ends_at, _digest, _log, _partition, _offset, _stamp_ms) FROM hotlist_entries FINAL"
PAGE = 50_000
OF_LISTS = """NOT removed
    AND ({owner:String} = '' OR owner = {owner:String})
    AND (empty({kinds:Array(String)}) OR has({kinds:Array(String)}, list_kind))"""


def entries(client: Client, owner: str = "", kinds: Sequence[str] = (), after: str = "", most: int = 0) -> Iterator[
    HotlistEntry
]:  # fmt: skip
    """Entries of these lists by identifier, from after one on; most: 0 all. Empty owner and kinds: of every list."""
    limit = f" LIMIT {int(most)}" if most else ""
    sql = f"{ALL} WHERE {OF_LISTS} AND entry_id > {{after:String}} ORDER BY entry_id{limit}"
    return records(client, sql, HotlistEntry, owner=owner, kinds=list(kinds), after=after)


def all_entries(client: Client, owner: str = "", kinds: Sequence[str] = ()) -> Iterator[HotlistEntry]:
    """All entries of these lists by identifier, some at a time, so that millions need no memory."""
    after, more = "", True
    while more:
        page = list(entries(client, owner, kinds, after, PAGE))
        yield from page
        more = len(page) == PAGE
        after = page[-1].entry_id if page else after


def listed_as(client: Client, names: Sequence[str]) -> Sequence[HotlistEntry]:
    """Entries with these identifiers, or whose plate is one of these, as entries have it."""
    sql = f"{ALL} WHERE NOT removed AND (entry_id IN {{names:Array(String)}} OR plate IN {{names:Array(String)}})"
    return list(records(client, f"{sql} ORDER BY priority, entry_id", HotlistEntry, names=list(names)))


def ended(client: Client, before: datetime) -> Sequence[str]:
    """Identifiers of entries that are no longer valid since before that moment."""
    sql = "SELECT entry_id FROM hotlist_entries FINAL WHERE NOT removed AND ends_at < {before:DateTime64(3, 'UTC')}"
    return [row[0] for row in client.query(sql, parameters={"before": before}).result_rows]


def in_short(client: Client, only: Sequence[str] = ()) -> Iterator[tuple[str, int, int, str, str]]:
    """Of entries identifier, digest, beginning of validity (epoch, ms), owner, kind. only: identifiers; empty: all."""
    sql = """SELECT entry_id, _digest, toUnixTimestamp64Milli(valid_from), owner, list_kind
        FROM hotlist_entries FINAL
        WHERE NOT removed AND (empty({only:Array(String)}) OR entry_id IN {only:Array(String)})"""
    with client.query_row_block_stream(sql, parameters={"only": list(only)}) as stream:
        for block in stream:
            yield from block


def list_sizes(client: Client) -> Mapping[str, int]:
    """Kind of list → how many entries are valid now."""
    sql = """SELECT list_kind, count() FROM hotlist_entries FINAL
        WHERE NOT removed AND ends_at > {now:DateTime64(3, 'UTC')} GROUP BY 1"""
    found: list[tuple[str, int]] = list(client.query(sql, parameters={"now": datetime.now(UTC)}).result_rows)  # type: ignore[arg-type]
    return dict(found)
