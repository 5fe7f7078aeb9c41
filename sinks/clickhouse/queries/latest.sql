-- Where plates were last, newest first: as far as the search opens them.
-- search_id, officer: whose search. plates: compact, named in full. limit: most rows. per_plate: most rows of a plate.
SELECT
    passage_id, plate, display_shape, country, camera_id, captured_at, confidence_1e4, certainty, late, frame_id,
    evidence_rest, position AS place, direction
FROM sightings_of_search(search_id = {search_id:UUID}, officer = {officer:String}, plates = {plates:Array(String)})
ORDER BY captured_at DESC
LIMIT {per_plate:UInt32} BY plate
LIMIT {limit:UInt32}
