"""What passed lately, for entries that are new: no officer asks, the entry is the reason (migration 0013)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from clickhouse_connect.driver.client import Client

from schemas.hit import Hit
from schemas.passage import Passage
from sinks.clickhouse.queries.records import left_out, records

__all__ = ["all_plates", "entries_hit", "hits_of_entries", "passages_of", "plates_fitting_any", "plates_with_keys"]

PLATES = "SELECT DISTINCT plate FROM plates_passed_since(since = {since:DateTime64(3, 'UTC')})"


def plates_with_keys(client: Client, since: datetime, keys: Sequence[str]) -> Sequence[str]:
    """Plates that passed since then whose confusion-class key is one of these."""
    sql = f"{PLATES} WHERE plate_key IN {{keys:Array(String)}}"
    return [row[0] for row in client.query(sql, parameters={"since": since, "keys": list(keys)}).result_rows]


def plates_fitting_any(client: Client, since: datetime, expressions: Sequence[str]) -> Sequence[str]:
    """Plates that passed since then whose key fits one of these regular expressions (RE2), as a whole."""
    sql = f"{PLATES} WHERE arrayExists(one -> match(plate_key, one), {{expressions:Array(String)}})"
    given = {"since": since, "expressions": [f"^(?:{one})$" for one in expressions]}
    return [row[0] for row in client.query(sql, parameters=given).result_rows]


def all_plates(client: Client, since: datetime) -> Iterator[Sequence[str]]:
    """Every plate that passed since then, in blocks."""
    with client.query_column_block_stream(PLATES, parameters={"since": since}) as stream:
        for (plates,) in stream:
            yield plates


def passages_of(client: Client, since: datetime, plates: Sequence[str]) -> Sequence[Passage]:
    """Passages of these plates since then, in order of capture."""
    sql = """SELECT * FROM passages_passed_since(plates = {plates:Array(String)}, since = {since:DateTime64(3, 'UTC')})
        ORDER BY captured_at, passage_id"""
    return list(records(client, sql, Passage, unfit=left_out, plates=list(plates), since=since))


def entries_hit(client: Client, since: datetime) -> frozenset[str]:
    """Identifiers of entries that were hit by what passed since then."""
    sql = "SELECT DISTINCT entry_id FROM hits WHERE captured_at >= {since:DateTime64(3, 'UTC')}"
    return frozenset(row[0] for row in client.query(sql, parameters={"since": since}).result_rows)


def hits_of_entries(client: Client, since: datetime, entry_ids: Sequence[str]) -> Sequence[Hit]:
    """Hits of these entries on what passed since then, as they stand; those taken back are not among them."""
    sql = """SELECT * FROM hits FINAL WHERE entry_id IN {entry_ids:Array(String)}
        AND captured_at >= {since:DateTime64(3, 'UTC')} AND NOT withdrawn ORDER BY captured_at, hit_id"""
    return list(records(client, sql, Hit, unfit=left_out, entry_ids=list(entry_ids), since=since))
