"""Counts without plates: right at any moment, whether a day was counted, is being counted, or was judged anew since."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

from clickhouse_connect.driver.client import Client

from tests.sinks.lez.verdicts import HOUR, later, messages, notice, verdict
from tests.sinks.rows import Sink

Counts = dict[tuple[str, str], int]


def _counts(client: Client, zone: str) -> Counts:
    """Passages by fuel and verdict, as an analyst is told."""
    sql = "SELECT fuel, verdict, sum(passages) FROM passages_by_hour WHERE zone = {zone:String} GROUP BY fuel, verdict"
    rows = client.query(sql, parameters={"zone": zone}).result_rows
    return {(fuel, kind): int(count) for fuel, kind, count in rows}


def _reckoned(told: list[dict[str, Any]]) -> Counts:
    return dict(Counter((one["fuel"], one["verdict"]) for one in told))


def _let_the_database_count(client: Client, zone: str) -> None:
    """Make the days of a zone as old as they must be, then have the view count until it has counted them."""
    client.command("DELETE FROM days_touched WHERE zone = {zone:String}", parameters={"zone": zone})
    client.insert(
        "days_touched",
        [[zone, HOUR.date(), datetime.now(UTC) - timedelta(hours=2)]],
        column_names=["zone", "day", "touched_at"],
    )
    for _ in range(100):
        if not _to_count(client, zone):
            return
        client.command("SYSTEM REFRESH VIEW hours_counter")
        client.command("SYSTEM WAIT VIEW hours_counter")
    raise AssertionError("the day is still not counted")


def _date_back(client: Client, zone: str) -> None:
    """As if the days of a zone had been counted a day earlier."""
    given = {"zone": zone}
    client.command(
        "INSERT INTO hours_counted SELECT * REPLACE (counted_at - INTERVAL 1 DAY AS counted_at) FROM hours_counted "
        "WHERE zone = {zone:String}",
        parameters=given,
    )
    for table in ("hours_counted", "days_counted"):
        newest = f"(SELECT max(counted_at) FROM {table} WHERE zone = {{zone:String}})"
        client.command(f"DELETE FROM {table} WHERE zone = {{zone:String}} AND counted_at = {newest}", parameters=given)


def _to_count(client: Client, zone: str) -> int:
    sql = "SELECT count() FROM days_to_count WHERE zone = {zone:String}"
    return int(client.query(sql, parameters={"zone": zone}).result_rows[0][0])


def _fleet(zone: str) -> list[dict[str, Any]]:
    kinds = ("compliant", "compliant", "non_compliant", "exempt", "unknown")
    return [verdict(zone, fuel=("diesel", "petrol")[n % 2], verdict=kinds[n % 5]) for n in range(20)]


def test_counts_are_right_before_a_day_is_counted_after_and_when_it_was_judged_anew(lez_sink: Sink, zone: str) -> None:
    told, client = _fleet(zone), lez_sink.client
    lez_sink.store(messages("lez-verdicts", *told, *told))
    assert _counts(client, zone) == _reckoned(told), "reckoned when asked"
    _let_the_database_count(client, zone)
    assert _counts(client, zone) == _reckoned(told), "as it was counted"
    _date_back(client, zone)
    anew = [later(one, verdict="exempt") if one["verdict"] == "non_compliant" else one for one in told]
    lez_sink.store(messages("lez-verdicts", *anew))
    assert _to_count(client, zone) == 1
    assert _counts(client, zone) == _reckoned(anew), "the old count holds no more"
    _let_the_database_count(client, zone)
    assert _counts(client, zone) == _reckoned(anew), "counted again, and the old count is not added"


def test_counts_outlive_the_verdicts(lez_sink: Sink, zone: str) -> None:
    told, client = _fleet(zone), lez_sink.client
    lez_sink.store(messages("lez-verdicts", *told))
    _let_the_database_count(client, zone)
    for table in ("verdicts", "verdicts_last"):
        client.command(f"ALTER TABLE {table} DELETE WHERE zone = '{zone}' SETTINGS mutations_sync = 2")
    assert _counts(client, zone) == _reckoned(told)


def test_a_count_that_broke_off_does_not_hold(lez_sink: Sink, zone: str) -> None:
    told, client = _fleet(zone), lez_sink.client
    lez_sink.store(messages("lez-verdicts", *told))
    row = [zone, HOUR.date(), datetime.now(UTC) + timedelta(hours=1), 20, HOUR, "compliant", "diesel", 7]
    names = ["zone", "day", "counted_at", "day_passages", "hour", "verdict", "fuel", "passages"]
    client.insert("hours_counted", [row], column_names=names)
    assert _counts(client, zone) == _reckoned(told)


def test_notices_are_counted_as_they_stand(lez_sink: Sink, zone: str) -> None:
    first = notice(zone)
    lez_sink.store(messages("lez-notices", first, first | {"revision": 2, "state": "approved"}, notice(zone)))
    sql = "SELECT state, sum(notices) FROM notices_by_day WHERE zone = {zone:String} GROUP BY state ORDER BY state"
    assert lez_sink.client.query(sql, parameters={"zone": zone}).result_rows == [("approved", 1), ("proposed", 1)]
