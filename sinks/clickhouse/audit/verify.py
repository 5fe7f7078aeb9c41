"""Proves the audit whole: every record is what was hashed, follows its predecessor, and is known to its witnesses.

Witnesses of a record are its successor, records of other chains that name it, the file of the chain on this machine,
and heads that somebody outside has kept. A rewritten, removed, added or moved record contradicts at least one of them,
except at the very end of a chain, which only the last two know.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, TypeVar

from clickhouse_connect.driver.client import Client

from sinks.clickhouse.audit.chain import ChainState
from sinks.clickhouse.audit.effects import POLICE, Effects, deviations
from sinks.clickhouse.audit.heads import Heads, heads_before
from sinks.clickhouse.audit.records import NAMED_FOR, instant, instant_of

__all__ = ["Broken", "Verified", "verify"]

KEPT_FOR = timedelta(days=3652)
"""TTL of migration 0004; a year's records go together, so some stay longer."""
MOST_TOLD = 100
BLOCK_ROWS = 8192
Progress = Callable[[int, int], None]
Found = TypeVar("Found")


@dataclass(frozen=True, slots=True)
class Broken:
    """Something that is not as it was written."""

    chain: str
    """Empty: known by its table and key alone."""
    seq: int
    what: str
    table: str = "audit"
    key: str = ""


@dataclass(slots=True)
class Verified:
    """What was found."""

    records: int = 0
    chains: int = 0
    broken: list[Broken] = field(default_factory=list)
    """The first hundred."""
    broken_count: int = 0

    @property
    def intact(self) -> bool:
        """True: nothing contradicts anything."""
        return not self.broken_count

    def add(self, broken: Broken) -> None:
        """Note one; the list is bounded."""
        self.broken_count += 1
        if len(self.broken) < MOST_TOLD:
            self.broken.append(broken)


def verify(
    client: Client,
    now: datetime,
    *,
    own: ChainState | None = None,
    heads: Heads | None = None,
    effects: Effects = POLICE,
    progress: Progress = lambda _done, _of: None,
) -> Verified:
    """Check all records, streamed in blocks, and what follows from them.

    own: what the file of this machine's chain says. heads: what somebody outside has kept. effects: what follows from
    this controller's audit. progress: called with records done and all records.
    """
    found = Verified()
    total = int(client.query("SELECT count() FROM audit").result_rows[0][0])
    _check_chains(client, now, found, lambda: progress(found.records, total))
    for broken in (*_twice(lambda: _unwitnessed(client, now)), *_twice(lambda: _cut(client, now))):
        found.add(broken)
    for one in _twice(lambda: deviations(client, effects)):
        found.add(Broken(one.chain, one.seq, one.what, one.table, one.key))
    if own is not None and own.seq:
        _check_place(client, own.chain, own.seq, own.hash, "the file of this machine knows a record there", found)
    if heads is not None:
        _check_heads(client, heads, found)
    return found


def _twice(look: Callable[[], Iterable[Found]]) -> list[Found]:
    """What two looks find. A query reads its tables one after the other, and a record on its way into them is there at
    the second look; what was tampered with is found by both.
    """
    first = list(look())
    again = set(look()) if first else set()
    return [one for one in first if one in again]


def _check_chains(client: Client, now: datetime, found: Verified, tell: Callable[[], None]) -> None:
    last = _Last("", 0, "", "")
    for row in _rows(client):
        chain = row[0]
        if chain != last.chain:
            found.chains += 1
            last = _Last(chain, 0, "", "")
        wrong, last = _check(row, last, instant(now - KEPT_FOR))
        found.records += 1
        if wrong:
            found.add(Broken(chain, row[1], wrong))
        if found.records % BLOCK_ROWS == 0:
            tell()
    tell()


def _rows(client: Client) -> Iterator[Any]:
    stream = client.query_row_block_stream(
        "SELECT chain, seq, toUnixTimestamp64Milli(at), action, actor, hash, record FROM audit "
        "ORDER BY chain, seq, hash",
        settings={"max_block_size": BLOCK_ROWS, "max_bytes_before_external_sort": 200_000_000},
    )
    with stream:
        for block in stream:
            yield from block


@dataclass(frozen=True, slots=True)
class _Last:
    """The record before."""

    chain: str
    seq: int
    hash: str
    at: str


