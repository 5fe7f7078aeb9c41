-- Passages: one inlet, which keeps nothing, and what it feeds. Every table gives the same however often a message
-- comes: of equal sorting keys the highest revision stays (read with FINAL), maxima and sets take a repetition as is.
-- So a block whose answer was lost is simply sent again, and a crash between two of these tables leaves no gap.
-- Layout and codecs were measured: docs/decisions/0011. A month that gets no rows any more is merged to one part.
CREATE TABLE IF NOT EXISTS passages_in {on_cluster} (
    passage_id UUID COMMENT 'Passage: one vehicle past one camera once',
    revision UInt32 COMMENT 'Reads merged when this was said; the highest holds',
    withdrawn Bool COMMENT 'True: this plate did not pass here after all',
    camera_id LowCardinality(String) COMMENT 'Camera passed',
    captured_at DateTime64(3, 'UTC') COMMENT 'Capture time of the first read: the time of the passage',
    last_captured_at DateTime64(3, 'UTC') COMMENT 'Capture time of the last read',
    received_at DateTime64(3, 'UTC') COMMENT 'Our clock when the deciding read came in',
    plate_raw String COMMENT 'Text of the best read, untouched',
    plate String COMMENT 'Consensus, compact A-Z 0-9',
    plate_key String COMMENT 'Confusion-class key of plate',
    plate_display String COMMENT 'National form with separators',
    country LowCardinality(String) COMMENT 'Best guess, ISO 3166-1 alpha-2; empty: none',
    confidence Float32 COMMENT 'Of the consensus, 0 to 1',
    certainty LowCardinality(String) COMMENT 'sure or doubtful',
    repaired Bool COMMENT 'True: syntax changed a character',
    candidates Array(Tuple(
        text String,
        confidence Float32,
        char_confidences Array(Float32),
        alternatives Array(Tuple(place UInt8, char String, confidence Float32))
    )) COMMENT 'Texts it may be, best first',
    read_count UInt32 COMMENT 'Reads merged',
    best_read_id UUID COMMENT 'Read whose text and picture are shown',
    best_captured_at DateTime64(3, 'UTC') COMMENT 'Capture time of that read',
    frame_id UUID COMMENT 'Frame of the best read; all zero: none',
    box Tuple(x UInt32, y UInt32, w UInt32, h UInt32) COMMENT 'Plate in that frame, px; w = 0: not told',
    evidence String COMMENT 'Key of the picture of the best read; empty: none',
    vehicle_class LowCardinality(String) COMMENT 'Kind of vehicle; empty: not told',
    direction LowCardinality(String) COMMENT 'approaching or departing; empty: not told',
    lane Nullable(UInt8) COMMENT 'Lane from the kerb, from 1',
    position Tuple(lat Float64, lon Float64) COMMENT 'Place of a moving camera, WGS 84; (0, 0): not told',
    late Bool COMMENT 'True: uploaded late; not where the vehicle is now',
    reader LowCardinality(String) COMMENT 'Engine of the best read',
    _log LowCardinality(String) COMMENT 'Incarnation of the topic',
    _partition UInt16 COMMENT 'Partition of the topic',
    _offset UInt64 COMMENT 'Offset in the partition'
) ENGINE = Null
COMMENT 'Where messages of the topic passages go in; keeps nothing';

