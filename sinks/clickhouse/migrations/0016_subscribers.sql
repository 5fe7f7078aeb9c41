-- Programs outside that are told hits: what each may be told, and where. Like officers, a subscriber is not written by
-- anybody: the row follows from its audit record, in the same INSERT (0004), and `anpr audit verify` compares them.
-- No secret lies here: tokens and signing secrets are derived from a key of the platform, the name and the generation
-- (docs/decisions/0019), so who may read this table can not listen in anybody's name.
CREATE TABLE IF NOT EXISTS subscribers {on_cluster} (
    name LowCardinality(String) COMMENT 'The program: a to z, digits, hyphens',
    generation UInt32 COMMENT 'Of its token and signing secret; counts up when they are changed',
    kinds Array(LowCardinality(String)) COMMENT 'Kinds of lists whose hits it may be told; empty: all',
    zones Array(LowCardinality(String)) COMMENT 'Police zones, of the owner or the camera, whose hits it may be told; empty: all',
    classes Array(LowCardinality(String)) COMMENT 'alert, confirm: classes of hits it may be told; empty: both',
    webhook_url String COMMENT 'Where its hits are sent; empty: nowhere, it comes for them',
    insecure Bool COMMENT 'True: its target may be asked without TLS',
    valid_from DateTime64(3, 'UTC') COMMENT 'It is told nothing that was stamped before',
    valid_until DateTime64(3, 'UTC') COMMENT 'Until before then',
    rotated_at DateTime64(3, 'UTC') COMMENT 'When its generation began',
    registered_by String COMMENT 'Who said so',
    registered_at DateTime64(3, 'UTC') COMMENT 'When; the latest record of a name holds'
) ENGINE = {replicated}ReplacingMergeTree(registered_at)
ORDER BY name
SETTINGS {deduplication}, index_granularity = 256
COMMENT 'Programs that are told hits, and what they may be told';

CREATE MATERIALIZED VIEW IF NOT EXISTS subscribers_from_audit_in {on_cluster} TO subscribers AS
SELECT
    JSONExtractString(record, 'about', 'subscriber') AS name,
    toUInt32(JSONExtractUInt(record, 'about', 'generation')) AS generation,
    JSONExtract(record, 'about', 'kinds', 'Array(String)') AS kinds,
    JSONExtract(record, 'about', 'zones', 'Array(String)') AS zones,
    JSONExtract(record, 'about', 'classes', 'Array(String)') AS classes,
    JSONExtractString(record, 'about', 'webhook_url') AS webhook_url,
    JSONExtractBool(record, 'about', 'insecure') AS insecure,
    parseDateTime64BestEffort(JSONExtractString(record, 'about', 'valid_from'), 3, 'UTC') AS valid_from,
    parseDateTime64BestEffort(JSONExtractString(record, 'about', 'valid_until'), 3, 'UTC') AS valid_until,
    parseDateTime64BestEffort(JSONExtractString(record, 'about', 'rotated_at'), 3, 'UTC') AS rotated_at,
    actor AS registered_by,
    at AS registered_at
FROM audit_in
WHERE action IN ('subscriber_added', 'subscriber_rotated', 'subscriber_ended', 'webhook_disabled');
