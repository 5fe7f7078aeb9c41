-- The audit: what was searched, shown, refused, exported and changed, in chains of which each record carries the hash
-- of its predecessor (docs/decisions/0012). `record` is what was hashed, byte for byte; the columns beside it repeat
-- what is looked for by. Only INSERT is granted, to those who write it; nobody is granted ALTER or DELETE.
-- Searches, officers and decisions are not written by anybody: they follow from their audit record, in the same
-- INSERT, into audit_in. So no search can run unrecorded, and a row that has no record, or another one, is found by
-- `anpr audit verify`. Records from which nothing follows go straight into audit: a view more costs each INSERT
-- planning. A block may be sent again: each of the tables drops what it has (insert_deduplication_token).
CREATE TABLE IF NOT EXISTS audit {on_cluster} (
    chain String COMMENT 'Chain of one writer: random, 16 hex digits' CODEC(ZSTD(1)),
    seq UInt64 COMMENT 'Place in the chain, from 1 without gap' CODEC(Delta, ZSTD(1)),
    at DateTime64(3, 'UTC') COMMENT 'When; in a chain never earlier than the record before' CODEC(Delta, ZSTD(1)),
    action LowCardinality(String) COMMENT 'What was done: search_opened, search_shown, search_denied, …' CODEC(ZSTD(1)),
    actor String COMMENT 'Who did it' CODEC(ZSTD(1)),
    hash String COMMENT 'SHA-256 of record, 64 hex digits' CODEC(ZSTD(1)),
    record String COMMENT 'Canonical JSON: the columns before, the hash of the predecessor (prev), newest records of other chains (seen), what it is about (about)'
        CODEC(ZSTD(3)),
    about String ALIAS JSONExtractRaw(record, 'about') COMMENT 'What it is about, JSON',
    search_id String ALIAS JSONExtractString(record, 'about', 'search_id') COMMENT 'Search it is about; empty: none'
) ENGINE = {replicated}MergeTree
PARTITION BY toYear(at)
ORDER BY (chain, seq)
TTL toDateTime(at) + INTERVAL 10 YEAR
SETTINGS {deduplication}, ttl_only_drop_parts = 1
COMMENT 'Who did what, and why; each record carries the hash of the one before; append-only';

CREATE TABLE IF NOT EXISTS audit_heads {on_cluster} (
    chain String COMMENT 'Chain of one writer',
    newest SimpleAggregateFunction(max, Tuple(seq UInt64, at DateTime64(3, 'UTC'), hash String))
        COMMENT 'Its last record: a shortcut for who writes the next one, proof of nothing'
) ENGINE = {replicated}AggregatingMergeTree
ORDER BY chain
SETTINGS {deduplication}
COMMENT 'Where each audit chain ends';

CREATE TABLE IF NOT EXISTS audit_in {on_cluster} (
    chain String COMMENT 'Chain of one writer: random, 16 hex digits',
    seq UInt64 COMMENT 'Place in the chain, from 1 without gap',
    at DateTime64(3, 'UTC') COMMENT 'When',
    action LowCardinality(String) COMMENT 'What was done: search_opened, officer_registered, …',
    actor String COMMENT 'Who did it',
    hash String COMMENT 'SHA-256 of record, 64 hex digits',
    record String COMMENT 'Canonical JSON: see audit'
) ENGINE = Null
COMMENT 'Where audit records go in from which a row of another table follows; keeps nothing';

CREATE MATERIALIZED VIEW IF NOT EXISTS audit_from_in {on_cluster} TO audit AS
SELECT chain, seq, at, action, actor, hash, record FROM audit_in;

CREATE MATERIALIZED VIEW IF NOT EXISTS audit_heads_from_audit {on_cluster} TO audit_heads AS
SELECT chain, (seq, at, hash)::Tuple(seq UInt64, at DateTime64(3, 'UTC'), hash String) AS newest FROM audit;

-- A search as its record has it, and what can be judged of it now: whether the purpose is open to the role, and how far
-- back it goes. A search never outlives the decision that it goes by. Whoever may write records could write any moment,
-- reason and pattern into them, past the program that checks them: what the guard relies on is looked at here too.
CREATE MATERIALIZED VIEW IF NOT EXISTS searches_from_audit_in {on_cluster} TO searches AS
WITH
    d.decision_id != '' AND d.recorded_by != s.officer AND d.case_number = s.case_number
        AND d.valid_until > s.created_at
        AND d.covers_from <= s.captured_from AND d.covers_until >= s.captured_until AS decided
