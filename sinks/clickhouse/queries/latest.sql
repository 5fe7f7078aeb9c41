-- Where plates were last, newest first: as far as the search opens them.
-- search_id, officer: whose search. plates: compact, named in full. limit: most rows. per_plate: most rows of a plate.
SELECT
    p.passage_id AS passage_id, p.plate AS plate, p.plate_display AS plate_display, p.country AS country,
    p.camera_id AS camera_id, c.name AS camera_name, p.captured_at AS captured_at, p.confidence AS confidence,
    p.certainty AS certainty, p.late AS late, p.evidence AS evidence,
    if(p.position.lat = 0 AND p.position.lon = 0, c.position, p.position) AS position
FROM (
    SELECT * FROM sightings_of_search(
        search_id = {search_id:UUID}, officer = {officer:String}, plates = {plates:Array(String)}
    )
    ORDER BY captured_at DESC
    LIMIT {per_plate:UInt32} BY plate
    LIMIT {limit:UInt32}
) AS p
LEFT JOIN (SELECT camera_id, name, position FROM cameras FINAL) AS c ON c.camera_id = p.camera_id
ORDER BY p.captured_at DESC
