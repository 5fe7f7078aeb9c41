-- An inlet of the searches' own: each INSERT plans all views of the table that it names, and of the six of audit_in a
-- search needs two (docs/decisions/0012). What hangs on audit_in stays: programs of before still write searches through
-- it while a platform is brought up to date, and a record on its way is sent again where it was sent first.
CREATE TABLE IF NOT EXISTS audit_search_in {on_cluster} (
    chain String COMMENT 'Chain of one writer: random, 16 hex digits',
    seq UInt64 COMMENT 'Place in the chain, from 1 without gap',
    at DateTime64(3, 'UTC') COMMENT 'When',
    action LowCardinality(String) COMMENT 'What was done: search_opened',
    actor String COMMENT 'Who did it',
    hash String COMMENT 'SHA-256 of record, 64 hex digits',
    record String COMMENT 'Canonical JSON: see audit'
) ENGINE = Null
COMMENT 'Where audit records of opened searches go in; keeps nothing';

CREATE MATERIALIZED VIEW IF NOT EXISTS audit_from_search_in {on_cluster} TO audit AS
SELECT chain, seq, at, action, actor, hash, record FROM audit_search_in;

-- What is judged is what searches_from_audit_in judges (0004), word for word: a test compares them.
CREATE MATERIALIZED VIEW IF NOT EXISTS searches_from_audit_search_in {on_cluster} TO searches AS
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
    FROM audit_search_in
    WHERE action = 'search_opened'
) AS s
LEFT JOIN (SELECT purpose, roles, free_days, most_days FROM purposes FINAL) AS p ON p.purpose = s.purpose
LEFT JOIN (SELECT officer, role, police_zone FROM officers FINAL) AS o ON o.officer = s.officer AND o.role = s.role
LEFT JOIN (SELECT * FROM access_decisions FINAL) AS d ON d.decision_id = s.decision_id;
