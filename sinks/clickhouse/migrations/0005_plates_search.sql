-- Plates of one month that a search opens: what a search by part of a plate, or by a plate with an error in it, looks
-- through. Whoever asks may narrow it, by key constants that save reading, and cannot widen it: what the search's
-- pattern and tolerance do not cover stays away whatever is asked. An empty narrowing narrows nothing.
--   month         202611; one at a time, so that the newest may be enough
--   keys          confusion-class keys, in full
--   prefix        what the key begins with
--   run, and_run  what stands in the key somewhere
--   mask, value   places of the key: its bytes, first place lowest, agree with value where mask has ones
-- `last_day` is the last day in that month within the search; `exact` tells that not only the keys agree.
-- A passage that was withdrawn may leave its plate in this list; passages_of_search then has nothing to show for it.
-- A search of one police zone has a view of its own, below: two questions in one are planned twice as long.
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
  AND ({run:String} = '' OR position(plate_key, {run:String}) > 0)
  AND ({and_run:String} = '' OR position(plate_key, {and_run:String}) > 0)
  AND ({mask:UInt128} = 0 OR bitAnd(reinterpretAsUInt128(plate_key), {mask:UInt128}) = {value:UInt128})
WHERE scope.1 = 'open'
  AND month >= toYYYYMM(scope.5) AND month <= toYYYYMM(scope.6) AND last_day >= toDate(scope.5)
  AND (match(plate_key, scope.2) OR (scope.4 > 0 AND editDistance(plate_key, scope.3) <= scope.4))
COMMENT 'Plates that fit the pattern of a search of the whole country: search_id, officer, month and what narrows it';

-- The same for a search of one police zone: it is shown what passed there and no more, so the plates of the country are
-- not asked; its cameras are, which are a small part.
CREATE VIEW IF NOT EXISTS plates_of_zone_search {on_cluster} AS
WITH (
    SELECT tuple(
        CAST(multiIf(
            count() = 0, 'search_unknown: no search with this id is recorded; state a purpose and a reason first',
            any(officer) != {officer:String}, 'search_of_another: this search belongs to somebody else; record your own',
            any(refusal) != '', any(refusal),
            any(kind) != 'plate', 'kind_closed: this search was recorded for another kind of question; record one for this',
            any(least_known) < 2, 'pattern_wide: fewer than two known characters; give more of the plate',
            any(police_zone) = '', 'zone_closed: this search is of the whole country; ask plates_of_search',
            'open'
        ) AS Enum8('open' = 0)),
        any(key_regex), any(pattern_key), any(tolerance), any(captured_from), any(captured_until), any(police_zone),
        any(plate_regex)
    ) FROM search_verdicts WHERE search_id = {search_id:UUID}
) AS scope
SELECT
    translate(plate, 'ODQILZSGB', '000112568') AS plate_key, plate, toDate(captured_at) AS last_day,
    match(plate, scope.8) AS exact
FROM passages_by_camera
WHERE scope.1 = 'open'
  AND camera_id IN (SELECT camera_id FROM cameras FINAL WHERE police_zone = scope.7)
  AND captured_at >= scope.5 AND captured_at < scope.6
  AND toYYYYMM(captured_at) = {month:UInt32}
  AND (empty({keys:Array(String)}) OR plate_key IN {keys:Array(String)})
  AND NOT withdrawn
  AND (match(plate_key, scope.2) OR (scope.4 > 0 AND editDistance(plate_key, scope.3) <= scope.4))
COMMENT 'Plates that fit the pattern of a search of one police zone: search_id, officer, month, keys';
