-- How vehicles move, learnt from passages by the day and kept without plates: next cameras, travel times, journeys.
-- What fewer than three vehicles did in an hour is told by the day only, what fewer than three did in a day is told
-- without the other camera, and what is still fewer is not kept: sinks/clickhouse/queries/learn.sql.
CREATE TABLE IF NOT EXISTS travel {on_cluster} (
    kind LowCardinality(String) COMMENT 'next: from a camera to the next that saw the vehicle; journey: from the first camera of a trip to its last',
    from_camera LowCardinality(String) COMMENT 'Where it was',
    direction LowCardinality(String) COMMENT 'Of that passage: approaching or departing; empty: not told, or a journey',
    to_camera LowCardinality(String) COMMENT 'Where it came; empty: not seen within the hour; *: where too few went to be told',
    week_hour UInt8 COMMENT 'Hour of the week in local time, from Monday 0 h = 0 to 167; 255: some hour of the day',
    day Date COMMENT 'Day learnt, UTC',
    version DateTime64(3, 'UTC') COMMENT 'When it was learnt: only the version that learnt_days names holds',
    moves UInt32 COMMENT 'Vehicle movements' CODEC(T64, ZSTD(1)),
    bins Array(UInt8) COMMENT 'Bins of their travel times (sinks/clickhouse/investigation/travel_times.py), ascending' CODEC(ZSTD(1)),
    counts Array(UInt64) COMMENT 'Movements in each of these bins' CODEC(ZSTD(1))
) ENGINE = {replicated}ReplacingMergeTree
PARTITION BY toYYYYMM(day)
ORDER BY (kind, from_camera, direction, to_camera, week_hour, day, version)
TTL day + INTERVAL 13 MONTH
SETTINGS {deduplication}
COMMENT 'Movements between cameras by day and hour of the week, without plates; read learnt_travel';

CREATE TABLE IF NOT EXISTS learnt_days {on_cluster} (
    day Date COMMENT 'Day, UTC',
    version DateTime64(3, 'UTC') COMMENT 'When it was learnt; the latest holds',
    one_in UInt32 COMMENT 'Vehicles learnt from: one in so many, by a hash of the plate',
    passages UInt64 COMMENT 'Passages that day, all vehicles'
) ENGINE = {replicated}ReplacingMergeTree(version)
ORDER BY day
TTL day + INTERVAL 13 MONTH
SETTINGS {deduplication}
COMMENT 'Days of which movements were learnt. Written last, so that half a day is never read';

CREATE VIEW IF NOT EXISTS learnt_travel {on_cluster} AS
SELECT
    t.kind AS kind, t.from_camera AS from_camera, t.direction AS direction, t.to_camera AS to_camera,
    t.week_hour AS week_hour, t.day AS day, t.moves AS moves, t.moves * d.one_in AS estimated_moves,
    t.bins AS bins, t.counts AS counts
FROM travel AS t FINAL
INNER JOIN (SELECT day, version, one_in FROM learnt_days FINAL) AS d ON d.day = t.day AND d.version = t.version
COMMENT 'Movements between cameras as last learnt, without plates';
