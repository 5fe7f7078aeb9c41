-- What the case of a search holds beyond twelve months, as far as the search covers it, newest first.
-- search_id, officer: whose search. limit: most rows.
SELECT
    passage_id, plate, concat('=', plate_display) AS display_shape, country, camera_id, captured_at,
    toUInt16(round(confidence * 10000)) AS confidence_1e4, certainty, late, frame_id, evidence AS evidence_rest,
    position AS place, direction
FROM held_passages_of_search(search_id = {search_id:UUID}, officer = {officer:String})
ORDER BY captured_at DESC
LIMIT {limit:UInt32}
