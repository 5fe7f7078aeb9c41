-- Views of counts, for dashboards and analysts. Their names and columns are promised (docs/analysts.md): a column may
-- be added, none goes or changes its meaning. No plate, no name, no place of a person: nobody needs a search for these.
CREATE VIEW IF NOT EXISTS traffic_by_minute {on_cluster} AS
SELECT camera_id, minute, uniqExactMerge(vehicles) AS vehicles
FROM camera_minutes
GROUP BY camera_id, minute
COMMENT 'Vehicles past each camera in each minute';

CREATE VIEW IF NOT EXISTS hits_by_minute {on_cluster} AS
SELECT toStartOfMinute(captured_at) AS minute, list_kind, alert_class, match, count() AS hits
FROM hits FINAL
WHERE NOT withdrawn
GROUP BY minute, list_kind, alert_class, match
COMMENT 'Hits by kind of list, by what a patrol is told and by how the plate matched';

CREATE VIEW IF NOT EXISTS verdicts_by_hour {on_cluster} AS
SELECT toStartOfHour(captured_at) AS hour, zone, verdict, action, count() AS verdicts
FROM lez_verdicts FINAL
WHERE NOT withdrawn
GROUP BY hour, zone, verdict, action
COMMENT 'Verdicts of low-emission zones';

CREATE VIEW IF NOT EXISTS dead_letters_by_hour {on_cluster} AS
SELECT toStartOfHour(failed_at) AS hour, source_topic, stage, reason, count() AS letters
FROM dead_letters FINAL
GROUP BY hour, source_topic, stage, reason
COMMENT 'Messages that could not be used, by where and why';

CREATE VIEW IF NOT EXISTS searches_by_hour {on_cluster} AS
SELECT
    toStartOfHour(created_at) AS hour, purpose, role, kind,
    count() AS searches, uniqExact(officer) AS officers, countIf(decision_id != '') AS by_decision
FROM searches
GROUP BY hour, purpose, role, kind
COMMENT 'Recorded searches, of how many people, and how many by a magistrate''s decision';

CREATE VIEW IF NOT EXISTS results_by_hour {on_cluster} AS
SELECT
    toStartOfHour(at) AS hour, JSONExtractString(record, 'about', 'question') AS question,
    count() AS answers, sum(JSONExtractUInt(record, 'about', 'rows')) AS rows_shown,
    countIf(JSONExtractUInt(record, 'about', 'rows') = 0) AS empty_answers
FROM audit
WHERE action = 'search_shown'
GROUP BY hour, question
COMMENT 'Answers that were shown, how many rows, and how many were empty';

-- What somebody typed as a purpose may be anything, so only known ones are named.
CREATE VIEW IF NOT EXISTS denials_by_hour {on_cluster} AS
SELECT
    toStartOfHour(at) AS hour, JSONExtractString(record, 'about', 'code') AS code,
    if(told IN (SELECT purpose FROM purposes), told, 'unknown') AS purpose, count() AS denials
FROM (SELECT at, record, JSONExtractString(record, 'about', 'purpose') AS told FROM audit WHERE action = 'search_denied')
GROUP BY hour, code, purpose
COMMENT 'Searches that were refused, by why';

CREATE VIEW IF NOT EXISTS audit_by_hour {on_cluster} AS
SELECT toStartOfHour(at) AS hour, action, count() AS records
FROM audit
GROUP BY hour, action
COMMENT 'Records of the audit, by what was done';

CREATE VIEW IF NOT EXISTS store_tables {on_cluster} AS
SELECT
    table, sum(rows) AS stored_rows, sum(bytes_on_disk) AS stored_bytes,
    sum(data_uncompressed_bytes) AS plain_bytes, count() AS parts, uniqExact(partition_id) AS partitions,
    toTimeZone(max(modification_time), 'UTC') AS last_changed
FROM system.parts
WHERE active AND database = currentDatabase() AND NOT startsWith(table, '.')
GROUP BY table
COMMENT 'Size of each table: rows as they lie there, before revisions are collapsed';

-- What the law asks first: how far back anything goes. Answered from the partitions' bounds without reading rows,
-- but for held_passages, which are few.
CREATE VIEW IF NOT EXISTS oldest_rows {on_cluster} AS
SELECT table, if(stored_rows = 0, NULL, first) AS oldest, stored_rows
FROM (
    SELECT 'passages' AS table, min(captured_at) AS first, count() AS stored_rows FROM passages
    UNION ALL
    SELECT 'passages_by_camera', min(captured_at), count() FROM passages_by_camera
    UNION ALL
    SELECT 'reads', min(captured_at), count() FROM reads
    UNION ALL
    SELECT 'hits', min(captured_at), count() FROM hits
    UNION ALL
    SELECT 'lez_verdicts', min(captured_at), count() FROM lez_verdicts
    UNION ALL
    SELECT 'anomalies', min(observed_at), count() FROM anomalies
    UNION ALL
    SELECT 'dead_letters', min(failed_at), count() FROM dead_letters
    UNION ALL
    SELECT 'cases', min(opened_at), count() FROM cases
    UNION ALL
    SELECT 'searches', min(created_at), count() FROM searches
    UNION ALL
    SELECT 'audit', min(at), count() FROM audit
    UNION ALL
    SELECT 'held_passages', min(captured_at), count() FROM held_passages
)
COMMENT 'Oldest row of each table; held_passages may be older than twelve months, as cases hold them';