CREATE TABLE IF NOT EXISTS passages {on_cluster} (
    passage_id UUID COMMENT 'Passage: one vehicle past one camera once' CODEC(NONE),
    revision UInt32 COMMENT 'Reads merged when this was said; the highest holds' CODEC(T64, ZSTD(1)),
    withdrawn Bool COMMENT 'True: this plate did not pass here after all' CODEC(ZSTD(1)),
    camera_id LowCardinality(String) COMMENT 'Camera passed' CODEC(ZSTD(1)),
    captured_at DateTime64(3, 'UTC') COMMENT 'Capture time of the first read: the time of the passage' CODEC(T64, ZSTD(1)),
    last_after_ms Int64 COMMENT 'Last read after the first, ms' CODEC(T64, ZSTD(1)),
    received_after_ms Int64 COMMENT 'Receipt of the deciding read after the first capture, ms' CODEC(T64('bit'), ZSTD(1)),
    best_from_last_ms Int64
        COMMENT 'Best read: 0 the first; above 0: so many ms before the last, and 1; below 0: so many after it' CODEC(ZSTD(1)),
    plate String COMMENT 'Consensus, compact A-Z 0-9' CODEC(ZSTD(3)),
    plate_raw_if_other String COMMENT 'Text of the best read, untouched; empty: the same as plate' CODEC(ZSTD(1)),
    display_shape LowCardinality(String)
        COMMENT 'National form with _ for each character of plate; empty: as plate; after =: in full' CODEC(ZSTD(1)),
    country LowCardinality(String) COMMENT 'Best guess, ISO 3166-1 alpha-2; empty: none' CODEC(ZSTD(1)),
    confidence_1e4 UInt16 COMMENT 'Of the consensus, 0 to 10,000' CODEC(T64, ZSTD(1)),
    certainty LowCardinality(String) COMMENT 'sure or doubtful' CODEC(ZSTD(1)),
    repaired Bool COMMENT 'True: syntax changed a character' CODEC(ZSTD(1)),
    texts Array(Tuple(
        text String,
        confidence_over_1e4 Int16,
        chars_1e3 Array(UInt16),
        alternatives Array(Tuple(place UInt8, char String, confidence_1e3 UInt16))
    )) COMMENT 'Texts it may be, best first; an empty one is plate; confidence less that of the consensus' CODEC(ZSTD(1)),
    more_reads Int64 COMMENT 'Reads merged, less the revision: 0 from our stages, whose revision counts reads' CODEC(ZSTD(1)),
    best_read_xor UInt128 COMMENT 'Identifier of the best read, exclusive-or passage_id: the same for most' CODEC(ZSTD(1)),
    frame_id UUID COMMENT 'Frame of the best read; all zero: none' CODEC(ZSTD(1)),
    box Tuple(x UInt32, y UInt32, w UInt32, h UInt32) COMMENT 'Plate in that frame, px; w = 0: not told' CODEC(T64, ZSTD(1)),
    evidence_rest String COMMENT 'Key of the picture, without what other columns tell' CODEC(ZSTD(1)),
    vehicle_class LowCardinality(String) COMMENT 'Kind of vehicle; empty: not told' CODEC(ZSTD(1)),
    direction LowCardinality(String) COMMENT 'approaching or departing; empty: not told' CODEC(ZSTD(1)),
    lane Nullable(UInt8) COMMENT 'Lane from the kerb, from 1' CODEC(ZSTD(1)),
    position Tuple(lat Float64, lon Float64) COMMENT 'Place of a moving camera, WGS 84; (0, 0): not told' CODEC(ZSTD(1)),
    late Bool COMMENT 'True: uploaded late; not where the vehicle is now' CODEC(ZSTD(1)),
    reader LowCardinality(String) COMMENT 'Engine of the best read' CODEC(ZSTD(1)),
    _log LowCardinality(String) COMMENT 'Incarnation of the topic' CODEC(ZSTD(1)),
    _partition UInt16 COMMENT 'Partition of the topic' CODEC(ZSTD(1)),
    _offset UInt64 COMMENT 'Offset in the partition' CODEC(T64, ZSTD(1))
) ENGINE = {replicated}ReplacingMergeTree(revision)
PARTITION BY toYYYYMM(captured_at)
ORDER BY (plate, captured_at, passage_id)
TTL toDateTime(captured_at) + INTERVAL 12 MONTH
SETTINGS {deduplication}, index_granularity = 1024, min_compress_block_size = 8192, max_compress_block_size = 65536,
    merge_selector_base = 3, enable_vertical_merge_algorithm = 0, merge_with_ttl_timeout = 43200,
    min_age_to_force_merge_seconds = 86400, min_age_to_force_merge_on_partition_only = 1
COMMENT 'Vehicles past cameras, in the order that answers by plate';

