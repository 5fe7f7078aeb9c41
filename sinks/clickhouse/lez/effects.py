"""Whether searches and registrations in the zones' database are as their audit records say: see audit/effects.py."""

from __future__ import annotations

from sinks.clickhouse.audit.effects import OFFICERS, Effects

__all__ = ["LEZ"]

_SEARCHES = """
SELECT toString(search_id), countIf(audited), countIf(NOT audited), max((chain, seq)) AS place FROM (
    SELECT search_id, false AS audited, '' AS chain, toUInt64(0) AS seq, SHA256(toString(tuple(
        created_at, expires_at, officer, role, zone, purpose, reason, case_number,
        if(empty(plates), '*', arrayStringConcat(plates, '|')), captured_from, captured_until
    ))) AS digest
    FROM searches WHERE created_at > now64(3) - toIntervalMonth(119)
    UNION ALL
    SELECT toUUIDOrZero(JSONExtractString(record, 'about', 'search_id')), true, chain, seq, SHA256(toString(tuple(
        parseDateTime64BestEffortOrZero(JSONExtractString(record, 'about', 'created_at'), 3, 'UTC') AS created_at,
        parseDateTime64BestEffortOrZero(JSONExtractString(record, 'about', 'expires_at'), 3, 'UTC'),
        actor, JSONExtractString(record, 'about', 'role'),
        JSONExtractString(record, 'about', 'zone'), JSONExtractString(record, 'about', 'purpose'),
        JSONExtractString(record, 'about', 'reason'), JSONExtractString(record, 'about', 'case_number'),
        JSONExtractString(record, 'about', 'pattern'),
        parseDateTime64BestEffortOrZero(JSONExtractString(record, 'about', 'captured_from'), 3, 'UTC'),
        parseDateTime64BestEffortOrZero(JSONExtractString(record, 'about', 'captured_until'), 3, 'UTC')
    )))
    FROM audit WHERE action = 'search_opened' AND created_at > now64(3) - toIntervalMonth(119)
)
GROUP BY search_id
HAVING countIf(audited) != 1 OR countIf(NOT audited) != 1 OR uniqExact(digest) > 1
ORDER BY 1 LIMIT {most:UInt32}"""
# What the store judged when it recorded a search, judged again: a row that was made to open more. By the purposes of
# today if they are older than the search, so that a change of the law is no deviation.
_OPENED = """
SELECT toString(s.search_id) FROM searches AS s
LEFT JOIN (SELECT * FROM purposes FINAL) AS p ON p.purpose = s.purpose
WHERE s.fault = 0 AND s.created_at > now64(3) - toIntervalMonth(119) AND (
    s.expires_at > s.created_at + toIntervalMinute(15) OR lengthUTF8(s.reason) < 8
    OR s.created_at >= p.holds_from AND (
        NOT has(p.roles, s.role) OR s.whole != p.whole OR empty(s.plates) AND empty(p.whole)
        OR s.captured_from < s.created_at - toIntervalDay(p.most_days)
    )
)
ORDER BY 1 LIMIT {most:UInt32}"""
LEZ = Effects((("searches", _SEARCHES), ("officers", OFFICERS)), _OPENED)
