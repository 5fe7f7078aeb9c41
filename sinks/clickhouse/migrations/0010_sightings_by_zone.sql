-- To ask for the zone of every camera costs a sixteenth of an exact search, and nearly all searches are of the whole
-- country: they have a view without it now, those of a zone one of their own. For the rest as in 0003.
DROP VIEW IF EXISTS sightings_of_search {on_cluster};

CREATE VIEW IF NOT EXISTS sightings_of_search {on_cluster} AS
WITH (
    SELECT tuple(
        CAST(multiIf(
            count() = 0, 'search_unknown: no search with this id is recorded; state a purpose and a reason first',
            any(officer) != {officer:String}, 'search_of_another: this search belongs to somebody else; record your own',
            any(refusal) != '', any(refusal),
            any(kind) NOT IN ('plate', 'companions'),
            'kind_closed: this search was recorded for another kind of question; record one for this',
            any(police_zone) != '', 'zone_closed: this search is of one police zone; ask sightings_of_zone_search',
            'open'
        ) AS Enum8('open' = 0)),
        any(key_regex), any(pattern_key), any(tolerance), any(captured_from), any(captured_until)
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
COMMENT 'Passages of plates named in full, for a search of the whole country, what a list shows: search_id, officer, plates';

-- For every search, those of one police zone included.
CREATE VIEW IF NOT EXISTS sightings_of_zone_search {on_cluster} AS
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
COMMENT 'Passages of plates named in full, for a search of one police zone as well: search_id, officer, plates';
