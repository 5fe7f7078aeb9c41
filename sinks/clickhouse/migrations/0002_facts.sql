-- The other facts of the topics, one table each, with where each row came from in the log.
-- Every table collapses revisions: of equal sorting keys the highest revision stays. Read with FINAL.
-- A message leaves out what is its contract's default, so a column whose default is not empty must name it.
-- Of a camera the record with the latest stamp holds: offsets begin anew with a new log.
CREATE TABLE IF NOT EXISTS reads {on_cluster} (
    read_id UUID COMMENT 'Read: one transcription of one plate in one frame',
    camera_id LowCardinality(String) COMMENT 'Camera that saw it',
    captured_at DateTime64(3, 'UTC') COMMENT 'Camera clock at exposure' CODEC(Delta, LZ4),
    received_at DateTime64(3, 'UTC') COMMENT 'Our clock when it reached the platform' CODEC(Delta, LZ4),
    plate_raw String COMMENT 'Text as read, untouched',
    confidence Float32 COMMENT 'Of the transcription, 0 to 1',
    candidates String COMMENT 'Possible texts with confidences, JSON of the contract' CODEC(ZSTD(1)),
    country LowCardinality(String) COMMENT 'Country the reader saw, ISO 3166-1 alpha-2; empty: not told',
    box Tuple(x UInt32, y UInt32, w UInt32, h UInt32) COMMENT 'Plate in the frame, px; w = 0: not told',
    frame_id UUID COMMENT 'Frame it was read from; all zero: none',
    evidence String COMMENT 'Key of the picture in the evidence store; empty: none',
    track_id String COMMENT 'Camera''s own number of the vehicle; empty: none',
    vehicle_class LowCardinality(String) COMMENT 'Kind of vehicle; empty: not told',
    direction LowCardinality(String) COMMENT 'approaching or departing; empty: not told',
    lane Nullable(UInt8) COMMENT 'Lane from the kerb, from 1',
    position Tuple(lat Float64, lon Float64) COMMENT 'Place of a moving camera, WGS 84; (0, 0): not told',
    reader LowCardinality(String) COMMENT 'Engine and version',
    _log LowCardinality(String) COMMENT 'Incarnation of the topic',
    _partition UInt16 COMMENT 'Partition of the topic',
    _offset UInt64 COMMENT 'Offset in the partition' CODEC(Delta, LZ4)
) ENGINE = {replicated}ReplacingMergeTree
PARTITION BY toYYYYMM(captured_at)
ORDER BY (camera_id, captured_at, read_id)
TTL toDateTime(captured_at) + INTERVAL 12 MONTH
SETTINGS {deduplication}
COMMENT 'Reads as the cameras or our engines gave them';

CREATE TABLE IF NOT EXISTS hits {on_cluster} (
    hit_id UUID COMMENT 'Hit: a passage matched a hotlist entry',
    revision UInt32 COMMENT 'Revision of the passage; the highest holds',
    withdrawn Bool COMMENT 'True: no hit after all',
    passage_id UUID COMMENT 'The passage',
    entry_id LowCardinality(String) COMMENT 'The hotlist entry',
    list_kind LowCardinality(String) COMMENT 'Kind of list',
    priority UInt8 COMMENT 'Of the entry; lower is more urgent',
    owner LowCardinality(String) COMMENT 'Who answers for the entry',
    plate String COMMENT 'As the passage has it',
    listed_plate String COMMENT 'As the entry has it',
    match LowCardinality(String) COMMENT 'exact, misread or pattern',
    probability Float32 COMMENT 'That the vehicle carries the listed plate, 0 to 1',
    differing Array(UInt8) COMMENT 'Places in plate that differ, from 0',
    alert_class LowCardinality(String) COMMENT 'alert or confirm',
    instruction LowCardinality(String) COMMENT 'What a patrol should do',
    dangerous Bool COMMENT 'Occupants may be armed or violent',
    reason String COMMENT 'Reason of the entry',
    camera_id LowCardinality(String) COMMENT 'Where',
    captured_at DateTime64(3, 'UTC') COMMENT 'Time of the passage, camera clock' CODEC(Delta, LZ4),
    received_at DateTime64(3, 'UTC') COMMENT 'Our clock when the read came in' CODEC(Delta, LZ4),
    evidence String COMMENT 'Key of the picture; empty: none',
    position Tuple(lat Float64, lon Float64) COMMENT 'Place of a moving camera, WGS 84; (0, 0): not told',
    late Bool COMMENT 'True: passage was uploaded late',
    retroactive Bool COMMENT 'True: found by a new entry among stored passages',
    _log LowCardinality(String) COMMENT 'Incarnation of the topic',
    _partition UInt16 COMMENT 'Partition of the topic',
    _offset UInt64 COMMENT 'Offset in the partition' CODEC(Delta, LZ4)
) ENGINE = {replicated}ReplacingMergeTree(revision)
PARTITION BY toYYYYMM(captured_at)
ORDER BY (plate, captured_at, hit_id)
TTL toDateTime(captured_at) + INTERVAL 12 MONTH
SETTINGS {deduplication}
COMMENT 'Passages that matched a hotlist entry';