CREATE MATERIALIZED VIEW IF NOT EXISTS passages_from_in {on_cluster} TO passages AS
SELECT
    passage_id, revision, withdrawn, camera_id, captured_at,
    dateDiff('millisecond', captured_at, last_captured_at) AS last_after_ms,
    dateDiff('millisecond', captured_at, received_at) AS received_after_ms,
    multiIf(
        best_captured_at = captured_at, 0,
        best_captured_at <= last_captured_at, dateDiff('millisecond', best_captured_at, last_captured_at) + 1,
        dateDiff('millisecond', best_captured_at, last_captured_at)
    ) AS best_from_last_ms,
    plate, if(plate_raw = plate, '', plate_raw) AS plate_raw_if_other,
    multiIf(
        plate_display = plate, '',
        replaceAll(replaceAll(replaceAll(plate_display, '-', ''), ' ', ''), '.', '') = plate,
        translate(plate_display, 'ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789', '____________________________________'),
        concat('=', plate_display)
    ) AS display_shape, country,
    toUInt16(round(confidence * 10000)) AS confidence_1e4, certainty, repaired,
    arrayMap(c -> (
        if(c.1 = plate, '', c.1), toInt16(round(c.2 * 10000) - confidence_1e4), arrayMap(x -> toUInt16(round(x * 1000)), c.3),
        arrayMap(a -> (a.1, a.2, toUInt16(round(a.3 * 1000))), c.4)
    ), candidates) AS texts,
    toInt64(read_count) - revision AS more_reads,
    bitXor(reinterpretAsUInt128(best_read_id), reinterpretAsUInt128(passage_id)) AS best_read_xor,
    frame_id, box,
    if(startsWith(evidence, concat(
        camera_id, formatDateTime(captured_at, '/%Y/%m/%d/'), toString(frame_id), '-'
    )), substring(evidence, length(camera_id) + 49), evidence) AS evidence_rest,
    vehicle_class, direction, lane, position, late, reader, _log, _partition, _offset
FROM passages_in;

-- What the table leaves out, put together again. Not as ALIAS columns of the table: these are resolved, all of them, for
-- every query that names the table, which took an eighth of the time of a search.
CREATE VIEW IF NOT EXISTS passages_unpacked {on_cluster} AS
SELECT
    passage_id, revision, withdrawn, camera_id, captured_at,
    captured_at + toIntervalMillisecond(last_after_ms) AS last_captured_at,
    captured_at + toIntervalMillisecond(received_after_ms) AS received_at,
    if(plate_raw_if_other = '', plate, plate_raw_if_other) AS plate_raw, plate,
    translate(plate, 'ODQILZSGB', '000112568') AS plate_key,
    multiIf(
        display_shape = '', plate,
        startsWith(display_shape, '='), substring(display_shape, 2),
        arrayStringConcat(arrayMap(
            (sign, nth) -> if(sign = '_', substring(plate, nth, 1), sign),
            splitByString('', display_shape), arrayCumSum(sign -> sign = '_', splitByString('', display_shape))
        ))
    ) AS plate_display,
    country, toFloat32(confidence_1e4 / 10000) AS confidence, certainty, repaired,
    arrayMap(
        t -> (
            if(t.1 = '', plate, t.1), (t.2 + confidence_1e4) / 10000, arrayMap(c -> c / 1000, t.3),
            arrayMap(a -> (a.1, a.2, a.3 / 1000), t.4)
        ), texts
    )::Array(Tuple(
        text String,
        confidence Float32,
        char_confidences Array(Float32),
        alternatives Array(Tuple(place UInt8, char String, confidence Float32))
    )) AS candidates,
    toUInt32(revision + more_reads) AS read_count,
    reinterpretAsUUID(bitXor(best_read_xor, reinterpretAsUInt128(passage_id))) AS best_read_id,
    captured_at + toIntervalMillisecond(multiIf(
        best_from_last_ms = 0, 0,
        best_from_last_ms > 0, last_after_ms + 1 - best_from_last_ms,
        last_after_ms - best_from_last_ms
    )) AS best_captured_at,
    frame_id, box,
    if(startsWith(evidence_rest, '-'), concat(
        camera_id, formatDateTime(captured_at, '/%Y/%m/%d/'), toString(frame_id), evidence_rest
    ), evidence_rest) AS evidence,
    vehicle_class, direction, lane, position, late, reader, _log, _partition, _offset
FROM passages FINAL
COMMENT 'Passages with every field of the contract, each as last revised';