def _check(row: Any, last: _Last, kept_since: str) -> tuple[str, _Last]:
    """What is wrong with a record, empty if nothing; and the record as the next one's predecessor."""
    chain, seq, at_ms, action, actor, told, text = row
    at = instant_of(at_ms)
    digest = hashlib.sha256(text.encode()).hexdigest()
    this = _Last(chain, seq, digest, at)
    if digest != told:
        return "the record or its hash was changed", this
    try:
        content = json.loads(text)
        columns = tuple(content[name] for name in ("chain", "seq", "at", "action", "actor"))
        prev = content["prev"]
    except (ValueError, KeyError, TypeError):
        return "this is no record", this
    if columns != (chain, seq, at, action, actor):
        return "a column is not what the record says", this
    return _check_place_in_chain(this, prev, last, kept_since), this


def _check_place_in_chain(this: _Last, prev: str, last: _Last, kept_since: str) -> str:
    if last.seq == 0:
        if this.seq == 1:
            return "" if prev == "" else "the first record names a predecessor"
        return "" if this.at < kept_since else f"the records before it are gone, {this.seq - 1} of them"
    if this.seq <= last.seq:
        return "two records stand at this place"
    if this.seq > last.seq + 1:
        return f"the records before it are gone, {this.seq - last.seq - 1} of them"
    if prev != last.hash:
        return "it does not follow the record before it"
    return "" if this.at >= last.at else "it is older than the record before it"


def _unwitnessed(client: Client, now: datetime) -> Iterator[Broken]:
    """Whether each record that another chain names is there, with that hash. Compared in the store."""
    rows = client.query(
        """SELECT chain, seq, countIf(NOT named), max(witness) FROM (
            SELECT chain, seq, hash, false AS named, '' AS witness FROM audit
            UNION ALL
            SELECT seen.1 AS chain, seen.2 AS seq, seen.3 AS hash, true, concat(a.chain, '/', toString(a.seq))
            FROM audit AS a ARRAY JOIN JSONExtract(record, 'seen', 'Array(Tuple(String, UInt64, String))') AS seen
            WHERE a.at > parseDateTime64BestEffort({since:String}, 3, 'UTC')
        )
        GROUP BY chain, seq
        HAVING countIf(named) > 0 AND (countIf(NOT named) = 0 OR uniqExact(hash) > 1)
        ORDER BY chain, seq LIMIT {most:UInt32}""",
        parameters={"since": instant(now - KEPT_FOR + NAMED_FOR), "most": MOST_TOLD},
        settings={"max_bytes_before_external_group_by": 200_000_000},
    ).result_rows
    for chain, seq, there, witness in rows:
        what = "is not the one" if there else "is gone"
        yield Broken(chain, seq, f"the record that {witness} has seen here {what}")


def _cut(client: Client, now: datetime) -> Iterator[Broken]:
    """Whether each chain ends where the store's own list of ends says: a witness that is easily changed too, but that
    a careless hand forgets.
    """
    rows = client.query(
        """SELECT chain, last.seq FROM (SELECT chain, max(newest) AS last FROM audit_heads GROUP BY chain)
        WHERE last.at > parseDateTime64BestEffort({since:String}, 3, 'UTC')
          AND (chain, last.seq, last.hash) NOT IN (SELECT chain, seq, hash FROM audit)
        ORDER BY chain LIMIT {most:UInt32}""",
        parameters={"since": instant(now - NAMED_FOR), "most": MOST_TOLD},
    ).result_rows
    for chain, seq in rows:
        yield Broken(chain, seq, "the list of ends (audit_heads) knows a record here that is not there")


def _check_place(client: Client, chain: str, seq: int, digest: str, witness: str, found: Verified) -> None:
    rows = client.query(
        "SELECT hash FROM audit WHERE chain = {chain:String} AND seq = {seq:UInt64}",
        parameters={"chain": chain, "seq": seq},
    ).result_rows
    if [str(row[0]) for row in rows] != [digest]:
        found.add(Broken(chain, seq, f"{witness} that the store does not have: the end was cut off or rewritten"))


def _check_heads(client: Client, heads: Heads, found: Verified) -> None:
    """A token says whether, the list of a file also where."""
    for chain, seq, digest in heads.chains:
        _check_place(client, chain, seq, digest, "the head that was kept names a record there", found)
    if not heads.chains and heads_before(client, datetime.fromisoformat(heads.until)).digest != heads.digest:
        found.add(Broken("", 0, f"records before {heads.until} are not those of the head that was kept"))