SELECT
    s.search_id AS search_id, s.created_at AS created_at, s.expires_at AS expires_at, s.officer AS officer,
    s.role AS role, s.police_zone AS police_zone, s.purpose AS purpose, s.reason AS reason, s.case_number AS
    case_number, s.decision_id AS decision_id, s.kind AS kind, s.pattern AS pattern, s.tolerance AS tolerance,
    s.scenes AS scenes, s.captured_from AS captured_from, s.captured_until AS captured_until,
    o.police_zone AS registered_zone,
    multiIf(
        s.expires_at > s.created_at + toIntervalMinute(15) OR s.created_at > now64(3) + toIntervalMinute(5)
            OR lengthUTF8(s.reason) < 8 OR NOT match(s.pattern, '^[A-Z0-9?*|\\[\\]]{1,64}$'), 9,
        o.police_zone NOT IN ('', s.police_zone), 5,
        NOT has(p.roles, s.role), 6,
        s.captured_from < s.created_at - toIntervalDay(p.most_days)
            AND (NOT decided OR p.most_days = p.free_days), 7,  -- further back lies only what the case holds (0007)
        s.captured_from < s.created_at - toIntervalDay(p.free_days) AND NOT decided, 8,
        0
    ) AS fault,
    if(decided, d.valid_until, toDateTime64('2299-01-01', 3, 'UTC')) AS decision_until
FROM (
    SELECT
        toUUID(JSONExtractString(record, 'about', 'search_id')) AS search_id,
        parseDateTime64BestEffort(JSONExtractString(record, 'about', 'created_at'), 3, 'UTC') AS created_at,
        parseDateTime64BestEffort(JSONExtractString(record, 'about', 'expires_at'), 3, 'UTC') AS expires_at,
        actor AS officer,
        JSONExtractString(record, 'about', 'role') AS role,
        JSONExtractString(record, 'about', 'police_zone') AS police_zone,
        JSONExtractString(record, 'about', 'purpose') AS purpose,
        JSONExtractString(record, 'about', 'reason') AS reason,
        JSONExtractString(record, 'about', 'case_number') AS case_number,
        JSONExtractString(record, 'about', 'decision_id') AS decision_id,
        JSONExtractString(record, 'about', 'kind') AS kind,
        JSONExtractString(record, 'about', 'pattern') AS pattern,
        toUInt8(JSONExtractUInt(record, 'about', 'tolerance')) AS tolerance,
        arrayMap(
            s -> (s.1, parseDateTime64BestEffort(s.2, 3, 'UTC'), parseDateTime64BestEffort(s.3, 3, 'UTC')),
            JSONExtract(
                record, 'about', 'scenes',
                'Array(Tuple(cameras Array(String), captured_from String, captured_until String))'
            )
        ) AS scenes,
        parseDateTime64BestEffort(JSONExtractString(record, 'about', 'captured_from'), 3, 'UTC') AS captured_from,
        parseDateTime64BestEffort(JSONExtractString(record, 'about', 'captured_until'), 3, 'UTC') AS captured_until
    FROM audit_in
    WHERE action = 'search_opened'
) AS s
LEFT JOIN (SELECT purpose, roles, free_days, most_days FROM purposes FINAL) AS p ON p.purpose = s.purpose
LEFT JOIN (SELECT officer, role, police_zone FROM officers FINAL) AS o ON o.officer = s.officer AND o.role = s.role
LEFT JOIN (SELECT * FROM access_decisions FINAL) AS d ON d.decision_id = s.decision_id;

CREATE MATERIALIZED VIEW IF NOT EXISTS officers_from_audit_in {on_cluster} TO officers AS
SELECT
    JSONExtractString(record, 'about', 'officer') AS officer,
    JSONExtractString(record, 'about', 'role') AS role,
    JSONExtractString(record, 'about', 'police_zone') AS police_zone,
    parseDateTime64BestEffort(JSONExtractString(record, 'about', 'valid_from'), 3, 'UTC') AS valid_from,
    parseDateTime64BestEffort(JSONExtractString(record, 'about', 'valid_until'), 3, 'UTC') AS valid_until,
    actor AS registered_by,
    at AS registered_at
FROM audit_in
WHERE action IN ('officer_registered', 'officer_ended');

CREATE MATERIALIZED VIEW IF NOT EXISTS access_decisions_from_audit_in {on_cluster} TO access_decisions AS
SELECT
    JSONExtractString(record, 'about', 'decision_id') AS decision_id,
    JSONExtractString(record, 'about', 'magistrate') AS magistrate,
    JSONExtractString(record, 'about', 'case_number') AS case_number,
    parseDateTime64BestEffort(JSONExtractString(record, 'about', 'covers_from'), 3, 'UTC') AS covers_from,
    parseDateTime64BestEffort(JSONExtractString(record, 'about', 'covers_until'), 3, 'UTC') AS covers_until,
    parseDateTime64BestEffort(JSONExtractString(record, 'about', 'valid_until'), 3, 'UTC') AS valid_until,
    actor AS recorded_by,
    at AS recorded_at
FROM audit_in
WHERE action = 'decision_recorded';
