-- The other facts of the zones. Of a notice all revisions stay: what was proposed and what was decided of it.
CREATE TABLE IF NOT EXISTS notices {on_cluster} (
    notice_id UUID COMMENT 'Notice: one for a vehicle, zone and local day',
    revision UInt32 COMMENT 'The highest holds',
    state LowCardinality(String) COMMENT 'waiting, proposed, approved, rejected or withdrawn',
    withdrawn_for LowCardinality(String) COMMENT 'Why it was withdrawn; empty: it was not',
    kind LowCardinality(String) COMMENT 'warning or fine',
    zone LowCardinality(String) COMMENT 'Zone whose law was broken',
    plate String COMMENT 'Of the vehicle',
    country LowCardinality(String) COMMENT 'Of the plate, ISO 3166-1 alpha-2',
    day Date COMMENT 'Local day of the passages',
    final_at DateTime64(3, 'UTC') COMMENT 'From then on no day pass can be bought for the day',
    verdict_ids Array(UUID) COMMENT 'Verdicts that it rests on, the first passage first',
    passage_id UUID COMMENT 'The passage that it tells of: the first of the day',
    camera_id LowCardinality(String) COMMENT 'Where that was',
    captured_at DateTime64(3, 'UTC') COMMENT 'When that was',
    rule LowCardinality(String) COMMENT 'Rule that decided',
    unverified Bool COMMENT 'True: nobody has read the official text of the rule',
    reason_en String COMMENT 'One sentence, English',
    reason_fr String COMMENT 'The same in French',
    reason_nl String COMMENT 'The same in Dutch',
    fine_eur Nullable(UInt32) COMMENT 'Amount of a fine, EUR',
    fine_gbp Nullable(UInt32) COMMENT 'Amount of a fine, GBP',
    warned_on Nullable(Date) COMMENT 'Of a fine after a warning: day of that warning',
    updated_at DateTime64(3, 'UTC') COMMENT 'Moment of the last change',
    decided_by String COMMENT 'Who approved or rejected it; empty: nobody yet',
    decided_at Nullable(DateTime64(3, 'UTC')) COMMENT 'When',
    note String COMMENT 'Why, in the words of who decided',
    _log LowCardinality(String) COMMENT 'Incarnation of the topic',
    _partition UInt16 COMMENT 'Partition of the topic',
    _offset UInt64 COMMENT 'Offset in the partition',
    INDEX by_plate plate TYPE bloom_filter(0.01) GRANULARITY 1
) ENGINE = {replicated}ReplacingMergeTree
PARTITION BY toYYYYMM(day)
ORDER BY (zone, day, notice_id, revision)
TTL day + INTERVAL 60 MONTH
SETTINGS {deduplication}, merge_with_ttl_timeout = 43200
COMMENT 'Warnings and fines that were proposed, and what was decided: every state they were in';

CREATE VIEW IF NOT EXISTS notices_now {on_cluster} AS
SELECT
    notice_id, revision, state, withdrawn_for, kind, zone, plate, country, day, final_at, verdict_ids, passage_id,
    camera_id, captured_at, rule, unverified, reason_en, reason_fr, reason_nl, fine_eur, fine_gbp, warned_on,
    updated_at, decided_by, decided_at, note
FROM notices
ORDER BY zone, day, notice_id, revision DESC
LIMIT 1 BY zone, day, notice_id
COMMENT 'Notices as they stand, withdrawn and rejected ones too: see state';

-- Of a pass the record with the latest stamp holds; one that was cancelled says so.
CREATE TABLE IF NOT EXISTS passes {on_cluster} (
    pass_id UUID COMMENT 'Day pass; identifier given at purchase',
    plate String COMMENT 'For this plate only',
    zone LowCardinality(String) COMMENT 'Zone that it opens',
    day Date COMMENT 'Local day that it covers, until 06:00 of the next',
    bought_at DateTime64(3, 'UTC') COMMENT 'When it was paid',
    cancelled Bool COMMENT 'True: given back; counts as never bought',
    _log LowCardinality(String) COMMENT 'Incarnation of the topic',
    _partition UInt16 COMMENT 'Partition of the topic',
    _offset UInt64 COMMENT 'Offset in the partition',
    _stamp_ms UInt64 COMMENT 'Stamp of the message, epoch, ms; the latest holds',
    INDEX by_plate plate TYPE bloom_filter(0.01) GRANULARITY 1
) ENGINE = {replicated}ReplacingMergeTree(_stamp_ms)
ORDER BY pass_id
TTL day + INTERVAL 24 MONTH
SETTINGS {deduplication}, merge_with_ttl_timeout = 43200
COMMENT 'Day passes as last told';

-- The last message of a plate holds, and tells all that was granted. Exemptions touch on health, so the row goes six
-- years after that message, whatever it says: the longest permit lasts five.
CREATE TABLE IF NOT EXISTS permits {on_cluster} (
    plate String COMMENT 'Plate that the rights were granted to',
    country LowCardinality(String) COMMENT 'Of the plate, ISO 3166-1 alpha-2; empty: removed',
    permits Array(Tuple(
        permit_id UUID, zone String, ground String, from_day Date, until_day Nullable(Date),
        decided_at DateTime64(3, 'UTC'), cancelled Bool
    )) COMMENT 'Rights granted, ended ones too: zone, ground as the law names it, first and last local day (NULL: as long as the law lets it last), when decided',
    removed Bool COMMENT 'True: taken from the register; nothing is granted',
    told_at DateTime64(3, 'UTC') DEFAULT fromUnixTimestamp64Milli(toInt64(_stamp_ms), 'UTC') COMMENT 'When that was said',
    _log LowCardinality(String) COMMENT 'Incarnation of the topic',
    _partition UInt16 COMMENT 'Partition of the topic',
    _offset UInt64 COMMENT 'Offset in the partition',
    _stamp_ms UInt64 COMMENT 'Stamp of the message, epoch, ms; the latest holds'
) ENGINE = {replicated}ReplacingMergeTree(_stamp_ms)
ORDER BY plate
TTL toDateTime(told_at) + INTERVAL 72 MONTH
SETTINGS {deduplication}, merge_with_ttl_timeout = 43200
COMMENT 'Exemptions on request and paid authorisations of each plate, as last told';

CREATE TABLE IF NOT EXISTS dead_letters {on_cluster} (
    dead_letter_id UUID COMMENT 'Message that could not be used',
    reason LowCardinality(String) COMMENT 'Why, closed set',
    detail String COMMENT 'What exactly',
    stage LowCardinality(String) COMMENT 'Which stage refused it',
    source_topic LowCardinality(String) COMMENT 'Topic it came from: one of the zones',
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
SETTINGS {deduplication}, merge_with_ttl_timeout = 43200
COMMENT 'Messages of the zones'' topics that could not be used, with reason';
