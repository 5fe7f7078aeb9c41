-- Search first, then read. Who looks states a purpose and a reason, and gets the identifier of a search; the views
-- below show what that search may see, and nothing else, to nobody else, and not for long. Analysts and the console
-- are granted these views, never the tables behind them.
-- The guard is asked at every question, so it is cheap: what cannot change while a search is open (purpose, range,
-- decision) is judged when it is recorded, by the view that records it (0004); who asks, until when, and whether still
-- registered is judged at every reading. Planning costs more than reading here: few tables, few expressions, one level.
CREATE TABLE IF NOT EXISTS officers {on_cluster} (
    officer String COMMENT 'Who',
    role LowCardinality(String) COMMENT 'In which role: officer, investigator, hotlist_manager, lez_agent, auditor, administrator',
    police_zone LowCardinality(String) COMMENT 'Whose cameras: a police zone; empty: all (federal)',
    valid_from DateTime64(3, 'UTC') COMMENT 'From then on',
    valid_until DateTime64(3, 'UTC') COMMENT 'Until before then',
    registered_by String COMMENT 'Who said so',
    registered_at DateTime64(3, 'UTC') COMMENT 'When; the latest record of an officer and role holds'
) ENGINE = {replicated}ReplacingMergeTree(registered_at)
ORDER BY (officer, role)
SETTINGS {deduplication}, index_granularity = 256
COMMENT 'Who may search, in which role, on whose cameras';

CREATE TABLE IF NOT EXISTS purposes {on_cluster} (
    purpose LowCardinality(String) COMMENT 'Legal purpose, closed list',
    roles Array(LowCardinality(String)) COMMENT 'Roles that may search for it',
    free_days UInt16 COMMENT 'How far back anybody may look, days',
    most_days UInt16 COMMENT 'How far back with a magistrate''s decision, days; as free_days: never further',
    law String COMMENT 'Where that stands',
    version UInt32 COMMENT 'The highest holds',
    holds_from DateTime64(3, 'UTC') DEFAULT now64(3) COMMENT 'When this version came: earlier searches went by another'
) ENGINE = {replicated}ReplacingMergeTree(version)
ORDER BY purpose
COMMENT 'What may be searched for, and how far back';

INSERT INTO purposes (purpose, roles, free_days, most_days, law, version) VALUES
    ('crime', ['officer', 'investigator'], 31, 366, 'WPA art. 44/11/3septies; older than a month: prosecutor', 1),
    ('stolen_vehicle', ['officer', 'investigator'], 31, 366, 'WPA art. 44/11/3septies; older than a month: prosecutor', 1),
    ('missing_person', ['officer', 'investigator'], 31, 366, 'WPA art. 44/11/3septies; older than a month: prosecutor', 1),
    ('traffic_offence', ['officer', 'investigator'], 31, 31, 'WPA art. 44/11/3septies', 1),
    ('administrative_police', ['officer', 'investigator'], 31, 31, 'WPA art. 44/11/3septies', 1),
    ('test', ['officer', 'investigator'], 31, 31, 'none: trials without real data', 1);

CREATE TABLE IF NOT EXISTS access_decisions {on_cluster} (
    decision_id String COMMENT 'Reference of the magistrate''s decision',
    magistrate String COMMENT 'Who decided',
    case_number String COMMENT 'File that it belongs to',
    covers_from DateTime64(3, 'UTC') COMMENT 'Passages from then',
    covers_until DateTime64(3, 'UTC') COMMENT 'Passages before then',
    valid_until DateTime64(3, 'UTC') COMMENT 'Searches before then',
    recorded_by String COMMENT 'Who entered it: not who searches by it',
    recorded_at DateTime64(3, 'UTC') COMMENT 'When; the latest record of a decision holds'
) ENGINE = {replicated}ReplacingMergeTree(recorded_at)
ORDER BY decision_id
SETTINGS {deduplication}, index_granularity = 256
COMMENT 'Decisions that open passages older than a month';

