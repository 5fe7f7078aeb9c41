-- The database of the low-emission zones: another controller's than the police's, with terms, roles and an audit of its
-- own (docs/decisions/0021). Verdicts: one inlet, which keeps nothing, and what it feeds. Every table gives the same
-- however often a message comes, so a block whose answer was lost is simply sent again.
CREATE TABLE IF NOT EXISTS verdicts_in {on_cluster} (
    verdict_id UUID COMMENT 'Verdict of one passage, zone and plate',
    revision UInt32 COMMENT 'Revision of the passage; the highest holds',
    withdrawn Bool COMMENT 'True: the passage was withdrawn under this plate',
    passage_id UUID COMMENT 'The passage',
    zone LowCardinality(String) COMMENT 'Zone whose law was applied',
    plate String COMMENT 'As the passage has it',
    camera_id LowCardinality(String) COMMENT 'Where',
    captured_at DateTime64(3, 'UTC') COMMENT 'Time of the passage: the law of this moment applies',
    known_at DateTime64(3, 'UTC') COMMENT 'State of law book and registry; of equal revisions the latest holds',
    verdict LowCardinality(String) COMMENT 'compliant, non_compliant, exempt, pass, unregistered, not_applicable, unknown',
    action LowCardinality(String) DEFAULT 'none' COMMENT 'none, warning or fine: a proposal',
    rule LowCardinality(String) COMMENT 'Rule that decided',
    reason LowCardinality(String) COMMENT 'One sentence, English',
    fine_eur Nullable(UInt32) COMMENT 'Amount of a fine, EUR',
    sure Bool COMMENT 'False: must not lead to a notice by itself',
    category LowCardinality(String) COMMENT 'EU category of the vehicle; empty: unknown',
    fuel LowCardinality(String) COMMENT 'Fuel; empty: unknown',
    euro Nullable(UInt8) COMMENT 'Euro class of the certificate',
    country LowCardinality(String) COMMENT 'Of the vehicle, ISO 3166-1 alpha-2; empty: unknown',
    n1_class LowCardinality(String) COMMENT 'Mass class of a van: I, II, III; empty: none',
    body_code LowCardinality(String) COMMENT 'Body of the certificate; empty: not told',
    standard LowCardinality(String) COMMENT 'Euro standard judged by: 0 to 7, 6d-TEMP, 6d; empty: none',
    standard_derived Bool COMMENT 'True: taken from the first registration, the certificate tells none',
    first_registered Nullable(Date32) COMMENT 'First registration of the vehicle judged',
    exemptions Array(LowCardinality(String)) COMMENT 'Grounds for exemption, as its record tells them',
    unverified Bool COMMENT 'True: nobody has read the official text of the rule',
    doubtful Bool COMMENT 'True: the plate was not read with certainty, and nobody has confirmed it',
    if_sure LowCardinality(String) COMMENT 'Of a doubtful read: the verdict once the plate is confirmed; empty: it is sure',
    fine_gbp Nullable(UInt32) COMMENT 'Amount of a fine, GBP',
    cause LowCardinality(String) DEFAULT 'passage' COMMENT 'passage, confirmation or rejudgement: what it was taken for',
    confirmed_by String COMMENT 'Who compared the picture with the plate; empty: nobody',
    _log LowCardinality(String) COMMENT 'Incarnation of the topic',
    _partition UInt16 COMMENT 'Partition of the topic',
    _offset UInt64 COMMENT 'Offset in the partition'
) ENGINE = Null
COMMENT 'Where messages of the topic lez-verdicts go in; keeps nothing';

