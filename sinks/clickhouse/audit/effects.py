"""Whether searches, officers, decisions, holds and subscribers are as their audit records say.

No row without a record, nor another one than it says.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from clickhouse_connect.driver.client import Client

__all__ = ["OFFICERS", "POLICE", "Deviation", "Effects", "deviations"]

MOST = 20
"""Deviations that are told of each table; there may be more."""
SETTINGS = {"max_bytes_before_external_group_by": 200_000_000, "max_bytes_before_external_sort": 200_000_000}
# The place is the record's, as a row's is the least: two looks at one deviation must tell it alike (see verify.py).
# Both sides as text of the same tuple; compared by its digest, so that millions of reasons need no memory. A search is
# older than what the record says by minutes; those about to be dropped by their TTL are left out.
_SEARCHES = """
SELECT toString(search_id), countIf(audited), countIf(NOT audited), max((chain, seq)) AS place FROM (
    SELECT search_id, false AS audited, '' AS chain, toUInt64(0) AS seq, SHA256(toString(tuple(
        created_at, expires_at, officer, role, police_zone, purpose, reason, case_number, decision_id, kind, pattern,
        tolerance, scenes, captured_from, captured_until,
        pattern_key = translate(pattern, 'ODQILZSGB', '000112568')
            AND key_regex = concat('^(?:', replaceAll(replaceAll(pattern_key, '?', '.'), '*', '.*'), ')$')
            AND plate_regex = concat('^(?:', replaceAll(replaceAll(pattern, '?', '.'), '*', '.*'), ')$')
            AND least_known = arrayMin(
                one -> lengthUTF8(replaceRegexpAll(replaceRegexpAll(one, '\\\\[[A-Z0-9]*\\\\]', 'A'), '[?*]', '')),
                splitByChar('|', pattern)
            )
    ))) AS digest
    FROM searches WHERE created_at > now64(3) - toIntervalMonth(119)
    UNION ALL
    SELECT toUUIDOrZero(JSONExtractString(record, 'about', 'search_id')), true, chain, seq, SHA256(toString(tuple(
        parseDateTime64BestEffortOrZero(JSONExtractString(record, 'about', 'created_at'), 3, 'UTC') AS created_at,
        parseDateTime64BestEffortOrZero(JSONExtractString(record, 'about', 'expires_at'), 3, 'UTC'),
        JSONExtractString(record, 'about', 'officer'), JSONExtractString(record, 'about', 'role'),
        JSONExtractString(record, 'about', 'police_zone'), JSONExtractString(record, 'about', 'purpose'),
        JSONExtractString(record, 'about', 'reason'), JSONExtractString(record, 'about', 'case_number'),
        JSONExtractString(record, 'about', 'decision_id'), JSONExtractString(record, 'about', 'kind'),
        JSONExtractString(record, 'about', 'pattern'), toUInt8(JSONExtractUInt(record, 'about', 'tolerance')),
        arrayMap(
            s -> (
                s.1, parseDateTime64BestEffortOrZero(s.2, 3, 'UTC'), parseDateTime64BestEffortOrZero(s.3, 3, 'UTC')
            ),
            JSONExtract(
                record, 'about', 'scenes',
                'Array(Tuple(cameras Array(String), captured_from String, captured_until String))'
            )
        ),
        parseDateTime64BestEffortOrZero(JSONExtractString(record, 'about', 'captured_from'), 3, 'UTC'),
        parseDateTime64BestEffortOrZero(JSONExtractString(record, 'about', 'captured_until'), 3, 'UTC'),
        toUInt8(1)
    )))
    FROM audit WHERE action = 'search_opened' AND created_at > now64(3) - toIntervalMonth(119)
)
GROUP BY search_id
HAVING countIf(audited) != 1 OR countIf(NOT audited) != 1 OR uniqExact(digest) > 1
ORDER BY 1 LIMIT {most:UInt32}"""
OFFICERS = """
SELECT concat(officer, ', ', role), countIf(audited), countIf(NOT audited), max((chain, seq)) AS place FROM (
    SELECT officer, toString(role) AS role, false AS audited, '' AS chain, toUInt64(0) AS seq,
        toString(tuple(police_zone, valid_from, valid_until, registered_by, registered_at)) AS content
    FROM officers FINAL
    UNION ALL
    SELECT JSONExtractString(record, 'about', 'officer') AS officer, JSONExtractString(record, 'about', 'role') AS role,
        true, argMax(chain, (at, seq)), argMax(seq, (at, seq)), argMax(toString(tuple(
            JSONExtractString(record, 'about', 'police_zone'),
            parseDateTime64BestEffortOrZero(JSONExtractString(record, 'about', 'valid_from'), 3, 'UTC'),
            parseDateTime64BestEffortOrZero(JSONExtractString(record, 'about', 'valid_until'), 3, 'UTC'),
            actor, at
        )), (at, seq))
    FROM audit WHERE action IN ('officer_registered', 'officer_ended') GROUP BY officer, role
)
GROUP BY officer, role
HAVING countIf(audited) != 1 OR countIf(NOT audited) != 1 OR uniqExact(content) > 1
ORDER BY 1 LIMIT {most:UInt32}"""
_DECISIONS = """
SELECT decision_id, countIf(audited), countIf(NOT audited), max((chain, seq)) AS place FROM (
    SELECT decision_id, false AS audited, '' AS chain, toUInt64(0) AS seq, toString(tuple(
        magistrate, case_number, covers_from, covers_until, valid_until, recorded_by, recorded_at
    )) AS content
    FROM access_decisions FINAL
    UNION ALL
    SELECT JSONExtractString(record, 'about', 'decision_id') AS decision_id, true,
        argMax(chain, (at, seq)), argMax(seq, (at, seq)), argMax(toString(tuple(
            JSONExtractString(record, 'about', 'magistrate'), JSONExtractString(record, 'about', 'case_number'),
            parseDateTime64BestEffortOrZero(JSONExtractString(record, 'about', 'covers_from'), 3, 'UTC'),
            parseDateTime64BestEffortOrZero(JSONExtractString(record, 'about', 'covers_until'), 3, 'UTC'),
            parseDateTime64BestEffortOrZero(JSONExtractString(record, 'about', 'valid_until'), 3, 'UTC'),
            actor, at
        )), (at, seq))
    FROM audit WHERE action = 'decision_recorded' GROUP BY decision_id
)
GROUP BY decision_id
HAVING countIf(audited) != 1 OR countIf(NOT audited) != 1 OR uniqExact(content) > 1
ORDER BY 1 LIMIT {most:UInt32}"""
# Of a hold its release says all that its placing said. One that is kept for longer than the audit is left out.
_HOLDS = """
SELECT hold_id, countIf(audited), countIf(NOT audited), max((chain, seq)) AS place FROM (
    SELECT toString(hold_id) AS hold_id, false AS audited, '' AS chain, toUInt64(0) AS seq, toString(tuple(
        toUInt8(revision), case_number, plates, cameras, captured_from, captured_until, reason, placed_by, placed_at,
        release_reason, if(revision = 2, tuple(released_by, released_at), tuple('', toDateTime64(0, 3, 'UTC'))),
        plate_keys = arrayMap(p -> translate(p, 'ODQILZSGB', '000112568'), plates)
    )) AS content
    FROM holds FINAL WHERE placed_at > now64(3) - toIntervalMonth(119)
    UNION ALL
    SELECT JSONExtractString(record, 'about', 'hold_id') AS hold_id, true,
        argMax(chain, released), argMax(seq, released), argMax(toString(tuple(
            toUInt8(1 + released), JSONExtractString(record, 'about', 'case_number'),
            JSONExtract(record, 'about', 'plates', 'Array(String)'),
            JSONExtract(record, 'about', 'cameras', 'Array(String)'),
            parseDateTime64BestEffortOrZero(JSONExtractString(record, 'about', 'captured_from'), 3, 'UTC'),
            parseDateTime64BestEffortOrZero(JSONExtractString(record, 'about', 'captured_until'), 3, 'UTC'),
            JSONExtractString(record, 'about', 'reason'), JSONExtractString(record, 'about', 'placed_by'),
            parseDateTime64BestEffortOrZero(JSONExtractString(record, 'about', 'placed_at'), 3, 'UTC'),
            JSONExtractString(record, 'about', 'release_reason'),
            if(released, tuple(actor, at), tuple('', toDateTime64(0, 3, 'UTC'))), toUInt8(1)
        )), released)
    FROM (
        SELECT chain, seq, record, actor, at, action = 'hold_released' AS released FROM audit
        WHERE action IN ('hold_placed', 'hold_released')
            AND parseDateTime64BestEffortOrZero(JSONExtractString(record, 'about', 'placed_at'), 3, 'UTC')
                > now64(3) - toIntervalMonth(119)
    ) GROUP BY hold_id
)
GROUP BY hold_id
HAVING countIf(audited) != 1 OR countIf(NOT audited) != 1 OR uniqExact(content) > 1
ORDER BY 1 LIMIT {most:UInt32}"""
_SUBSCRIBERS = """
SELECT name, countIf(audited), countIf(NOT audited), max((chain, seq)) AS place FROM (
    SELECT toString(name) AS name, false AS audited, '' AS chain, toUInt64(0) AS seq, toString(tuple(
        generation, kinds, zones, classes, webhook_url, toUInt8(insecure), valid_from, valid_until, rotated_at,
        registered_by, registered_at
    )) AS content
    FROM subscribers FINAL
    UNION ALL
    SELECT JSONExtractString(record, 'about', 'subscriber') AS name, true,
        argMax(chain, (at, seq)), argMax(seq, (at, seq)), argMax(toString(tuple(
            toUInt32(JSONExtractUInt(record, 'about', 'generation')),
            JSONExtract(record, 'about', 'kinds', 'Array(String)'),
            JSONExtract(record, 'about', 'zones', 'Array(String)'),
            JSONExtract(record, 'about', 'classes', 'Array(String)'),
            JSONExtractString(record, 'about', 'webhook_url'), JSONExtractBool(record, 'about', 'insecure'),
            parseDateTime64BestEffortOrZero(JSONExtractString(record, 'about', 'valid_from'), 3, 'UTC'),
            parseDateTime64BestEffortOrZero(JSONExtractString(record, 'about', 'valid_until'), 3, 'UTC'),
            parseDateTime64BestEffortOrZero(JSONExtractString(record, 'about', 'rotated_at'), 3, 'UTC'),
            actor, at
        )), (at, seq))
    FROM audit
    WHERE action IN ('subscriber_added', 'subscriber_rotated', 'subscriber_ended', 'webhook_disabled') GROUP BY name
)
GROUP BY name
HAVING countIf(audited) != 1 OR countIf(NOT audited) != 1 OR uniqExact(content) > 1
ORDER BY 1 LIMIT {most:UInt32}"""
# What the store judged when it recorded a search (migration 0004), judged again by the same rules: a row that was made
# to open more. By any version of its decision that was ever recorded, and by the purposes of today if they are older
# than the search: who is right is never told wrong, and a change of the law is no deviation.
_OPENED = """
WITH
    s.captured_from < s.created_at - toIntervalDay(p.free_days) AS needs_decision,
    s.captured_from < s.created_at - toIntervalDay(p.most_days) AS beyond,
    arrayFilter(
        d -> d.1 != s.officer AND d.2 = s.case_number AND d.5 > s.created_at
            AND d.3 <= s.captured_from AND d.4 >= s.captured_until,
        v.versions
    ) AS fit