CREATE TABLE IF NOT EXISTS searches {on_cluster} (
    search_id UUID COMMENT 'Search; random, the key to its results',
    created_at DateTime64(3, 'UTC') COMMENT 'When it was asked',
    expires_at DateTime64(3, 'UTC') COMMENT 'From then on it opens nothing',
    officer String COMMENT 'Who',
    role LowCardinality(String) COMMENT 'In which role',
    police_zone LowCardinality(String) COMMENT 'On whose cameras: a police zone; empty: all',
    purpose LowCardinality(String) COMMENT 'Legal purpose, closed list',
    reason String COMMENT 'Why, in words',
    case_number String COMMENT 'File number; empty: none',
    decision_id String COMMENT 'Magistrate''s decision for what is older than a month; empty: none',
    kind LowCardinality(String) COMMENT 'plate, scenes or companions: which of the views it opens',
    pattern String COMMENT 'Plates it opens: compact, ? one character, * any, [B8] one of these, | or',
    tolerance UInt8 COMMENT '1: also plates one misread, missing or extra character away',
    scenes Array(Tuple(cameras Array(String), captured_from DateTime64(3, 'UTC'), captured_until DateTime64(3, 'UTC')))
        COMMENT 'Places and times it opens; empty: by plate alone',
    captured_from DateTime64(3, 'UTC') COMMENT 'Passages from then',
    captured_until DateTime64(3, 'UTC') COMMENT 'Passages before then',
    registered_zone LowCardinality(String) COMMENT 'Zone for which the officer was registered when it was recorded',
    fault UInt8 COMMENT 'Judged when it was recorded: 0 may be run, 5 zone closed, 6 purpose closed, 7 range closed, 8 decision missing, 9 no search as they are recorded',
    decision_until DateTime64(3, 'UTC') DEFAULT '2299-01-01' COMMENT 'End of the decision that it goes by',
    pattern_key String DEFAULT translate(pattern, 'ODQILZSGB', '000112568') COMMENT 'Confusion-class key of pattern',
    key_regex String DEFAULT concat(
        '^(?:', replaceAll(replaceAll(pattern_key, '?', '.'), '*', '.*'), ')$'
    ) COMMENT 'Confusion-class keys of plates that it opens, RE2',
    plate_regex String DEFAULT concat('^(?:', replaceAll(replaceAll(pattern, '?', '.'), '*', '.*'), ')$')
        COMMENT 'Plates that fit it to the letter, RE2',
    least_known UInt8 DEFAULT toUInt8(arrayMin(
        one -> lengthUTF8(replaceRegexpAll(replaceRegexpAll(one, '\\[[A-Z0-9]*\\]', 'A'), '[?*]', '')),
        splitByChar('|', pattern)
    )) COMMENT 'Characters of the pattern that are told, at least: of its alternatives the one with fewest'
) ENGINE = {replicated}MergeTree
PARTITION BY toYYYYMM(created_at)
ORDER BY (search_id)
TTL toDateTime(created_at) + INTERVAL 10 YEAR
SETTINGS {deduplication}, index_granularity = 256
COMMENT 'Who looked for what, and why; written once, before the first result, out of the audit (0004)';

-- What every view asks before it shows a passage: why a search opens nothing now, `code: what to do`; empty: it does.
-- Whose search it is and which kind, the views themselves ask. The registration by which it was recorded must still
-- stand. Looked for among the searches of the last month only, in one or two partitions: a search is open for minutes.
-- As much as possible is said here and not there: a view with parameters is planned twice, this one once.
CREATE VIEW IF NOT EXISTS search_verdicts {on_cluster} AS
SELECT
    search_id, officer, kind, pattern, pattern_key, key_regex, plate_regex, least_known, tolerance, scenes,
    case_number, police_zone, searches.captured_from AS asked_from,
    greatest(captured_from, now64(3) - toIntervalMonth(12)) AS captured_from, captured_until,
    multiIf(
        least(expires_at, decision_until) <= now64(3), 'search_expired: this search has ended; state the reason again',
        (officer, role, registered_zone) NOT IN (
            SELECT officer, role, police_zone FROM officers FINAL
            WHERE valid_from <= now64(3) AND valid_until > now64(3)
        ), 'officer_unknown: not registered in this role, or no longer; ask the administrator',
        transform(fault, [5, 6, 7, 8, 9], [
            'zone_closed: registered for another police zone than this search asks for',
            'purpose_closed: this role may not search for this purpose',
            'range_closed: further back than this purpose ever opens; narrow the time',
            'decision_missing: older than a month needs a decision of a magistrate on this file, recorded by somebody else',
            'search_wrong: open for longer than 15 minutes, from a clock that is ahead, without a reason, or for what is no plate'
        ], '')
    ) AS refusal
FROM searches
WHERE created_at > now64(3) - toIntervalDay(31)
COMMENT 'What each recorded search opens now, and why not';

