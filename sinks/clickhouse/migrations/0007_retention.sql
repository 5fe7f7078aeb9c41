-- Nothing is kept longer than twelve months, except what a case holds: rows of a hold are copied into a table of
-- their own, which knows no end but the release of the hold. What comes in later is copied as it comes in, so a hold
-- needs no job. The tables of 0001 and 0002 delete by the clock and know nothing of holds.
-- A hold is not written by anybody: it follows from its audit record, in the same INSERT, as searches do (0004).
CREATE TABLE IF NOT EXISTS holds {on_cluster} (
    hold_id UUID COMMENT 'Hold: what a case keeps beyond twelve months',
    revision UInt8 COMMENT '1: placed; 2: released; the highest holds',
    case_number String COMMENT 'File number of the case; only its searches see what is past twelve months',
    plates Array(String) COMMENT 'Plates held, compact; empty: all at the cameras',
    plate_keys Array(String) COMMENT 'Their confusion-class keys: a plate misread within its class is held too',
    cameras Array(String) COMMENT 'Cameras held; empty: all for the plates',
    captured_from DateTime64(3, 'UTC') COMMENT 'Passages from then; at the earliest twelve months before it was placed',
    captured_until DateTime64(3, 'UTC') COMMENT 'Passages before then; may lie ahead',
    reason String COMMENT 'Why, in words',
    placed_by String COMMENT 'Who placed it',
    placed_at DateTime64(3, 'UTC') COMMENT 'When',
    released_by String COMMENT 'Who released it; empty: nobody yet',
    released_at DateTime64(3, 'UTC') COMMENT 'When it was released; 2090-01-01: it is not',
    release_reason String COMMENT 'Why, in words; empty: it is not'
) ENGINE = {replicated}ReplacingMergeTree(revision)
ORDER BY hold_id
TTL toDateTime(released_at) + INTERVAL 10 YEAR
SETTINGS {deduplication}
COMMENT 'What cases hold and held, and who said so';

CREATE MATERIALIZED VIEW IF NOT EXISTS holds_from_audit_in {on_cluster} TO holds AS
SELECT
    toUUID(JSONExtractString(record, 'about', 'hold_id')) AS hold_id,
    if(action = 'hold_placed', 1, 2) AS revision,
    JSONExtractString(record, 'about', 'case_number') AS case_number,
    JSONExtract(record, 'about', 'plates', 'Array(String)') AS plates,
    arrayMap(p -> translate(p, 'ODQILZSGB', '000112568'), plates) AS plate_keys,
    JSONExtract(record, 'about', 'cameras', 'Array(String)') AS cameras,
    parseDateTime64BestEffort(JSONExtractString(record, 'about', 'captured_from'), 3, 'UTC') AS captured_from,
    parseDateTime64BestEffort(JSONExtractString(record, 'about', 'captured_until'), 3, 'UTC') AS captured_until,
    JSONExtractString(record, 'about', 'reason') AS reason,
    JSONExtractString(record, 'about', 'placed_by') AS placed_by,
    parseDateTime64BestEffort(JSONExtractString(record, 'about', 'placed_at'), 3, 'UTC') AS placed_at,
    if(revision = 2, actor, '') AS released_by,
    if(revision = 2, at, toDateTime64('2090-01-01', 3, 'UTC')) AS released_at,
    JSONExtractString(record, 'about', 'release_reason') AS release_reason
FROM audit_in
WHERE action IN ('hold_placed', 'hold_released');

-- As messages have it and not as `passages` packs it: few rows, and a packing that changes does not touch evidence.
CREATE TABLE IF NOT EXISTS held_passages {on_cluster} (
    hold_id UUID COMMENT 'Hold that keeps this copy; a passage of two holds is here twice',
    case_number String COMMENT 'File number of the case',
    held_at DateTime64(3, 'UTC') COMMENT 'When it was copied',
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
    evidence String COMMENT 'Key of the picture of the best read, which is held too; empty: none',
    vehicle_class LowCardinality(String) COMMENT 'Kind of vehicle; empty: not told',
    direction LowCardinality(String) COMMENT 'approaching or departing; empty: not told',
    lane Nullable(UInt8) COMMENT 'Lane from the kerb, from 1',
    position Tuple(lat Float64, lon Float64) COMMENT 'Place of a moving camera, WGS 84; (0, 0): not told',
    late Bool COMMENT 'True: uploaded late; not where the vehicle is now',
    reader LowCardinality(String) COMMENT 'Engine of the best read',
    _log LowCardinality(String) COMMENT 'Incarnation of the topic',
    _partition UInt16 COMMENT 'Partition of the topic',
    _offset UInt64 COMMENT 'Offset in the partition'
) ENGINE = {replicated}ReplacingMergeTree(revision)
ORDER BY (hold_id, plate, captured_at, passage_id)
SETTINGS {deduplication}
COMMENT 'Passages that a case holds, until it releases them';

