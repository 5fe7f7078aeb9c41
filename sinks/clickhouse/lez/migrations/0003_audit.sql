-- Who may look, what for, and what was looked for: as in the police's database (migrations 0003 and 0004 there) and apart
-- from it: another register of people, other purposes, a chain of its own. Simpler, too: an agent of the zones has a
-- plate in full from a notice or a letter, so nothing is searched for by parts of one.
CREATE TABLE IF NOT EXISTS officers {on_cluster} (
    officer String COMMENT 'Who',
    role LowCardinality(String) COMMENT 'In which role: lez_agent, auditor, administrator',
    police_zone LowCardinality(String) COMMENT 'Empty: the zones know no police zone',
    valid_from DateTime64(3, 'UTC') COMMENT 'From then on',
    valid_until DateTime64(3, 'UTC') COMMENT 'Until before then',
    registered_by String COMMENT 'Who said so',
    registered_at DateTime64(3, 'UTC') COMMENT 'When; the latest record of a person and role holds'
) ENGINE = {replicated}ReplacingMergeTree(registered_at)
ORDER BY (officer, role)
SETTINGS {deduplication}, index_granularity = 256
COMMENT 'Who may look, in which role';

CREATE TABLE IF NOT EXISTS purposes {on_cluster} (
    purpose LowCardinality(String) COMMENT 'Purpose, closed list',
    roles Array(LowCardinality(String)) COMMENT 'Roles that may look for it',
    most_days UInt16 COMMENT 'How far back, days',
    whole Array(LowCardinality(String)) COMMENT 'What it opens without a plate named: verdicts, notices, passes, permits; doubtful: verdicts that wait for a person to compare the picture',
    law String COMMENT 'Where that stands',
    version UInt32 COMMENT 'The highest holds',
    holds_from DateTime64(3, 'UTC') DEFAULT now64(3) COMMENT 'When this version came: earlier searches went by another'
) ENGINE = {replicated}ReplacingMergeTree(version)
ORDER BY purpose
COMMENT 'What may be looked for, by whom and how far back';

INSERT INTO purposes (purpose, roles, most_days, whole, law, version) VALUES
    ('notice_review', ['lez_agent'], 1830, ['notices'], 'ordinance on the zone: an agent decides of each notice', 1),
    ('plate_confirmation', ['lez_agent'], 92, ['doubtful'], 'ordinance on the zone: a person compares a doubtful read with its picture', 1),
    ('objection', ['lez_agent'], 1830, [], 'GDPR art. 6(1)(e); administrative appeal against a notice', 1),
    ('court', ['lez_agent', 'administrator'], 1830, [], 'GDPR art. 6(1)(c): a court asks', 1),
    ('data_subject', ['lez_agent', 'administrator'], 1830, [], 'GDPR art. 15 to 17: the person concerned asks', 1),
    ('rejudgement', ['administrator'], 732, ['verdicts', 'notices', 'passes', 'permits'], 'a court or the legislator changed the law of days past', 1),
    ('test', ['lez_agent', 'administrator'], 92, [], 'none: trials without real data', 1);

CREATE TABLE IF NOT EXISTS searches {on_cluster} (
    search_id UUID COMMENT 'Search; random, the key to its results',
    created_at DateTime64(3, 'UTC') COMMENT 'When it was asked',
    expires_at DateTime64(3, 'UTC') COMMENT 'From then on it opens nothing',
    officer String COMMENT 'Who',
    role LowCardinality(String) COMMENT 'In which role',
    zone LowCardinality(String) COMMENT 'Low-emission zone; empty: all',
    purpose LowCardinality(String) COMMENT 'Purpose, closed list',
    reason String COMMENT 'Why, in words',
    case_number String COMMENT 'Notice or file that it is about; empty: none',
    plates Array(String) COMMENT 'Plates in full; empty: all, where the purpose opens that',
    captured_from DateTime64(3, 'UTC') COMMENT 'Passages from then',
    captured_until DateTime64(3, 'UTC') COMMENT 'Passages before then',
    whole Array(LowCardinality(String)) COMMENT 'What the purpose opened without a plate named, when it was recorded',
    fault UInt8 COMMENT 'Judged when it was recorded: 0 may be run, 6 purpose closed, 7 range closed, 8 plates missing, 9 no search as they are recorded'
) ENGINE = {replicated}MergeTree
PARTITION BY toYYYYMM(created_at)
ORDER BY (search_id)
TTL toDateTime(created_at) + INTERVAL 120 MONTH
SETTINGS {deduplication}, index_granularity = 256
COMMENT 'Who looked for what, and why; written once, before the first result, out of the audit';

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
TTL toDateTime(at) + INTERVAL 120 MONTH
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

