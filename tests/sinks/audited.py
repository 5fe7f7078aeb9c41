"""An audit with a story in it, and hands that tamper with it as somebody with all rights in the database could."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from clickhouse_connect.driver.client import Client

from schemas.search import SearchRecord
from sinks.clickhouse.audit.chain import Chain
from sinks.clickhouse.audit.records import canonical
from sinks.clickhouse.audit.verify import Verified, verify
from sinks.clickhouse.officers import FOREVER, Decision, Officer, Register
from sinks.clickhouse.refusal import SearchRefused
from sinks.clickhouse.searches import SearchDesk, SearchRequest
from sinks.clickhouse.subscribers import Subscriber, SubscriberRegister

TABLES = ("audit", "audit_heads", "searches", "officers", "access_decisions", "holds", "subscribers")
COLUMNS = ("chain", "seq", "at", "action", "actor", "hash", "record")
REASON = "Hit and run in the Rue Neuve"
Row = dict[str, Any]
Clock = Callable[[], datetime]


def now() -> datetime:
    """This moment."""
    return datetime.now(UTC)


def clock(start: datetime, step: timedelta = timedelta(seconds=1)) -> Clock:
    """A clock that goes on by a step whenever somebody looks."""
    ticks = iter(range(1_000_000))
    return lambda: start + next(ticks) * step


def request(officer: str = "A. Peeters", **more: Any) -> SearchRequest:
    """A search that may be run by a registered officer."""
    given: dict[str, Any] = {
        "pattern": "1ABC234",
        "reason": REASON,
        "purpose": "crime",
        "captured_from": now() - timedelta(days=30),
        "captured_until": now(),
    }
    return SearchRequest(officer=officer, **(given | more))


def decision(reference: str, **more: Any) -> Decision:
    """Opens the last 60 days for file BR.1."""
    given: dict[str, Any] = {
        "magistrate": "J. Rechter",
        "case_number": "BR.1",
        "covers_from": now() - timedelta(days=60),
        "covers_until": now() + timedelta(days=1),
        "valid_until": now() + timedelta(days=1),
    }
    return Decision(reference, **(given | more))


def empty(client: Client) -> None:
    """Forget all that was audited."""
    for table in TABLES:
        client.command(f"TRUNCATE TABLE {table}")


def tell_story(client: Client, first: Chain, second: Chain) -> SearchRecord:
    """Two writers, twelve records, each kind with an effect among them; returns a search."""
    register = Register(client, now, "Administrator", first)
    register.add(Officer("A. Peeters", "officer", "", now() - timedelta(days=9), FOREVER))
    register.add(Officer("B. Dupont", "officer", "", now() - timedelta(days=9), FOREVER))
    register.decide(decision("D-1"))
    here, there = SearchDesk(client, now, first), SearchDesk(client, now, second)
    record = here.open(request())
    there.open(request("B. Dupont", decision_id="D-1", case_number="BR.1", captured_from=now() - timedelta(days=50)))
    here.shown(record, "latest", 3)
    there.denied(request("B. Dupont"), SearchRefused("not yours", "search_of_another"))
    here.exported(record, "csv", 3, "ab" * 32)
    there.denied(request("B. Dupont"), SearchRefused("not yours", "search_of_another"))
    register.end("B. Dupont")
    programs = SubscriberRegister(client, now, "Administrator", second)
    programs.add(Subscriber("dispatch", 1, zones=("BRU-NORTH",), webhook_url="https://dispatch.example/hits"))
    programs.end("dispatch")
    return record


def rows(client: Client) -> list[Row]:
    """The audit as it lies there, chain by chain."""
    found = client.query(f"SELECT {', '.join(COLUMNS)} FROM audit ORDER BY chain, seq").result_rows
    return [dict(zip(COLUMNS, row, strict=True)) for row in found]


def put(client: Client, some: list[Row]) -> None:
    """Write rows past everything that checks them."""
    client.insert("audit", [[row[name] for name in COLUMNS] for row in some], column_names=list(COLUMNS))


def replace_all(client: Client, some: list[Row]) -> None:
    """Make these rows the audit, its list of ends too."""
    client.command("TRUNCATE TABLE audit")
    client.command("TRUNCATE TABLE audit_heads")
    if some:
        put(client, some)


def remove(client: Client, row: Row) -> None:
    """Take one record out."""
    where = "WHERE chain = {chain:String} AND seq = {seq:UInt64}"
    client.command(f"DELETE FROM audit {where}", parameters={"chain": row["chain"], "seq": row["seq"]})


def update(client: Client, table: str, what: str, where: str = "1") -> None:
    """Change rows in place."""
    client.command(f"ALTER TABLE {table} UPDATE {what} WHERE {where} SETTINGS mutations_sync = 2")


def forged(row: Row, **content: Any) -> Row:
    """The record with other content, hashed as it should be."""
    text = canonical(json.loads(row["record"]) | content)
    return row | {"record": text, "hash": hashlib.sha256(text.encode()).hexdigest()}


def rewritten(chain: list[Row], start: int, **content: Any) -> Iterator[Row]:
    """A chain with one record forged and all that follow hashed anew: whole in itself."""
    yield from chain[:start]
    before = forged(chain[start], **content)
    yield before
    for row in chain[start + 1 :]:
        before = forged(row, prev=before["hash"])
        yield before


def verified(client: Client, **more: Any) -> Verified:
    """What `verify` finds now."""
    return verify(client, now(), **more)


def said(found: Verified) -> str:
    """All of it in words."""
    return "\n".join(f"{one.table} {one.key} {one.chain}/{one.seq} {one.what}" for one in found.broken)
