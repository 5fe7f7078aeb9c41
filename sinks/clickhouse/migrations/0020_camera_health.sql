-- Cameras hour by hour against what is usual of them, and what was wrong with them. No plate is in here.
-- Of an hour the highest revision holds: it is told while the hour lasts, too.
CREATE TABLE IF NOT EXISTS camera_health {on_cluster} (
    camera_id LowCardinality(String) COMMENT 'The camera',
    hour_from DateTime64(3, 'UTC') COMMENT 'Begin of the hour, by the time of the log' CODEC(Delta, ZSTD(1)),
    revision UInt32 COMMENT 'The highest holds',
    told_until DateTime64(3, 'UTC') COMMENT 'It tells of the hour up to here' CODEC(Delta, ZSTD(1)),
    reads UInt32 COMMENT 'Reads that came',
    expected Nullable(Float32) COMMENT 'Reads that usually come in this part of the hour, times common; NULL: not enough is learnt',
    low Nullable(Float32) COMMENT 'Fewer are unusual',
    high Nullable(Float32) COMMENT 'More are unusual',
    common Float32 DEFAULT 1 COMMENT 'What all cameras together have of what they usually have; 1: as usual',
    unreadable UInt32 COMMENT 'Reads without a plate, or with less than even confidence',
    usual_unreadable Nullable(Float32) COMMENT 'Usual share of these, 0 to 1; NULL: not enough is learnt',
    late UInt32 COMMENT 'Reads received more than two minutes after they were captured',
    delay_p50_s Nullable(Float32) COMMENT 'From captured (camera''s clock) to received (ours), median, s; negative: the camera is ahead',
    usual_delay_s Nullable(Float32) COMMENT 'Usual median, s',
    approaching UInt32 COMMENT 'Reads whose vehicle came nearer',
    departing UInt32 COMMENT 'Reads whose vehicle drove away',
    usual_approaching Nullable(Float32) COMMENT 'Usual share of the former, 0 to 1; NULL: not told, or not enough is learnt',
    last_read_at Nullable(DateTime64(3, 'UTC')) COMMENT 'Stamp of its last read',
    silent_s Float32 COMMENT 'Time without a read at the end of what the row tells of, s',
    troubles Array(LowCardinality(String)) COMMENT 'Kinds of anomalies of the camera that are open',
    _log LowCardinality(String) COMMENT 'Incarnation of the topic',
    _partition UInt16 COMMENT 'Partition of the topic',
    _offset UInt64 COMMENT 'Offset in the partition' CODEC(Delta, LZ4)
) ENGINE = {replicated}ReplacingMergeTree(revision)
PARTITION BY toYYYYMM(hour_from)
ORDER BY (camera_id, hour_from)
TTL toDateTime(hour_from) + INTERVAL 36 MONTH
SETTINGS {deduplication}, merge_with_ttl_timeout = 43200
COMMENT 'Cameras hour by hour, against what is usual of each';

-- What is wrong with a camera comes to an end, and was wrong all the same.
ALTER TABLE anomalies {on_cluster}
    ADD COLUMN IF NOT EXISTS ended_at Nullable(DateTime64(3, 'UTC')) COMMENT 'When it was over; NULL: it is not, or of a kind that has no end' AFTER observed_at;

CREATE VIEW IF NOT EXISTS camera_health_by_hour {on_cluster} AS
SELECT
    camera_id, hour_from AS hour, told_until, reads, expected, low, high, common, unreadable, usual_unreadable, late, delay_p50_s,
    usual_delay_s, approaching, departing, usual_approaching, last_read_at, silent_s, troubles
FROM camera_health FINAL
COMMENT 'Cameras hour by hour, against what is usual of each';

CREATE VIEW IF NOT EXISTS cameras_now {on_cluster} AS
SELECT
    c.camera_id AS camera_id, c.name AS name, c.kind AS kind, c.police_zone AS police_zone,
    c.position.1 AS lat, c.position.2 AS lon, h.told_until AS told_until, h.last_read_at AS last_read_at,
    h.silent_s AS silent_s, h.reads AS reads, h.expected AS expected, h.delay_p50_s AS delay_p50_s,
    if(h.reads = 0, NULL, h.unreadable / h.reads) AS unreadable, h.troubles AS troubles
FROM (SELECT * FROM cameras FINAL) AS c
LEFT JOIN (
    SELECT camera_id, toNullable(told_until) AS told_until, last_read_at, silent_s, reads, expected, delay_p50_s, unreadable, troubles
    FROM camera_health
    WHERE hour_from >= now() - INTERVAL 2 DAY
    ORDER BY camera_id, hour_from DESC, revision DESC
    LIMIT 1 BY camera_id
) AS h ON h.camera_id = c.camera_id
COMMENT 'Every camera as it was told last, within two days; told_until is NULL where nothing was';

CREATE VIEW IF NOT EXISTS camera_anomalies {on_cluster} AS
SELECT anomaly_id, kind, camera_id, observed_at, ended_at, score, elapsed_s, detail
FROM anomalies FINAL
WHERE plate = '' AND NOT withdrawn
COMMENT 'What is or was wrong with cameras: silent, off its usual rate, unreadable, clock, turned round';