SELECT toString(s.search_id) FROM searches AS s
LEFT JOIN (SELECT * FROM purposes FINAL) AS p ON p.purpose = s.purpose
LEFT JOIN (
    SELECT JSONExtractString(record, 'about', 'decision_id') AS id, groupArray((
        actor, JSONExtractString(record, 'about', 'case_number'),
        parseDateTime64BestEffortOrZero(JSONExtractString(record, 'about', 'covers_from'), 3, 'UTC'),
        parseDateTime64BestEffortOrZero(JSONExtractString(record, 'about', 'covers_until'), 3, 'UTC'),
        parseDateTime64BestEffortOrZero(JSONExtractString(record, 'about', 'valid_until'), 3, 'UTC')
    )) AS versions
    FROM audit WHERE action = 'decision_recorded' AND id != '' GROUP BY id
) AS v ON v.id = s.decision_id
WHERE s.fault = 0 AND s.created_at > now64(3) - toIntervalMonth(119) AND (
    s.expires_at > s.created_at + toIntervalMinute(15)
    OR s.registered_zone NOT IN ('', s.police_zone)
    OR lengthUTF8(s.reason) < 8 OR NOT match(s.pattern, '^[A-Z0-9?*|\\\\[\\\\]]{1,64}$')
    OR s.created_at >= p.holds_from AND (
        NOT has(p.roles, s.role)
        OR needs_decision AND NOT has(arrayMap(d -> d.5, fit), s.decision_until)
        OR beyond AND p.most_days = p.free_days
    )
)
ORDER BY 1 LIMIT {most:UInt32}"""


@dataclass(frozen=True, slots=True)
class Effects:
    """How a controller's rows are compared with its audit."""

    tables: tuple[tuple[str, str], ...]
    """Table, and the query that finds what differs: key, records, rows, place of the record."""
    opened: str
    """Query that finds searches made to open more than they may."""