CREATE TABLE IF NOT EXISTS passages_by_camera {on_cluster} (
    camera_id LowCardinality(String) COMMENT 'Camera passed',
    captured_at DateTime64(3, 'UTC') COMMENT 'Time of the passage, camera clock' CODEC(Delta, T64, ZSTD(1)),
    plate String COMMENT 'Consensus, compact A-Z 0-9' CODEC(ZSTD(3)),
    passage_tag UInt8 COMMENT 'Of passage_id: tells passages of one plate, camera and millisecond apart' CODEC(NONE),
    revision UInt32 COMMENT 'The highest holds' CODEC(T64, ZSTD(1)),
    withdrawn Bool COMMENT 'True: this plate did not pass here after all' CODEC(ZSTD(1)),
    country LowCardinality(String) COMMENT 'Best guess, ISO 3166-1 alpha-2; empty: none' CODEC(ZSTD(1)),
    vehicle_class LowCardinality(String) COMMENT 'Kind of vehicle; empty: not told' CODEC(ZSTD(1)),
    direction LowCardinality(String) COMMENT 'approaching or departing; empty: not told' CODEC(ZSTD(1)),
    confidence_percent UInt8 COMMENT 'Of the consensus, whole percents of it' CODEC(ZSTD(1)),
    certainty LowCardinality(String) COMMENT 'sure or doubtful' CODEC(ZSTD(1)),
    late Bool COMMENT 'True: uploaded late' CODEC(ZSTD(1)),
    confidence Float32 ALIAS confidence_percent / 100 COMMENT 'Of the consensus, 0 to 1, to the hundredth; rounded down'
) ENGINE = {replicated}ReplacingMergeTree(revision)
PARTITION BY toYYYYMM(captured_at)
ORDER BY (camera_id, captured_at, plate, passage_tag)
TTL toDateTime(captured_at) + INTERVAL 12 MONTH
SETTINGS {deduplication}, enable_vertical_merge_algorithm = 0, merge_with_ttl_timeout = 43200,
    min_age_to_force_merge_seconds = 86400, min_age_to_force_merge_on_partition_only = 1
COMMENT 'The same passages in the order that answers by camera and time, with what a list shows';

CREATE MATERIALIZED VIEW IF NOT EXISTS passages_by_camera_from_in {on_cluster} TO passages_by_camera AS
SELECT
    camera_id, captured_at, plate, toUInt8(cityHash64(passage_id)) AS passage_tag, revision, withdrawn, country,
    vehicle_class, direction, intDiv(toUInt16(round(confidence * 10000)), 100) AS confidence_percent, certainty, late
FROM passages_in;

-- LZ4, as a search by part of a plate reads the whole column: ZSTD made that three times as slow. In the order of keys,
-- which are not kept: to make them again while reading costs less than to read both where many plates fit.
CREATE TABLE IF NOT EXISTS plates {on_cluster} (
    month UInt32 COMMENT 'Month of the passages, 202611',
    plate String COMMENT 'Plate that some camera read' CODEC(LZ4),
    last_day SimpleAggregateFunction(max, Date) COMMENT 'Day in that month on which it passed last, UTC' CODEC(LZ4),
    plate_key String ALIAS translate(plate, 'ODQILZSGB', '000112568') COMMENT 'Confusion-class key of plate'
) ENGINE = {replicated}AggregatingMergeTree
PARTITION BY month
ORDER BY (month, translate(plate, 'ODQILZSGB', '000112568'), plate)
TTL last_day + INTERVAL 12 MONTH + INTERVAL 1 DAY
SETTINGS {deduplication}, index_granularity = 1024, merge_selector_base = 3, merge_with_ttl_timeout = 43200,
    min_age_to_force_merge_seconds = 86400, min_age_to_force_merge_on_partition_only = 1
COMMENT 'Plates seen in a month: what a search by part of a plate looks through';

CREATE MATERIALIZED VIEW IF NOT EXISTS plates_from_in {on_cluster} TO plates AS
SELECT toYYYYMM(captured_at) AS month, plate, toDate(captured_at) AS last_day FROM passages_in;

CREATE TABLE IF NOT EXISTS camera_minutes {on_cluster} (
    camera_id LowCardinality(String) COMMENT 'Camera passed',
    minute DateTime('UTC') COMMENT 'Beginning of the minute' CODEC(Delta, ZSTD(1)),
    vehicles AggregateFunction(uniqExact, UInt16)
        COMMENT 'Passages, as a set of 16 bits of each identifier: a repetition does not count' CODEC(ZSTD(1))
) ENGINE = {replicated}AggregatingMergeTree
PARTITION BY toYYYYMM(minute)
ORDER BY (camera_id, minute)
TTL minute + INTERVAL 36 MONTH
SETTINGS {deduplication}, min_age_to_force_merge_seconds = 86400, min_age_to_force_merge_on_partition_only = 1
COMMENT 'Passages per camera and minute, without plates: uniqExactMerge(vehicles)';

CREATE MATERIALIZED VIEW IF NOT EXISTS camera_minutes_from_in {on_cluster} TO camera_minutes AS
SELECT
    camera_id, toStartOfMinute(captured_at) AS minute, uniqExactState(toUInt16(cityHash64(passage_id))) AS vehicles
FROM passages_in
GROUP BY camera_id, minute;
