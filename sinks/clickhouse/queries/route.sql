-- Where plates passed, oldest first, with the place: of a moving camera the passage's own, else where the camera hangs.
-- search_id, officer: whose search. plates: compact, named in full. limit: most rows, the newest.
SELECT
    p.passage_id AS passage_id, p.captured_at AS captured_at, p.plate AS plate, p.camera_id AS camera_id,
    c.name AS camera_name, p.direction AS direction, p.confidence_1e4 / 10000 AS confidence, p.certainty AS certainty,
    p.late AS late, p.frame_id AS frame_id, p.evidence_rest AS evidence_rest,
    multiIf(p.position.lat != 0 OR p.position.lon != 0, toNullable(p.position.lat),
        c.position.lat != 0 OR c.position.lon != 0, toNullable(c.position.lat), NULL) AS lat,
    multiIf(p.position.lat != 0 OR p.position.lon != 0, toNullable(p.position.lon),
        c.position.lat != 0 OR c.position.lon != 0, toNullable(c.position.lon), NULL) AS lon
FROM (
    SELECT
        passage_id, captured_at, plate, camera_id, direction, confidence_1e4, certainty, late, frame_id, evidence_rest,
        position
    FROM sightings_of_search(
        search_id = {search_id:UUID}, officer = {officer:String}, plates = {plates:Array(String)}
    )
    ORDER BY captured_at DESC
    LIMIT {limit:UInt32}
) AS p
LEFT JOIN (SELECT camera_id, name, position FROM cameras FINAL) AS c ON c.camera_id = p.camera_id
ORDER BY captured_at, camera_id, passage_id
