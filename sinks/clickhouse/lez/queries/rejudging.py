"""What a re-judgement reads, one local day of a zone after another: verdicts as they stand, rights, notices."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime
from uuid import UUID

from clickhouse_connect.driver.client import Client

from schemas.lez import LezPass, LezPermits, LezVerdict
from schemas.lez_notice import LezNotice
from sinks.clickhouse.lez.queries.stream import streamed
from sinks.clickhouse.lez.queries.verdicts import FIELDS, OF_SEARCH
from sinks.clickhouse.lez.searches import LezSearch
from sinks.clickhouse.queries.records import records

__all__ = ["all_permits", "notices_of_day", "passes_of_days", "stored_as", "verdicts_of_day"]

WITHIN = "captured_at >= {since:DateTime64(3, 'UTC')} AND captured_at < {until:DateTime64(3, 'UTC')}"


def verdicts_of_day(
    client: Client, search: LezSearch, zone: str, since: datetime, until: datetime
) -> Iterator[LezVerdict]:
    """Verdicts that hold on passages from `since` to before `until`, in order of time.

    Of one whose plate was cleared the plate is empty: a record that may not be published. Raises SearchRefused.
    """
    source = f"""FROM verdicts_of_search{OF_SEARCH}
        WHERE zone = {{zone:String}} AND {WITHIN} ORDER BY captured_at, verdict_id"""
    return streamed(client, LezVerdict, FIELDS, source, **search.given, zone=zone, since=since, until=until)


def passes_of_days(client: Client, search: LezSearch, zone: str, days: Sequence[date]) -> Iterator[LezPass]:
    """Day passes for these local days."""
    sql = f"SELECT * FROM passes_of_search{OF_SEARCH} WHERE zone = {{zone:String}} AND day IN {{days:Array(Date)}}"
    return records(client, sql, LezPass, **search.given, zone=zone, days=list(days))


def all_permits(client: Client, search: LezSearch) -> Iterator[LezPermits]:
    """Rights granted in the zone of the search: some ten thousand."""
    return records(
        client, f"SELECT * FROM permits_of_search{OF_SEARCH} WHERE notEmpty(permits)", LezPermits, **search.given
    )


def notices_of_day(client: Client, search: LezSearch, zone: str, day: date) -> Iterator[LezNotice]:
    """Notices of a local day that wait, are proposed or were approved."""
    sql = f"""SELECT * FROM notices_of_search{OF_SEARCH}
        WHERE zone = {{zone:String}} AND day = {{day:Date}} AND state IN ('waiting', 'proposed', 'approved')
        ORDER BY notice_id"""
    return records(client, sql, LezNotice, **search.given, zone=zone, day=day)


def stored_as(
    client: Client, search: LezSearch, verdict_ids: Sequence[UUID], known_at: datetime, span: tuple[datetime, datetime]
) -> int:
    """How many of these verdicts, of passages in the span, hold as known at that moment."""
    sql = f"""SELECT count() FROM verdicts_of_search{OF_SEARCH}
        WHERE {WITHIN} AND verdict_id IN {{verdict_ids:Array(UUID)}}
            AND known_at = {{known_at:DateTime64(3, 'UTC')}}"""
    given = {"verdict_ids": list(verdict_ids), "known_at": known_at, "since": span[0], "until": span[1]}
    return int(client.query(sql, parameters=search.given | given).result_rows[0][0])