-- Every verdict ever taken, as it was. After 90 days nobody can be told from one that led to nothing, and the row goes on
-- for statistics and to be taken again: without the plate, and without the passage, which with the identifier of the
-- verdict would tell it (pipeline.identity.derived_id). Not in the sorting key, therefore, but behind a filter of its own.
-- One that was taken again keeps its plate as long as the others: somebody was barred, or is, and may ask what became of it.
CREATE TABLE IF NOT EXISTS verdicts {on_cluster} (
    verdict_id UUID COMMENT 'Verdict of one passage, zone and plate' CODEC(NONE),
    revision UInt32 COMMENT 'Revision of the passage; the highest holds' CODEC(T64, ZSTD(1)),
    withdrawn Bool COMMENT 'True: the passage was withdrawn under this plate' CODEC(ZSTD(1)),
    passage_id UUID COMMENT 'The passage; all zero: cleared with the plate' CODEC(ZSTD(1)) TTL if(
        cause = 'passage' AND (withdrawn OR verdict IN ('compliant', 'exempt', 'pass', 'not_applicable')),
        toDateTime(captured_at) + INTERVAL 90 DAY, toDateTime(captured_at) + INTERVAL 24 MONTH
    ),
    zone LowCardinality(String) COMMENT 'Zone whose law was applied' CODEC(ZSTD(1)),
    plate String COMMENT 'As the passage has it; empty: cleared, 90 days after a passage that led to nothing' CODEC(ZSTD(1)) TTL if(
        cause = 'passage' AND (withdrawn OR verdict IN ('compliant', 'exempt', 'pass', 'not_applicable')),
        toDateTime(captured_at) + INTERVAL 90 DAY, toDateTime(captured_at) + INTERVAL 24 MONTH
    ),
    camera_id LowCardinality(String) COMMENT 'Where' CODEC(ZSTD(1)),
    captured_at DateTime64(3, 'UTC') COMMENT 'Time of the passage: the law of this moment applies' CODEC(Delta, ZSTD(1)),
    known_at DateTime64(3, 'UTC') COMMENT 'State of law book and registry; of equal revisions the latest holds' CODEC(Delta, ZSTD(1)),
    verdict LowCardinality(String) COMMENT 'compliant, non_compliant, exempt, pass, unregistered, not_applicable, unknown' CODEC(ZSTD(1)),
    action LowCardinality(String) DEFAULT 'none' COMMENT 'none, warning or fine: a proposal' CODEC(ZSTD(1)),
    rule LowCardinality(String) COMMENT 'Rule that decided' CODEC(ZSTD(1)),
    reason LowCardinality(String) COMMENT 'One sentence, English' CODEC(ZSTD(1)),
    fine_eur Nullable(UInt32) COMMENT 'Amount of a fine, EUR' CODEC(ZSTD(1)),
    sure Bool COMMENT 'False: must not lead to a notice by itself' CODEC(ZSTD(1)),
    category LowCardinality(String) COMMENT 'EU category of the vehicle; empty: unknown' CODEC(ZSTD(1)),
    fuel LowCardinality(String) COMMENT 'Fuel; empty: unknown' CODEC(ZSTD(1)),
    euro Nullable(UInt8) COMMENT 'Euro class of the certificate' CODEC(ZSTD(1)),
    country LowCardinality(String) COMMENT 'Of the vehicle, ISO 3166-1 alpha-2; empty: unknown' CODEC(ZSTD(1)),
    n1_class LowCardinality(String) COMMENT 'Mass class of a van: I, II, III; empty: none' CODEC(ZSTD(1)),
    body_code LowCardinality(String) COMMENT 'Body of the certificate; empty: not told' CODEC(ZSTD(1)),
    standard LowCardinality(String) COMMENT 'Euro standard judged by: 0 to 7, 6d-TEMP, 6d; empty: none' CODEC(ZSTD(1)),
    standard_derived Bool COMMENT 'True: taken from the first registration, the certificate tells none' CODEC(ZSTD(1)),
    first_registered Nullable(Date32) COMMENT 'First registration of the vehicle judged' CODEC(ZSTD(1)),
    exemptions Array(LowCardinality(String)) COMMENT 'Grounds for exemption, as its record tells them' CODEC(ZSTD(1)),
    unverified Bool COMMENT 'True: nobody has read the official text of the rule' CODEC(ZSTD(1)),
    doubtful Bool COMMENT 'True: the plate was not read with certainty, and nobody has confirmed it' CODEC(ZSTD(1)),
    if_sure LowCardinality(String) COMMENT 'Of a doubtful read: the verdict once the plate is confirmed; empty: it is sure' CODEC(ZSTD(1)),
    fine_gbp Nullable(UInt32) COMMENT 'Amount of a fine, GBP' CODEC(ZSTD(1)),
    cause LowCardinality(String) DEFAULT 'passage' COMMENT 'passage, confirmation or rejudgement: what it was taken for' CODEC(ZSTD(1)),
    confirmed_by String COMMENT 'Who compared the picture with the plate; empty: nobody' CODEC(ZSTD(1)),
    _log LowCardinality(String) COMMENT 'Incarnation of the topic' CODEC(ZSTD(1)),
    _partition UInt16 COMMENT 'Partition of the topic' CODEC(ZSTD(1)),
    _offset UInt64 COMMENT 'Offset in the partition' CODEC(Delta, ZSTD(1)),
    INDEX by_plate plate TYPE bloom_filter(0.01) GRANULARITY 1
) ENGINE = {replicated}ReplacingMergeTree
PARTITION BY toYYYYMM(captured_at)
ORDER BY (zone, captured_at, verdict_id, revision, known_at, cause)
TTL toDateTime(captured_at) + INTERVAL 24 MONTH
SETTINGS {deduplication}, merge_with_ttl_timeout = 43200
COMMENT 'Every verdict ever taken, overtaken ones too, as it was';

