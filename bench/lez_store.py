"""What the database of the low-emission zones takes and how fast it answers, at some months of a city's passages.

Invented verdicts of one zone, 1.1 million a day over 400 cameras, one in two revised once; put in through the inlet, so
all that follows from a row is paid for. Asked as an agent asks, through a recorded search, and as an analyst does.

    python bench/lez_store.py [--days 30]
"""

from __future__ import annotations

import argparse
import json
import statistics
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from clickhouse_connect.driver.client import Client

from anpr.embedded.store.launch import start_store
from sinks.clickhouse.client import connect
from sinks.clickhouse.controllers import LEZ
from sinks.clickhouse.lez.results import verdict_history, verdicts
from sinks.clickhouse.lez.searches import LezDesk, LezSearch, LezSearchRequest
from sinks.clickhouse.migrate import make_database, migrate
from sinks.clickhouse.officers import Register

ROWS_A_DAY = 1_650_000
"""Passages, and half as many revisions."""
FIRST = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
FILL = """INSERT INTO verdicts_in (verdict_id, revision, passage_id, zone, plate, camera_id, captured_at, known_at,
    verdict, rule, reason, sure, category, fuel, euro, country, standard, first_registered, _partition, _offset)
WITH
    intDiv(number * 2, 3) AS n, sipHash64(n % 3000000) AS vehicle,
    {from:DateTime64(3, 'UTC')} + toIntervalMillisecond(n * 78) AS at
SELECT
    reinterpretAsUUID(sipHash128({day:UInt32}, n, 'verdict')), 1 + (number * 2 % 3 = 2),
    reinterpretAsUUID(sipHash128({day:UInt32}, n)), 'brussels',
    concat(toString(1 + vehicle % 2), substring(hex(vehicle), 1, 6)), concat('gate-', toString(sipHash64(n) % 400)),
    at, at + toIntervalMillisecond(900),
    multiIf(
        vehicle % 100 < 88, 'compliant', vehicle % 100 < 93, 'non_compliant', vehicle % 100 < 97, 'unknown', 'exempt'
    ),
    concat('brussels:r', toString(vehicle % 60)), 'One sentence of the rule.', vehicle % 100 < 93,
    ['M1', 'M1', 'M1', 'N1', 'N2'][1 + vehicle % 5], ['diesel', 'petrol', 'petrol', 'electric'][1 + vehicle % 4],
    3 + vehicle % 4, ['BE', 'BE', 'BE', 'BE', 'BE', 'BE', 'BE', 'NL', 'FR', 'DE'][1 + vehicle % 10],
    toString(3 + vehicle % 4), toDate32('2003-01-01') + vehicle % 8000, n % 24, n
FROM numbers({rows:UInt64})"""