-- What a search opens, in one row (`refused` is 0), or the refusal. The only value that the cast takes is `open`: all else is an error
-- with these words in it, before any passage is read (one cast is planned much faster than nine throwIf). The views
-- below begin with the same lines instead of asking this one: a view with parameters is planned twice, one inside
-- another four times. A test compares them. Constant subqueries: their values prune the index.
CREATE VIEW IF NOT EXISTS search_scope {on_cluster} AS
WITH (
    SELECT tuple(
        CAST(multiIf(
            count() = 0, 'search_unknown: no search with this id is recorded; state a purpose and a reason first',
            any(officer) != {officer:String}, 'search_of_another: this search belongs to somebody else; record your own',
            any(refusal) != '', any(refusal),
            any(kind) IN ('plate', 'scenes', 'companions'), 'open',
            'kind_closed: this search was recorded for another kind of question; record one for this'
        ) AS Enum8('open' = 0)),
        any(kind), any(pattern), any(pattern_key), any(key_regex), any(tolerance), any(scenes), any(captured_from), any(captured_until), any(police_zone)
    ) FROM search_verdicts WHERE search_id = {search_id:UUID}
) AS scope
SELECT
    scope.1 != 'open' AS refused, scope.2 AS kind, scope.3 AS pattern, scope.4 AS pattern_key, scope.5 AS key_regex,
    scope.6 AS tolerance, scope.7 AS scenes, scope.8 AS captured_from, scope.9 AS captured_until,
    scope.10 AS police_zone
COMMENT 'What a search opens: search_id, officer';

-- Passages of the plates named, as far as the search's pattern, time and zone cover them: what a list shows, with text
-- and picture as they are packed in the table (sinks/clickhouse/packing.py): to put them together here took a sixth of
-- the time of a search. PREWHERE, in spite of FINAL, is right for columns of the sorting key: all revisions of a row
-- agree in them. A hundred plates cost 60 % of what they cost without.
CREATE VIEW IF NOT EXISTS sightings_of_search {on_cluster} AS
WITH (
    SELECT tuple(
        CAST(multiIf(
            count() = 0, 'search_unknown: no search with this id is recorded; state a purpose and a reason first',
            any(officer) != {officer:String}, 'search_of_another: this search belongs to somebody else; record your own',
            any(refusal) != '', any(refusal),
            any(kind) IN ('plate', 'companions'), 'open',
            'kind_closed: this search was recorded for another kind of question; record one for this'
        ) AS Enum8('open' = 0)),
        any(key_regex), any(pattern_key), any(tolerance), any(captured_from), any(captured_until), any(police_zone)
    ) FROM search_verdicts WHERE search_id = {search_id:UUID}
) AS scope
SELECT
    passage_id, plate, display_shape, country, camera_id, captured_at, confidence_1e4, certainty, frame_id,
    evidence_rest, direction, position, late
FROM passages FINAL
PREWHERE plate IN {plates:Array(String)} AND captured_at >= scope.5 AND captured_at < scope.6
WHERE scope.1 = 'open'
  AND (
    match(translate(plate, 'ODQILZSGB', '000112568'), scope.2)
    OR (scope.4 > 0 AND editDistance(translate(plate, 'ODQILZSGB', '000112568'), scope.3) <= scope.4)
  )
  AND NOT withdrawn
  AND (scope.7 = '' OR camera_id IN (SELECT camera_id FROM cameras FINAL WHERE police_zone = scope.7))
COMMENT 'Passages of plates named in full, what a list shows: search_id, officer, plates';

-- The same with all columns for people, at some more cost.
CREATE VIEW IF NOT EXISTS passages_of_search {on_cluster} AS
WITH (
    SELECT tuple(
        CAST(multiIf(
            count() = 0, 'search_unknown: no search with this id is recorded; state a purpose and a reason first',
            any(officer) != {officer:String}, 'search_of_another: this search belongs to somebody else; record your own',
            any(refusal) != '', any(refusal),
            any(kind) IN ('plate', 'companions'), 'open',
            'kind_closed: this search was recorded for another kind of question; record one for this'
        ) AS Enum8('open' = 0)),
        any(key_regex), any(pattern_key), any(tolerance), any(captured_from), any(captured_until), any(police_zone)
    ) FROM search_verdicts WHERE search_id = {search_id:UUID}
) AS scope
SELECT
    passage_id, revision, plate, plate_raw, plate_key, plate_display, country, camera_id, captured_at,
    last_captured_at, received_at, confidence, certainty, repaired, candidates, read_count, best_read_id,
    best_captured_at, frame_id, box, evidence, vehicle_class, direction, lane, position, late, reader
FROM passages_unpacked
WHERE scope.1 = 'open'
  AND plate IN {plates:Array(String)} AND captured_at >= scope.5 AND captured_at < scope.6
  AND (match(plate_key, scope.2) OR (scope.4 > 0 AND editDistance(plate_key, scope.3) <= scope.4))
  AND NOT withdrawn
  AND (scope.7 = '' OR camera_id IN (SELECT camera_id FROM cameras FINAL WHERE police_zone = scope.7))