CREATE TABLE IF NOT EXISTS lez_verdicts {on_cluster} (
    verdict_id UUID COMMENT 'Verdict of one passage, zone and plate',
    revision UInt32 COMMENT 'Revision of the passage; the highest holds',
    withdrawn Bool COMMENT 'True: the passage was withdrawn under this plate',
    passage_id UUID COMMENT 'The passage',
    zone LowCardinality(String) COMMENT 'Zone whose law was applied',
    plate String COMMENT 'As the passage has it',
    camera_id LowCardinality(String) COMMENT 'Where',
    captured_at DateTime64(3, 'UTC') COMMENT 'Time of the passage: the law of this moment applies' CODEC(Delta, LZ4),
    known_at DateTime64(3, 'UTC') COMMENT 'State of law book and registry' CODEC(Delta, LZ4),
    verdict LowCardinality(String) COMMENT 'compliant, non_compliant, exempt, pass, unregistered, not_applicable, unknown',
    action LowCardinality(String) DEFAULT 'none' COMMENT 'none, warning or fine: a proposal',
    rule LowCardinality(String) COMMENT 'Rule that decided',
    reason LowCardinality(String) COMMENT 'One sentence, English',
    fine_eur Nullable(UInt32) COMMENT 'Amount of a fine, EUR',
    sure Bool COMMENT 'False: must not lead to a notice by itself',
    category LowCardinality(String) COMMENT 'EU category of the vehicle; empty: unknown',
    fuel LowCardinality(String) COMMENT 'Fuel; empty: unknown',
    euro Nullable(UInt8) COMMENT 'Euro class judged by',
    country LowCardinality(String) COMMENT 'Of the vehicle, ISO 3166-1 alpha-2; empty: unknown',
    _log LowCardinality(String) COMMENT 'Incarnation of the topic',
    _partition UInt16 COMMENT 'Partition of the topic',
    _offset UInt64 COMMENT 'Offset in the partition' CODEC(Delta, LZ4)
) ENGINE = {replicated}ReplacingMergeTree(revision)
PARTITION BY toYYYYMM(captured_at)
ORDER BY (zone, captured_at, plate, verdict_id)
TTL toDateTime(captured_at) + INTERVAL 12 MONTH
SETTINGS {deduplication}
COMMENT 'What low-emission-zone law says of each passage';

CREATE TABLE IF NOT EXISTS anomalies {on_cluster} (
    anomaly_id UUID COMMENT 'Finding that a person should look at',
    revision UInt32 COMMENT 'The highest holds',
    withdrawn Bool COMMENT 'True: it was none',
    kind LowCardinality(String) COMMENT 'What does not fit',
    plate String COMMENT 'The plate; empty: about a camera',
    camera_id LowCardinality(String) COMMENT 'The camera; empty: none',
    observed_at DateTime64(3, 'UTC') COMMENT 'Event time of the finding' CODEC(Delta, LZ4),
    passage_ids Array(UUID) COMMENT 'Passages that together do not fit',
    distance_m Nullable(Float64) COMMENT 'Straight distance between them, m',
    elapsed_s Nullable(Float64) COMMENT 'Time between them, s',
    score Float32 COMMENT 'How sure, 0 to 1',
    detail String COMMENT 'One sentence',
    _log LowCardinality(String) COMMENT 'Incarnation of the topic',
    _partition UInt16 COMMENT 'Partition of the topic',
    _offset UInt64 COMMENT 'Offset in the partition' CODEC(Delta, LZ4)
) ENGINE = {replicated}ReplacingMergeTree(revision)
PARTITION BY toYYYYMM(observed_at)
ORDER BY (kind, observed_at, anomaly_id)
TTL toDateTime(observed_at) + INTERVAL 12 MONTH
SETTINGS {deduplication}
COMMENT 'Findings about plates and cameras';

CREATE TABLE IF NOT EXISTS dead_letters {on_cluster} (
    dead_letter_id UUID COMMENT 'Message that could not be used',
    reason LowCardinality(String) COMMENT 'Why, closed set',
    detail String COMMENT 'What exactly',
    stage LowCardinality(String) COMMENT 'Which stage refused it',
    source_topic LowCardinality(String) COMMENT 'Topic it came from',
    source_partition UInt16 COMMENT 'Partition it came from',
    source_offset UInt64 COMMENT 'Offset there',
    source_log LowCardinality(String) COMMENT 'Incarnation of that topic',
    failed_at DateTime64(3, 'UTC') COMMENT 'Our clock when it was refused' CODEC(Delta, LZ4),
    value_size UInt32 COMMENT 'Bytes of the original value',
    key_base64 String COMMENT 'Original key',
    value_base64 String COMMENT 'Original value, its first 64 KiB; the topic holds it whole' CODEC(ZSTD(1)),
    _log LowCardinality(String) COMMENT 'Incarnation of the topic',
    _partition UInt16 COMMENT 'Partition of the topic',
    _offset UInt64 COMMENT 'Offset in the partition' CODEC(Delta, LZ4)
) ENGINE = {replicated}ReplacingMergeTree
PARTITION BY toYYYYMM(failed_at)
ORDER BY (source_topic, failed_at, dead_letter_id)
TTL toDateTime(failed_at) + INTERVAL 1 MONTH
SETTINGS {deduplication}
COMMENT 'Messages that could not be used, with reason';