-- A search as its record has it, and what can be judged of it now. Whoever may write records could write any moment,
-- reason and plate into them, past the program that checks them: what the guard relies on is looked at here too.
CREATE MATERIALIZED VIEW IF NOT EXISTS searches_from_audit_in {on_cluster} TO searches AS
SELECT
    s.search_id AS search_id, s.created_at AS created_at, s.expires_at AS expires_at, s.officer AS officer,
    s.role AS role, s.zone AS zone, s.purpose AS purpose, s.reason AS reason, s.case_number AS case_number,
    if(s.pattern = '*', [], splitByChar('|', s.pattern)) AS plates,
    s.captured_from AS captured_from, s.captured_until AS captured_until, p.whole AS whole,
    multiIf(
        s.expires_at > s.created_at + toIntervalMinute(15) OR s.created_at > now64(3) + toIntervalMinute(5)
            OR lengthUTF8(s.reason) < 8 OR s.captured_from >= s.captured_until
            OR NOT match(s.pattern, '^([*]|[A-Z0-9]{1,12}([|][A-Z0-9]{1,12})*)$'), 9,
        NOT has(p.roles, s.role), 6,
        s.captured_from < s.created_at - toIntervalDay(p.most_days), 7,
        s.pattern = '*' AND empty(p.whole), 8,
        0
    ) AS fault
FROM (
    SELECT
        toUUID(JSONExtractString(record, 'about', 'search_id')) AS search_id,
        parseDateTime64BestEffort(JSONExtractString(record, 'about', 'created_at'), 3, 'UTC') AS created_at,
        parseDateTime64BestEffort(JSONExtractString(record, 'about', 'expires_at'), 3, 'UTC') AS expires_at,
        actor AS officer,
        JSONExtractString(record, 'about', 'role') AS role,
        JSONExtractString(record, 'about', 'zone') AS zone,
        JSONExtractString(record, 'about', 'purpose') AS purpose,
        JSONExtractString(record, 'about', 'reason') AS reason,
        JSONExtractString(record, 'about', 'case_number') AS case_number,
        JSONExtractString(record, 'about', 'pattern') AS pattern,
        parseDateTime64BestEffort(JSONExtractString(record, 'about', 'captured_from'), 3, 'UTC') AS captured_from,
        parseDateTime64BestEffort(JSONExtractString(record, 'about', 'captured_until'), 3, 'UTC') AS captured_until
    FROM audit_in
    WHERE action = 'search_opened'
) AS s
LEFT JOIN (SELECT purpose, roles, most_days, whole FROM purposes FINAL) AS p ON p.purpose = s.purpose;

-- What every view asks before it shows a row: why a search opens nothing now, `code: what to do`; empty: it does.
CREATE VIEW IF NOT EXISTS search_verdicts {on_cluster} AS
SELECT
    search_id, officer, plates, zone, captured_from, captured_until, whole,
    multiIf(
        expires_at <= now64(3), 'search_expired: this search has ended; state the reason again',
        (officer, role) NOT IN (
            SELECT officer, role FROM officers FINAL WHERE valid_from <= now64(3) AND valid_until > now64(3)
        ), 'officer_unknown: not registered in this role, or no longer; ask the administrator',
        transform(fault, [6, 7, 8, 9], [
            'purpose_closed: this role may not look for this purpose',
            'range_closed: further back than this purpose ever opens; narrow the time',
            'plates_missing: this purpose opens what is told of named plates; name them',
            'search_wrong: open for longer than 15 minutes, from a clock that is ahead, without a reason, or for what is no plate'
        ], '')
    ) AS refusal
FROM searches
WHERE created_at > now64(3) - toIntervalDay(31)
COMMENT 'What each recorded search opens now, and why not';