COMMENT 'Passages of plates named in full, all columns: search_id, officer, plates';

-- Passages of one scene of the search, counted from 1: its cameras, its time.
CREATE VIEW IF NOT EXISTS passages_of_scene {on_cluster} AS
WITH (
    SELECT tuple(
        CAST(multiIf(
            count() = 0, 'search_unknown: no search with this id is recorded; state a purpose and a reason first',
            any(officer) != {officer:String}, 'search_of_another: this search belongs to somebody else; record your own',
            any(refusal) != '', any(refusal),
            any(kind) = 'scenes', 'open',
            'kind_closed: this search was recorded for another kind of question; record one for this'
        ) AS Enum8('open' = 0)),
        any(key_regex), any(scenes[{scene:UInt16}]), any(captured_from), any(captured_until), any(police_zone)
    ) FROM search_verdicts WHERE search_id = {search_id:UUID}
) AS scope
SELECT
    camera_id, captured_at, plate, passage_tag, country, vehicle_class, direction, confidence, certainty, late
FROM passages_by_camera FINAL
WHERE scope.1 = 'open'
  AND camera_id IN (SELECT arrayJoin(scope.3.1))
  AND captured_at >= greatest(scope.3.2, scope.4) AND captured_at < least(scope.3.3, scope.5)
  AND match(translate(plate, 'ODQILZSGB', '000112568'), scope.2)
  AND NOT withdrawn
  AND (scope.6 = '' OR camera_id IN (SELECT camera_id FROM cameras FINAL WHERE police_zone = scope.6))
COMMENT 'Passages at a place and time of the search: search_id, officer, scene (from 1)';

-- Other vehicles at the cameras where the search's plate passed, within so many seconds of it, and how far apart.
CREATE VIEW IF NOT EXISTS companions_of_search {on_cluster} AS
WITH
    (
        SELECT tuple(
            CAST(multiIf(
                count() = 0, 'search_unknown: no search with this id is recorded; state a purpose and a reason first',
                any(officer) != {officer:String}, 'search_of_another: this search belongs to somebody else; record your own',
                any(refusal) != '', any(refusal),
                any(kind) = 'companions', 'open',
                'kind_closed: this search was recorded for another kind of question; record one for this'
            ) AS Enum8('open' = 0)),
            any(pattern), any(captured_from), any(captured_until), any(police_zone),
            throwIf({within_s:UInt32} > 900, 'window_wide: more than a quarter of an hour apart is not together')
        ) FROM search_verdicts WHERE search_id = {search_id:UUID}
    ) AS scope,
    -- With each passage the quarter of an hour in which it lies and the two around it: more is never near, and these
    -- quarters alone are read of the cameras.
    target AS (
        SELECT
            camera_id, captured_at,
            arrayJoin([
                toStartOfFifteenMinutes(captured_at) - 900, toStartOfFifteenMinutes(captured_at),
                toStartOfFifteenMinutes(captured_at) + 900
            ]) AS quarter
        FROM passages FINAL
        WHERE scope.1 = 'open' AND scope.6 = 0 AND plate = scope.2
          AND captured_at >= scope.3 AND captured_at < scope.4 AND NOT withdrawn
    )
SELECT
    near.camera_id AS camera_id, target.captured_at AS target_captured_at, near.captured_at AS captured_at,
    near.plate AS plate, near.passage_tag AS passage_tag, near.country AS country,
    near.vehicle_class AS vehicle_class, near.certainty AS certainty,
    dateDiff('millisecond', target.captured_at, near.captured_at) AS after_ms
FROM (
    SELECT *, toStartOfFifteenMinutes(captured_at) AS quarter FROM passages_by_camera FINAL
    WHERE (camera_id, toStartOfFifteenMinutes(captured_at)) IN (SELECT camera_id, quarter FROM target)
      AND captured_at >= scope.3 - toIntervalSecond({within_s:UInt32})
      AND captured_at < scope.4 + toIntervalSecond({within_s:UInt32})
      AND NOT withdrawn AND plate != scope.2
      AND (scope.5 = '' OR camera_id IN (SELECT camera_id FROM cameras FINAL WHERE police_zone = scope.5))
) AS near
INNER JOIN target ON near.camera_id = target.camera_id AND near.quarter = target.quarter
WHERE abs(after_ms) <= {within_s:UInt32} * 1000
COMMENT 'Vehicles that passed with the one searched: search_id, officer, within_s';
