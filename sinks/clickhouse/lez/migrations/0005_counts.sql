-- Counts without plates. A verdict is revised, within the minute by the next read and years later by a court, and no
-- revision says which one it overtakes: a table that adds up what comes in would count a passage twice. So a day is
-- counted whole, from what holds (hours_counter), and counted again when a verdict of it came in since (days_touched).
-- A day that is not counted, or not any more, is reckoned from the verdicts when somebody asks: passages_by_hour is right
-- at any moment, and fast where nothing moves. Counts outlive the verdicts.
CREATE TABLE IF NOT EXISTS days_touched {on_cluster} (
    zone LowCardinality(String) COMMENT 'Low-emission zone',
    day Date COMMENT 'Day of passages, UTC',
    touched_at SimpleAggregateFunction(max, DateTime64(3, 'UTC')) COMMENT 'When a verdict of this day was stored last'
) ENGINE = {replicated}AggregatingMergeTree
ORDER BY (zone, day)
TTL day + INTERVAL 120 MONTH
SETTINGS {deduplication}
COMMENT 'Days whose verdicts changed, and when';

CREATE MATERIALIZED VIEW IF NOT EXISTS days_touched_from_in {on_cluster} TO days_touched AS
SELECT zone, toDate(captured_at) AS day, now64(3, 'UTC') AS touched_at FROM verdicts_in GROUP BY zone, day;

CREATE TABLE IF NOT EXISTS hours_counted {on_cluster} (
    zone LowCardinality(String) COMMENT 'Low-emission zone',
    day Date COMMENT 'Day that was counted, UTC',
    counted_at DateTime64(3, 'UTC') COMMENT 'When; the latest whole count of a day holds' CODEC(Delta, ZSTD(1)),
    day_passages UInt64 COMMENT 'Passages of that day in all: tells a whole count from one that broke off' CODEC(T64, ZSTD(1)),
    hour DateTime('UTC') COMMENT 'Beginning of the hour' CODEC(Delta, ZSTD(1)),
    camera_id LowCardinality(String) COMMENT 'Where' CODEC(ZSTD(1)),
    verdict LowCardinality(String) COMMENT 'What held' CODEC(ZSTD(1)),
    action LowCardinality(String) COMMENT 'none, warning or fine: a proposal' CODEC(ZSTD(1)),
    sure Bool COMMENT 'False: the plate was doubtful or the vehicle unknown' CODEC(ZSTD(1)),
    fuel LowCardinality(String) COMMENT 'Fuel; empty: unknown' CODEC(ZSTD(1)),
    category LowCardinality(String) COMMENT 'EU category; empty: unknown' CODEC(ZSTD(1)),
    n1_class LowCardinality(String) COMMENT 'Mass class of a van; empty: none' CODEC(ZSTD(1)),
    standard LowCardinality(String) COMMENT 'Euro standard judged by; empty: none' CODEC(ZSTD(1)),
    country LowCardinality(String) COMMENT 'Of the vehicle; empty: unknown' CODEC(ZSTD(1)),
    passages UInt64 COMMENT 'How many' CODEC(T64, ZSTD(1))
) ENGINE = {replicated}MergeTree
PARTITION BY toYYYYMM(day)
ORDER BY (zone, day, counted_at, hour, camera_id)
TTL day + INTERVAL 120 MONTH
SETTINGS {deduplication}
COMMENT 'Passages of whole days as they were counted; read passages_by_hour';

CREATE TABLE IF NOT EXISTS days_counted {on_cluster} (
    zone LowCardinality(String) COMMENT 'Low-emission zone',
    day Date COMMENT 'Day that was counted, UTC',
    counted_at DateTime64(3, 'UTC') COMMENT 'When',
    passages SimpleAggregateFunction(sum, UInt64) COMMENT 'Passages that are in hours_counted',
    day_passages SimpleAggregateFunction(max, UInt64) COMMENT 'Passages that there were'
) ENGINE = {replicated}AggregatingMergeTree
ORDER BY (zone, day, counted_at)
TTL day + INTERVAL 120 MONTH
SETTINGS {deduplication}
COMMENT 'Which counts of a day are whole';

CREATE MATERIALIZED VIEW IF NOT EXISTS days_counted_from_hours {on_cluster} TO days_counted AS
SELECT zone, day, counted_at, sum(passages) AS passages, max(day_passages) AS day_passages
FROM hours_counted GROUP BY zone, day, counted_at;

