-- A message that is refused again after a crash is the same letter, with another moment of refusal: which letter it is,
-- its identifier alone says. In the order by time it stayed as a second row.
CREATE TABLE IF NOT EXISTS dead_letters_once {on_cluster} AS dead_letters
ENGINE = {replicated}ReplacingMergeTree
PARTITION BY toYYYYMM(failed_at)
ORDER BY (source_topic, dead_letter_id)
TTL toDateTime(failed_at) + INTERVAL 1 MONTH
SETTINGS {deduplication}, merge_with_ttl_timeout = 43200
COMMENT 'Messages of the zones'' topics that could not be used, with reason';

INSERT INTO dead_letters_once SELECT * FROM dead_letters;

EXCHANGE TABLES dead_letters AND dead_letters_once {on_cluster};

DROP TABLE dead_letters_once {on_cluster};
