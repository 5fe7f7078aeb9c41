-- Whoever asks for a plate looks into every part, and half a millisecond goes into each. So what is older than a day is
-- merged into one part of its month, not only when the month is over: a rewrite of the month a day, for one part and
-- those of today (docs/decisions/0011). By camera a question reads far more from few places, and parts matter less.
ALTER TABLE passages {on_cluster} MODIFY SETTING min_age_to_force_merge_on_partition_only = 0;

ALTER TABLE plates {on_cluster} MODIFY SETTING min_age_to_force_merge_on_partition_only = 0;

-- In the order of keys a granule has one beginning or two, so that most of them lack any three characters in a row that
-- are not all digits: those need not be read. A kilobyte tells 1,300 such runs with one in twenty wrong.
ALTER TABLE plates {on_cluster} ADD INDEX IF NOT EXISTS runs translate(plate, 'ODQILZSGB', '000112568')
    TYPE ngrambf_v1(3, 1024, 3, 0) GRANULARITY 1;

-- As in 0005, but for the form in which a run is asked, which the index understands.
DROP VIEW IF EXISTS plates_of_search {on_cluster};

CREATE VIEW IF NOT EXISTS plates_of_search {on_cluster} AS
WITH (
    SELECT tuple(
        CAST(multiIf(
            count() = 0, 'search_unknown: no search with this id is recorded; state a purpose and a reason first',
            any(officer) != {officer:String}, 'search_of_another: this search belongs to somebody else; record your own',
            any(refusal) != '', any(refusal),
            any(kind) != 'plate', 'kind_closed: this search was recorded for another kind of question; record one for this',
            any(least_known) < 2, 'pattern_wide: fewer than two known characters; give more of the plate',
            any(police_zone) != '', 'zone_closed: this search is of one police zone; ask plates_of_zone_search',
            'open'
        ) AS Enum8('open' = 0)),
        any(key_regex), any(pattern_key), any(tolerance), any(captured_from), any(captured_until), any(plate_regex)
    ) FROM search_verdicts WHERE search_id = {search_id:UUID}
) AS scope
SELECT plate_key, plate, least(last_day, toDate(scope.6)) AS last_day, match(plate, scope.7) AS exact
FROM plates
PREWHERE month = {month:UInt32}
  AND (empty({keys:Array(String)}) OR plate_key IN {keys:Array(String)})
  AND ({prefix:String} = '' OR startsWith(plate_key, {prefix:String}))
  AND ({run:String} = '' OR plate_key LIKE concat('%', {run:String}, '%'))
  AND ({and_run:String} = '' OR plate_key LIKE concat('%', {and_run:String}, '%'))
  AND ({mask:UInt128} = 0 OR bitAnd(reinterpretAsUInt128(plate_key), {mask:UInt128}) = {value:UInt128})
WHERE scope.1 = 'open'
  AND month >= toYYYYMM(scope.5) AND month <= toYYYYMM(scope.6) AND last_day >= toDate(scope.5)
  AND (match(plate_key, scope.2) OR (scope.4 > 0 AND editDistance(plate_key, scope.3) <= scope.4))
COMMENT 'Plates that fit the pattern of a search of the whole country: search_id, officer, month and what narrows it';