def main() -> None:
    """Fill day by day, ask, print one JSON object."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--days", type=int, default=30)
    days = arguments.parse_args().days
    with tempfile.TemporaryDirectory() as folder:
        store = start_store(Path(folder) / "store", options=("--max-memory-bytes", str(4 << 30)))
        client = make_database(store.lez_dsn)
        try:
            migrate(client, controller=LEZ)
            figures = {"rows": days * ROWS_A_DAY, **_filled(client, days)}
            print(json.dumps({**figures, **_asked(store.lez_dsn, client, days)}))
        finally:
            store.stop()


def _filled(client: Client, days: int) -> dict[str, float]:
    begun = time.perf_counter()
    for day in range(days):
        begin = FIRST - timedelta(days=day + 1)
        client.command(FILL, parameters={"day": day, "rows": ROWS_A_DAY, "from": begin})
    took = time.perf_counter() - begun
    for table in ("verdicts", "verdicts_last"):
        client.command(f"OPTIMIZE TABLE {table} FINAL")
    size = """SELECT sum(bytes_on_disk) / sum(rows) FROM system.parts
    WHERE active AND database = 'lez' AND table = {table:String}"""
    figures = {"rows_per_s": float(round(days * ROWS_A_DAY / took))}
    for table in ("verdicts", "verdicts_last"):
        figures[f"{table}_bytes_per_row"] = round(float(str(client.command(size, parameters={"table": table}))), 1)
    return figures


def _asked(dsn: str, owner: Client, days: int) -> dict[str, float]:
    Register(owner, lambda: datetime.now(UTC), "A. Gent").bootstrap(("lez_agent", "administrator"))
    some = "SELECT plate FROM verdicts_last ORDER BY verdict_id LIMIT 20"
    plates = [row[0] for row in owner.query(some).result_rows]
    with connect(dsn, role="lez_agent", use_query_condition_cache=0) as agent:
        desk = LezDesk(agent, lambda: datetime.now(UTC))
        searches = [desk.open(_request(days, (plate,))) for plate in plates]
        figures = {
            "plate_ms": _median_ms([_listed(agent, one, verdicts) for one in searches]),
            "plate_history_ms": _median_ms([_listed(agent, one, verdict_history) for one in searches]),
        }
        whole = desk.open(_request(days, (), purpose="rejudgement", role="administrator", zone="brussels"))
        sql = """SELECT count(), countIf(verdict = 'compliant') FROM verdicts_of_search(
            search_id = {search_id:UUID}, officer = {officer:String}) WHERE captured_at >= {since:DateTime64(3, 'UTC')}
            AND captured_at < {since:DateTime64(3, 'UTC')} + INTERVAL 1 DAY"""
        given = whole.given | {"since": FIRST - timedelta(days=days // 2)}
        figures["zone_day_ms"] = _median_ms([lambda: agent.query(sql, parameters=given)] * 5)
    return figures | _counted(owner, days)


def _counted(client: Client, days: int) -> dict[str, float]:
    """A report by fuel over all days, before they are counted and after; and what to count one takes."""
    sql = "SELECT fuel, sum(passages) FROM passages_by_hour WHERE zone = 'brussels' GROUP BY fuel ORDER BY fuel"
    live, begun = client.query(sql).result_rows, time.perf_counter()
    client.query(sql)
    live_s = time.perf_counter() - begun
    client.command("TRUNCATE TABLE days_touched")
    client.command(
        "INSERT INTO days_touched SELECT zone, toDate(captured_at), now64(3) - toIntervalHour(2) FROM verdicts_last "
        "GROUP BY 1, 2"
    )
    begun = time.perf_counter()
    while client.command("SELECT count() FROM days_to_count"):
        client.command("SYSTEM REFRESH VIEW hours_counter")
        client.command("SYSTEM WAIT VIEW hours_counter")
    count_s = (time.perf_counter() - begun) / days
    assert client.query(sql).result_rows == live
    size = "SELECT sum(bytes_on_disk) FROM system.parts WHERE active AND database = 'lez' AND table = 'hours_counted'"
    return {
        "report_live_s": round(live_s, 2),
        "count_a_day_s": round(count_s, 2),
        "report_counted_ms": _median_ms([lambda: client.query(sql)] * 5),
        "counts_bytes_per_day": round(int(str(client.command(size))) / days),
    }


def _request(days: int, plates: tuple[str, ...], **more: Any) -> LezSearchRequest:
    given: dict[str, Any] = {"purpose": "objection"}
    return LezSearchRequest(
        reason="The holder objects to the notice of last week",
        officer="A. Gent",
        captured_from=FIRST - timedelta(days=days),
        captured_until=FIRST,
        plates=plates,
        **(given | more),
    )


def _listed(client: Client, search: LezSearch, ask: Callable[..., Any]) -> Callable[[], object]:
    return lambda: list(ask(client, search))


def _median_ms(calls: list[Callable[[], object]]) -> float:
    took = []
    for call in calls:
        begun = time.perf_counter()
        call()
        took.append((time.perf_counter() - begun) * 1000)
    return round(statistics.median(took), 1)


if __name__ == "__main__":
    main()