-- Days whose count holds: whole, and ten minutes younger than the last verdict, so that no block was on its way. In its
-- last month before its verdicts go (0001) a day keeps the count it has.
CREATE VIEW IF NOT EXISTS days_well_counted {on_cluster} AS
SELECT c.zone AS zone, c.day AS day, c.last_count AS counted_at
FROM (
    SELECT zone, day, max(counted_at) AS last_count FROM (
        SELECT zone, day, counted_at FROM days_counted GROUP BY zone, day, counted_at
        HAVING sum(passages) = max(day_passages)
    ) GROUP BY zone, day
) AS c
LEFT JOIN (SELECT zone, day, max(touched_at) AS touched FROM days_touched GROUP BY zone, day) AS t
    ON t.zone = c.zone AND t.day = c.day
WHERE t.touched < c.last_count - toIntervalMinute(10) OR c.day < today() - toIntervalMonth(23)
COMMENT 'Days of which the count is true';

CREATE VIEW IF NOT EXISTS days_to_count {on_cluster} AS
SELECT zone, day, max(touched_at) AS touched
FROM days_touched
WHERE (zone, day) NOT IN (SELECT zone, day FROM days_well_counted)
GROUP BY zone, day
COMMENT 'Days that are reckoned from the verdicts, and when one of these was stored last';

-- By the database itself, a day at a time, once nothing came in for an hour and the day is over. Every 15 minutes, so
-- that a year that was judged anew is counted within four days.
CREATE MATERIALIZED VIEW IF NOT EXISTS hours_counter {on_cluster} REFRESH EVERY 15 MINUTE APPEND TO hours_counted EMPTY AS
SELECT
    zone, toDate(captured_at) AS day, now64(3, 'UTC') AS counted_at, sum(passages) OVER (PARTITION BY zone, day) AS day_passages,
    toStartOfHour(captured_at) AS hour, camera_id, verdict, action, sure, fuel, category, n1_class, standard, country,
    count() AS passages
FROM verdicts_last FINAL
WHERE NOT withdrawn AND (zone, toDate(captured_at)) IN (
    SELECT zone, day FROM days_to_count
    WHERE touched < now64(3) - toIntervalHour(1) AND day < today() ORDER BY day DESC, zone LIMIT 1
)
GROUP BY zone, day, hour, camera_id, verdict, action, sure, fuel, category, n1_class, standard, country;

CREATE VIEW IF NOT EXISTS passages_by_hour {on_cluster} AS
SELECT
    zone, hour, camera_id, verdict, action, sure, fuel, category, n1_class, standard, country, passages
FROM hours_counted
WHERE (zone, day, counted_at) IN (SELECT zone, day, counted_at FROM days_well_counted)
UNION ALL
SELECT
    zone, toStartOfHour(captured_at) AS hour, camera_id, verdict, action, sure, fuel, category, n1_class, standard,
    country, count() AS passages
FROM verdicts_last FINAL
WHERE NOT withdrawn AND (zone, toDate(captured_at)) IN (SELECT zone, day FROM days_to_count)
GROUP BY zone, hour, camera_id, verdict, action, sure, fuel, category, n1_class, standard, country
COMMENT 'Passages at the cameras of a zone by what held of them and by vehicle, without plates';

CREATE VIEW IF NOT EXISTS notices_by_day {on_cluster} AS
SELECT zone, day, kind, state, withdrawn_for, country, rule, count() AS notices
FROM (
    SELECT zone, day, kind, state, withdrawn_for, country, rule FROM notices
    ORDER BY zone, day, notice_id, revision DESC LIMIT 1 BY zone, day, notice_id
)
GROUP BY zone, day, kind, state, withdrawn_for, country, rule
COMMENT 'Warnings and fines by the day of their passages, as they stand';

CREATE VIEW IF NOT EXISTS dead_letters_by_hour {on_cluster} AS
SELECT toStartOfHour(failed_at) AS hour, source_topic, stage, reason, count() AS letters
FROM dead_letters FINAL
GROUP BY hour, source_topic, stage, reason
COMMENT 'Messages of the zones that could not be used, by where and why';

CREATE VIEW IF NOT EXISTS searches_by_hour {on_cluster} AS
SELECT toStartOfHour(created_at) AS hour, purpose, role, count() AS searches, uniqExact(officer) AS officers
FROM searches
GROUP BY hour, purpose, role
COMMENT 'Recorded searches, and of how many people';

CREATE VIEW IF NOT EXISTS store_tables {on_cluster} AS
SELECT
    table, sum(rows) AS stored_rows, sum(bytes_on_disk) AS stored_bytes,
    sum(data_uncompressed_bytes) AS plain_bytes, count() AS parts, uniqExact(partition_id) AS partitions,
    toTimeZone(max(modification_time), 'UTC') AS last_changed
FROM system.parts
WHERE active AND database = currentDatabase() AND NOT startsWith(table, '.')
GROUP BY table
COMMENT 'Size of each table: rows as they lie there, before revisions are collapsed';