-- Of each verdict the one that holds, for what is asked of millions at once: to find it among all that were taken takes
-- many times as long as FINAL, which skips what is merged.
CREATE TABLE IF NOT EXISTS verdicts_last {on_cluster} (
    verdict_id UUID COMMENT 'Verdict of one passage, zone and plate' CODEC(NONE),
    revision UInt32 COMMENT 'Revision of the passage; the highest holds' CODEC(T64, ZSTD(1)),
    withdrawn Bool COMMENT 'True: the passage was withdrawn under this plate' CODEC(ZSTD(1)),
    passage_id UUID COMMENT 'The passage; all zero: cleared with the plate' CODEC(ZSTD(1)) TTL if(
        cause = 'passage' AND (withdrawn OR verdict IN ('compliant', 'exempt', 'pass', 'not_applicable')),
        toDateTime(captured_at) + INTERVAL 90 DAY, toDateTime(captured_at) + INTERVAL 24 MONTH
    ),
    zone LowCardinality(String) COMMENT 'Zone whose law was applied' CODEC(ZSTD(1)),
    plate String COMMENT 'As the passage has it; empty: cleared, 90 days after a passage that led to nothing' CODEC(ZSTD(1)) TTL if(
        cause = 'passage' AND (withdrawn OR verdict IN ('compliant', 'exempt', 'pass', 'not_applicable')),
        toDateTime(captured_at) + INTERVAL 90 DAY, toDateTime(captured_at) + INTERVAL 24 MONTH
    ),
    camera_id LowCardinality(String) COMMENT 'Where' CODEC(ZSTD(1)),
    captured_at DateTime64(3, 'UTC') COMMENT 'Time of the passage: the law of this moment applies' CODEC(Delta, ZSTD(1)),
    known_at DateTime64(3, 'UTC') COMMENT 'State of law book and registry; of equal revisions the latest holds' CODEC(Delta, ZSTD(1)),
    verdict LowCardinality(String) COMMENT 'compliant, non_compliant, exempt, pass, unregistered, not_applicable, unknown' CODEC(ZSTD(1)),
    action LowCardinality(String) COMMENT 'none, warning or fine: a proposal' CODEC(ZSTD(1)),
    rule LowCardinality(String) COMMENT 'Rule that decided' CODEC(ZSTD(1)),
    reason LowCardinality(String) COMMENT 'One sentence, English' CODEC(ZSTD(1)),
    fine_eur Nullable(UInt32) COMMENT 'Amount of a fine, EUR' CODEC(ZSTD(1)),
    sure Bool COMMENT 'False: must not lead to a notice by itself' CODEC(ZSTD(1)),
    category LowCardinality(String) COMMENT 'EU category of the vehicle; empty: unknown' CODEC(ZSTD(1)),
    fuel LowCardinality(String) COMMENT 'Fuel; empty: unknown' CODEC(ZSTD(1)),
    euro Nullable(UInt8) COMMENT 'Euro class of the certificate' CODEC(ZSTD(1)),
    country LowCardinality(String) COMMENT 'Of the vehicle, ISO 3166-1 alpha-2; empty: unknown' CODEC(ZSTD(1)),
    n1_class LowCardinality(String) COMMENT 'Mass class of a van: I, II, III; empty: none' CODEC(ZSTD(1)),
    body_code LowCardinality(String) COMMENT 'Body of the certificate; empty: not told' CODEC(ZSTD(1)),
    standard LowCardinality(String) COMMENT 'Euro standard judged by: 0 to 7, 6d-TEMP, 6d; empty: none' CODEC(ZSTD(1)),
    standard_derived Bool COMMENT 'True: taken from the first registration, the certificate tells none' CODEC(ZSTD(1)),
    first_registered Nullable(Date32) COMMENT 'First registration of the vehicle judged' CODEC(ZSTD(1)),
    exemptions Array(LowCardinality(String)) COMMENT 'Grounds for exemption, as its record tells them' CODEC(ZSTD(1)),
    unverified Bool COMMENT 'True: nobody has read the official text of the rule' CODEC(ZSTD(1)),
    doubtful Bool COMMENT 'True: the plate was not read with certainty, and nobody has confirmed it' CODEC(ZSTD(1)),
    if_sure LowCardinality(String) COMMENT 'Of a doubtful read: the verdict once the plate is confirmed; empty: it is sure' CODEC(ZSTD(1)),
    fine_gbp Nullable(UInt32) COMMENT 'Amount of a fine, GBP' CODEC(ZSTD(1)),
    cause LowCardinality(String) COMMENT 'passage, confirmation or rejudgement: what it was taken for' CODEC(ZSTD(1)),
    confirmed_by String COMMENT 'Who compared the picture with the plate; empty: nobody' CODEC(ZSTD(1)),
    _log LowCardinality(String) COMMENT 'Incarnation of the topic' CODEC(ZSTD(1)),
    _partition UInt16 COMMENT 'Partition of the topic' CODEC(ZSTD(1)),
    _offset UInt64 COMMENT 'Offset in the partition' CODEC(Delta, ZSTD(1)),
    _rank UInt64 COMMENT 'The highest holds: revision, then known_at in ms' CODEC(T64, ZSTD(1)),
    INDEX by_plate plate TYPE bloom_filter(0.01) GRANULARITY 1
) ENGINE = {replicated}ReplacingMergeTree(_rank)
PARTITION BY toYYYYMM(captured_at)
ORDER BY (zone, captured_at, verdict_id)
TTL toDateTime(captured_at) + INTERVAL 24 MONTH
SETTINGS {deduplication}, merge_with_ttl_timeout = 43200, min_age_to_force_merge_seconds = 86400
COMMENT 'Of each verdict the one that holds, withdrawn ones too; read verdicts_now';