CREATE TABLE IF NOT EXISTS cameras {on_cluster} (
    camera_id String COMMENT 'Identifier',
    name String COMMENT 'For people: street and direction',
    kind LowCardinality(String) COMMENT 'fixed, mobile, patrol_car or upload',
    position Tuple(lat Float64, lon Float64) COMMENT 'Where it hangs, WGS 84; (0, 0): moves or not told',
    heading_deg Nullable(Float32) COMMENT 'Where it looks, degrees clockwise from north',
    police_zone LowCardinality(String) COMMENT 'Police zone that owns it; empty: none',
    lez_zones Array(LowCardinality(String)) COMMENT 'Low-emission zones it watches',
    road String COMMENT 'Road it watches',
    reads_plates Bool COMMENT 'True: sends reads; false: sends frames',
    _log LowCardinality(String) COMMENT 'Incarnation of the topic',
    _partition UInt16 COMMENT 'Partition of the topic',
    _offset UInt64 COMMENT 'Offset in the partition',
    _stamp_ms UInt64 COMMENT 'Stamp of the message, epoch, ms; the latest holds'
) ENGINE = {replicated}ReplacingMergeTree(_stamp_ms)
ORDER BY camera_id
SETTINGS {deduplication}
COMMENT 'Cameras as last registered';

CREATE TABLE IF NOT EXISTS patrols {on_cluster} (
    patrol_id String COMMENT 'Call sign',
    at DateTime64(3, 'UTC') COMMENT 'Moment of the fix',
    position Tuple(lat Float64, lon Float64) COMMENT 'Place of the fix, WGS 84',
    heading_deg Nullable(Float32) COMMENT 'Direction of travel, degrees clockwise from north',
    speed_kmh Nullable(Float32) COMMENT 'Speed, km/h',
    status LowCardinality(String) COMMENT 'available, busy or off_duty',
    police_zone LowCardinality(String) COMMENT 'Zone of the unit; empty: not told',
    _log LowCardinality(String) COMMENT 'Incarnation of the topic',
    _partition UInt16 COMMENT 'Partition of the topic',
    _offset UInt64 COMMENT 'Offset in the partition'
) ENGINE = {replicated}ReplacingMergeTree(at)
ORDER BY patrol_id
TTL toDateTime(at) + INTERVAL 2 DAY
SETTINGS {deduplication}
COMMENT 'Patrols where they were last; not where they have been: that is nobody''s business';

CREATE TABLE IF NOT EXISTS cases {on_cluster} (
    case_id UUID COMMENT 'Case: what somebody must deal with, from the first hit on',
    revision UInt32 COMMENT 'The highest holds',
    plate String COMMENT 'Plate of the vehicle',
    list_kinds Array(LowCardinality(String)) COMMENT 'Kinds of the lists hit',
    priority UInt8 COMMENT 'Of its most urgent entry; lower is more urgent',
    state LowCardinality(String) COMMENT 'new, acknowledged, pursuing, closed or false',
    hit_ids Array(UUID) COMMENT 'Hits in order of capture',
    opened_at DateTime64(3, 'UTC') COMMENT 'Capture time of the first hit',
    updated_at DateTime64(3, 'UTC') COMMENT 'Moment of the last change',
    last_camera_id LowCardinality(String) COMMENT 'Where it was seen last; empty: not told',
    last_captured_at Nullable(DateTime64(3, 'UTC')) COMMENT 'When it was seen last',
    last_position Tuple(lat Float64, lon Float64) COMMENT 'Where that is, WGS 84; (0, 0): not told',
    assigned_to String COMMENT 'Officer or patrol; empty: nobody',
    note String COMMENT 'Last remark',
    _log LowCardinality(String) COMMENT 'Incarnation of the topic',
    _partition UInt16 COMMENT 'Partition of the topic',
    _offset UInt64 COMMENT 'Offset in the partition'
) ENGINE = {replicated}ReplacingMergeTree(revision)
PARTITION BY toYYYYMM(opened_at)
ORDER BY (opened_at, case_id)
TTL toDateTime(opened_at) + INTERVAL 36 MONTH
SETTINGS {deduplication}
COMMENT 'Cases as they stand';
