"""Notices, as far as a recorded search opens them."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from clickhouse_connect.driver.client import Client

from schemas.lez_notice import LezNotice, NoticeState
from sinks.clickhouse.lez.queries.stream import streamed
from sinks.clickhouse.lez.queries.verdicts import OF_SEARCH
from sinks.clickhouse.lez.searches import LezSearch

__all__ = ["history_of_notice", "notices_in", "notices_named"]

FIELDS = tuple(name for name in LezNotice.model_fields if name != "schema_version")


def notices_in(
    client: Client, search: LezSearch, states: Collection[NoticeState], zone: str, limit: int
) -> Sequence[LezNotice]:
    """Notices in these states, the oldest day first. zone: empty: all. Raises SearchRefused."""
    source = f"""FROM notices_of_search{OF_SEARCH}
        WHERE state IN {{states:Array(String)}} AND ({{zone:String}} = '' OR zone = {{zone:String}})
        ORDER BY day, captured_at, notice_id LIMIT {{limit:UInt32}}"""
    given = {"states": list(states), "zone": zone, "limit": limit}
    return list(streamed(client, LezNotice, FIELDS, source, **search.given, **given))


def notices_named(client: Client, search: LezSearch, name: str) -> Sequence[LezNotice]:
    """Notices whose identifier begins so, two at most. Raises SearchRefused."""
    source = f"""FROM notices_of_search{OF_SEARCH} WHERE startsWith(toString(notice_id), {{name:String}})
        ORDER BY notice_id LIMIT 2"""
    return list(streamed(client, LezNotice, FIELDS, source, **search.given, name=name.lower()))


def history_of_notice(client: Client, search: LezSearch, notice: LezNotice) -> Sequence[LezNotice]:
    """All states that were told of it, the first one first. Raises SearchRefused."""
    source = f"""FROM notice_history_of_search{OF_SEARCH}
        WHERE zone = {{zone:String}} AND day = {{day:Date}} AND notice_id = {{notice_id:UUID}} ORDER BY revision"""
    given = {"zone": notice.zone, "day": notice.day, "notice_id": notice.notice_id}
    return list(streamed(client, LezNotice, FIELDS, source, **search.given, **given))
