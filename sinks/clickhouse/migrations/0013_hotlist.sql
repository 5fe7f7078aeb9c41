-- Lists as they stand, for who manages them and for searches of the past; the matcher reads the topic. A removed entry
-- keeps its identifier and the moment for a year, nothing else. Of an entry the message with the latest stamp holds.
CREATE TABLE IF NOT EXISTS hotlist_entries {on_cluster} (
    entry_id String COMMENT 'The owner''s identifier',
    list_kind LowCardinality(String) COMMENT 'Kind of list',
    plate String COMMENT 'Compact plate; ? one unknown character, * any number; empty: removed',
    country LowCardinality(String) COMMENT 'Of the plate, ISO 3166-1 alpha-2; empty: not told',
    owner LowCardinality(String) COMMENT 'federal, or the police zone that answers for it',
    priority UInt8 COMMENT '0 life in danger to 100 for information',
    reason String COMMENT 'Demonstrable reason',
    instruction LowCardinality(String) DEFAULT 'report' COMMENT 'What a patrol should do',
    dangerous Bool COMMENT 'Occupants may be armed or violent',
    valid_from DateTime64(3, 'UTC') COMMENT 'Matches from this moment',
    valid_until Nullable(DateTime64(3, 'UTC')) COMMENT 'Matches before this moment; none: until removed',
    case_number String COMMENT 'File of the owner; empty: none',
    vehicle String COMMENT 'Make, model and colour to compare with the picture',
    zones Array(LowCardinality(String)) COMMENT 'Police zones whose cameras it is for; with cameras and circle its area, all empty: anywhere',
    cameras Array(LowCardinality(String)) COMMENT 'Cameras that it is for',
    circle Tuple(center Tuple(lat Float64, lon Float64), radius_m UInt32) COMMENT 'Area whose cameras it is for; radius 0: none',
    hours Array(Tuple(weekdays Array(UInt8), begins String, ends String)) COMMENT 'When it matches, Belgian time; empty: at any time',
    removed Bool COMMENT 'True: taken off its list',
    ends_at DateTime64(3, 'UTC') DEFAULT multiIf(
        removed, fromUnixTimestamp64Milli(toInt64(_stamp_ms), 'UTC'),
        valid_until IS NULL, toDateTime64('2100-01-01', 3, 'UTC'),
        valid_until
    ) COMMENT 'Removed or no longer valid from here; 2100: no end',
    _digest UInt64 COMMENT 'Of the entry in full: tells a changed one from an unchanged one',
    _log LowCardinality(String) COMMENT 'Incarnation of the topic',
    _partition UInt16 COMMENT 'Partition of the topic',
    _offset UInt64 COMMENT 'Offset in the partition',
    _stamp_ms UInt64 COMMENT 'Stamp of the message, epoch, ms; the latest holds'
) ENGINE = {replicated}ReplacingMergeTree(_stamp_ms)
ORDER BY entry_id
TTL toDateTime(ends_at) + INTERVAL 12 MONTH
SETTINGS {deduplication}, merge_with_ttl_timeout = 43200
COMMENT 'Entries of the hotlists as they stand';

-- For the search of an entry among what has passed already: the entry, which is in the audit, is its reason. Only a
-- service is granted them, and they look back for two weeks at most.
CREATE VIEW IF NOT EXISTS plates_passed_since {on_cluster} AS
SELECT plate, translate(plate, 'ODQILZSGB', '000112568') AS plate_key
FROM plates
WHERE month >= toYYYYMM({since:DateTime64(3, 'UTC')}) AND last_day >= toDate({since:DateTime64(3, 'UTC')})
  AND throwIf(
      {since:DateTime64(3, 'UTC')} < now64(3) - toIntervalDay(14), 'since: entries are searched for in the last 14 days'
  ) = 0
COMMENT 'Plates that passed on the day of this moment or later: since';

CREATE VIEW IF NOT EXISTS passages_passed_since {on_cluster} AS
SELECT *
FROM passages_unpacked
WHERE plate IN {plates:Array(String)} AND captured_at >= {since:DateTime64(3, 'UTC')} AND NOT withdrawn
  AND throwIf(
      {since:DateTime64(3, 'UTC')} < now64(3) - toIntervalDay(14), 'since: entries are searched for in the last 14 days'
  ) = 0
COMMENT 'Passages of plates named in full since a moment: plates, since';