POLICE = Effects(
    (
        *(("searches", _SEARCHES), ("officers", OFFICERS), ("access_decisions", _DECISIONS), ("holds", _HOLDS)),
        ("subscribers", _SUBSCRIBERS),
    ),
    _OPENED,
)


@dataclass(frozen=True, slots=True)
class Deviation:
    """A row that its audit record does not account for."""

    table: str
    key: str
    chain: str
    """Of the record, if there is one; else empty."""
    seq: int
    what: str


def deviations(client: Client, effects: Effects = POLICE) -> Iterator[Deviation]:
    """All that differs, table by table, at most `MOST` of each. Compared in the store, in bounded memory."""
    for table, query in effects.tables:
        rows = client.query(query, parameters={"most": MOST}, settings=SETTINGS).result_rows
        for key, audited, there, (chain, seq) in rows:
            yield Deviation(table, key, chain, seq, _what(audited, there))
    for (key,) in client.query(effects.opened, parameters={"most": MOST}, settings=SETTINGS).result_rows:
        yield Deviation("searches", key, "", 0, "it was made to open what its purpose or decision does not")


def _what(audited: int, there: int) -> str:
    if not audited:
        return "this row was never recorded in the audit"
    if not there:
        return "the row that was recorded is gone"
    if audited > 1:
        return "recorded more than once"
    if there > 1:
        return "this row is there more than once"
    return "the row is not what was recorded"
