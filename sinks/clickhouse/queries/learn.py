"""Learning how vehicles move: a day's passages in, movements without plates out. May be repeated."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from clickhouse_connect.driver.client import Client

from sinks.clickhouse.investigation.legs import LIMITS
from sinks.clickhouse.investigation.travel_times import EDGES_MS
from sinks.clickhouse.queries.ask import sql_of

__all__ = ["HORIZON", "LEAST_VEHICLES", "LOCAL_ZONE", "MOST_PASSAGES", "Learnt", "days_to_learn", "learn_day"]

HORIZON = timedelta(hours=1)
"""Not seen for longer: the trip has ended."""
MOST_PASSAGES = 5_000_000
"""Of a day with more, a share of the vehicles is looked at, whole: counts of millions need no more, and memory stays
below a gigabyte."""
LEAST_VEHICLES = 3
"""Fewer vehicles may tell who it was."""
SETTLED_AFTER = 3 * HORIZON
"""So long after midnight a day can be learnt: journeys that began in it are followed until then."""
LOCAL_ZONE = "Europe/Brussels"
"""Rush hours follow the clock on the wall."""
BOUNDED = {"max_bytes_before_external_sort": 400_000_000, "max_bytes_before_external_group_by": 400_000_000}


@dataclass(frozen=True, slots=True)
class Learnt:
    """What became of one day."""

    day: date
    passages: int
    """That day, all vehicles."""
    one_in: int
    """Vehicles looked at: one in so many."""
    movements: int
    """Movements kept."""


def learn_day(client: Client, day: date, now: datetime, most_passages: int = MOST_PASSAGES) -> Learnt:
    """Learn one day (UTC), or learn it anew: what was learnt of it before no longer holds. now: aware.

    Interrupted at any moment, it leaves what held before.
    """
    begin = datetime.combine(day, time(), UTC)
    span = {"captured_from": begin, "captured_until": begin + timedelta(days=1)}
    passages = _passages(client, span)
    one_in = max(1, -(-passages // most_passages))
    given = {
        **span,
        "version": now,
        "horizon_ms": int(HORIZON.total_seconds() * 1000),
        "one_in": one_in,
        "edges": list(EDGES_MS),
        "zone": LOCAL_ZONE,
        "least_vehicles": LEAST_VEHICLES,
        "fastest_m_per_ms": LIMITS.impossible_kmh / 3600,
    }
    client.command(sql_of("learn"), parameters=given, settings=BOUNDED)
    client.insert("learnt_days", [[day, now, one_in, passages]], column_names=["day", "version", "one_in", "passages"])
    return Learnt(day, passages, one_in, _movements(client, day))


def days_to_learn(client: Client, now: datetime, days: int) -> list[date]:
    """Of the last so many whole days (UTC) those that were never learnt, or of which passages came in since.

    Oldest first. Days without passages are left out. now: aware.
    """
    end = datetime.combine((now.astimezone(UTC) - SETTLED_AFTER).date(), time(), UTC)
    span = {"captured_from": end - timedelta(days=days), "captured_until": end}
    query = """SELECT p.day FROM (
        SELECT toDate(captured_at) AS day, count() AS passages FROM passages_by_camera FINAL
        WHERE captured_at >= {captured_from:DateTime64(3)} AND captured_at < {captured_until:DateTime64(3)}
          AND NOT withdrawn
        GROUP BY day
    ) AS p
    LEFT JOIN (SELECT day, passages FROM learnt_days FINAL) AS l ON l.day = p.day
    WHERE l.passages != p.passages ORDER BY p.day"""
    return [row[0] for row in client.query(query, parameters=span).result_rows]


def _passages(client: Client, span: dict[str, datetime]) -> int:
    query = """SELECT count() FROM passages_by_camera FINAL
    WHERE NOT withdrawn
      AND captured_at >= {captured_from:DateTime64(3)} AND captured_at < {captured_until:DateTime64(3)}"""
    return int(client.query(query, parameters=span).result_rows[0][0])


def _movements(client: Client, day: date) -> int:
    query = "SELECT sum(moves) FROM learnt_travel WHERE day = {day:Date} AND kind = 'next'"
    return int(client.query(query, parameters={"day": day}).result_rows[0][0])