-- First a cheap sieve, as this looks at everything that comes in; then each hold's own rule on what is left.
CREATE MATERIALIZED VIEW IF NOT EXISTS held_passages_from_in {on_cluster} TO held_passages AS
SELECT
    h.hold_id AS hold_id, h.held_case AS case_number, now64(3) AS held_at,
    passage_id, revision, withdrawn, camera_id, captured_at, last_captured_at, received_at, plate_raw, plate,
    plate_key, plate_display, country, confidence, certainty, repaired, candidates, read_count, best_read_id,
    best_captured_at, frame_id, box, evidence, vehicle_class, direction, lane, position, late, reader,
    _log, _partition, _offset
FROM (
    SELECT
        passage_id, revision, withdrawn, camera_id, captured_at, last_captured_at, received_at, plate_raw, plate,
        plate_key, plate_display, country, confidence, certainty, repaired, candidates, read_count, best_read_id,
        best_captured_at, frame_id, box, evidence, vehicle_class, direction, lane, position, late, reader,
        _log, _partition, _offset
    FROM passages_in
    WHERE plate_key IN (SELECT arrayJoin(plate_keys) FROM holds)
       OR camera_id IN (SELECT arrayJoin(cameras) FROM holds WHERE empty(plate_keys))
) AS p
CROSS JOIN (
    SELECT
        hold_id, any(case_number) AS held_case, any(plate_keys) AS held_keys, any(cameras) AS held_cameras,
        any(captured_from) AS held_from, any(captured_until) AS held_until
    FROM holds GROUP BY hold_id HAVING max(revision) = 1
) AS h
WHERE captured_at >= held_from AND captured_at < held_until
  AND (empty(held_keys) OR has(held_keys, plate_key))
  AND (empty(held_cameras) OR has(held_cameras, camera_id));

-- Passages older than twelve months, as far as a hold of the search's own file keeps them and the search covers them.
-- A search goes back that far only by a magistrate's decision (fault 7 and 8 of 0004).
CREATE VIEW IF NOT EXISTS held_passages_of_search {on_cluster} AS
WITH
    (
        SELECT tuple(
            CAST(multiIf(
                count() = 0, 'search_unknown: no search with this id is recorded; state a purpose and a reason first',
                any(officer) != {officer:String}, 'search_of_another: this search belongs to somebody else; record your own',
                any(refusal) != '', any(refusal),
                any(kind) IN ('plate', 'companions'), 'open',
                'kind_closed: this search was recorded for another kind of question; record one for this'
            ) AS Enum8('open' = 0)),
            any(key_regex), any(pattern_key), any(tolerance), any(asked_from), any(captured_until), any(police_zone),
            any(case_number)
        ) FROM search_verdicts WHERE search_id = {search_id:UUID}
    ) AS scope
SELECT
    passage_id, revision, plate, plate_raw, plate_key, plate_display, country, camera_id, captured_at,
    last_captured_at, received_at, confidence, certainty, repaired, candidates, read_count, best_read_id,
    best_captured_at, frame_id, box, evidence, vehicle_class, direction, lane, position, late, reader
FROM held_passages FINAL
WHERE scope.1 = 'open'
  AND scope.8 != '' AND case_number = scope.8
  AND hold_id IN (SELECT hold_id FROM holds GROUP BY hold_id HAVING max(revision) = 1)
  AND (match(plate_key, scope.2) OR (scope.4 > 0 AND editDistance(plate_key, scope.3) <= scope.4))
  AND captured_at >= scope.5 AND captured_at < scope.6
  AND captured_at < now64(3) - toIntervalMonth(12)
  AND NOT withdrawn
  AND (scope.7 = '' OR camera_id IN (SELECT camera_id FROM cameras FINAL WHERE police_zone = scope.7))
ORDER BY captured_at DESC
LIMIT 1 BY passage_id
COMMENT 'Passages that a case holds beyond twelve months, for a search on its file';