CREATE MATERIALIZED VIEW IF NOT EXISTS verdicts_from_in {on_cluster} TO verdicts AS
SELECT
    verdict_id, revision, withdrawn, passage_id, zone, plate, camera_id, captured_at, known_at, verdict, action, rule,
    reason, fine_eur, sure, category, fuel, euro, country, n1_class, body_code, standard, standard_derived,
    first_registered, exemptions, unverified, doubtful, if_sure, fine_gbp, cause, confirmed_by, _log, _partition, _offset
FROM verdicts_in;

-- 2^20 revisions (the contract allows a million), and moments until 2527.
CREATE MATERIALIZED VIEW IF NOT EXISTS verdicts_last_from_in {on_cluster} TO verdicts_last AS
SELECT
    verdict_id, revision, withdrawn, passage_id, zone, plate, camera_id, captured_at, known_at, verdict, action, rule,
    reason, fine_eur, sure, category, fuel, euro, country, n1_class, body_code, standard, standard_derived,
    first_registered, exemptions, unverified, doubtful, if_sure, fine_gbp, cause, confirmed_by, _log, _partition, _offset,
    bitShiftLeft(toUInt64(revision), 44) + toUInt64(greatest(toUnixTimestamp64Milli(known_at), 0)) AS _rank
FROM verdicts_in;

CREATE VIEW IF NOT EXISTS verdicts_now {on_cluster} AS
SELECT
    verdict_id, revision, passage_id, zone, plate, camera_id, captured_at, known_at, verdict, action, rule, reason,
    fine_eur, sure, category, fuel, euro, country, n1_class, body_code, standard, standard_derived, first_registered,
    exemptions, unverified, doubtful, if_sure, fine_gbp, cause, confirmed_by
FROM verdicts_last FINAL
WHERE NOT withdrawn
COMMENT 'Verdicts that hold: of each passage, zone and plate the last one that was taken, unless it was withdrawn';
